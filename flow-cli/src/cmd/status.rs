//! `status`: all about one live job. Source: LIV-31.

use crate::args::Status;
use crate::cmd::live_logs::find;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::json;
use crate::report::live::{StatusView, lines};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: &Status) -> Result<Exit, CliError> {
    let engine = session.engine_to_read()?;
    let found = find(session, &engine, &own.which).await?;
    if own.json {
        session.print(&json::text(&StatusView::new(&found)))?;
        return Ok(Exit::Well);
    }
    for line in lines(&found, session.out_look, &session.zone) {
        session.print(&line)?;
    }
    Ok(Exit::Well)
}
