//! [`open`]: the graph that a call opens; [`outputs`]: what it gives back. Source: CTX-62, CTX-68.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::{Answers, Target};
use crate::model::NodeRecord;
use crate::plan::evaluate::{Evaluator, Problems};
use crate::plan::graph;
use crate::plan::level::{Entrance, Inputs, Level};
use crate::plan::needed::{Needed, needs_context};
use crate::plan::nodes::{Plan, draw};
use crate::plan::prepare::{Prepared, stopped};
use crate::plan::strategy::{strategy_of, task_contexts};
use crate::resolve::{ActionDefinition, CallDefinition, CalledTasks, ResolvedFlow, TaskDefinition, Work};
use crate::scope::{self, Context, Place, Scope};
use crate::value::Value;

/// A call that was opened: a step on the way from the top graph to a node.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenCall {
    /// The node that calls.
    pub node: NodeRecord,
    /// Its evaluated inputs, as [`Prepared::Open`] gave them.
    pub inputs: IndexMap<Arc<str>, Value>,
}

/// A graph with its level.
#[derive(Debug)]
pub(crate) struct Opened<'a> {
    pub(crate) level: Level,
    pub(crate) tasks: &'a [TaskDefinition],
    /// What was called; `None` at the top.
    pub(crate) action: Option<(&'a ActionDefinition, &'a CalledTasks)>,
}

/// The tasks of the graph that the last of `calls` opens, and those that make the calls, the outermost first.
///
/// Looks at the texts only. `None` if the flow has no such call (any more).
pub(crate) fn way<'a>(
    flow: &'a ResolvedFlow,
    calls: &[OpenCall],
) -> Option<(&'a [TaskDefinition], Vec<&'a TaskDefinition>)> {
    let mut tasks: &[TaskDefinition] = &flow.tasks;
    let mut callers = Vec::with_capacity(calls.len());
    for step in calls {
        let task = tasks.get(step.node.entry as usize)?;
        callers.push(task);
        tasks = &called(flow, task)?.2.tasks;
    }
    Some((tasks, callers))
}

/// The call of a task that opens tasks, with what it calls.
pub(crate) fn called<'a>(
    flow: &'a ResolvedFlow,
    task: &'a TaskDefinition,
) -> Option<(&'a CallDefinition, &'a ActionDefinition, &'a CalledTasks)> {
    let Work::Tasks(call) = &task.work else { return None };
    let action = flow.shared.actions.get(call.target)?;
    Some((call, action, action.tasks()?))
}

impl<'a> Opened<'a> {
    /// Walks from the top graph through `calls`. `None` if the flow has no such call (any more).
    pub(crate) fn at(
        flow: &'a ResolvedFlow,
        inputs: &Inputs,
        calls: &[OpenCall],
        answers: &Answers,
        problems: &mut Problems,
    ) -> Option<Self> {
        let level = Level::new(flow, inputs, answers, problems);
        let mut opened = Opened { level, tasks: &flow.tasks, action: None };
        for step in calls {
            let task = opened.tasks.get(step.node.entry as usize)?;
            let (call, action, body) = called(flow, task)?;
            let strategy = strategy_of(task, &opened.level, answers, problems);
            let contexts = task_contexts(&opened.level, strategy, scope::matrix(&step.node.matrix));
            let scope = Scope::new(Place::Cache(opened.level.kind), &contexts);
            let mut evaluator = Evaluator { names: &scope, answers, problems };
            let cache = opened.level.cache.under(&task.cache, &mut evaluator);
            let entrance = Entrance { action, kind: call.kind, inputs: Some(&step.inputs), strategy, cache };
            let level = opened.level.enter((flow, inputs), &entrance, answers, problems);
            opened = Opened { level, tasks: &body.tasks, action: Some((action, body)) };
        }
        Some(opened)
    }
}

/// Draws the graph that the last of `calls` opens; of the flow itself if there is none.
///
/// `answers` are those of the calling node. Questions that its level asks are asked again by its tasks.
/// No plan if there is any error: those of [`plan`](crate::plan::plan) for one graph.
pub fn open(
    flow: &ResolvedFlow,
    inputs: &Inputs,
    calls: &[OpenCall],
    answers: &Answers,
) -> (Option<Plan>, Diagnostics) {
    let mut problems = Problems::default();
    let Some(opened) = Opened::at(flow, inputs, calls, answers, &mut problems) else {
        return (None, Diagnostics::from_iter([no_call()]));
    };
    problems.asks.clear();
    let drawn = draw(opened.tasks, &opened.level, &mut problems);
    let diags = problems.into_diagnostics().sorted();
    if diags.has_errors() {
        return (None, diags);
    }
    let levels = graph::levels(&drawn.nodes);
    (Some(Plan { nodes: drawn.nodes, levels }), diags)
}

/// What a batch action or module gives back: its outputs, once all its tasks are done and none is bad.
///
/// `needs`: all its tasks by id. Errors: a fault or questions, as [`Prepared`] has them. Source: CTX-68.
pub fn outputs(
    flow: &ResolvedFlow,
    inputs: &Inputs,
    calls: &[OpenCall],
    needs: &IndexMap<Arc<str>, Needed>,
    answers: &Answers,
) -> Result<IndexMap<String, String>, Box<Prepared>> {
    let mut problems = Problems::default();
    let opened = Opened::at(flow, inputs, calls, answers, &mut problems);
    let Some((opened, (action, _))) = opened.and_then(|opened| opened.action.map(|action| (opened, action))) else {
        return Err(Box::new(Prepared::Fault(Box::new(no_call()))));
    };
    let contexts = opened.level.contexts.with(Context::Needs, needs_context(needs));
    let scope = Scope::new(Place::Output(opened.level.kind), &contexts);
    let mut evaluator = Evaluator { names: &scope, answers, problems: &mut problems };
    let mut values = IndexMap::new();
    for (name, output) in &action.outputs {
        let value: Option<String> = evaluator.field(&output.value, Target::Str);
        values.extend(value.map(|value| (name.to_string(), value)));
    }
    match stopped(&mut problems) {
        Some(stopped) => Err(Box::new(stopped)),
        None => Ok(values),
    }
}

fn no_call() -> Diagnostic {
    let message = "the flow has no such call";
    Diagnostic::error(Code::UnknownAction, message).help("bake the flow anew: its texts have changed")
}
