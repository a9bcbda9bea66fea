//! [`growing`]: how the rows of a late matrix come into its graph. Source: EXT-2.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic};
use crate::event::EventKind;
use crate::model::{LaunchKey, Need};
use crate::plan::Grown;
use crate::sched::end::End;
use crate::sched::node::Node;
use crate::sched::state::AttemptState;

/// The events that put the rows into the place of the node that stands for them: the rows, with the new needs
/// of all who needed it, then its end. Errors: an id that is taken.
pub(super) fn growing(state: &AttemptState, node: &Node, grown: Grown) -> Result<Vec<EventKind>, Box<Diagnostic>> {
    let Some(attempt) = state.id() else { return Ok(Vec::new()) };
    let prefix = node.id.prefix();
    let mut seen = BTreeSet::new();
    for row in &grown.nodes {
        if state.place(&prefix.child(&row.id)).is_some() || !seen.insert(row.id.clone()) {
            let message = format!("two tasks have the id `{}`", row.id);
            let fault = Diagnostic::error(Code::DuplicateId, message).at(grown.place, "a row of this matrix");
            let help = "use matrix variables in the id so that each row gets its own, or drop equal values";
            return Err(Box::new(fault.help(help)));
        }
    }
    let waiting = node.dependants.iter().filter_map(|(at, _)| state.nodes.get(*at));
    let edges: IndexMap<Arc<str>, Vec<Need>> = waiting
        .map(|waiter| (waiter.record.id.clone(), opened(&waiter.record.needs, &node.record.id, &grown)))
        .collect();
    let key = LaunchKey::task(attempt, &node.id, 1);
    let rows = EventKind::Expanded { prefix, inputs: IndexMap::new(), nodes: grown.nodes, edges };
    Ok(vec![rows, End::succeeded().event(&key)])
}

/// Needs with the rows in the place of the node that stood for them.
fn opened(needs: &[Need], late: &Arc<str>, grown: &Grown) -> Vec<Need> {
    let rows = |need: &Need| -> Vec<Need> {
        if need.id != *late {
            return vec![need.clone()];
        }
        grown.nodes.iter().map(|row| Need { id: row.id.clone(), level: need.level }).collect()
    };
    needs.iter().flat_map(rows).collect()
}
