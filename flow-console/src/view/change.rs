//! [`Change`]: an event as pages need it, below 1 KB whatever the event holds.

use flow_core::event::{Event, EventKind, SkipReason, Stage};
use flow_core::model::{FullId, Subject, TaskStatus};
use serde::Serialize;
use utoipa::ToSchema;

/// The longest text of a change, in bytes; a longer one is cut, a longer id is left out.
const MAX_TEXT: usize = 200;

/// One thing that happened, without outputs and other long texts.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Change {
    pub position: u64,
    pub at: String,
    /// The kind of event, such as `progress`.
    pub event: &'static str,
    /// The attempt or live job that it is about.
    pub subject: String,
    /// Its bake and number, where it is an attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bake: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// The live job's id, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<String>,
    /// The task; left out where its id is very long, and then `reload` is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#try: Option<u32>,
    /// The status that the task, or else the attempt or the live job, has now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether the page must read its tasks again: there are others now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reload: bool,
}

/// A server-sent event, as its fields are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StreamEvent {
    /// The position: what `Last-Event-ID` goes on after.
    pub id: String,
    /// Always `change`.
    pub event: String,
    /// A `Change` as JSON.
    pub data: String,
}

/// Stored events after a position.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventPage {
    pub version: u32,
    /// The events in the stored form, as `docs/events.md` shows them.
    #[schema(value_type = Vec<Object>)]
    pub events: Vec<Event>,
    /// The position to go on from.
    pub next: u64,
}

impl Change {
    /// What pages need of an event; `owner`: the bake and the number of its attempt.
    pub(crate) fn new(event: &Event, owner: Option<(&str, u32)>) -> Self {
        let task = event.kind.task().map(FullId::to_string);
        let is_long = task.as_ref().is_some_and(|task| task.len() > MAX_TEXT);
        let live = event.subject.live();
        let (status, note) = if live.is_some() { told_of_job(&event.kind) } else { told(&event.kind) };
        Change {
            position: event.position,
            at: event.at.to_string(),
            event: event.kind.word(),
            subject: match &event.subject {
                Subject::Attempt(id) => id.to_string(),
                Subject::Live(id) => id.to_string(),
            },
            bake: owner.map(|(bake, _)| cut(bake)),
            attempt: owner.map(|(_, number)| number),
            live: live.map(|id| cut(id.as_str())),
            task: task.filter(|_| !is_long),
            r#try: number(&event.kind),
            status: status.map(TaskStatus::word),
            note: note.map(|note| cut(&note)),
            reload: is_long || matches!(event.kind, EventKind::Expanded { .. } | EventKind::AttemptCreated(_)),
        }
    }
}

/// As [`told`] for a live job: one that ended may be started again, and is as it was until that is decided.
fn told_of_job(kind: &EventKind) -> (Option<TaskStatus>, Option<String>) {
    match kind {
        EventKind::Ended { outcome, .. } => (None, flow_core::model::note::outcome(outcome)),
        EventKind::RetryAt { at, .. } => (Some(TaskStatus::Pending), Some(format!("will be started again at {at}"))),
        other => told(other),
    }
}

/// The status that an event leaves, and what there is to say of it.
fn told(kind: &EventKind) -> (Option<TaskStatus>, Option<String>) {
    match kind {
        EventKind::AttemptCreated(_) | EventKind::LiveCreated(_) | EventKind::Launching { .. } => {
            (Some(TaskStatus::Pending), None)
        }
        EventKind::Progress { stage: Stage::Running, why, .. } => (Some(TaskStatus::Running), why.clone()),
        EventKind::Progress { why, .. } => (None, why.clone()),
        EventKind::Ended { outcome, .. } => (Some(outcome.status), flow_core::model::note::outcome(outcome)),
        EventKind::RetryAt { at, .. } => (None, Some(format!("will be tried again at {at}"))),
        EventKind::Skipped { because, .. } => (Some(TaskStatus::Skipped), Some(skipped(because).to_owned())),
        EventKind::CacheHit { .. } => (Some(TaskStatus::Cached), None),
        EventKind::TakenOver { .. } => (Some(TaskStatus::Succeeded), None),
        EventKind::CancelAsked { by, .. } => (None, Some(format!("cancel asked by {by}"))),
        EventKind::AttemptEnded { result } | EventKind::LiveEnded { result } => (Some(*result), None),
        EventKind::Claimed { .. }
        | EventKind::Expanded { .. }
        | EventKind::Answered { .. }
        | EventKind::LocalsEnded { .. }
        | EventKind::Launched { .. } => (None, None),
    }
}

fn skipped(because: &SkipReason) -> &'static str {
    match because {
        SkipReason::Disabled { .. } => "not enabled",
        SkipReason::WindingDown => "the bake was winding down",
        SkipReason::Cancelled => "cancelled before it started",
        SkipReason::Locals => "the local actions before it did not end well",
    }
}

/// Which try it is about.
fn number(kind: &EventKind) -> Option<u32> {
    match kind {
        EventKind::Launching { key, .. }
        | EventKind::Launched { key, .. }
        | EventKind::Progress { key, .. }
        | EventKind::Ended { key, .. }
        | EventKind::RetryAt { key, .. } => Some(key.r#try),
        _ => None,
    }
}

/// A text of at most [`MAX_TEXT`] bytes.
fn cut(text: &str) -> String {
    let end = (0..=MAX_TEXT.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    let kept = text.get(..end.unwrap_or(0)).unwrap_or_default();
    if kept.len() < text.len() { format!("{kept}…") } else { kept.to_owned() }
}

#[cfg(test)]
mod tests;
