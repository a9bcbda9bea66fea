//! The last lines of a bake that was followed: what came out, and what to type next.

use flow_core::model::{Outcome, Reason, Task, TaskStatus};

use crate::report::board::Board;
use crate::report::clean;
use crate::report::look::Look;
use crate::report::progress::push_counts;
use crate::report::table::Strip;
use crate::report::time::span;
use crate::report::words;

/// How many failed tasks are told of in full.
const MAX_FAILURES: usize = 3;

/// The tasks whose failure is told of in full: not the calls that only failed with them.
pub(crate) fn failures(board: &Board) -> Vec<&Task> {
    let is_inside = |task: &&Task| matches!(&task.outcome, Some(Outcome { reason: Reason::Inside { .. }, .. }));
    let failed = board.tasks.values().filter(|task| task.status == TaskStatus::Failed && !is_inside(task));
    failed.take(MAX_FAILURES).collect()
}

/// A failed task, the end of its log, and how to see all of it.
pub(crate) fn failure(bake: &str, task: &Task, tail: &[String], look: Look) -> Vec<String> {
    let id = clean::line(&task.id.to_string());
    let why = words::note(task).map(|why| format!(": {}", clean::line(&why))).unwrap_or_default();
    let mut lines = vec![format!("{} {}{why}", look.strong(&id), look.bad("failed"))];
    let bar = look.faint(look.pick("│", "|"));
    lines.extend(tail.iter().map(|line| format!("  {bar} {line}")));
    if task.tries.last().is_some_and(|last| last.log.bytes > 0) {
        lines.push(format!("  {}", look.accent(&format!("apolo-flow logs {bake} {}", quoted(&id)))));
    }
    lines
}

/// The result, how long it took, and how many tasks ended how.
pub(crate) fn result(board: &Board, look: Look) -> String {
    let mut strip = Strip::new(usize::MAX);
    let (Some(attempt), counts) = (&board.attempt, board.counts()) else { return String::new() };
    let name = board.bake.as_ref().map(|bake| clean::line(&bake.batch)).unwrap_or_default();
    strip.push(&format!("{name} "), |text| look.strong(text));
    strip.push(attempt.status.word(), |text| look.status(attempt.status.word(), text));
    if let Some(ended) = attempt.ended_at {
        strip.push(&format!(" in {}", span(ended.since(attempt.created_at))), str::to_owned);
    }
    if counts.total() > 0 {
        strip.push(": ", str::to_owned);
        push_counts(&mut strip, counts, look);
    }
    strip.finish()
}

/// An argument as a shell takes it.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./:=@%+,".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests;
