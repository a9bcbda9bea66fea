//! Pieces of logs on the wire. Units: all places are bytes from the start of the log.

use serde::Serialize;
use utoipa::ToSchema;

/// A piece of a log: whole lines, as far as there are some.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogPage {
    pub version: u32,
    /// The try that it belongs to; 0 where the task has no log.
    pub number: u32,
    /// Where the piece begins.
    pub from: u64,
    /// How many bytes are gone before it: a log has bounds.
    pub gone: u64,
    /// Where the next piece begins.
    pub next: u64,
    /// How long the log is now.
    pub end: u64,
    /// Whether nothing will be added behind `end`.
    pub complete: bool,
    /// The text; bytes that are no UTF-8 are shown as U+FFFD.
    pub text: String,
    /// Where each line of the text begins.
    pub lines: Vec<u64>,
    /// When each line was there, to about a second: ISO 8601, UTC. Null where the executor keeps no times.
    pub times: Option<Vec<String>>,
}

/// What a search found in a part of a log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogFound {
    pub version: u32,
    pub number: u32,
    pub hits: Vec<LogHit>,
    /// Where to go on searching; null at the end of the log.
    pub next: Option<u64>,
}

/// The first line of a log with an error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogFirst {
    pub version: u32,
    pub number: u32,
    /// Null if no line has one.
    pub hit: Option<LogHit>,
}

/// A line that holds what was searched.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogHit {
    /// Where the line begins.
    pub at: u64,
    /// The line, cut where it is very long.
    pub line: String,
}
