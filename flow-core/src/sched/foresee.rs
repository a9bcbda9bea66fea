//! [`set_aside`] and [`pending`]: for those who ask what a bake would do, without doing it. Source: EXT-6.

use crate::model::{FullId, NeedsLevel, TaskStatus};
use crate::sched::node::Phase;
use crate::sched::state::AttemptState;

/// Takes a ready node out of the queue, so that the next tick looks at others; it stays pending, and who needs it
/// waits. A state with such nodes is a forecast and must not be stored.
pub fn set_aside(state: &mut AttemptState, id: &FullId) {
    if let Some(at) = state.place(id) {
        state.drop_ready(at);
    }
}

/// A node that has not begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Its full id.
    pub id: FullId,
    /// The needs, by full id, that have not come as far as they must.
    pub unmet: Vec<FullId>,
}

/// The nodes that have not begun, in graph order.
pub fn pending(state: &AttemptState) -> Vec<Pending> {
    let waiting = state.nodes.iter().filter(|node| node.phase == Phase::Waiting);
    let pending = waiting.map(|node| {
        let edges = node.record.needs.iter().zip(&node.needs);
        let unmet = edges.filter_map(|(need, at)| {
            let needed = state.nodes.get(*at)?;
            let is_met = needed.phase == Phase::Ended
                || need.level == NeedsLevel::Running && needed.status == TaskStatus::Running;
            (!is_met).then(|| needed.id.clone())
        });
        Pending { id: node.id.clone(), unmet: unmet.collect() }
    });
    pending.collect()
}
