//! What is read: one function for each question, on any connection of the store.

use std::sync::Arc;

use flow_core::event::Event;
use flow_core::model::{
    Attempt, AttemptId, Bake, BakeId, CacheEntry, CacheKey, Digest, Epoch, FullId, OwnerId, ProjectId, Subject, Task,
    Timestamp, in_graph_order,
};
use flow_core::port::{BakeFilter, BakeRow, CacheUse, CachedResult, ClaimState, EventScope, Request};
use rusqlite::{Connection, OptionalExtension, Params, Row};
use serde::de::DeserializeOwned;

use super::column::{document, integer, moment, number, record, subject_of, subject_text};
use super::fault::Fault;
use crate::store::rule;

/// Who holds a subject.
pub(super) fn claim_state(connection: &Connection, subject: &Subject) -> Result<ClaimState, Fault> {
    let mut statement = connection.prepare_cached("SELECT epoch, owner, until FROM claims WHERE subject = ?1")?;
    let found = statement.query_row([subject_text(subject)], |row| claim_of(row, 0)).optional()?;
    Ok(found.unwrap_or_else(rule::unclaimed))
}

/// The claim in three columns from `first` on; all are null if there is none.
pub(super) fn claim_of(row: &Row<'_>, first: usize) -> Result<ClaimState, rusqlite::Error> {
    let Some(epoch) = row.get::<_, Option<i64>>(first)? else { return Ok(rule::unclaimed()) };
    Ok(ClaimState {
        epoch: Epoch(number(epoch)),
        owner: row.get::<_, Option<String>>(first + 1)?.map(OwnerId::new),
        until: moment(row.get(first + 2)?),
    })
}

/// The requests of a subject behind an id.
pub(super) fn requests(connection: &Connection, subject: &Subject, after: u64) -> Result<Vec<Request>, Fault> {
    let mut statement = connection
        .prepare_cached("SELECT id, at, by, kind FROM requests WHERE subject = ?1 AND id > ?2 ORDER BY id")?;
    let mut rows = statement.query((subject_text(subject), integer(after)))?;
    let mut requests = Vec::new();
    while let Some(row) = rows.next()? {
        requests.push(Request {
            id: number(row.get(0)?),
            at: moment(row.get(1)?),
            by: row.get(2)?,
            kind: record_at(row, 3)?,
        });
    }
    Ok(requests)
}

/// Whether there are requests behind an id.
pub(super) fn has_requests(connection: &Connection, subject: &Subject, after: u64) -> Result<bool, Fault> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM requests WHERE subject = ?1 AND id > ?2 LIMIT 1")?;
    Ok(statement.exists((subject_text(subject), integer(after)))?)
}

/// The events of a scope behind a position.
pub(super) fn events(connection: &Connection, scope: &EventScope, after: u64, limit: u32) -> Result<Vec<Event>, Fault> {
    let after = integer(after);
    match scope {
        EventScope::All => {
            let sql = "SELECT position, subject, seq, at, kind FROM events
                       WHERE position > ?1 ORDER BY position LIMIT ?2";
            collect_events(connection, sql, (after, limit))
        }
        EventScope::Subject(subject) => {
            let sql = "SELECT position, subject, seq, at, kind FROM events INDEXED BY events_of_subject
                       WHERE subject = ?3 AND position > ?1 ORDER BY position LIMIT ?2";
            collect_events(connection, sql, (after, limit, subject_text(subject)))
        }
    }
}

fn collect_events(connection: &Connection, sql: &str, params: impl Params) -> Result<Vec<Event>, Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(Event {
            position: number(row.get(0)?),
            subject: subject_of(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?,
            seq: number(row.get(2)?),
            at: moment(row.get(3)?),
            kind: record_at(row, 4)?,
        });
    }
    Ok(events)
}

/// Whether there are events of a scope behind a position.
pub(super) fn has_events(connection: &Connection, scope: &EventScope, after: u64) -> Result<bool, Fault> {
    let after = integer(after);
    match scope {
        EventScope::All => {
            Ok(connection.prepare_cached("SELECT 1 FROM events WHERE position > ?1 LIMIT 1")?.exists([after])?)
        }
        EventScope::Subject(subject) => {
            let sql = "SELECT 1 FROM events INDEXED BY events_of_subject
                       WHERE subject = ?1 AND position > ?2 LIMIT 1";
            Ok(connection.prepare_cached(sql)?.exists((subject_text(subject), after))?)
        }
    }
}

/// The last position that was ever given out: those of removed events are not given out again, since a reader
/// behind them would miss what comes.
pub(super) fn last_position(connection: &Connection) -> Result<u64, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events'")?;
    Ok(statement.query_row([], |row| row.get(0).map(number))?)
}

/// A text by its digest.
pub(super) fn text(connection: &Connection, digest: &Digest) -> Result<Option<Arc<str>>, Fault> {
    let mut statement = connection.prepare_cached("SELECT text FROM texts WHERE digest = ?1")?;
    Ok(statement.query_row([digest.0.as_ref()], |row| row.get::<_, String>(0).map(Arc::from)).optional()?)
}

const BAKE_ROWS: &str = "SELECT bakes.doc, attempts.doc, claims.epoch, claims.owner, claims.until
     FROM bakes
     JOIN attempts ON attempts.bake = bakes.id
         AND attempts.number = (SELECT max(number) FROM attempts WHERE bake = bakes.id)
     LEFT JOIN claims ON claims.subject = 'attempt/' || attempts.id";

/// Bakes with their last attempts, newest first.
pub(super) fn bakes(connection: &Connection, filter: &BakeFilter) -> Result<Vec<BakeRow>, Fault> {
    let sql = format!(
        "{BAKE_ROWS}
         WHERE (?1 IS NULL OR bakes.project = ?1) AND (?2 IS NULL OR bakes.name = ?2)
             AND NOT EXISTS (SELECT 1 FROM json_each(?3) AS wanted WHERE wanted.value NOT IN
                 (SELECT value FROM json_each(bakes.doc, '$.tags')))
             AND (?5 IS NULL OR json_extract(bakes.doc, '$.batch') = ?5)
             AND (?6 IS NULL OR bakes.created_at >= ?6) AND (?7 IS NULL OR bakes.created_at <= ?7)
         ORDER BY bakes.created_at DESC, bakes.ordinal DESC LIMIT ?4"
    );
    let project = filter.project.as_ref().map(ProjectId::as_str);
    // A negative limit is none.
    let limit = if filter.limit == 0 { -1 } else { i64::from(filter.limit) };
    let at = |moment: Option<Timestamp>| moment.map(|moment| integer(moment.unix_millis));
    let span = (at(filter.since), at(filter.until));
    let tags = document(&filter.tags)?;
    bake_rows(connection, &sql, (project, &filter.name, tags, limit, &filter.batch, span.0, span.1))
}

/// One bake with its last attempt.
pub(super) fn bake(connection: &Connection, id: &BakeId) -> Result<Option<BakeRow>, Fault> {
    let sql = format!("{BAKE_ROWS} WHERE bakes.id = ?1");
    Ok(bake_rows(connection, &sql, [id.as_str()])?.pop())
}

fn bake_rows(connection: &Connection, sql: &str, params: impl Params) -> Result<Vec<BakeRow>, Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut bakes = Vec::new();
    while let Some(row) = rows.next()? {
        bakes.push(BakeRow { bake: record_at(row, 0)?, attempt: record_at(row, 1)?, claim: claim_of(row, 2)? });
    }
    Ok(bakes)
}

/// A bake alone.
pub(super) fn bake_record(connection: &Connection, id: &BakeId) -> Result<Option<Bake>, Fault> {
    first(connection, "SELECT doc FROM bakes WHERE id = ?1", [id.as_str()])
}

/// The attempts of a bake, by number.
pub(super) fn attempts(connection: &Connection, bake: &BakeId) -> Result<Vec<Attempt>, Fault> {
    all(connection, "SELECT doc FROM attempts WHERE bake = ?1 ORDER BY number", [bake.as_str()])
}

/// One attempt.
pub(super) fn attempt(connection: &Connection, id: &AttemptId) -> Result<Option<Attempt>, Fault> {
    first(connection, "SELECT doc FROM attempts WHERE id = ?1", [id.as_str()])
}

/// The tasks of an attempt in graph order.
pub(super) fn tasks(connection: &Connection, attempt: &AttemptId) -> Result<Vec<Task>, Fault> {
    let sql = "SELECT doc FROM tasks WHERE attempt = ?1 ORDER BY ordinal";
    all(connection, sql, [attempt.as_str()]).map(in_graph_order)
}

/// One task.
pub(super) fn task(connection: &Connection, attempt: &AttemptId, id: &FullId) -> Result<Option<Task>, Fault> {
    let sql = "SELECT doc FROM tasks WHERE attempt = ?1 AND full_id = ?2";
    first(connection, sql, (attempt.as_str(), document(id)?))
}

/// The newest entry of a key.
pub(super) fn cache_entry(
    connection: &Connection,
    (project, batch): (&ProjectId, &str),
    task: &FullId,
    key: &CacheKey,
) -> Result<Option<CacheEntry>, Fault> {
    let sql = "SELECT doc FROM cache_entries WHERE project = ?1 AND batch = ?2 AND task = ?3 AND key = ?4";
    first(connection, sql, (project.as_str(), batch, document(task)?, key.0.0.as_ref()))
}

/// The tasks of a batch that have cache entries.
pub(super) fn cached_tasks(connection: &Connection, project: &ProjectId, batch: &str) -> Result<Vec<FullId>, Fault> {
    let sql = "SELECT DISTINCT task FROM cache_entries WHERE project = ?1 AND batch = ?2";
    let mut tasks: Vec<FullId> = all(connection, sql, (project.as_str(), batch))?;
    tasks.sort();
    Ok(tasks)
}

/// The cached results of a project, of all batches or of one, the newest first.
pub(super) fn cached_results(
    connection: &Connection,
    project: &ProjectId,
    batch: Option<&str>,
) -> Result<Vec<CachedResult>, Fault> {
    let sql = "SELECT doc FROM cache_entries WHERE project = ?1 AND (?2 IS NULL OR batch = ?2)
               ORDER BY created_at DESC, batch, task, key";
    let entries: Vec<CacheEntry> = all(connection, sql, (project.as_str(), batch))?;
    entries.into_iter().map(|entry| with_uses(connection, entry)).collect()
}

fn with_uses(connection: &Connection, entry: CacheEntry) -> Result<CachedResult, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT attempts.id, attempts.bake, attempts.number, count(*) OVER () FROM tasks
         JOIN attempts ON attempts.id = tasks.attempt
         WHERE tasks.status = 'cached' AND json_extract(tasks.doc, '$.cache_key') = ?1 AND tasks.full_id = ?2
         ORDER BY attempts.rowid DESC LIMIT ?3",
    )?;
    let mut rows = statement.query((entry.key.0.0.as_ref(), document(&entry.task)?, CachedResult::USES))?;
    let mut found = CachedResult { entry, count: 0, uses: Vec::new() };
    while let Some(row) = rows.next()? {
        found.count = number(row.get(3)?);
        found.uses.push(CacheUse {
            attempt: AttemptId::new(row.get::<_, String>(0)?),
            bake: BakeId::new(row.get::<_, String>(1)?),
            number: row.get(2)?,
        });
    }
    Ok(found)
}

fn all<T: DeserializeOwned>(connection: &Connection, sql: &str, params: impl Params) -> Result<Vec<T>, Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(record_at(row, 0)?);
    }
    Ok(records)
}

pub(super) fn first<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Option<T>, Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(|row| record_at(row, 0)).transpose()
}

pub(super) fn record_at<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, Fault> {
    record(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?)
}
