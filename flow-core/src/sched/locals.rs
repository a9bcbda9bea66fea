//! The local phase: local actions, one at a time, before anything else is started. Source: BAT-19…25.
//!
//! Calls are opened meanwhile, since local actions may stand in their graphs, and what is not enabled is
//! skipped. Tasks wait, so nothing here is bounded by `max_parallel`, and each walk looks at all that is ready.

use std::ops::ControlFlow;

use crate::event::{EventKind, SkipReason};
use crate::model::TaskStatus;
use crate::plan::{self, Prepared};
use crate::resolve::CalledBody;
use crate::sched::node::{Node, Phase};
use crate::sched::pass::Pass;
use crate::sched::turn::Turn;

impl Turn<'_> {
    /// Whether the flow has a local action anywhere.
    pub(super) fn has_locals(&self) -> bool {
        self.flow.shared.actions.iter().any(|action| matches!(action.body, CalledBody::Local(_)))
    }

    /// Skips all that has not begun: the local phase did not end well.
    pub(super) fn skip_all(&mut self) {
        let state = self.state;
        for node in state.nodes.iter().filter(|node| node.phase == Phase::Waiting) {
            self.event(EventKind::Skipped { node: node.id.clone(), because: SkipReason::Locals });
        }
    }

    /// How the local phase ends. A task that was cancelled alone is no failure.
    fn locals_result(&self) -> TaskStatus {
        let is_bad = |node: &Node| match node.status {
            TaskStatus::Failed => true,
            TaskStatus::Cancelled => !node.cancelled && !self.is_stopping(node),
            TaskStatus::Pending
            | TaskStatus::Running
            | TaskStatus::Succeeded
            | TaskStatus::Skipped
            | TaskStatus::Cached
            | TaskStatus::Unknown => false,
        };
        if self.state.cancelled {
            TaskStatus::Cancelled
        } else if self.state.nodes.iter().any(is_bad) {
            TaskStatus::Failed
        } else {
            TaskStatus::Succeeded
        }
    }
}

impl<'a> Pass<'_, 'a> {
    /// One walk of the local phase; ends it when there is nothing left to do in it.
    pub(super) fn run_locals(mut self) {
        self.due();
        let state = self.turn.state;
        let mut is_free = state.live.is_empty() && state.timers.is_empty();
        let mut ready = state.ready.values().flatten().filter_map(|at| self.turn.node(*at));
        if !ready.any(|node| self.is_of_phase(node)) {
            if is_free && self.turn.decision.events.is_empty() {
                let result = self.turn.locals_result();
                self.turn.event(EventKind::LocalsEnded { result });
            }
            return;
        }
        for at in state.ready.values().flatten() {
            let Some(node) = self.turn.node(*at) else { continue };
            if node.record.local && !is_free {
                continue;
            }
            let starts = self.turn.decision.effects.len();
            if self.consider_local(*at, node).is_break() {
                return;
            }
            is_free &= !node.record.local || self.turn.decision.effects.len() == starts;
        }
    }

    /// Whether a node keeps the phase going: a local action, or a call that may have one in its graph.
    fn is_of_phase(&self, node: &Node) -> bool {
        let calls = self.turn.state.graph_of(node).map_or(&[][..], |graph| &graph.calls);
        node.record.local || plan::is_call(self.turn.flow, calls, &node.record)
    }

    fn consider_local(&mut self, at: usize, node: &'a Node) -> ControlFlow<()> {
        let prepared = plan::prepare(self.turn.flow, &self.turn.view(node));
        match prepared {
            Prepared::Skip(_) => self.carry_on(at, node, prepared),
            _ if self.is_of_phase(node) => self.carry_on(at, node, prepared),
            // A task: what is wrong with it is told when its turn comes.
            Prepared::Run { .. }
            | Prepared::Open { .. }
            | Prepared::Local { .. }
            | Prepared::Grow(_)
            | Prepared::Ask(_)
            | Prepared::Fault(_) => ControlFlow::Continue(()),
        }
    }
}
