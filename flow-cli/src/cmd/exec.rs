//! `exec`: a command beside a live job, in its environment.

use flow_core::port;

use crate::args::Exec;
use crate::attach::{self, raw_mode};
use crate::cmd::live_logs::find;
use crate::error::CliError;
use crate::exit::Exit;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: Exec) -> Result<Exit, CliError> {
    let engine = session.engine()?;
    let found = find(session, &engine, &own.which).await?;
    // As for `run`: a terminal where both of our ends are one.
    let terminal = session.terminal_window().filter(|_| engine.gives_terminals());
    let command = port::Exec { words: own.command, terminal };
    let channel = engine.exec_live(found.job(), &command).await?;
    let raw = terminal.and_then(|_| raw_mode());
    let exit = attach::exchange(session, channel, raw.is_some()).await?;
    drop(raw);
    Ok(exit)
}
