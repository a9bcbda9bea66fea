//! The schema and its steps: an older file is brought forward, a newer one is refused.

use flow_core::port::StoreError;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::fault::Fault;
use super::workload;

/// The steps in order; the file's `user_version` counts those it has taken. Never change one that
/// was released: add another.
const STEPS: &[&str] = &[include_str!("schema.sql"), include_str!("live.sql"), include_str!("workload.sql")];

/// The first schema with a list of workloads.
const LISTED: u32 = 3;

/// The schema that this version writes.
pub(super) const KNOWN: u32 = STEPS.len() as u32;

/// Brings the file to the schema of this version, all steps or none.
///
/// Errors: `Newer`; `Corrupt` if it is some other program's database.
pub(super) fn migrate(connection: &mut Connection, place: &str) -> Result<(), Fault> {
    if check(version(connection)?, place)? == KNOWN {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Read again: another process may have been first while we waited for the lock.
    let found = check(version(&transaction)?, place)?;
    if found == 0 {
        check_empty(&transaction)?;
    }
    for step in STEPS.iter().skip(found as usize) {
        transaction.execute_batch(step)?;
    }
    if found < LISTED {
        workload::fill(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", KNOWN)?;
    Ok(transaction.commit()?)
}

pub(super) fn version(connection: &Connection) -> Result<u32, Fault> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn check(found: u32, place: &str) -> Result<u32, Fault> {
    if found <= KNOWN {
        return Ok(found);
    }
    Err(StoreError::Newer { place: place.to_owned(), found, known: KNOWN }.into())
}

fn check_empty(transaction: &Transaction<'_>) -> Result<(), Fault> {
    let tables: u32 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        return Ok(());
    }
    Err(Fault::Unreadable("the tables of another program".to_owned()))
}
