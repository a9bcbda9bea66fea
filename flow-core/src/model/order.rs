//! [`in_graph_order`]: the order in which the tasks of an attempt are read.

use std::collections::BTreeMap;

use crate::model::{FullId, Task};

/// Sorts the tasks of one attempt: each call above the tasks that it opened, the tasks of one graph by
/// their entries, those of one entry as they came.
///
/// Graphs become known while a bake runs, so tasks come in another order. A task whose call is not among
/// them is left out. Cost: that of a sort.
pub fn in_graph_order(tasks: Vec<Task>) -> Vec<Task> {
    let mut graphs: BTreeMap<FullId, Vec<Task>> = BTreeMap::new();
    for task in tasks {
        graphs.entry(task.id.prefix()).or_default().push(task);
    }
    // The next task stands last. `sort_by_key` is stable.
    let mut open: Vec<Task> = Vec::new();
    let mut sorted = Vec::new();
    let mut next = Some(FullId::root());
    loop {
        if let Some(mut graph) = next.take().and_then(|prefix| graphs.remove(&prefix)) {
            graph.sort_by_key(|task| task.node.entry);
            open.extend(graph.into_iter().rev());
        }
        let Some(task) = open.pop() else { return sorted };
        next = Some(task.id.clone()).filter(|_| task.opened);
        sorted.push(task);
    }
}

#[cfg(test)]
mod tests;
