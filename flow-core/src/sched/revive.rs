//! [`revive`]: what an engine does with a state that it has loaded. Source: BAT-120…122.

use crate::resolve::ResolvedFlow;
use crate::sched::fact::Revive;
use crate::sched::node::Phase;
use crate::sched::state::AttemptState;
use crate::sched::turn::{GRACE, Turn, last_key};

/// What was under way when the engine that wrote this state went away.
///
/// Every start without an end is made again with its own key, so that nothing runs twice and nothing
/// is forgotten; what had to stop is killed again; the moments to wake at come last. After that
/// the driver goes on with a `Begin` (nothing, if the graph is known) and ticks.
pub fn revive(flow: &ResolvedFlow, state: &AttemptState) -> Vec<Revive> {
    if state.result.is_some() {
        return Vec::new();
    }
    let turn = Turn::new(flow, state, state.last_at);
    let mut revived = Vec::new();
    for at in &state.live {
        let (Some(node), Some(key)) = (turn.node(*at), last_key(state, *at)) else { continue };
        let waits = matches!(&node.phase, Phase::Live(live) if live.again_at.is_some());
        if let Some(spec) = node.spec.clone().filter(|_| !waits) {
            revived.push(Revive::Launch { key: key.clone(), spec });
        }
        if turn.must_stop(node) {
            revived.push(Revive::Kill { key, grace: GRACE });
        }
    }
    revived.extend(turn.revived_builds());
    revived.extend(state.timers.iter().map(|(moment, _)| Revive::WakeAt(*moment)));
    revived
}
