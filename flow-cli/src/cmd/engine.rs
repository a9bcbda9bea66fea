//! `__engine`: a background engine that drives one attempt or one live job.

use flow_core::model::{AttemptId, LiveJobId, TaskStatus};

use crate::args::Engine;
use crate::error::CliError;
use crate::exit::Exit;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: &Engine) -> Result<Exit, CliError> {
    let engine = session.engine()?;
    let result = if own.live {
        engine.drive_live(&LiveJobId::new(own.id.as_str())).await?
    } else {
        engine.drive(&AttemptId::new(own.id.as_str())).await?
    };
    Ok(exit_of(result))
}

/// The exit code that tells a bake's result. Source: DEC-27.
pub(crate) fn exit_of(result: TaskStatus) -> Exit {
    match result {
        TaskStatus::Succeeded | TaskStatus::Cached | TaskStatus::Skipped => Exit::Well,
        TaskStatus::Cancelled => Exit::Cancelled,
        TaskStatus::Failed | TaskStatus::Unknown | TaskStatus::Pending | TaskStatus::Running => Exit::Failed,
    }
}
