//! What a restart takes over from the attempt before. Source: BAT-132, DEC-24.

use crate::event::{Event, EventKind, Reuse};
use crate::expr::HostCall;
use crate::model::{AttemptId, Subject, TaskStatus};
use crate::plan::{self, NodeView, Prepared};
use crate::resolve::ResolvedFlow;
use crate::sched::call::opening;
use crate::sched::grow::growing;
use crate::sched::node::Node;
use crate::sched::pass::own_limit;
use crate::sched::state::{AttemptState, apply};
use crate::sched::turn::Turn;
use crate::sched::view::view;
use crate::value::Value;

impl Turn<'_> {
    /// Takes over each task of `base` that succeeded, whose needs were all taken over, and that would
    /// be the same unit again.
    ///
    /// A call that succeeded is taken over as a whole. Of one that did not, or whose inputs may be
    /// others now, the graph is opened here, and what is below it is looked at in the same way; but no
    /// more rows of an entry than may be under way at once (DEC-26): the rest starts from nothing.
    /// Comes right behind the event that makes the graph known, so both are stored as one. Files are
    /// not looked at again: what was answered in `base` counts.
    pub(super) fn take_over(&mut self, base: &AttemptState) {
        let Some(attempt) = self.state.id() else { return };
        // In a draft that knows no other results a node is ready once all its needs are taken over.
        let mut draft = self.state.clone();
        for kind in &self.decision.events {
            apply(&mut draft, &self.drafted(attempt, kind.clone()));
        }
        while let Some(at) = draft.ready.values().flatten().next().copied() {
            let taken = adoption(self.flow, base, &draft, at);
            let taken = if taken.is_empty() { reopening(self.flow, base, &draft, at) } else { taken };
            for kind in taken {
                apply(&mut draft, &self.drafted(attempt, kind.clone()));
                self.event(kind);
            }
            // Taken over it has left already; else it waits no longer.
            draft.drop_ready(at);
        }
    }

    /// Whether results of other bakes may be used.
    pub(super) fn may_reuse(&self) -> bool {
        self.state.created().is_none_or(|created| created.reuse == Reuse::Cache)
    }

    fn drafted(&self, attempt: &AttemptId, kind: EventKind) -> Event {
        Event { position: 0, seq: 0, at: self.now, subject: Subject::Attempt(attempt.clone()), kind }
    }
}

/// The events by which a node takes its result over; none if it does not.
fn adoption(flow: &ResolvedFlow, base: &AttemptState, draft: &AttemptState, at: usize) -> Vec<EventKind> {
    let Some(node) = draft.nodes.get(at) else { return Vec::new() };
    let Some(before) = base.place(&node.id).and_then(|at| base.nodes.get(at)) else { return Vec::new() };
    let good = matches!(before.status, TaskStatus::Succeeded | TaskStatus::Cached);
    if node.record.late {
        return if good { regrowing(flow, before, draft, node) } else { Vec::new() };
    }
    let Some(from) = before.origin.as_ref().or(base.id()).filter(|_| good) else { return Vec::new() };
    if !is_same(flow, (base, before), (draft, node)) {
        return Vec::new();
    }
    let taken = EventKind::TakenOver {
        node: node.id.clone(),
        from: from.clone(),
        outputs: before.outputs.clone(),
        state: before.saved.clone(),
        cache: before.cache.clone(),
    };
    answers(before, node).chain([taken]).collect()
}

/// The events by which the rows of a late matrix are there again, so that they are looked at too.
fn regrowing(flow: &ResolvedFlow, before: &Node, draft: &AttemptState, node: &Node) -> Vec<EventKind> {
    let view = NodeView { answers: &before.answers, ..view(draft, node, false) };
    let Prepared::Grow(grown) = plan::prepare(flow, &view) else { return Vec::new() };
    // What is wrong with them is told when they are made in their turn.
    let Ok(events) = growing(draft, node, grown) else { return Vec::new() };
    answers(before, node).chain(events).collect()
}

/// The answers of before: a restart of the restart compares with the same.
fn answers(before: &Node, node: &Node) -> impl Iterator<Item = EventKind> {
    let id = node.id.clone();
    let of = move |(call, value): (&HostCall, &Value)| EventKind::Answered {
        node: id.clone(),
        call: call.clone(),
        value: value.clone(),
    };
    before.answers.iter().map(of).collect::<Vec<_>>().into_iter()
}

/// The events that open a call which `base` had opened; none if it is not to be opened, or not yet.
fn reopening(flow: &ResolvedFlow, base: &AttemptState, draft: &AttemptState, at: usize) -> Vec<EventKind> {
    let Some(node) = draft.nodes.get(at) else { return Vec::new() };
    let before = base.place(&node.id).and_then(|at| base.nodes.get(at));
    let Some(before) = before.filter(|before| before.opened.is_some()) else { return Vec::new() };
    let entry = (node.graph, node.record.entry);
    let open = draft.live_of.get(&entry).copied().unwrap_or(0);
    if own_limit(flow, draft, entry).is_some_and(|limit| open >= limit) {
        return Vec::new();
    }
    let view = NodeView { answers: &before.answers, ..view(draft, node, false) };
    let Prepared::Open { inputs } = plan::prepare(flow, &view) else { return Vec::new() };
    // What is wrong with it is told when it is opened in its turn.
    let Ok(opened) = opening(flow, draft, node, inputs, &before.answers) else { return Vec::new() };
    answers(before, node).chain([opened]).collect()
}

/// Whether a node would be the same unit with the inputs of both attempts; equal inputs need no look.
fn is_same(flow: &ResolvedFlow, (base, before): (&AttemptState, &Node), (draft, node): (&AttemptState, &Node)) -> bool {
    if base.inputs == draft.inputs {
        return true;
    }
    let was = unit(flow, &view(base, before, false));
    let is = unit(flow, &NodeView { answers: &before.answers, ..view(draft, node, false) });
    was.is_some() && was == is
}

/// What decides whether two units do the same; `None` if the node would not run or is open.
fn unit(flow: &ResolvedFlow, view: &NodeView<'_>) -> Option<String> {
    match plan::prepare(flow, view) {
        Prepared::Run { spec, .. } => Some(plan::canonical(&flow.shared, view, &spec, plan::is_always(flow, view))),
        // What it runs is all that decides about a local action, too.
        Prepared::Local { spec } => Some(spec.to_json()),
        Prepared::Skip(_) | Prepared::Ask(_) | Prepared::Fault(_) | Prepared::Open { .. } | Prepared::Grow(_) => None,
    }
}
