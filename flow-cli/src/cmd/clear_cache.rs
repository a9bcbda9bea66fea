//! `clear-cache`: forgets cached results. Source: BAT-105, CLI-28.

use flow_engine::CacheClear;

use crate::args::ClearCache;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::diagnostic::counted;
use crate::report::json::{self, ClearedView};
use crate::session::Session;

/// The word for all batches.
const ALL: &str = "ALL";

pub(crate) async fn run(session: &mut Session, own: ClearCache) -> Result<Exit, CliError> {
    let what = match (own.batch, own.task) {
        (batch, _) if batch == ALL => CacheClear::All,
        (batch, None) => CacheClear::Batch(batch),
        (batch, Some(task)) => CacheClear::Task(batch, task),
    };
    let source = session.source()?;
    let cleared = session.engine()?.clear_cache(&source, &what).await?;
    if own.json {
        session.print(&json::text(&ClearedView { version: json::VERSION, cleared }))?;
        return Ok(Exit::Well);
    }
    let count = usize::try_from(cleared).unwrap_or(usize::MAX);
    session.note(&format!("{} forgotten", counted(count, "cached result")));
    Ok(Exit::Well)
}
