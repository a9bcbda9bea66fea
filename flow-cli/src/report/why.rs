//! Explanations as lines for people and as JSON.

use flow_core::event::SkipReason;
use flow_core::model::{Attempt, NeedsLevel, Task, Timestamp};
use flow_engine::{Because, Explanation, Origin, Start, Wait};
use serde::Serialize;

use crate::report::look::Look;
use crate::report::{clean, json, words};

/// How much of a value a line shows.
const VALUE: usize = 160;
/// How much of what two long values have in common stands before their difference.
const BEFORE: usize = 40;

/// An explanation as JSON: `because` is one word, the other keys say more where they apply.
#[derive(Debug, Serialize)]
pub(crate) struct WhyView<'a> {
    version: u32,
    bake: &'a str,
    attempt: u32,
    task: String,
    status: &'static str,
    because: &'static str,
    /// The earlier result that was taken, or that is nearest.
    from: Option<OriginView<'a>>,
    /// What differs from `from`.
    changes: Vec<ChangeView<'a>>,
    /// The needs that are waited for, or that did not succeed.
    needs: Vec<NeedView<'a>>,
    /// When the next start comes.
    until: Option<String>,
    /// How the last start ended, or what the executor says.
    said: Option<String>,
}

#[derive(Debug, Serialize)]
struct OriginView<'a> {
    bake: &'a str,
    attempt: u32,
    at: String,
}

#[derive(Debug, Serialize)]
struct ChangeView<'a> {
    field: &'a str,
    old: Option<&'a str>,
    new: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct NeedView<'a> {
    id: &'a str,
    level: Option<&'static str>,
    status: &'static str,
}

impl<'a> WhyView<'a> {
    pub(crate) fn new(attempt: &'a Attempt, task: &Task, explanation: &'a Explanation) -> Self {
        let because = &explanation.because;
        let origin = because.origin();
        let outcome = explanation.outcome.as_ref().and_then(words::outcome);
        WhyView {
            version: json::VERSION,
            bake: attempt.bake.as_str(),
            attempt: attempt.number,
            task: task.id.to_string(),
            status: task.status.word(),
            because: because.word(),
            from: origin.map(|one| OriginView { bake: one.bake.as_str(), attempt: one.number, at: one.at.to_string() }),
            changes: because
                .changes()
                .iter()
                .map(|one| ChangeView { field: &one.field, old: one.old.as_deref(), new: one.new.as_deref() })
                .collect(),
            needs: needs(because),
            until: match because {
                Because::Waits(Wait::Until(at)) => Some(at.to_string()),
                _ => None,
            },
            said: match because {
                Because::Waits(Wait::Executor(said)) => said.clone(),
                _ => outcome,
            },
        }
    }
}

fn needs(because: &Because) -> Vec<NeedView<'_>> {
    match because {
        Because::Waits(Wait::Needs(needs)) => needs
            .iter()
            .map(|(id, level, status)| NeedView { id, level: Some(level_word(*level)), status: status.word() })
            .collect(),
        Because::Skipped(SkipReason::Disabled { needs }) => {
            needs.iter().map(|(id, status)| NeedView { id, level: None, status: status.word() }).collect()
        }
        _ => Vec::new(),
    }
}

fn level_word(level: NeedsLevel) -> &'static str {
    match level {
        NeedsLevel::Running => "running",
        NeedsLevel::Completed => "completed",
    }
}

/// The explanation for people: how the task ended, then why it was treated so.
pub(crate) fn lines(task: &Task, explanation: &Explanation, look: Look, now: Timestamp) -> Vec<String> {
    let word = task.status.word();
    let ended = explanation.outcome.as_ref().and_then(words::outcome);
    let ended = ended.map(|ended| format!(": {}", clean::line(&ended))).unwrap_or_default();
    let mut lines =
        vec![format!("{} {}{ended}", look.strong(&clean::line(&task.id.to_string())), look.status(word, word))];
    lines.push(match &explanation.because {
        Because::Waits(Wait::Until(_)) if task.waits_for_try().is_some() => {
            format!("it waits: {}", words::note_now(task, now).unwrap_or_default())
        }
        because => sentence(because),
    });
    if task.tries.len() > 1 {
        lines.push(format!("it was tried {} times; `show` tells of each", task.tries.len()));
    }
    let arrow = look.pick("→", "->");
    lines.extend(explanation.because.changes().iter().map(|change| {
        let field = look.accent(&clean::line(&change.field));
        let (old, new) = values(change.old.as_deref(), change.new.as_deref());
        format!("  {field}: {old} {arrow} {new}")
    }));
    lines.extend(needs(&explanation.because).iter().map(|need| {
        let until = need.level.map(|level| format!(", must be {level}")).unwrap_or_default();
        format!("  {}: {}{until}", clean::line(need.id), look.status(need.status, need.status))
    }));
    lines
}

fn sentence(because: &Because) -> String {
    match because {
        Because::Started(Start::CacheOff) => "it ran because its cache is off".to_owned(),
        Because::Started(Start::CacheNotRead) => "it ran because the restart was to read no cache".to_owned(),
        Because::Started(Start::First) => "it ran because it had not succeeded in this batch before".to_owned(),
        Because::Started(Start::Changed(from, changes)) => {
            let count = super::diagnostic::counted(changes.len(), "difference");
            format!("it ran because it has changed: {count} to {}", place(from))
        }
        Because::Started(Start::Different(from)) => {
            format!("it ran because it differs from {}, whose text is not kept", place(from))
        }
        Because::Started(Start::Gone(from)) => {
            format!("it ran because the equal result of {} was cleared or is too old", place(from))
        }
        Because::Opened => "it is a call: its tasks tell more".to_owned(),
        Because::Grown => {
            "it stood for the rows of its matrix, which were made when their values were known".to_owned()
        }
        Because::NotEvaluated => "it could not be started: an expression failed".to_owned(),
        Because::Cached(from) => format!("its result is cached: {} ran the same", place(from)),
        Because::TakenOver(from) => format!("its result was taken over from {}", place(from)),
        Because::Skipped(SkipReason::Disabled { needs }) if needs.is_empty() => {
            "it was skipped because its `enable` is false".to_owned()
        }
        Because::Skipped(SkipReason::Disabled { .. }) => "it was skipped because these did not succeed:".to_owned(),
        Because::Skipped(SkipReason::WindingDown) => "it was skipped because the bake was winding down".to_owned(),
        Because::Skipped(SkipReason::Cancelled) => "it was cancelled before it started".to_owned(),
        Because::Skipped(SkipReason::Locals) => {
            "it was skipped because the local actions before it did not end well".to_owned()
        }
        Because::Waits(Wait::Needs(_)) => "it waits for these:".to_owned(),
        Because::Waits(Wait::Turn) => "it waits for its turn: no more tasks may run at once".to_owned(),
        Because::Waits(Wait::Until(at)) => format!("it waits for its next start at {at}"),
        Because::Waits(Wait::Executor(None)) => "it waits for the executor".to_owned(),
        Because::Waits(Wait::Executor(Some(said))) => format!("it waits for the executor: {}", clean::line(said)),
    }
}

/// Both values of a change, cut so that what differs is seen.
fn values(old: Option<&str>, new: Option<&str>) -> (String, String) {
    let common = match (old, new) {
        (Some(old), Some(new)) => old.chars().zip(new.chars()).take_while(|(old, new)| old == new).count(),
        _ => 0,
    };
    let skipped = if common < VALUE { 0 } else { common - BEFORE };
    let value = |text: Option<&str>| {
        let Some(text) = text else { return "(not there)".to_owned() };
        let rest: String = text.chars().skip(skipped).collect();
        let mark = if skipped == 0 { "" } else { "…" };
        format!("{mark}{}", clean::short(&rest, VALUE))
    };
    (value(old), value(new))
}

fn place(origin: &Origin) -> String {
    format!("attempt #{} of {}", origin.number, clean::line(origin.bake.as_str()))
}

#[cfg(test)]
mod tests;
