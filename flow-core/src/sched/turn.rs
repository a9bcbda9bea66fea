//! [`Turn`]: what one call of [`decide`](crate::sched::decide) has gathered so far.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::diag::Diagnostic;
use crate::event::EventKind;
use crate::model::{CacheKey, LaunchKey, Reason, TaskStatus, Timestamp, UnitSpec};
use crate::plan::{self, NodeView};
use crate::resolve::ResolvedFlow;
use crate::sched::fact::{Decision, Effect};
use crate::sched::graph::Position;
use crate::sched::node::{Node, Phase};
use crate::sched::state::AttemptState;
use crate::sched::view::view;

/// How long a unit may take to end politely.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// One call of `decide`.
pub(super) struct Turn<'a> {
    pub(super) flow: &'a ResolvedFlow,
    pub(super) state: &'a AttemptState,
    pub(super) now: Timestamp,
    pub(super) decision: Decision,
    /// Whether the bake winds down, as far as the applied events say.
    pub(super) winding: bool,
}

impl<'a> Turn<'a> {
    pub(super) fn new(flow: &'a ResolvedFlow, state: &'a AttemptState, at: Timestamp) -> Self {
        let now = at.max(state.last_at);
        let decision = Decision { at: now, ..Decision::default() };
        let winding =
            is_winding_down(flow, state) || state.locals.is_some_and(|locals| locals != TaskStatus::Succeeded);
        Turn { flow, state, now, decision, winding }
    }

    pub(super) fn node(&self, at: usize) -> Option<&'a Node> {
        self.state.nodes.get(at)
    }

    pub(super) fn view(&self, node: &'a Node) -> NodeView<'a> {
        view(self.state, node, self.winding)
    }

    pub(super) fn event(&mut self, event: EventKind) {
        self.decision.events.push(event);
    }

    pub(super) fn effect(&mut self, effect: Effect) {
        self.decision.effects.push(effect);
    }

    pub(super) fn kill(&mut self, key: LaunchKey) {
        self.effect(Effect::Kill { key, grace: GRACE });
    }

    /// Writes that a unit is about to be started, and starts it.
    pub(super) fn launch(&mut self, key: LaunchKey, spec: Box<UnitSpec>, cache: Option<CacheKey>) {
        let digest = spec.digest();
        self.decision.texts.push((digest.clone(), spec.to_json().into()));
        self.event(EventKind::Launching { key: key.clone(), spec: digest, cache });
        self.effect(Effect::Launch { key, spec, resuming: false });
    }

    /// Whether a node that was started must not go on.
    pub(super) fn must_stop(&self, node: &'a Node) -> bool {
        let is_ending = self.winding || self.is_stopping(node);
        node.cancelled || is_ending && !plan::is_always(self.flow, &self.view(node))
    }

    /// An expression of the node failed.
    pub(super) fn evaluation(&self, fault: &Diagnostic) -> Reason {
        let sources = &self.flow.shared.sources;
        let place = fault.span().and_then(|span| Some((sources.get(span.file)?, sources.position(span)?)));
        let place = place.map(|(file, at)| format!("{} {}:{}:{}", fault.code.number(), file.name, at.line, at.column));
        Reason::Evaluation { message: fault.message.clone(), place: place.unwrap_or_default() }
    }
}

/// Whether the bake winds down: cancelled, an expression failed, or a task failed that fails fast.
///
/// Source: BAT-58, BAT-71, DEC-25.
pub(super) fn is_winding_down(flow: &ResolvedFlow, state: &AttemptState) -> bool {
    state.cancelled
        || state.faulted
        || state.trouble.iter().any(|(position, graphs)| is_fatal(flow, state, position, graphs))
}

/// Whether trouble at a position of the texts winds the bake down. Looks at single graphs only where the
/// texts alone do not say it, so that many failures below a matrix of calls cost no more than one.
fn is_fatal(flow: &ResolvedFlow, state: &AttemptState, (_, entry): &Position, graphs: &BTreeSet<usize>) -> bool {
    let calls = graphs.first().and_then(|first| state.graphs.get(*first)).map(|graph| &graph.calls[..]);
    let written = plan::written_fail_fast(flow, calls.unwrap_or_default(), *entry);
    written.unwrap_or_else(|| graphs.iter().any(|graph| fails_fast(flow, state, (*graph, *entry))))
}

/// Whether trouble of this key winds the bake down (BAT-70).
pub(super) fn fails_fast(flow: &ResolvedFlow, state: &AttemptState, (graph, entry): (usize, Option<u32>)) -> bool {
    let calls = state.graphs.get(graph).map_or(&[][..], |graph| &graph.calls);
    plan::fail_fast(flow, &state.inputs, calls, entry)
}

/// The start of a node that is under way, waits to be made again, or was the last.
pub(super) fn last_key(state: &AttemptState, at: usize) -> Option<LaunchKey> {
    state.key(at, state.nodes.get(at)?.tries)
}

/// Whether the executor was asked to start a node but could not be reached.
pub(super) fn stumbled(node: &Node) -> bool {
    matches!(&node.phase, Phase::Live(live) if live.again_at.is_some())
}
