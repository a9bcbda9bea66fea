//! Live jobs in SQL: the rule that one is unfinished at a time, writing, reading.

use flow_core::event::EventKind;
use flow_core::model::{LiveJob, LiveJobId, ProjectId, TaskStatus};
use flow_core::port::{LiveFilter, LiveRow, NewEvent};
use rusqlite::{Connection, Params, named_params};

use super::column::{document, integer};
use super::fault::Fault;
use super::query::{claim_of, first, record_at};
use super::workload;
use crate::store::rule;
use crate::store::workload::Card;

/// Refuses a live job while another one of its name has not ended.
pub(super) fn check_single(connection: &Connection, event: &NewEvent) -> Result<(), Fault> {
    let EventKind::LiveCreated(created) = &event.kind else { return Ok(()) };
    let order = &created.order;
    let sql = "SELECT doc FROM live_jobs WHERE project = ?1 AND flow = ?2 AND job = ?3 AND suffix = ?4
               AND status IN ('pending', 'running', 'unknown') ORDER BY ordinal DESC LIMIT 1";
    let suffix = order.suffix.as_deref().unwrap_or_default();
    let found: Option<LiveJob> =
        first(connection, sql, (order.project.as_str(), &order.flow, order.job.as_ref(), suffix))?;
    Ok(rule::check_single(order, found.map(|job| job.id))?)
}

/// Adds or replaces a live job.
pub(super) fn write(connection: &Connection, job: &LiveJob) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO live_jobs (id, project, flow, job, suffix, status, created_at, doc)
         VALUES (:id, :project, :flow, :job, :suffix, :status, :created_at, :doc)
         ON CONFLICT (id) DO UPDATE SET status = excluded.status, doc = excluded.doc",
    )?;
    let order = &job.order;
    statement.execute(named_params! {
        ":id": job.id.as_str(),
        ":project": order.project.as_str(),
        ":flow": order.flow,
        ":job": order.job.as_ref(),
        ":suffix": order.suffix.as_deref().unwrap_or_default(),
        ":status": job.status.word(),
        ":created_at": integer(job.created_at.unix_millis),
        ":doc": document(job)?,
    })?;
    workload::write(connection, &Card::of_job(job))
}

/// The record alone.
pub(super) fn record_of(connection: &Connection, id: &LiveJobId) -> Result<Option<LiveJob>, Fault> {
    first(connection, "SELECT doc FROM live_jobs WHERE id = ?1", [id.as_str()])
}

const ROWS: &str = "SELECT live_jobs.doc, claims.epoch, claims.owner, claims.until
     FROM live_jobs LEFT JOIN claims ON claims.subject = 'live/' || live_jobs.id";

/// Live jobs, newest first.
pub(super) fn live_jobs(connection: &Connection, filter: &LiveFilter) -> Result<Vec<LiveRow>, Fault> {
    let sql = format!(
        "{ROWS}
         WHERE (:project IS NULL OR project = :project) AND (:flow IS NULL OR flow = :flow)
             AND (:job IS NULL OR job = :job) AND (:suffix IS NULL OR suffix = :suffix)
             AND (:any_status OR status IN (SELECT value FROM json_each(:statuses)))
             AND NOT EXISTS (SELECT 1 FROM json_each(:tags) AS wanted WHERE wanted.value NOT IN
                 (SELECT value FROM json_each(live_jobs.doc, '$.tags')))
             AND created_at >= :since
         ORDER BY created_at DESC, ordinal DESC LIMIT :limit"
    );
    let statuses: Vec<&str> = filter.statuses.iter().map(|status| TaskStatus::word(*status)).collect();
    rows(
        connection,
        &sql,
        named_params! {
            ":project": filter.project.as_ref().map(ProjectId::as_str),
            ":flow": filter.flow,
            ":job": filter.job.as_deref(),
            ":suffix": filter.suffix,
            ":any_status": statuses.is_empty(),
            ":statuses": document(&statuses)?,
            ":tags": document(&filter.tags)?,
            ":since": filter.since.map_or(0, |since| integer(since.unix_millis)),
            // A negative limit is none.
            ":limit": if filter.limit == 0 { -1 } else { i64::from(filter.limit) },
        },
    )
}

/// One live job.
pub(super) fn live_job(connection: &Connection, id: &LiveJobId) -> Result<Option<LiveRow>, Fault> {
    Ok(rows(connection, &format!("{ROWS} WHERE live_jobs.id = ?1"), [id.as_str()])?.pop())
}

fn rows(connection: &Connection, sql: &str, params: impl Params) -> Result<Vec<LiveRow>, Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut jobs = Vec::new();
    while let Some(row) = rows.next()? {
        jobs.push(LiveRow { job: record_at(row, 0)?, claim: claim_of(row, 1)? });
    }
    Ok(jobs)
}
