//! How single values stand in columns: numbers, subjects, documents.

use flow_core::model::{AttemptId, LiveJobId, Subject, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fault::Fault;

const ATTEMPT: &str = "attempt/";
const LIVE: &str = "live/";

/// A count or time as SQLite's signed integer; what is too large becomes the largest.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The count of an integer that [`integer`] wrote.
pub(super) fn number(integer: i64) -> u64 {
    u64::try_from(integer).unwrap_or(0)
}

/// The moment of an integer that [`integer`] wrote.
pub(super) fn moment(integer: i64) -> Timestamp {
    Timestamp::from_unix_millis(number(integer))
}

/// A subject as text.
pub(super) fn subject_text(subject: &Subject) -> String {
    match subject {
        Subject::Attempt(id) => format!("{ATTEMPT}{id}"),
        Subject::Live(id) => format!("{LIVE}{id}"),
    }
}

/// The subject of a text that [`subject_text`] wrote.
pub(super) fn subject_of(text: &str) -> Result<Subject, Fault> {
    if let Some(id) = text.strip_prefix(ATTEMPT) {
        return Ok(Subject::Attempt(AttemptId::new(id)));
    }
    if let Some(id) = text.strip_prefix(LIVE) {
        return Ok(Subject::Live(LiveJobId::new(id)));
    }
    Err(Fault::Unreadable(format!("`{text}` is no subject")))
}

/// A record as a document.
pub(super) fn document(record: &impl Serialize) -> Result<String, Fault> {
    Ok(serde_json::to_string(record)?)
}

/// The record of a document.
pub(super) fn record<T: DeserializeOwned>(document: &str) -> Result<T, Fault> {
    Ok(serde_json::from_str(document)?)
}
