use indexmap::IndexMap;

use super::*;
use crate::model::{AttemptId, NodeRecord, TaskStatus};

fn task(path: &[&str], entry: u32, opened: bool) -> Task {
    let id = path.iter().fold(FullId::root(), |prefix, part| prefix.child(part));
    let node = NodeRecord {
        id: id.local().into(),
        entry,
        matrix: IndexMap::new(),
        group: None,
        needs: Vec::new(),
        names: Vec::new(),
        local: false,
        late: false,
    };
    Task {
        attempt: AttemptId::new("attempt-1"),
        id,
        node,
        opened,
        status: TaskStatus::Pending,
        history: Vec::new(),
        note: None,
        tries: Vec::new(),
        next_try: None,
        outcome: None,
        outputs: IndexMap::new(),
        state: IndexMap::new(),
        spec: None,
        cached_from: None,
        taken_from: None,
        cache_key: None,
    }
}

#[test]
fn a_call_stands_above_its_tasks_and_late_rows_in_their_place() {
    let tasks = vec![
        task(&["a"], 0, false),
        task(&["call"], 1, true),
        task(&["end"], 3, false),
        task(&["call", "x"], 0, true),
        task(&["call", "y"], 1, false),
        task(&["row-2"], 2, false),
        task(&["row-10"], 2, false),
        task(&["call", "x", "t"], 0, false),
    ];
    let ids: Vec<String> = in_graph_order(tasks).into_iter().map(|task| task.id.to_string()).collect();
    assert_eq!(ids, ["a", "call", "call.x", "call.x.t", "call.y", "row-2", "row-10", "end"]);
}
