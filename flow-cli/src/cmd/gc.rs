//! `gc`: removes old bakes and live jobs, their logs and old cached results.

use flow_core::port::LiveRow;
use flow_engine::{GcReport, GcRequest};

use crate::args::Gc;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::json::{self, GcView};
use crate::report::table::{Cell, Table};
use crate::report::time::read_span;
use crate::report::{clean, live, words};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: &Gc) -> Result<Exit, CliError> {
    let older_than = own.older_than.as_deref().map(|text| read_span(text).ok_or_else(|| CliError::BadAge(text.into())));
    let request = GcRequest {
        older_than: older_than.transpose()?,
        keep: own.keep,
        keep_cache: own.keep_cache,
        dry_run: own.dry_run,
    };
    let report = session.engine_to_read()?.gc(&request).await?;
    if own.json {
        session.print(&json::text(&GcView::new(&report, own.dry_run)))?;
        return Ok(Exit::Well);
    }
    let is_any = !report.bakes.is_empty() || !report.live_jobs.is_empty();
    if is_any && (own.dry_run || session.verbosity > 0) {
        let table = table(session, &report);
        session.print_table(&table)?;
    }
    session.print(&sentence(&report, own.dry_run))?;
    let stays = |count: u64, why: &str| (count > 0).then(|| format!("{count} more old enough and kept: {why}"));
    let unfinished =
        stays(report.unfinished, "not ended; `apolo-flow bakes --status stalled` shows those without an engine");
    let needed = stays(report.needed, "bakes that stay have taken results over from them");
    unfinished.iter().chain(&needed).for_each(|line| session.note(line));
    Ok(Exit::Well)
}

fn sentence(report: &GcReport, dry_run: bool) -> String {
    let (verb, logs) = (if dry_run { "would remove" } else { "removed" }, words::bytes(report.log_bytes));
    let (bakes, jobs) = (report.bakes.len(), report.live_jobs.len());
    let counts =
        format!("{verb} {bakes} bakes and {jobs} live jobs with {logs} of logs, {} cached results", report.cached);
    if dry_run { counts } else { format!("{counts}; the store gave {} back", words::bytes(report.store_bytes)) }
}

fn table(session: &Session, report: &GcReport) -> Table {
    let now = session.now();
    let mut table = Table::new(&["ID", "NAME", "BATCH OR JOB", "STATUS", "WHEN"]);
    for row in &report.bakes {
        let word = row.attempt.status.word();
        table.push(vec![
            clean::line(row.bake.id.as_str()).into(),
            clean::line(row.bake.name.as_deref().unwrap_or("")).into(),
            clean::line(&row.bake.batch).into(),
            Cell { text: word.to_owned(), status: Some(word) },
            session.zone.when(row.attempt.created_at, now).into(),
        ]);
    }
    for LiveRow { job, .. } in &report.live_jobs {
        let word = job.status.word();
        table.push(vec![
            clean::line(job.id.as_str()).into(),
            clean::line(&job.order.name).into(),
            clean::line(&live::name(job)).into(),
            Cell { text: word.to_owned(), status: Some(word) },
            session.zone.when(job.created_at, now).into(),
        ]);
    }
    table
}
