//! `ps`: the live jobs. Source: LIV-30.

use flow_core::port::LiveFilter;
use flow_engine::{LiveFound, LiveListing};

use crate::args::Ps;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::clean;
use crate::report::json;
use crate::report::live::{ListView, StatusView, name_of, port};
use crate::report::table::{Cell, Table};
use crate::session::Session;

/// What stands where nothing is known.
const NOTHING: &str = "N/A";

pub(crate) async fn run(session: &mut Session, own: &Ps) -> Result<Exit, CliError> {
    let source = session.source()?;
    let engine = session.engine_to_read()?;
    let lines = if own.all {
        let project = Some(engine.project(&source).await?);
        let all = engine.live_jobs(&LiveFilter { project, ..LiveFilter::default() }).await?;
        all.into_iter().map(line_of).collect()
    } else {
        engine.list_live(&source, &own.flow.name).await?
    };
    if own.json {
        let jobs = lines.iter().map(|line| (line, line.found.as_ref().map(StatusView::new)));
        session.print(&json::text(&ListView::new(jobs)))?;
        return Ok(Exit::Well);
    }
    if lines.is_empty() {
        session.note("no live jobs");
        return Ok(Exit::Well);
    }
    let mut table = Table::new(&["JOB", "STATUS", "ID", "WHEN", "URL"]);
    for line in &lines {
        table.push(row(session, line));
    }
    session.print_table(&table)?;
    Ok(Exit::Well)
}

fn line_of(found: LiveFound) -> LiveListing {
    let order = &found.job().order;
    LiveListing { job: order.job.clone(), suffix: order.suffix.clone(), found: Some(found) }
}

fn row(session: &Session, line: &LiveListing) -> Vec<Cell> {
    let name = clean::line(&name_of(&line.job, line.suffix.as_deref()));
    let Some(found) = &line.found else {
        return vec![name.into(), "unknown".to_owned().into(), NOTHING.to_owned().into(), NOTHING.to_owned().into()];
    };
    let (job, word) = (found.job(), found.word());
    // Created while it waits, started while it runs, else ended.
    let at = job.ended_at.or(job.started_at).unwrap_or(job.created_at);
    vec![
        name.into(),
        Cell { text: word.to_owned(), status: Some(word) },
        clean::line(job.id.as_str()).into(),
        session.zone.when(at, session.now()).into(),
        clean::line(&port(job)).into(),
    ]
}
