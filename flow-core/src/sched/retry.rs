//! Further tries of a task that failed or was lost. Source: EXT-3.

use std::time::Duration;

use crate::event::{EndedTry, EventKind};
use crate::model::{Reason, TaskStatus};
use crate::plan;
use crate::sched::end::End;
use crate::sched::fact::Effect;
use crate::sched::node::Node;
use crate::sched::turn::Turn;

/// How often a task is started in vain: lost again and again before it even runs.
const MAX_IN_VAIN: u32 = 20;

impl<'a> Turn<'a> {
    /// Decides on another try of a task whose start is over. Whether there is one; if not, the task is over.
    ///
    /// What failed by itself is tried again, a `life_span` that ran out, a start that was refused and outputs that
    /// cannot be read included; what was killed is not, whoever killed it. What only waited for room when it was lost
    /// was not tried, so that alone uses up no try. Local actions have changed the user's machine in an unknown
    /// way, so they are never tried again (BAT-122).
    pub(super) fn try_again(&mut self, at: usize, node: &'a Node, end: &End) -> bool {
        let calls = self.state.graph_of(node).map_or(&[][..], |graph| &graph.calls);
        let is_well = end.outcome.status == TaskStatus::Succeeded;
        let is_over = is_well && !plan::may_run_on(self.flow, calls, &node.record);
        if node.record.local || is_over || self.must_stop(node) {
            return false;
        }
        let policy = plan::retry_policy(self.flow, &self.view(node));
        let is_unseen = node.status == TaskStatus::Pending;
        let is_in_vain = is_unseen && end.outcome.reason == Reason::Lost;
        let tried = node.runs + u32::from(is_unseen && !is_in_vain);
        let wanted = if is_in_vain {
            node.tries - node.runs < MAX_IN_VAIN
        } else {
            tried < policy.attempts && policy.follows(&end.outcome)
        };
        let Some(key) = self.state.key(at, node.tries + 1).filter(|_| wanted) else { return false };
        let pause = if is_in_vain { Duration::ZERO } else { policy.pause(tried) };
        let moment = self.now.after(pause);
        let last = (!policy.is_endless()).then(|| node.tries.saturating_add(policy.attempts.saturating_sub(tried)));
        let ended = EndedTry { outcome: end.outcome.clone(), log: end.log.clone(), last, happened_at: end.happened_at };
        self.event(EventKind::RetryAt { key, at: moment, ended: Some(Box::new(ended)) });
        if !pause.is_zero() {
            self.effect(Effect::WakeAt(moment));
        }
        true
    }
}
