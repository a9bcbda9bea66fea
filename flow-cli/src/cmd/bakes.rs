//! `bakes`: the list. Source: CLI-22.

use flow_core::port::BakeFilter;

use crate::args::Bakes;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::clean;
use crate::report::json::{self, BakeView, BakesView};
use crate::report::table::{Cell, Table};
use crate::report::time::span;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: Bakes) -> Result<Exit, CliError> {
    let filter = BakeFilter { tags: own.tag, limit: own.limit, ..BakeFilter::default() };
    let rows = session.engine_to_read()?.bakes(&filter).await?;
    if own.json {
        let bakes = rows.iter().map(|(row, standing)| BakeView::new(&row.bake, &row.attempt, *standing)).collect();
        session.print(&json::text(&BakesView { version: json::VERSION, bakes }))?;
        return Ok(Exit::Well);
    }
    if rows.is_empty() {
        session.note("no bakes yet; start one: `apolo-flow bake BATCH`");
        return Ok(Exit::Well);
    }
    let now = session.now();
    let mut table = Table::new(&["ID", "NAME", "BATCH", "STATUS", "WHEN", "DURATION"]);
    for (row, standing) in rows.iter().rev() {
        let word = standing.word(row.attempt.status);
        let took = row.attempt.ended_at.unwrap_or(now).since(row.attempt.created_at);
        table.push(vec![
            clean::line(row.bake.id.as_str()).into(),
            clean::line(row.bake.name.as_deref().unwrap_or("")).into(),
            clean::line(&row.bake.batch).into(),
            Cell { text: word.to_owned(), status: Some(word) },
            session.zone.when(row.attempt.created_at, now).into(),
            span(took).into(),
        ]);
    }
    session.print_table(&table)?;
    Ok(Exit::Well)
}
