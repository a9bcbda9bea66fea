//! Estimates on small graphs.

use std::time::Duration;

use flow_core::model::{AttemptId, FullId, LogRef, Need, NeedsLevel, NodeRecord, Task, TaskStatus, Timestamp, Try};
use indexmap::IndexMap;

use super::History;

/// A task that began and ended at these seconds.
fn task(id: &str, entry: u32, needs: &[&str], span: (Option<u64>, Option<u64>)) -> Task {
    let id = FullId(id.split('/').map(Into::into).collect());
    let at = |seconds: u64| Timestamp::from_unix_millis(seconds * 1000);
    let needs = needs.iter().map(|need| Need { id: (*need).into(), level: NeedsLevel::Completed });
    let node = NodeRecord {
        id: id.local().into(),
        entry,
        matrix: IndexMap::new(),
        group: None,
        needs: needs.collect(),
        names: Vec::new(),
        local: false,
        late: false,
    };
    let started = |begun: u64| Try {
        number: 1,
        launched_at: at(begun),
        started_at: Some(at(begun)),
        ended_at: span.1.map(at),
        raw: None,
        outcome: None,
        log: LogRef::default(),
    };
    let status = match span {
        (_, Some(_)) => TaskStatus::Succeeded,
        (Some(_), None) => TaskStatus::Running,
        (None, None) => TaskStatus::Pending,
    };
    Task {
        attempt: AttemptId::new("a"),
        id,
        node,
        opened: false,
        status,
        history: Vec::new(),
        note: None,
        next_try: None,
        tries: span.0.map(started).into_iter().collect(),
        outcome: None,
        outputs: IndexMap::new(),
        state: IndexMap::new(),
        spec: None,
        cached_from: None,
        taken_from: None,
        cache_key: None,
    }
}

fn ran(id: &str, entry: u32, seconds: u64) -> Task {
    task(id, entry, &[], (Some(0), Some(seconds)))
}

fn eta(history: &History, tasks: &[Task], now: u64) -> Option<(u64, String)> {
    let eta = history.eta(tasks, Timestamp::from_unix_millis(now * 1000))?;
    let path: Vec<String> = eta.path.iter().map(ToString::to_string).collect();
    Some((eta.remaining.as_secs(), path.join(" ")))
}

#[test]
fn the_longest_way_counts() {
    let history = History::of(&[ran("a", 0, 10), ran("b", 1, 60), ran("c", 2, 5), ran("d", 3, 7)]);
    let tasks = [
        task("a", 0, &[], (Some(100), None)),
        task("b", 1, &["a"], (None, None)),
        task("c", 2, &["a"], (None, None)),
        task("d", 3, &["b", "c"], (None, None)),
    ];
    // Four seconds of `a` are over. One runs, so all that is left must be done by one.
    assert_eq!(eta(&history, &tasks, 104), Some((6 + 60 + 5 + 7, "a b d".to_owned())));
    let ended: Vec<Task> = tasks.iter().map(|one| task(&one.id.to_string(), 0, &[], (Some(0), Some(1)))).collect();
    assert_eq!(eta(&history, &ended, 104), None, "nothing is left");
}

#[test]
fn a_task_that_takes_longer_than_ever_is_about_to_end() {
    let history = History::of(&[ran("a", 0, 10)]);
    assert_eq!(eta(&history, &[task("a", 0, &[], (Some(100), None))], 500), Some((0, "a".to_owned())));
}

#[test]
fn the_median_of_earlier_bakes_counts() {
    let history = History::of(&[ran("a", 0, 10), ran("a", 0, 12), ran("a", 0, 500)]);
    assert_eq!(eta(&history, &[task("a", 0, &[], (None, None))], 0), Some((12, "a".to_owned())));
}

#[test]
fn rows_that_are_new_take_as_long_as_the_others() {
    let rows = [ran("fit-1", 1, 20), ran("fit-2", 1, 20)];
    let tasks = [task("fit-3", 1, &[], (None, None))];
    assert_eq!(eta(&History::of(&rows), &tasks, 0), Some((20, "fit-3".to_owned())));
    let with_ended = [rows[0].clone(), tasks[0].clone()];
    assert_eq!(eta(&History::default(), &with_ended, 0), Some((20, "fit-3".to_owned())), "also in a first bake");
    assert_eq!(eta(&History::default(), &tasks, 0), None, "nobody knows");
}

#[test]
fn many_rows_share_the_machine() {
    let mut tasks: Vec<Task> = (0..98).map(|at| task(&format!("r{at}"), 0, &[], (None, None))).collect();
    tasks.extend([task("x", 0, &[], (Some(0), None)), task("y", 0, &[], (Some(0), None))]);
    let history = History::of(&[ran("r1", 0, 10)]);
    let (remaining, _) = eta(&history, &tasks, 0).unwrap();
    assert_eq!(remaining, 500, "a hundred rows of ten seconds, two at once");
}

#[test]
fn a_call_takes_as_long_as_what_it_holds() {
    let history = History::of(&[ran("act/t1", 0, 30), ran("act/t2", 1, 40), ran("b", 1, 5)]);
    let mut call = task("act", 0, &[], (None, None));
    call.opened = true;
    let tasks = [
        call,
        task("act/t1", 0, &[], (Some(0), None)),
        task("act/t2", 1, &["t1"], (None, None)),
        task("b", 1, &["act"], (None, None)),
    ];
    assert_eq!(eta(&history, &tasks, 0), Some((75, "act.t1 act.t2 b".to_owned())));
}

#[test]
fn a_thousand_tasks_in_a_chain_are_no_trouble() {
    let chain = |at: usize| {
        let need = format!("t{}", at.saturating_sub(1));
        let needs: Vec<&str> = if at == 0 { Vec::new() } else { vec![&need] };
        // Written from the last to the first, so that nothing stands behind what it needs.
        task(&format!("t{at}"), 0, &needs, (None, None))
    };
    let tasks: Vec<Task> = (0..1000).rev().map(chain).collect();
    let history = History::of(&[ran("t0", 0, 2)]);
    let found = history.eta(&tasks, Timestamp::default()).unwrap();
    assert_eq!((found.remaining, found.path.len()), (Duration::from_secs(2000), 1000));
}
