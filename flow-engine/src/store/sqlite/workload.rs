//! Bakes and live jobs in one list: written beside their records, filtered, sorted and counted by SQL.

use flow_core::model::{BakeId, LiveJob, LiveJobId};
use flow_core::port::{
    Unfinished, WorkloadFilter, WorkloadKind, WorkloadRow, WorkloadRows, WorkloadSort, WorkloadWords,
};
use rusqlite::{Connection, ToSql, named_params};

use super::column::{document, integer, moment, number, subject_of, subject_text};
use super::fault::Fault;
use super::query::{self, claim_of};
use super::{live, removal};
use crate::store::workload::Card;

/// Adds or renews what a workload is listed by.
pub(super) fn write(connection: &Connection, card: &Card) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO workloads (kind, id, subject, flow, name, by, status, created_at, started_at, ended_at, words)
         VALUES (:kind, :id, :subject, :flow, :name, :by, :status, :created_at, :started_at, :ended_at, :words)
         ON CONFLICT (kind, id) DO UPDATE SET subject = excluded.subject, status = excluded.status,
             started_at = excluded.started_at, ended_at = excluded.ended_at
         RETURNING ordinal",
    )?;
    let ordinal: i64 = statement.query_row(
        named_params! {
            ":kind": card.kind.word(),
            ":id": card.id,
            ":subject": subject_text(&card.subject),
            ":flow": card.flow,
            ":name": card.name,
            ":by": card.by,
            ":status": card.status,
            ":created_at": integer(card.created_at.unix_millis),
            ":started_at": integer(card.started_at.unix_millis),
            ":ended_at": card.ended_at.map(|at| integer(at.unix_millis)),
            ":words": card.words,
        },
        |row| row.get(0),
    )?;
    let mut statement =
        connection.prepare_cached("INSERT OR IGNORE INTO workload_tags (tag, workload) VALUES (?1, ?2)")?;
    for tag in &card.tags {
        statement.execute((tag, ordinal))?;
    }
    Ok(())
}

/// Takes a workload out of the list.
pub(super) fn remove(connection: &Connection, kind: WorkloadKind, id: &str) -> Result<(), Fault> {
    let sql = "DELETE FROM workload_tags WHERE workload IN (SELECT ordinal FROM workloads WHERE kind = ?1 AND id = ?2)";
    removal::execute(connection, sql, (kind.word(), id))?;
    removal::execute(connection, "DELETE FROM workloads WHERE kind = ?1 AND id = ?2", (kind.word(), id))?;
    Ok(())
}

/// Lists all that is there: an older file has records and no list.
pub(super) fn fill(connection: &Connection) -> Result<(), Fault> {
    let of = |sql: &str| -> Result<Vec<String>, Fault> {
        let mut statement = connection.prepare(sql)?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    };
    for id in of("SELECT id FROM bakes ORDER BY ordinal")? {
        if let Some(row) = query::bake(connection, &BakeId::new(id))? {
            write(connection, &Card::of_bake(&row.bake, &row.attempt))?;
        }
    }
    for id in of("SELECT id FROM live_jobs ORDER BY ordinal")? {
        let job: Option<LiveJob> = live::record_of(connection, &LiveJobId::new(id))?;
        if let Some(job) = job {
            write(connection, &Card::of_job(&job))?;
        }
    }
    Ok(())
}

/// The status as it is listed.
const LISTED: &str =
    "CASE WHEN :no_stalled OR subject NOT IN (SELECT value FROM json_each(:stalled)) THEN status ELSE 'stalled' END";

/// Those that are wanted.
const WANTED: &str = "(:kind IS NULL OR kind = :kind) AND (:flow IS NULL OR flow = :flow)
     AND (:user IS NULL OR by = :user) AND (:text IS NULL OR instr(words, :text) > 0)
     AND (:tag IS NULL OR ordinal IN (SELECT workload FROM workload_tags WHERE tag = :tag))";

/// A part of the list, with how many there are in all.
pub(super) fn workloads(connection: &Connection, filter: &WorkloadFilter) -> Result<WorkloadRows, Fault> {
    let stalled: Vec<String> = filter.stalled.iter().map(subject_text).collect();
    let text = filter.text.as_ref().map(|text| text.to_lowercase());
    let (now, skip, kind) =
        (integer(filter.now.unix_millis), integer(filter.skip), filter.kind.map(WorkloadKind::word));
    let params: &[(&str, &dyn ToSql)] = named_params! {
        ":kind": kind,
        ":flow": filter.flow,
        ":user": filter.user,
        ":text": text,
        ":tag": filter.tag,
        ":any_status": filter.statuses.is_empty(),
        ":statuses": document(&filter.statuses)?,
        ":no_stalled": stalled.is_empty(),
        ":stalled": document(&stalled)?,
        ":now": now,
        ":limit": filter.limit,
        ":skip": skip,
    };
    let (list, count) = texts(filter);
    let total = connection.prepare_cached(&count)?.query_row(&*named(&count, params), |row| row.get(0).map(number))?;
    let mut statement = connection.prepare_cached(&list)?;
    let mut rows = statement.query(&*named(&list, params))?;
    let mut found = WorkloadRows { total, rows: Vec::new() };
    while let Some(row) = rows.next()? {
        let (kind, id): (String, String) = (row.get(0)?, row.get(1)?);
        found.rows.extend(record(connection, &kind, id)?);
    }
    Ok(found)
}

/// The texts that list and that count those that are wanted.
fn texts(filter: &WorkloadFilter) -> (String, String) {
    let wanted = format!("{WANTED} AND (:any_status OR {LISTED} IN (SELECT value FROM json_each(:statuses)))");
    let order = if filter.ascending { "ASC" } else { "DESC" };
    let by = match filter.sort {
        WorkloadSort::Started => "started_at",
        WorkloadSort::Flow => "flow",
        WorkloadSort::Status => LISTED,
        WorkloadSort::User => "by",
        WorkloadSort::Name => "name",
        WorkloadSort::Duration => "max(coalesce(ended_at, :now) - started_at, 0)",
    };
    let list = format!(
        "SELECT kind, id FROM workloads WHERE {wanted}
         ORDER BY {by} {order}, created_at DESC, ordinal DESC LIMIT :limit OFFSET :skip"
    );
    (list, format!("SELECT count(*) FROM workloads WHERE {wanted}"))
}

/// The parameters that a text names: others must not be given.
fn named<'a>(sql: &str, params: &[(&'a str, &'a dyn ToSql)]) -> Vec<(&'a str, &'a dyn ToSql)> {
    params.iter().copied().filter(|(name, _)| sql.contains(name)).collect()
}

fn record(connection: &Connection, kind: &str, id: String) -> Result<Option<WorkloadRow>, Fault> {
    if kind == WorkloadKind::Bake.word() {
        let found = query::bake(connection, &BakeId::new(id))?;
        return Ok(found.map(|row| WorkloadRow::Bake(Box::new(row))));
    }
    let found = live::live_job(connection, &LiveJobId::new(id))?;
    Ok(found.map(|row| WorkloadRow::Live(Box::new(row))))
}

/// What all workloads can be told apart by.
pub(super) fn words(connection: &Connection) -> Result<WorkloadWords, Fault> {
    let of = |sql: &str| -> Result<Vec<String>, Fault> {
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    };
    Ok(WorkloadWords {
        flows: of("SELECT DISTINCT flow FROM workloads ORDER BY flow")?,
        users: of("SELECT DISTINCT by FROM workloads ORDER BY by")?,
        tags: of("SELECT DISTINCT tag FROM workload_tags ORDER BY tag")?,
    })
}

/// What has not ended, with who drives it.
pub(super) fn unfinished(connection: &Connection) -> Result<Vec<Unfinished>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT workloads.subject, CASE kind WHEN 'live' THEN created_at ELSE started_at END,
             claims.epoch, claims.owner, claims.until
         FROM workloads LEFT JOIN claims ON claims.subject = workloads.subject
         WHERE status IN ('pending', 'running', 'unknown') ORDER BY ordinal",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let subject = subject_of(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
        found.push(Unfinished { subject, created_at: moment(row.get(1)?), claim: claim_of(row, 2)? });
    }
    Ok(found)
}
