//! `__supervisor`: owns the processes of tasks, so that they outlive engines (MCH-1).

use flow_engine::executor::local::Machine;
use flow_engine::executor::supervisor::{self, SupervisorConfig};

use crate::args::Supervisor;
use crate::error::CliError;
use crate::exit::Exit;
use crate::session::Session;

pub(crate) fn run(session: &Session, own: &Supervisor) -> Result<Exit, CliError> {
    let machine = Machine { cpus: own.cpus, memory_bytes: own.memory, gpus: own.gpus };
    let terminal_program = session.io.self_program.iter().cloned().chain(["__terminal".into()]).collect();
    let config = SupervisorConfig { machine, terminal_program, ..SupervisorConfig::new(&own.dir) };
    supervisor::run(&config)?;
    Ok(Exit::Well)
}
