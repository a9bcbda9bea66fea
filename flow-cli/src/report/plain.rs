//! Progress as plain lines, one for each thing that happens: for pipes, files and CI logs.

use std::time::Duration;

use flow_core::event::{CancelScope, EndedTry, Event, EventKind, Stage};
use flow_core::model::{FullId, LaunchKey, NextTry, Task, TaskStatus, Timestamp};

use crate::report::board::Board;
use crate::report::clean;
use crate::report::diagnostic::counted;
use crate::report::look::Look;
use crate::report::time::{Zone, span};
use crate::report::words;

/// How much of an output's value a line shows.
const VALUE: usize = 200;

/// How plain lines are written.
#[derive(Clone, Debug)]
pub(crate) struct Plain {
    pub look: Look,
    pub zone: Zone,
    /// Whether every step is told, not only those that change a status.
    pub detailed: bool,
}

impl Plain {
    /// The lines of an event; `board` has taken it in already.
    pub(crate) fn lines(&self, board: &Board, event: &Event) -> Vec<String> {
        let stamp = self.look.faint(&self.zone.clock(event.at));
        let mut lines = self.body(board, event).into_iter();
        let first = lines.next().map(|line| format!("{stamp}  {line}"));
        first.into_iter().chain(lines).collect()
    }

    fn body(&self, board: &Board, event: &Event) -> Vec<String> {
        let task = |id: &FullId| board.tasks.get(id);
        if let Some(image) = event.kind.image() {
            return self.build(image, &event.kind).into_iter().collect();
        }
        match &event.kind {
            EventKind::Expanded { prefix, nodes, .. } if self.detailed => {
                let below = if *prefix == FullId::root() { String::new() } else { format!("{prefix}  ") };
                vec![format!("{}{}", clean::line(&below), counted(nodes.len(), "task"))]
            }
            EventKind::Progress { key, stage, why, .. } => {
                let told = self.detailed || *stage == Stage::Running || *stage == Stage::Suspended;
                let name = key.node().map(ToString::to_string).filter(|_| told);
                name.map(|name| self.stage(&name, stage, why.as_deref())).into_iter().collect()
            }
            EventKind::Ended { key, .. } => key.node().and_then(task).map(|task| self.end(task)).unwrap_or_default(),
            EventKind::CacheHit { node, .. } | EventKind::TakenOver { node, .. } | EventKind::Skipped { node, .. } => {
                task(node).map(|task| self.end(task)).unwrap_or_default()
            }
            EventKind::RetryAt { key, at, ended } => {
                vec![self.again((key, *at), at.since(event.at), ended.as_deref())]
            }
            EventKind::CancelAsked { scope, by, .. } => vec![self.cancel(scope, by)],
            EventKind::Claimed { epoch, .. } if epoch.0 > 1 => vec!["a new engine has taken the bake up".to_owned()],
            EventKind::LocalsEnded { result } if *result != TaskStatus::Succeeded => {
                vec![self.look.status(result.word(), "the local actions did not end well: nothing else is started")]
            }
            EventKind::AttemptCreated(_)
            | EventKind::Claimed { .. }
            | EventKind::Expanded { .. }
            | EventKind::LocalsEnded { .. }
            | EventKind::Answered { .. }
            | EventKind::Launching { .. }
            | EventKind::Launched { .. }
            | EventKind::AttemptEnded { .. }
            | EventKind::LiveCreated(_)
            | EventKind::LiveEnded { .. } => Vec::new(),
        }
    }

    fn cancel(&self, scope: &CancelScope, by: &str) -> String {
        let what = match scope {
            CancelScope::Attempt => "the bake".to_owned(),
            CancelScope::Task(id) => clean::line(&id.to_string()),
            CancelScope::Job => "the job".to_owned(),
        };
        self.look.status("cancelled", &format!("{} asked to cancel {what}", clean::line(by)))
    }

    /// What comes again, and when; of a new try also how the one before ended.
    fn again(&self, (key, at): (&LaunchKey, Timestamp), wait: Duration, ended: Option<&EndedTry>) -> String {
        let name = clean::line(&key.node().map(ToString::to_string).unwrap_or_default());
        let wait = span(wait);
        let Some(ended) = ended else { return format!("{name}  will be started again in {wait}") };
        let word = self.look.status(ended.outcome.status.word(), ended.outcome.status.word());
        let why = words::outcome(&ended.outcome).map(|why| format!(" ({})", clean::line(&why))).unwrap_or_default();
        let next = NextTry { number: key.r#try, last: ended.last, at };
        format!("{name}  {word}{why}: {}, next in {wait}", next.place())
    }

    /// The line of an image's build.
    fn build(&self, image: &str, kind: &EventKind) -> Option<String> {
        let word = match kind {
            EventKind::Launching { .. } => "building",
            EventKind::Ended { outcome, .. } if outcome.status == TaskStatus::Succeeded => "built",
            EventKind::Ended { .. } => "not built",
            _ => return None,
        };
        let status = match kind {
            EventKind::Ended { outcome, .. } => outcome.status.word(),
            _ => TaskStatus::Running.word(),
        };
        Some(format!("image {}  {}", clean::line(image), self.look.status(status, word)))
    }

    fn stage(&self, name: &str, stage: &Stage, why: Option<&str>) -> String {
        let word = match stage {
            Stage::Queued => "queued",
            Stage::Starting => "starting",
            Stage::Running => "running",
            Stage::Suspended => "suspended",
        };
        let why = why.filter(|why| self.detailed && !why.is_empty());
        let why = why.map(|why| format!(" ({})", clean::line(why))).unwrap_or_default();
        format!("{}  {}{why}", clean::line(name), self.look.status(word, word))
    }

    /// A task that came to its end, with what it gave.
    fn end(&self, task: &Task) -> Vec<String> {
        let word = task.status.word();
        let took = task.tries.last().and_then(|last| Some(last.ended_at?.since(last.started_at?)));
        let took = took.map(|took| format!("  {}", span(took))).unwrap_or_default();
        let note = match &task.taken_from {
            Some(_) => Some("taken over".to_owned()),
            None => words::note(task).filter(|_| task.status != TaskStatus::Cached),
        };
        let note = note.map(|note| format!("  ({})", clean::line(&note))).unwrap_or_default();
        let line = format!("{}  {}{took}{note}", clean::line(&task.id.to_string()), self.look.status(word, word));
        let outputs = task
            .outputs
            .iter()
            .map(|(name, value)| format!("            {}: {}", clean::line(name), clean::short(value, VALUE)));
        std::iter::once(line).chain(outputs).collect()
    }

    /// Whether a terminal keeps the event's lines, above the picture that is redrawn.
    pub(crate) fn stays(event: &Event) -> bool {
        match &event.kind {
            EventKind::Ended { outcome, .. } => outcome.status == TaskStatus::Failed,
            EventKind::RetryAt { .. } | EventKind::CancelAsked { .. } => true,
            EventKind::Claimed { epoch, .. } => epoch.0 > 1,
            EventKind::LocalsEnded { result } => *result != TaskStatus::Succeeded,
            EventKind::AttemptCreated(_)
            | EventKind::Expanded { .. }
            | EventKind::Answered { .. }
            | EventKind::Launching { .. }
            | EventKind::Launched { .. }
            | EventKind::Progress { .. }
            | EventKind::Skipped { .. }
            | EventKind::CacheHit { .. }
            | EventKind::TakenOver { .. }
            | EventKind::AttemptEnded { .. }
            | EventKind::LiveCreated(_)
            | EventKind::LiveEnded { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests;
