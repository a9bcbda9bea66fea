//! Forecasts as a table for people and as JSON.

use std::collections::BTreeMap;

use flow_core::event::SkipReason;
use flow_core::expr::HostCall;
use flow_core::model::{FullId, Timestamp};
use flow_engine::{Change, Fate, Forecast, ForecastTask, Origin, Start};
use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use crate::report::diagnostic::counted;
use crate::report::table::{Cell, Table};
use crate::report::{clean, json, words};

/// How much of a value a cell shows.
const VALUE: usize = 40;
/// How many ids or differences a cell names.
const NAMED: usize = 3;

/// A forecast as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct PlanView<'a> {
    version: u32,
    batch: &'a str,
    params: &'a IndexMap<String, String>,
    tasks: Vec<TaskView<'a>>,
}

/// `plan` says what becomes of it, `because` why in one word; the other keys say more where they apply.
#[derive(Debug, Serialize)]
struct TaskView<'a> {
    id: String,
    group: Option<&'a str>,
    needs: Vec<&'a str>,
    plan: &'static str,
    because: &'static str,
    /// The earlier result that would be taken, or that is nearest.
    from: Option<OriginView<'a>>,
    /// What differs from `from`.
    changes: Vec<ChangeView<'a>>,
    /// The tasks whose results it depends on, or that would not have succeeded.
    waits_for: Vec<String>,
    /// What would keep it from starting.
    said: Option<String>,
    image: Option<&'a str>,
    preset: Option<&'a str>,
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

impl<'a> PlanView<'a> {
    pub(crate) fn new(forecast: &'a Forecast) -> Self {
        let tasks = forecast.tasks.iter().map(TaskView::from).collect();
        PlanView { version: json::VERSION, batch: &forecast.batch, params: &forecast.params, tasks }
    }
}

impl<'a> From<&'a ForecastTask> for TaskView<'a> {
    fn from(task: &'a ForecastTask) -> Self {
        let (plan, because) = plan_words(&task.fate);
        let origin =
            |one: &'a Origin| OriginView { bake: one.bake.as_str(), attempt: one.number, at: one.at.to_string() };
        TaskView {
            id: task.id.to_string(),
            group: task.node.group.as_deref(),
            needs: task.node.needs.iter().map(|need| &*need.id).collect(),
            plan,
            because,
            from: earlier(&task.fate).map(origin),
            changes: changes(&task.fate)
                .iter()
                .map(|one| ChangeView { field: &one.field, old: one.old.as_deref(), new: one.new.as_deref() })
                .collect(),
            waits_for: match &task.fate {
                Fate::Later(needs) => needs.iter().map(FullId::to_string).collect(),
                Fate::Skipped(SkipReason::Disabled { needs }) => needs.iter().map(|(id, _)| id.clone()).collect(),
                _ => Vec::new(),
            },
            said: match &task.fate {
                Fate::Fails(outcome) => words::outcome(outcome),
                _ => None,
            },
            image: task.spec.as_ref().and_then(|spec| spec.image.as_deref()),
            preset: task.spec.as_ref().and_then(|spec| spec.preset.as_deref()),
        }
    }
}

/// What becomes of a task, and why, in a word each.
fn plan_words(fate: &Fate) -> (&'static str, &'static str) {
    match fate {
        Fate::Run(Start::CacheOff) => ("run", "cache_off"),
        Fate::Run(Start::CacheNotRead) => ("run", "cache_not_read"),
        Fate::Run(Start::First) => ("run", "first"),
        Fate::Run(Start::Changed(..)) => ("run", "changed"),
        Fate::Run(Start::Different(_)) => ("run", "different"),
        Fate::Run(Start::Gone(_)) => ("run", "gone"),
        Fate::Cached { .. } => ("cached", "cached"),
        Fate::Skipped(SkipReason::Disabled { .. }) => ("skipped", "disabled"),
        Fate::Skipped(SkipReason::WindingDown) => ("skipped", "winding_down"),
        Fate::Skipped(SkipReason::Cancelled) => ("skipped", "cancelled"),
        Fate::Skipped(SkipReason::Locals) => ("skipped", "locals_failed"),
        Fate::Opens => ("opens", "opened"),
        Fate::Grows => ("opens", "rows_made"),
        Fate::Fails(_) => ("failed", "not_evaluated"),
        Fate::Asks(_) => ("later", "uploads_first"),
        Fate::Later(_) => ("later", "depends_on_results"),
    }
}

fn earlier(fate: &Fate) -> Option<&Origin> {
    match fate {
        Fate::Run(Start::Changed(origin, _) | Start::Different(origin) | Start::Gone(origin)) => Some(origin),
        Fate::Cached { from, .. } => from.as_ref(),
        Fate::Run(Start::CacheOff | Start::CacheNotRead | Start::First)
        | Fate::Opens
        | Fate::Grows
        | Fate::Skipped(_)
        | Fate::Fails(_)
        | Fate::Asks(_)
        | Fate::Later(_) => None,
    }
}

fn changes(fate: &Fate) -> &[Change] {
    match fate {
        Fate::Run(Start::Changed(_, changes)) => changes,
        _ => &[],
    }
}

/// The forecast for people; `when` shows a moment.
pub(crate) fn table(forecast: &Forecast, when: impl Fn(Timestamp) -> String) -> Table {
    let mut table = Table::new(&["TASK", "PLAN", "WHY"]);
    let groups: BTreeMap<&FullId, String> = forecast.tasks.iter().filter_map(group_of).collect();
    for task in &forecast.tasks {
        let (word, _) = plan_words(&task.fate);
        let status = match word {
            "run" | "opens" => "running",
            "later" => "pending",
            other => other,
        };
        table.push(vec![
            clean::line(&task.id.to_string()).into(),
            Cell { text: word.to_owned(), status: Some(status) },
            reason(&task.fate, &groups, &when).into(),
        ]);
    }
    table
}

fn reason(fate: &Fate, groups: &BTreeMap<&FullId, String>, when: &impl Fn(Timestamp) -> String) -> String {
    match fate {
        Fate::Run(Start::CacheOff) => "its cache is off".to_owned(),
        Fate::Run(Start::CacheNotRead) => "no cache is read".to_owned(),
        Fate::Run(Start::First) => "has not succeeded in this batch before".to_owned(),
        Fate::Run(Start::Changed(from, changes)) => format!("{} since {}", changed(changes), when(from.at)),
        Fate::Run(Start::Different(from)) => format!("differs from that of {}, whose text is not kept", when(from.at)),
        Fate::Run(Start::Gone(from)) => format!("the equal result of {} was cleared or is too old", when(from.at)),
        Fate::Cached { from: Some(from), at } => {
            format!("ran the same {} in {}", when(*at), clean::line(from.bake.as_str()))
        }
        Fate::Cached { from: None, at } => format!("ran the same {}", when(*at)),
        Fate::Skipped(SkipReason::Disabled { needs }) if needs.is_empty() => "its `enable` is false".to_owned(),
        Fate::Skipped(SkipReason::Disabled { needs }) => {
            format!("did not succeed: {}", named(needs.iter().map(|(id, _)| id.clone())))
        }
        Fate::Skipped(SkipReason::WindingDown) => "the bake winds down".to_owned(),
        Fate::Skipped(SkipReason::Cancelled) => "cancelled".to_owned(),
        Fate::Skipped(SkipReason::Locals) => "a local action fails before it".to_owned(),
        Fate::Opens => "a call: its tasks tell more".to_owned(),
        Fate::Grows => "a matrix: its rows tell more".to_owned(),
        Fate::Fails(outcome) => words::outcome(outcome).map(|said| clean::line(&said)).unwrap_or_default(),
        Fate::Asks(calls) => {
            let uploads = calls.iter().filter_map(|call| match call {
                HostCall::Upload { remote, .. } => Some(remote.clone()),
                _ => None,
            });
            format!("uploads to {} first", named(uploads))
        }
        Fate::Later(needs) => {
            // All rows of a matrix are told by its one name.
            let names = needs.iter().map(|id| groups.get(id).cloned().unwrap_or_else(|| id.to_string()));
            let names: IndexSet<String> = names.collect();
            format!("depends on results of {}", named(names.into_iter()))
        }
    }
}

/// The full id of the group that a row belongs to.
fn group_of(task: &ForecastTask) -> Option<(&FullId, String)> {
    let group = task.node.group.as_ref()?;
    Some((&task.id, task.id.prefix().child(group).to_string()))
}

/// `env.RATE: 0.1 → 0.2`, and how many more.
fn changed(changes: &[Change]) -> String {
    let value = |text: &Option<String>| text.as_ref().map_or("nothing".to_owned(), |text| clean::short(text, VALUE));
    let one = |one: &Change| format!("{}: {} -> {}", clean::line(&one.field), value(&one.old), value(&one.new));
    named(changes.iter().map(one))
}

/// The first few, and how many more there are.
fn named(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.map(|name| clean::line(&name)).collect();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", names.join(", "))
}

/// `12 tasks: 3 run, 9 depend on results`.
pub(crate) fn closing(forecast: &Forecast) -> String {
    let count = |word: &str| forecast.tasks.iter().filter(|task| plan_words(&task.fate).0 == word).count();
    let parts = [
        ("run", "run"),
        ("cached", "cached"),
        ("skipped", "skipped"),
        ("failed", "cannot start"),
        ("later", "depend on results"),
    ];
    let parts = parts.map(|(word, said)| (count(word), said));
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, said)| format!("{count} {said}")).collect();
    format!("{}: {}", counted(forecast.tasks.len(), "task"), parts.join(", "))
}
