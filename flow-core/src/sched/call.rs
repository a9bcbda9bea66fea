//! Calls of batch actions and modules: opening their graphs, and what they come to.
//!
//! Source: BAT-43, BAT-54, BAT-57, BAT-65, CTX-68, DEC-4, DEC-18.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic, Severity};
use crate::event::{EventKind, Stage};
use crate::expr::Answers;
use crate::model::TaskStatus;
use crate::plan::{self, Needed, OpenCall, Prepared, RowResult};
use crate::resolve::ResolvedFlow;
use crate::sched::end::{End, Texts};
use crate::sched::fact::Effect;
use crate::sched::graph::Graph;
use crate::sched::node::{Node, Phase};
use crate::sched::state::AttemptState;
use crate::sched::turn::Turn;
use crate::sched::view::result;
use crate::value::Value;

/// The event that opens a call. Errors: what is wrong with the graph, which may depend on the inputs.
pub(super) fn opening(
    flow: &ResolvedFlow,
    state: &AttemptState,
    node: &Node,
    inputs: IndexMap<Arc<str>, Value>,
    answers: &Answers,
) -> Result<EventKind, Box<Diagnostic>> {
    let step = OpenCall { node: node.record.as_ref().clone(), inputs: inputs.clone() };
    let around = state.graph_of(node).map_or(&[][..], |graph| &graph.calls);
    let calls: Vec<OpenCall> = around.iter().cloned().chain([step]).collect();
    let (plan, diags) = plan::open(flow, &state.inputs, &calls, answers);
    let Some(plan) = plan else {
        let fault = diags.into_iter().find(|one| one.severity == Severity::Error);
        let unsaid = || Diagnostic::error(Code::WrongCall, "the call cannot be opened");
        return Err(Box::new(fault.unwrap_or_else(unsaid)));
    };
    Ok(EventKind::Expanded { prefix: node.id.clone(), inputs, nodes: plan.nodes, edges: IndexMap::new() })
}

impl Turn<'_> {
    /// Records how far the open calls have come.
    pub(super) fn settle_calls(&mut self) {
        let state = self.state;
        for at in &state.calls_due {
            let Some(node) = self.node(*at) else { continue };
            let Some(graph) = node.opened.and_then(|own| state.graphs.get(own)) else { continue };
            if !node.has_run
                && let Some(key) = state.key(*at, 1)
            {
                self.event(EventKind::Progress { key, stage: Stage::Running, why: None, happened_at: None });
            }
            if graph.unfinished == 0 {
                self.close(*at, node, graph);
            }
        }
    }

    /// Ends a call whose tasks are all over, or asks what its outputs want to know first.
    fn close(&mut self, at: usize, node: &Node, graph: &Graph) {
        let is_hit = graph.stopped.is_some() || graph.skipped;
        let ended = if graph.cancelled || self.state.cancelled && is_hit {
            Err(End::killed())
        } else {
            let first = [(TaskStatus::Failed, graph.failed), (TaskStatus::Cancelled, graph.stopped)];
            let first = first.into_iter().find_map(|(status, first)| Some((status, self.node(first?)?)));
            match first {
                Some((status, first)) => Err(End::inside(status, &first.id)),
                None => match self.outputs(node, graph) {
                    Ok(outputs) => Ok(outputs),
                    Err(Prepared::Ask(calls)) => {
                        return self.effect(Effect::Ask { node: node.id.clone(), calls });
                    }
                    // What was skipped has no outputs, and nobody wants to know that now.
                    Err(_) if self.winding && graph.skipped => Err(End::killed()),
                    Err(Prepared::Fault(fault)) => Err(End::evaluation(self.evaluation(&fault))),
                    Err(_) => Err(End::no_spec()),
                },
            }
        };
        match ended {
            Ok(outputs) => self.end_call(at, &End::succeeded(), &outputs),
            Err(end) => self.end_call(at, &end, &Texts::new()),
        }
    }

    fn outputs(&self, node: &Node, graph: &Graph) -> Result<Texts, Prepared> {
        let needs = all_results(self.state, graph);
        let outputs = plan::outputs(self.flow, &self.state.inputs, &graph.calls, &needs, &node.answers);
        outputs.map_err(|stopped| *stopped)
    }

    /// Stops whatever runs below a call that is cancelled; what waits there is skipped when it is ready.
    ///
    /// `always()` and post tasks go on, as they do when the whole bake is cancelled (BAT-72, DEC-25).
    pub(super) fn stop_below(&mut self, call: usize) {
        let state = self.state;
        let due = state.timers.iter().map(|(_, at)| at).filter(|at| !state.live.contains(at));
        for at in state.live.iter().chain(due) {
            let Some(node) = self.node(*at).filter(|node| is_below(state, node, call)) else { continue };
            if !plan::is_always(self.flow, &self.view(node)) {
                self.stop(*at);
            }
        }
    }

    /// Whether a node is part of a call that was cancelled alone.
    pub(super) fn is_stopping(&self, node: &Node) -> bool {
        self.state.graph_of(node).is_some_and(|graph| graph.cancelled)
    }
}

/// Whether a node stands in the graph of a call, at any depth.
fn is_below(state: &AttemptState, node: &Node, call: usize) -> bool {
    let mut around = state.graph_of(node).and_then(|graph| graph.call);
    while let Some(at) = around {
        if at == call {
            return true;
        }
        around = state.nodes.get(at).and_then(|node| state.graph_of(node)).and_then(|graph| graph.call);
    }
    false
}

/// `needs` as the outputs of a call see it: all its tasks, and its groups (CTX-68).
fn all_results(state: &AttemptState, graph: &Graph) -> IndexMap<Arc<str>, Needed> {
    let nodes = || graph.nodes.iter().filter_map(|at| state.nodes.get(*at));
    let mut needs: IndexMap<Arc<str>, Needed> =
        nodes().map(|node| (node.record.id.clone(), Needed::Task(result(node)))).collect();
    let mut groups: IndexMap<Arc<str>, Vec<RowResult>> = IndexMap::new();
    for node in nodes() {
        let Some(group) = &node.record.group else { continue };
        let (id, matrix) = (node.record.id.clone(), node.record.matrix.clone());
        groups.entry(group.clone()).or_default().push(RowResult { id, matrix, result: result(node) });
    }
    needs.extend(groups.into_iter().map(|(name, rows)| (name, Needed::Group(rows))));
    needs
}

/// Whether a node may take questions: it waits, or it is a call whose outputs are to be evaluated.
pub(super) fn may_ask(node: &Node) -> bool {
    matches!(node.phase, Phase::Waiting | Phase::Open)
}
