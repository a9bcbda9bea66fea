//! [`prepare`]: one ready node to what is done with it. Source: CTX-11 (stage 6), BAT-52…55.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use crate::ast::Field;
use crate::diag::{Code, Diagnostic};
use crate::event::SkipReason;
use crate::expr::{Answers, HostCall, Target};
use crate::model::{CacheKey, FullId, NodeRecord, TaskStatus, UnitSpec};
use crate::plan::cache_key::cache_key;
use crate::plan::evaluate::{Evaluator, Problems};
use crate::plan::level::{Inputs, Level};
use crate::plan::strategy::{cache_of, strategy_of, task_contexts};
use crate::plan::unit::{self, unit_spec};
use crate::resolve::{ResolvedFlow, TaskDefinition};
use crate::scope::{self, Context, Contexts, Place, Scope, tag_form};
use crate::value::{Value, ValueMap};

/// How a needed task ended.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskResult {
    /// Its final status.
    pub status: TaskStatus,
    /// Name to text.
    pub outputs: IndexMap<String, String>,
}

/// How a row of a needed group ended (EXT-1).
#[derive(Clone, Debug, PartialEq)]
pub struct RowResult {
    /// Its id.
    pub id: Arc<str>,
    /// Its variables.
    pub matrix: IndexMap<Arc<str>, Value>,
    /// How it ended.
    pub result: TaskResult,
}

/// What a task sees under one name of `needs`.
#[derive(Clone, Debug, PartialEq)]
pub enum Needed {
    /// One task.
    Task(TaskResult),
    /// A group, in row order.
    Group(Vec<RowResult>),
}

impl Needed {
    /// The result as `needs.x.result` shows it; that of a group is settled as that of a bake (DEC-4).
    pub fn result(&self) -> TaskStatus {
        match self {
            Needed::Task(task) => task.status.as_result(),
            Needed::Group(rows) => {
                let any = |status| rows.iter().any(|row| row.result.status == status);
                let bad = [TaskStatus::Failed, TaskStatus::Cancelled].into_iter().find(|status| any(*status));
                bad.unwrap_or(TaskStatus::Succeeded)
            }
        }
    }
}

/// All that is known of a node when it is ready.
#[derive(Clone, Debug)]
pub struct NodeView<'a> {
    /// Its full id.
    pub id: &'a FullId,
    /// Its record.
    pub node: &'a NodeRecord,
    /// What the attempt was given.
    pub inputs: &'a Inputs,
    /// Its needs of level completed, by the names it sees them under (CTX-70).
    pub needs: IndexMap<Arc<str>, Needed>,
    /// Answers that were recorded for it.
    pub answers: &'a Answers,
    /// Whether only `always()` lets it run (BAT-72).
    pub winding_down: bool,
}

/// What is done with a ready node.
#[derive(Clone, Debug, PartialEq)]
pub enum Prepared {
    /// It is not started.
    Skip(SkipReason),
    /// It is started, unless its result is in the cache.
    Run {
        /// What to run.
        spec: Box<UnitSpec>,
        /// The key of its result; absent where the cache is off.
        cache: Option<CacheKey>,
        /// How long a cached result is good; absent where the cache is off.
        cache_life: Option<Duration>,
    },
    /// Questions come first.
    Ask(Vec<HostCall>),
    /// An expression failed.
    Fault(Box<Diagnostic>),
}

/// What `enable` came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enabled {
    No,
    Yes,
    Always,
}

impl Enabled {
    fn of(truth: bool) -> Self {
        if truth { Enabled::Yes } else { Enabled::No }
    }
}

/// Evaluates `enable`, then what the node runs.
///
/// A pure function of its arguments: asked again it says the same. Source: CTX-40, CTX-82, BAT-52.
pub fn prepare(flow: &ResolvedFlow, view: &NodeView<'_>) -> Prepared {
    let mut problems = Problems::default();
    let Some(ground) = Ground::new(flow, view, &mut problems) else { return Prepared::Fault(Box::new(no_entry(view))) };
    let enabled = ground.enabled(view, &mut problems);
    if let Some(stopped) = stopped(&mut problems) {
        return stopped;
    }
    match enabled {
        Enabled::Always => {}
        Enabled::Yes if !view.winding_down => {}
        Enabled::Yes => return Prepared::Skip(SkipReason::WindingDown),
        Enabled::No if view.winding_down => return Prepared::Skip(SkipReason::WindingDown),
        Enabled::No => return Prepared::Skip(SkipReason::Disabled { needs: ground.spoilers(view) }),
    }
    let spec = ground.spec(view, &mut problems);
    let cache = cache_of(flow, ground.task, &ground.contexts, view.answers, &mut problems);
    match (stopped(&mut problems), spec) {
        (Some(stopped), _) => stopped,
        (None, None) => Prepared::Fault(Box::new(unit::missing_image(ground.task))),
        (None, Some(spec)) => Prepared::Run {
            cache: cache.enabled.then(|| cache_key(view, &spec, enabled == Enabled::Always)),
            cache_life: cache.enabled.then_some(cache.life_span),
            spec: Box::new(spec),
        },
    }
}

/// Whether a node's `enable` is `always()` as a whole, so that it survives winding down (BAT-52, BAT-71).
pub fn is_always(flow: &ResolvedFlow, view: &NodeView<'_>) -> bool {
    let written = flow.tasks.get(view.node.entry as usize).map(|task| &task.enable);
    match written {
        None | Some(Field::Absent | Field::Null(_)) => false,
        Some(Field::Literal(literal)) => matches!(literal.value, Value::Always),
        Some(Field::Expr(_)) => {
            let mut problems = Problems::default();
            let ground = Ground::new(flow, view, &mut problems);
            ground.is_some_and(|ground| ground.enabled(view, &mut problems) == Enabled::Always)
        }
    }
}

/// The unit of a node that was enabled before: what a further start runs. `None` if it has none now.
pub fn spec(flow: &ResolvedFlow, view: &NodeView<'_>) -> Option<UnitSpec> {
    let mut problems = Problems::default();
    let ground = Ground::new(flow, view, &mut problems)?;
    let spec = ground.spec(view, &mut problems);
    spec.filter(|_| stopped(&mut problems).is_none())
}

/// The node's entry and everything that its expressions see.
struct Ground<'a> {
    task: &'a TaskDefinition,
    level: Level,
    contexts: Contexts,
}

impl<'a> Ground<'a> {
    fn new(flow: &'a ResolvedFlow, view: &NodeView<'_>, problems: &mut Problems) -> Option<Self> {
        let task = flow.tasks.get(view.node.entry as usize)?;
        let level = Level::new(flow, view.inputs, view.answers, problems);
        let strategy = strategy_of(task, &level, view.answers, problems);
        let contexts = task_contexts(&level, strategy, scope::matrix(&view.node.matrix));
        let contexts = contexts.with(Context::Needs, needs_context(&view.needs));
        Some(Ground { task, level, contexts })
    }

    /// `enable`; absent it is `success()` (BAT-53).
    fn enabled(&self, view: &NodeView<'_>, problems: &mut Problems) -> Enabled {
        let scope = Scope::new(Place::Task, &self.contexts);
        let mut evaluator = Evaluator { names: &scope, answers: view.answers, problems };
        let value: Option<Value> = evaluator.required(&self.task.enable, Target::Enable);
        match value {
            Some(Value::Always) => Enabled::Always,
            Some(value) => Enabled::of(matches!(value, Value::Bool(true))),
            None => Enabled::of(view.needs.values().all(|need| need.result() == TaskStatus::Succeeded)),
        }
    }

    /// The needs that kept a task without a written `enable` from running.
    fn spoilers(&self, view: &NodeView<'_>) -> Vec<(String, TaskStatus)> {
        if matches!(self.task.enable, Field::Literal(_) | Field::Expr(_)) {
            return Vec::new();
        }
        let results = view.needs.iter().map(|(name, need)| (name.to_string(), need.result()));
        results.filter(|(_, result)| *result != TaskStatus::Succeeded).collect()
    }

    /// The unit; `None` if its image is unset or something stands in `problems`.
    fn spec(&self, view: &NodeView<'_>, problems: &mut Problems) -> Option<UnitSpec> {
        let scope = Scope::new(Place::Task, &self.contexts);
        let mut evaluator = Evaluator { names: &scope, answers: view.answers, problems };
        let tag = format!("task:{}", tag_form(&view.id.to_string()));
        unit_spec(&self.task.unit, &self.level.unit, tag, &mut evaluator)
    }
}

/// What ends a preparation early: the first fault, else all questions.
fn stopped(problems: &mut Problems) -> Option<Prepared> {
    let faults = std::mem::take(&mut problems.faults);
    if let Some(fault) = faults.into_iter().next() {
        return Some(Prepared::Fault(Box::new(fault)));
    }
    let mut calls: Vec<HostCall> = Vec::new();
    for (call, _) in std::mem::take(&mut problems.asks) {
        if !calls.contains(&call) {
            calls.push(call);
        }
    }
    (!calls.is_empty()).then_some(Prepared::Ask(calls))
}

fn no_entry(view: &NodeView<'_>) -> Diagnostic {
    let message = format!("`{}` stands for an entry that the flow does not have", view.id);
    Diagnostic::error(Code::UnknownNeed, message).help("bake the flow anew: its texts have changed")
}

/// The context `needs`. Source: CTX-1, EXT-1.
fn needs_context(needs: &IndexMap<Arc<str>, Needed>) -> Value {
    let entries = needs.iter().map(|(name, need)| (Value::Str(name.clone()), need_value(name, need)));
    Value::Map(Arc::new(entries.collect::<ValueMap>()))
}

/// A group of one row, whose row bears the group's name, is seen as a task as well.
fn need_value(name: &Arc<str>, need: &Needed) -> Value {
    let result = ("result", Value::Status(need.result().word().into()));
    match need {
        Needed::Task(task) => Value::object("need", [result, ("outputs", scope::texts(&task.outputs))]),
        Needed::Group(rows) => {
            let single = rows.first().filter(|row| row.id == *name);
            let outputs = single.map(|row| ("outputs", scope::texts(&row.result.outputs)));
            let rows = ("rows", Value::list(rows.iter().map(row_value)));
            Value::object("group", [result].into_iter().chain(outputs).chain([rows]))
        }
    }
}

fn row_value(row: &RowResult) -> Value {
    let properties = [
        ("id", Value::Str(row.id.clone())),
        ("matrix", scope::matrix(&row.matrix)),
        ("result", Value::Status(row.result.status.as_result().word().into())),
        ("outputs", scope::texts(&row.result.outputs)),
    ];
    Value::object("row", properties)
}
