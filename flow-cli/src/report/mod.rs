//! How things look: events, records and diagnostics become lines. Nothing here decides or waits.

pub(crate) mod board;
pub(crate) mod clean;
pub(crate) mod diagnostic;
pub(crate) mod forecast;
pub(crate) mod graph;
pub(crate) mod json;
pub(crate) mod live;
pub(crate) mod look;
pub(crate) mod plain;
pub(crate) mod progress;
#[cfg(test)]
mod sample;
pub(crate) mod summary;
pub(crate) mod table;
pub(crate) mod time;
pub(crate) mod transfer;
pub(crate) mod why;
pub(crate) mod words;
