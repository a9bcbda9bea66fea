//! `why`: why a task is where it is. Source: EXT-6.

use crate::args::Why;
use crate::cmd::find;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::{json, why};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: &Why) -> Result<Exit, CliError> {
    let engine = session.engine_to_read()?;
    let found = find::attempt(&engine, &own.bake, own.which.attempt).await?;
    let task = engine.task(&found.attempt, &own.task).await?;
    let explanation = engine.why(&found.attempt, &task).await?;
    if own.json {
        let view = why::WhyView::new(&found.attempt, &task, &explanation);
        session.print(&json::text(&view))?;
        return Ok(Exit::Well);
    }
    for line in why::lines(&task, &explanation, session.out_look, session.now()) {
        session.print(&line)?;
    }
    Ok(Exit::Well)
}
