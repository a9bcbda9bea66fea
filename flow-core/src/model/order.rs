//! [`in_graph_order`]: the order in which the tasks of an attempt are read.

use std::collections::BTreeMap;

use crate::model::{FullId, Task};

/// Sorts the tasks of one attempt: each call above the tasks that it opened, the tasks of one graph by
/// their entries, those of one entry as they came.
///
/// Graphs become known while a bake runs, so tasks come in another order. A task whose call is not among
/// them is left out. Cost: that of a sort.
pub fn in_graph_order(tasks: Vec<Task>) -> Vec<Task> {
    sort_graphs(tasks, |task| (&task.id, task.node.entry))
}

/// [`in_graph_order`] for whatever stands in graphs: `place` gives the full id and the entry.
pub fn sort_graphs<T>(items: Vec<T>, place: impl Fn(&T) -> (&FullId, u32)) -> Vec<T> {
    let mut graphs: BTreeMap<FullId, Vec<T>> = BTreeMap::new();
    for item in items {
        graphs.entry(place(&item).0.prefix()).or_default().push(item);
    }
    // The next one stands last. `sort_by_key` is stable.
    let mut open: Vec<T> = Vec::new();
    let mut sorted = Vec::new();
    let mut next = Some(FullId::root());
    loop {
        if let Some(mut graph) = next.take().and_then(|prefix| graphs.remove(&prefix)) {
            graph.sort_by_key(|item| place(item).1);
            open.extend(graph.into_iter().rev());
        }
        let Some(item) = open.pop() else { return sorted };
        next = Some(place(&item).0.clone());
        sorted.push(item);
    }
}

#[cfg(test)]
mod tests;
