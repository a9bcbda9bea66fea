//! `__engine`: a background engine that drives one attempt.

use flow_core::model::{AttemptId, TaskStatus};

use crate::args::Engine;
use crate::error::CliError;
use crate::exit::Exit;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: &Engine) -> Result<Exit, CliError> {
    let result = session.engine()?.drive(&AttemptId::new(own.attempt.as_str())).await?;
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
