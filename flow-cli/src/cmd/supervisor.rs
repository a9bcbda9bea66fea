//! `__supervisor`: owns the processes of tasks, so that they outlive engines (MCH-1).

use crate::args::Supervisor;
use crate::error::CliError;
use crate::exit::Exit;

pub(crate) fn run(own: &Supervisor) -> Result<Exit, CliError> {
    flow_engine::executor::supervisor::run(&own.dir)?;
    Ok(Exit::Well)
}
