//! `__supervisor`: owns the processes of tasks, so that they outlive engines (MCH-1).

use flow_engine::executor::supervisor::{self, SupervisorConfig};

use crate::args::Supervisor;
use crate::error::CliError;
use crate::exit::Exit;

pub(crate) fn run(own: &Supervisor) -> Result<Exit, CliError> {
    let config = SupervisorConfig { slots: own.slots, ..SupervisorConfig::new(&own.dir) };
    supervisor::run(&config)?;
    Ok(Exit::Well)
}
