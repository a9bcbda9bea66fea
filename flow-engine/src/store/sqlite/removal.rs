//! Taking things out for good: bakes, live jobs, cached results, projects; and giving their room back.
//!
//! Each removal is one transaction, so whoever is killed in the middle has removed a thing wholly or not at all.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use flow_core::model::{AttemptId, BakeId, LiveJobId, ProjectId, Subject, Timestamp};
use flow_core::port::WorkloadKind;
use rusqlite::{Connection, OpenFlags, Params};

use super::column::{integer, number, subject_text};
use super::fault::Fault;
use super::workload;
use crate::store::mention::mentions;

/// Pages that are given back in one transaction: a short one, so that nobody waits long.
const PAGES: u32 = 2_000;
/// How long the connection that gives room back waits for others.
const PATIENCE: Duration = Duration::from_secs(10);
/// `PRAGMA auto_vacuum` of a file whose free pages can be given back piece by piece.
const INCREMENTAL: u32 = 2;

/// Forgets a bake; whether there was one, and it had ended.
pub(super) fn remove_bake(connection: &Connection, bake: &BakeId) -> Result<bool, Fault> {
    let open = "SELECT 1 FROM attempts WHERE bake = ?1 AND status IN ('pending', 'running', 'unknown')";
    if connection.prepare_cached(open)?.exists([bake.as_str()])? {
        return Ok(false);
    }
    let mut statement = connection.prepare_cached("SELECT id FROM attempts WHERE bake = ?1")?;
    let ids: Vec<String> = statement.query_map([bake.as_str()], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for id in ids {
        execute(connection, "DELETE FROM tasks WHERE attempt = ?1", [&id])?;
        forget_subject(connection, &Subject::Attempt(AttemptId::new(id)))?;
    }
    execute(connection, "DELETE FROM attempts WHERE bake = ?1", [bake.as_str()])?;
    workload::remove(connection, WorkloadKind::Bake, bake.as_str())?;
    Ok(execute(connection, "DELETE FROM bakes WHERE id = ?1", [bake.as_str()])? > 0)
}

/// Forgets a live job; whether there was one, and it had ended.
pub(super) fn remove_live_job(connection: &Connection, id: &LiveJobId) -> Result<bool, Fault> {
    let sql = "DELETE FROM live_jobs WHERE id = ?1 AND status NOT IN ('pending', 'running', 'unknown')";
    if execute(connection, sql, [id.as_str()])? == 0 {
        return Ok(false);
    }
    forget_subject(connection, &Subject::Live(id.clone()))?;
    workload::remove(connection, WorkloadKind::Live, id.as_str())?;
    Ok(true)
}

fn forget_subject(connection: &Connection, subject: &Subject) -> Result<(), Fault> {
    let subject = subject_text(subject);
    for table in ["events", "claims", "requests"] {
        execute(connection, &format!("DELETE FROM {table} WHERE subject = ?1"), [&subject])?;
    }
    Ok(())
}

/// How many cached results were made before a time.
pub(super) fn cached_before(connection: &Connection, before: Timestamp) -> Result<u64, Fault> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM cache_entries WHERE created_at < ?1")?;
    Ok(statement.query_row([integer(before.unix_millis)], |row| row.get(0).map(number))?)
}

/// Forgets them; how many.
pub(super) fn remove_cached(connection: &Connection, before: Timestamp) -> Result<u64, Fault> {
    execute(connection, "DELETE FROM cache_entries WHERE created_at < ?1", [integer(before.unix_millis)])
}

/// All projects: their keys and ids.
pub(super) fn projects(connection: &Connection) -> Result<Vec<(String, ProjectId)>, Fault> {
    let mut statement = connection.prepare_cached("SELECT key, id FROM projects ORDER BY key")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, ProjectId::new(row.get::<_, String>(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets a project with its cached results; `false` while it has bakes or live jobs.
pub(super) fn remove_project(connection: &Connection, project: &ProjectId) -> Result<bool, Fault> {
    for table in ["bakes", "live_jobs"] {
        let sql = format!("SELECT 1 FROM {table} WHERE project = ?1");
        if connection.prepare_cached(&sql)?.exists([project.as_str()])? {
            return Ok(false);
        }
    }
    execute(connection, "DELETE FROM cache_entries WHERE project = ?1", [project.as_str()])?;
    execute(connection, "DELETE FROM projects WHERE id = ?1", [project.as_str()])?;
    Ok(true)
}

/// Forgets texts whose digest stands in no column of any other table.
///
/// All tables are asked, so that one that is added later keeps its texts too.
pub(super) fn sweep_texts(connection: &Connection) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached("SELECT digest FROM texts")?;
    let mut idle: BTreeSet<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let columns =
        "SELECT tables.name, columns.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
                   WHERE tables.type = 'table' AND columns.type = 'TEXT' AND tables.name <> 'texts'";
    let mut statement = connection.prepare_cached(columns)?;
    let columns: Vec<(String, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for (table, column) in columns {
        let mut statement = connection.prepare(&format!("SELECT \"{column}\" FROM \"{table}\""))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if let Some(text) = row.get_ref(0)?.as_str_or_null().map_err(rusqlite::Error::from)? {
                mentions(text, |digest| {
                    idle.remove(digest);
                });
            }
        }
    }
    for digest in idle {
        execute(connection, "DELETE FROM texts WHERE digest = ?1", [&digest])?;
    }
    Ok(())
}

pub(super) fn execute(connection: &Connection, sql: &str, params: impl Params) -> Result<u64, Fault> {
    Ok(connection.prepare_cached(sql)?.execute(params)? as u64)
}

/// Gives free pages back to the file system; how many bytes that were. Blocks.
///
/// A file of an older version must be written anew for that once, which is done while nothing is at work.
pub(super) fn give_room_back(path: &Path) -> Result<u64, Fault> {
    let before = size(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    let mode: u32 = connection.pragma_query_value(None, "auto_vacuum", |row| row.get(0))?;
    if mode == INCREMENTAL {
        while free_pages(&connection)? > 0 {
            connection.execute_batch(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
        }
    } else if free_pages(&connection)? > 0 && !is_at_work(&connection)? {
        connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM")?;
    }
    // The log of a file that others have open is only cut if nobody reads it: then it is cut later.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    drop(connection);
    Ok(before.saturating_sub(size(path)))
}

fn free_pages(connection: &Connection) -> Result<u32, Fault> {
    Ok(connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?)
}

fn is_at_work(connection: &Connection) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM attempts WHERE status IN ('pending', 'running') UNION ALL
               SELECT 1 FROM live_jobs WHERE status IN ('pending', 'running')";
    Ok(connection.prepare_cached(sql)?.exists([])?)
}

/// The bytes of the file and its log.
fn size(path: &Path) -> u64 {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
    bytes(path) + bytes(Path::new(&log))
}
