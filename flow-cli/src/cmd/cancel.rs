//! `cancel`: asks for the end of a bake or of one task; whoever drives it carries it out.
//!
//! Source: CLI-26, EXT-6.

use flow_engine::Standing;

use crate::args::Cancel;
use crate::cmd::find;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::clean;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: &Cancel) -> Result<Exit, CliError> {
    let engine = session.engine()?;
    let found = find::attempt(&engine, &own.bake, own.which.attempt).await?;
    if let Some(text) = &own.task {
        let task = engine.task(&found.attempt, text).await?;
        if task.status.is_finished() && !found.attempt.status.is_finished() {
            return Err(CliError::TaskEnded { task: text.clone(), status: task.status });
        }
    }
    engine.cancel(&found.attempt, own.task.as_deref()).await?;
    let id = &found.row.bake.id;
    let what = match &own.task {
        Some(task) => format!("task `{}` of {id}", clean::line(task)),
        None => format!("attempt #{} of {id}", found.attempt.number),
    };
    session.note(&format!("asked to cancel {what}"));
    match found.standing {
        Standing::Stalled => session.note(&format!("no engine drives it: it is cancelled by `apolo-flow resume {id}`")),
        // The bake goes on without the task, unless that fails it.
        _ if own.task.is_some() => session.note(&format!("only this task is stopped: `apolo-flow inspect {id}`")),
        Standing::Waiting | Standing::Driven | Standing::Ended => {
            session.note(&format!("it winds down now: `apolo-flow inspect {id}`"));
        }
    }
    Ok(Exit::Well)
}
