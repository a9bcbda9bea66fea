//! `resume`: takes up an attempt whose engine is gone, where it stood.

use flow_engine::{EngineError, Standing};

use crate::args::Resume;
use crate::cmd::{drive, find};
use crate::error::CliError;
use crate::exit::Exit;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: &Resume) -> Result<Exit, CliError> {
    let engine = session.engine()?;
    let found = find::attempt(&engine, &own.bake, own.which.attempt).await?;
    let (bake, number) = (found.row.bake.id.to_string(), found.attempt.number);
    match found.standing {
        Standing::Driven => return Err(CliError::Driven { bake, number }),
        Standing::Ended => {
            return Err(EngineError::Finished { bake, number, status: found.attempt.status }.into());
        }
        Standing::Waiting | Standing::Stalled => {}
    }
    let done = found.tasks.iter().filter(|task| task.status.is_finished()).count();
    session.note(&format!("resuming {bake}: {done} of {} tasks have ended", found.tasks.len()));
    drive::run(session, &engine, &found.attempt, &own.drive).await
}
