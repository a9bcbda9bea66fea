//! `bakes`: the list. Source: CLI-22.

use flow_core::port::{BakeFilter, BakeRow};
use flow_engine::Standing;

use crate::args::Bakes;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::clean;
use crate::report::json::{self, BakeView, BakesView};
use crate::report::table::{Cell, Table};
use crate::report::time::span;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: Bakes) -> Result<Exit, CliError> {
    let rows = find(session, &own).await?;
    if own.json {
        let bakes = rows.iter().map(|(row, standing)| BakeView::new(&row.bake, &row.attempt, *standing)).collect();
        session.print(&json::text(&BakesView { version: json::VERSION, bakes }))?;
        return Ok(Exit::Well);
    }
    let is_all = own.tag.is_empty() && own.status.is_empty() && own.batch.is_none();
    if rows.is_empty() && is_all && own.since.is_none() && own.until.is_none() {
        session.note("no bakes yet; start one: `apolo-flow bake BATCH`");
        return Ok(Exit::Well);
    }
    let table = table(session, &rows, own.recent_first);
    session.print_table(&table)?;
    Ok(Exit::Well)
}

/// The bakes that were asked for, the newest first.
async fn find(session: &Session, own: &Bakes) -> Result<Vec<(BakeRow, Standing)>, CliError> {
    let now = session.now();
    let time = |text: &Option<String>| text.as_deref().map(|text| session.zone.read(text, now)).transpose();
    let filter = BakeFilter {
        tags: own.tag.clone(),
        batch: own.batch.clone(),
        since: time(&own.since)?,
        until: time(&own.until)?,
        // What an engine says of a bake is not known to the store, so all are looked at.
        limit: if own.status.is_empty() { own.limit } else { 0 },
        ..BakeFilter::default()
    };
    let rows = session.engine_to_read()?.bakes(&filter).await?.into_iter();
    let is_wanted = |(row, standing): &(BakeRow, Standing)| {
        let word = standing.word(row.attempt.status);
        own.status.is_empty() || own.status.iter().any(|wanted| wanted == word)
    };
    let limit = if own.limit == 0 { usize::MAX } else { own.limit as usize };
    Ok(rows.filter(is_wanted).take(limit).collect())
}

fn table(session: &Session, rows: &[(BakeRow, Standing)], recent_first: bool) -> Table {
    let now = session.now();
    let mut table = Table::new(&["ID", "NAME", "BATCH", "STATUS", "WHEN", "DURATION"]);
    let mut rows: Vec<_> = rows.iter().collect();
    if !recent_first {
        rows.reverse();
    }
    for (row, standing) in rows {
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
    table
}
