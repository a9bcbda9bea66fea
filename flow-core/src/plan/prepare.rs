//! [`prepare`]: one ready node to what is done with it. Source: CTX-11 (stage 6), BAT-52…55.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use crate::ast::Field;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::event::SkipReason;
use crate::expr::{Answers, HostCall, Target};
use crate::model::{CacheKey, FullId, NodeRecord, TaskStatus, UnitSpec};
use crate::plan::args::args;
use crate::plan::cache_key::cache_key;
use crate::plan::evaluate::{Evaluator, Problems};
use crate::plan::grow::{Grown, grow, grow_ends};
use crate::plan::level::{Inputs, UnitDefaults};
use crate::plan::needed::{Needed, needs_context};
use crate::plan::open::{OpenCall, Opened, way};
use crate::plan::retry::RetryPolicy;
use crate::plan::strategy::{CacheValues, StrategyValues, strategy_of, task_contexts};
use crate::plan::unit::{self, UnitGround, unit_spec};
use crate::resolve::{
    ActionDefinition, CallDefinition, CalledBody, ResolvedFlow, TaskDefinition, UnitDefinition, Work,
};
use crate::scope::{self, Context, Contexts, Place, Scope, tag_form};
use crate::text::Span;
use crate::value::Value;

/// All that is known of a node when it is ready.
#[derive(Clone, Debug)]
pub struct NodeView<'a> {
    /// Its full id.
    pub id: &'a FullId,
    /// Its record.
    pub node: &'a NodeRecord,
    /// The calls that opened its graph, the outermost first; empty for a node of the flow itself.
    pub calls: &'a [OpenCall],
    /// What the attempt was given.
    pub inputs: &'a Inputs,
    /// Its needs of level completed, by the names it sees them under (CTX-70).
    pub needs: IndexMap<Arc<str>, Needed>,
    /// What the main task has saved, for a post task; else empty.
    pub state: IndexMap<String, String>,
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
    /// It calls a batch action or a module: a graph is opened below it, see [`open`](crate::plan::open).
    Open {
        /// The inputs of the call.
        inputs: IndexMap<Arc<str>, Value>,
    },
    /// It is a local action: a command for the user's machine, before all else.
    Local {
        /// What to run.
        spec: Box<UnitSpec>,
    },
    /// It stands for rows that are made now (EXT-2).
    Grow(Grown),
    /// Questions come first.
    Ask(Vec<HostCall>),
    /// An expression failed.
    Fault(Box<Diagnostic>),
}

/// What `enable` came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enabled {
    /// It is false.
    No,
    /// It is true.
    Yes,
    /// It is `always()` as a whole.
    Always,
}

impl Enabled {
    fn of(truth: bool) -> Self {
        if truth { Enabled::Yes } else { Enabled::No }
    }
}

/// What is settled about a node before its unit: for `plan` and `why`. Source: CTX-11 (stages 3 to 6).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settled {
    /// What `enable` came to.
    pub enabled: Enabled,
    /// Whether its failure winds the bake down.
    pub fail_fast: bool,
    /// The strategy's bound as its expressions see it.
    pub max_parallel: i64,
    /// Whether results are looked up and kept.
    pub cached: bool,
    /// How long a result is good.
    pub cache_life: Duration,
}

/// Evaluates `enable`, then what the node does.
///
/// A pure function of its arguments: asked again it says the same. Source: CTX-40, CTX-82, BAT-52.
pub fn prepare(flow: &ResolvedFlow, view: &NodeView<'_>) -> Prepared {
    let mut problems = Problems::default();
    let Some(ground) = Ground::new(flow, view, &mut problems) else { return Prepared::Fault(Box::new(no_entry(view))) };
    if let Some(ends) = ground.ends(view) {
        return stopped(&mut problems).unwrap_or(Prepared::Grow(ends));
    }
    let enabled = ground.enabled(view, &mut problems);
    if view.node.late && !problems.faults.is_empty() {
        // Its `enable` uses the row, so each row decides for itself.
        problems.faults = Diagnostics::new();
        return if view.winding_down {
            Prepared::Skip(SkipReason::WindingDown)
        } else {
            ground.grow(view, &mut problems)
        };
    }
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
    if view.node.late {
        return ground.grow(view, &mut problems);
    }
    ground.work(view, enabled, &mut problems)
}

/// What is settled about a node, however it is enabled. Errors: a fault or questions.
pub fn settle(flow: &ResolvedFlow, view: &NodeView<'_>) -> Result<Settled, Box<Prepared>> {
    let mut problems = Problems::default();
    let Some(ground) = Ground::new(flow, view, &mut problems) else {
        return Err(Box::new(Prepared::Fault(Box::new(no_entry(view)))));
    };
    let enabled = ground.enabled(view, &mut problems);
    let cache = ground.cache(view, &mut problems);
    if let Some(stopped) = stopped(&mut problems) {
        return Err(Box::new(stopped));
    }
    Ok(Settled {
        enabled,
        fail_fast: ground.strategy.fail_fast,
        max_parallel: ground.strategy.own_max_parallel.unwrap_or(ground.opened.level.max_parallel),
        cached: cache.enabled,
        cache_life: cache.life_span,
    })
}

/// What a node does if it is enabled, whatever `enable` says. Never [`Prepared::Skip`].
pub fn unit(flow: &ResolvedFlow, view: &NodeView<'_>) -> Prepared {
    let mut problems = Problems::default();
    let Some(ground) = Ground::new(flow, view, &mut problems) else { return Prepared::Fault(Box::new(no_entry(view))) };
    ground.work(view, Enabled::Yes, &mut problems)
}

/// The key of a node's result, also where the cache is off. `None` if it has no unit, or a wrong one.
pub fn key(flow: &ResolvedFlow, view: &NodeView<'_>) -> Option<CacheKey> {
    let mut problems = Problems::default();
    let ground = Ground::new(flow, view, &mut problems)?;
    let enabled = ground.enabled(view, &mut problems);
    let spec = ground.spec(view, &mut problems)?;
    stopped(&mut problems).is_none().then(|| cache_key(&flow.shared, view, &spec, enabled == Enabled::Always))
}

/// Whether a node's `enable` is `always()` as a whole, so that it survives winding down (BAT-52, BAT-71).
pub fn is_always(flow: &ResolvedFlow, view: &NodeView<'_>) -> bool {
    let written = way(flow, view.calls).and_then(|(tasks, _)| tasks.get(view.node.entry as usize));
    match written.map(|task| (&task.enable, &task.work)) {
        Some((Field::Absent | Field::Null(_), Work::Post { .. })) => true,
        Some((Field::Absent | Field::Null(_), _)) => false,
        Some((Field::Literal(literal), _)) => matches!(literal.value, Value::Always),
        Some((Field::Expr(_), _)) | None => {
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
    let spec = match &ground.task.work {
        Work::Local(call) => match ground.local(call, view, &mut problems) {
            Some(Prepared::Local { spec }) => Some(*spec),
            _ => None,
        },
        _ => ground.spec(view, &mut problems),
    };
    spec.filter(|_| stopped(&mut problems).is_none())
}

/// Evaluates all of a node, whatever comes of it: for the trace in `problems`.
pub(crate) fn look(flow: &ResolvedFlow, view: &NodeView<'_>, problems: &mut Problems) {
    let Some(ground) = Ground::new(flow, view, problems) else { return };
    let enabled = ground.enabled(view, problems);
    ground.work(view, enabled, problems);
}

/// How often a node is tried. What cannot be evaluated has kept it from its first start.
pub fn retry_policy(flow: &ResolvedFlow, view: &NodeView<'_>) -> RetryPolicy {
    let mut problems = Problems::default();
    let Some(ground) = Ground::new(flow, view, &mut problems) else { return RetryPolicy::BUILT_IN };
    let policy = ground.retry(view, &mut problems);
    let restart = ground.spec(view, &mut problems).and_then(|spec| spec.restart);
    RetryPolicy::of_restart(restart.as_deref()).filter(|_| ground.task.retry.is_none()).unwrap_or(policy)
}

/// Whether a node may be started again after a success, by the texts alone: few are, and all that succeed are asked.
pub fn may_run_on(flow: &ResolvedFlow, calls: &[OpenCall], node: &NodeRecord) -> bool {
    let written = way(flow, calls).and_then(|(tasks, _)| tasks.get(node.entry as usize));
    let main = |call: &CallDefinition| match &flow.shared.actions.get(call.target)?.body {
        CalledBody::Stateful(stateful) => Some(&stateful.main.value),
        CalledBody::Live(_) | CalledBody::Tasks(_) | CalledBody::Local(_) => None,
    };
    let unit = match written.map(|task| &task.work) {
        Some(Work::Unit(unit) | Work::Post { unit, .. }) => Some(unit.as_ref()),
        Some(Work::Main(call)) => main(call),
        Some(Work::Tasks(_) | Work::Local(_)) | None => None,
    };
    unit.is_some_and(|unit| !matches!(unit.restart, Field::Absent | Field::Null(_)))
}

/// Whether a node is a call that opens a graph, by the texts alone.
pub fn is_call(flow: &ResolvedFlow, calls: &[OpenCall], node: &NodeRecord) -> bool {
    let written = way(flow, calls).and_then(|(tasks, _)| tasks.get(node.entry as usize));
    written.is_some_and(|task| matches!(task.work, Work::Tasks(_)))
}

/// The node's entry and everything that its expressions see.
struct Ground<'a> {
    flow: &'a ResolvedFlow,
    task: &'a TaskDefinition,
    opened: Opened<'a>,
    strategy: StrategyValues,
    contexts: Contexts,
}

impl<'a> Ground<'a> {
    fn new(flow: &'a ResolvedFlow, view: &NodeView<'_>, problems: &mut Problems) -> Option<Self> {
        let opened = Opened::at(flow, view.inputs, view.calls, view.answers, problems)?;
        let task = opened.tasks.get(view.node.entry as usize)?;
        let strategy = strategy_of(task, &opened.level, view.answers, problems);
        let contexts = task_contexts(&opened.level, strategy, scope::matrix(&view.node.matrix));
        let contexts =
            contexts.with(Context::Needs, needs_context(&view.needs)).with(Context::State, scope::texts(&view.state));
        Some(Ground { flow, task, opened, strategy, contexts })
    }

    fn place(&self) -> Place {
        Place::Task(self.opened.level.kind)
    }

    /// `enable`; absent it is `success()`, and `always()` for a post task (BAT-53).
    fn enabled(&self, view: &NodeView<'_>, problems: &mut Problems) -> Enabled {
        let scope = Scope::new(self.place(), &self.contexts);
        let mut evaluator = Evaluator { names: &scope, answers: view.answers, problems };
        let value: Option<Value> = evaluator.required(&self.task.enable, Target::Enable);
        match value {
            Some(Value::Always) => Enabled::Always,
            Some(value) => Enabled::of(matches!(value, Value::Bool(true))),
            None if matches!(self.task.work, Work::Post { .. }) => Enabled::Always,
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

    fn cache(&self, view: &NodeView<'_>, problems: &mut Problems) -> CacheValues {
        match self.task.work {
            Work::Main(_) | Work::Post { .. } | Work::Local(_) => CacheValues::NEVER,
            Work::Unit(_) | Work::Tasks(_) => {
                let scope = Scope::new(Place::Cache(self.opened.level.kind), &self.contexts);
                let mut evaluator = Evaluator { names: &scope, answers: view.answers, problems };
                self.opened.level.cache.under(&self.task.cache, &mut evaluator)
            }
        }
    }

    fn retry(&self, view: &NodeView<'_>, problems: &mut Problems) -> RetryPolicy {
        match (&self.task.work, &self.task.retry) {
            (Work::Unit(_), Some(retry)) => {
                let scope = Scope::new(Place::Cache(self.opened.level.kind), &self.contexts);
                RetryPolicy::of(retry, &mut Evaluator { names: &scope, answers: view.answers, problems })
            }
            (Work::Unit(_), None) => self.opened.level.retry,
            (Work::Tasks(_) | Work::Main(_) | Work::Post { .. } | Work::Local(_), _) => RetryPolicy::BUILT_IN,
        }
    }

    /// What an enabled node does.
    fn work(&self, view: &NodeView<'_>, enabled: Enabled, problems: &mut Problems) -> Prepared {
        let done = match &self.task.work {
            Work::Tasks(call) => self.args(call, view, problems).map(|inputs| Prepared::Open { inputs }),
            Work::Local(call) => self.local(call, view, problems),
            Work::Unit(_) | Work::Main(_) | Work::Post { .. } => {
                let cache = self.cache(view, problems);
                // Asked for when it has failed; what is wrong with it is told before it starts.
                self.retry(view, problems);
                self.spec(view, problems).map(|spec| Prepared::Run {
                    cache: cache.enabled.then(|| cache_key(&self.flow.shared, view, &spec, enabled == Enabled::Always)),
                    cache_life: cache.enabled.then_some(cache.life_span),
                    spec: Box::new(spec),
                })
            }
        };
        match (stopped(problems), done) {
            (Some(stopped), _) => stopped,
            (None, Some(done)) => done,
            (None, None) => Prepared::Fault(Box::new(self.no_image())),
        }
    }

    /// The rows of a late matrix.
    fn grow(&self, view: &NodeView<'_>, problems: &mut Problems) -> Prepared {
        let grown = grow(self.task, &self.opened.level, view, problems);
        stopped(problems).unwrap_or(Prepared::Grow(grown))
    }

    /// The rows of a late post entry; whether they run, each of them says for itself.
    fn ends(&self, view: &NodeView<'_>) -> Option<Grown> {
        let Work::Post { of, .. } = &self.task.work else { return None };
        let main = self.opened.tasks.get(*of as usize).filter(|_| view.node.late)?;
        Some(grow_ends(self.task, (main, *of), view))
    }

    fn no_image(&self) -> Diagnostic {
        let (unit, start) = self.own_unit().map_or((None, self.task.span), |(unit, start)| (Some(unit), start));
        unit::missing_image(unit.unwrap_or(&UnitDefinition::default()), start.head())
    }

    /// The unit that the node runs, with the place of its mapping.
    fn own_unit(&self) -> Option<(&'a UnitDefinition, Span)> {
        match &self.task.work {
            Work::Unit(unit) | Work::Post { unit, .. } => Some((unit, self.task.span)),
            Work::Main(call) => match &self.called(call)?.body {
                CalledBody::Stateful(stateful) => Some((&stateful.main.value, stateful.main.span)),
                CalledBody::Live(_) | CalledBody::Tasks(_) | CalledBody::Local(_) => None,
            },
            Work::Tasks(_) | Work::Local(_) => None,
        }
    }

    fn called(&self, call: &CallDefinition) -> Option<&'a ActionDefinition> {
        self.flow.shared.actions.get(call.target)
    }

    /// The evaluated inputs of a call.
    fn args(
        &self,
        call: &CallDefinition,
        view: &NodeView<'_>,
        problems: &mut Problems,
    ) -> Option<IndexMap<Arc<str>, Value>> {
        let scope = Scope::new(self.place(), &self.contexts);
        args(call, self.called(call)?, &mut Evaluator { names: &scope, answers: view.answers, problems })
    }

    /// What `main` and a local action see: their inputs and nothing else.
    fn inputs_only(&self, call: &CallDefinition, view: &NodeView<'_>, problems: &mut Problems) -> Option<Contexts> {
        let inputs = self.args(call, view, problems)?;
        Some(Contexts::new().with(Context::Inputs, scope::inputs(&inputs)))
    }

    fn local(&self, call: &CallDefinition, view: &NodeView<'_>, problems: &mut Problems) -> Option<Prepared> {
        let contexts = self.inputs_only(call, view, problems)?;
        let CalledBody::Local(command) = &self.called(call)?.body else { return None };
        let scope = Scope::new(Place::InputsOnly, &contexts);
        let cmd = Evaluator { names: &scope, answers: view.answers, problems }.command(command);
        Some(Prepared::Local { spec: Box::new(UnitSpec { cmd, local: true, ..UnitSpec::default() }) })
    }

    /// The unit; `None` if it has none, its image is unset, or something stands in `problems`.
    fn spec(&self, view: &NodeView<'_>, problems: &mut Problems) -> Option<UnitSpec> {
        let (unit, _) = self.own_unit()?;
        let tags = vec![format!("task:{}", tag_form(&view.id.to_string()))];
        let storage = view.inputs.host_storage();
        if let Work::Main(call) = &self.task.work {
            let contexts = self.inputs_only(call, view, problems)?;
            let scope = Scope::new(Place::InputsOnly, &contexts);
            let mut evaluator = Evaluator { names: &scope, answers: view.answers, problems };
            let defaults: UnitDefaults = self.opened.level.unit.tags_only();
            let ground = UnitGround { defaults: &defaults, tags, home: None, storage };
            return unit_spec(unit, ground, &mut evaluator);
        }
        let scope = Scope::new(self.place(), &self.contexts);
        let mut evaluator = Evaluator { names: &scope, answers: view.answers, problems };
        let level = &self.opened.level;
        let ground = UnitGround { defaults: &level.unit, tags, home: level.home.as_ref(), storage };
        unit_spec(unit, ground, &mut evaluator)
    }
}

/// What ends a preparation early: the first fault, else all questions.
pub(crate) fn stopped(problems: &mut Problems) -> Option<Prepared> {
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
