//! Outcomes and notes in words: those that all faces share, and what depends on the moment of looking.

use flow_core::model::{Task, Timestamp};

use crate::report::time::span;

pub(crate) use flow_core::model::note::{note, outcome};

/// The note as it is now: which try it is, and when the next one comes.
pub(crate) fn note_now(task: &Task, now: Timestamp) -> Option<String> {
    let Some(next) = task.next_try.as_ref().filter(|_| !task.status.is_finished()) else { return note(task) };
    let place = next.place();
    if task.waits_for_try().is_none() {
        let more = task.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        return Some(format!("{place}{more}"));
    }
    let ended = task.tries.last().and_then(|last| last.outcome.as_ref()).and_then(outcome);
    let ended = ended.map(|ended| format!(" ({ended})")).unwrap_or_default();
    Some(format!("{place}, next in {}{ended}", span(next.at.since(now))))
}

/// A number of bytes: `512 B`, `1.5 MB`.
pub(crate) fn bytes(count: u64) -> String {
    let units = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let mut size = count as f64;
    let mut unit = "B";
    for next in units {
        // What would be written as 1000.0 is one of the next unit.
        if size < 999.95 {
            break;
        }
        (size, unit) = (size / 1000.0, next);
    }
    format!("{size:.1} {unit}")
}

#[cfg(test)]
mod tests;
