//! The contract of `Store`, over every store: one `check_` for each behaviour.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by a panic")]

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use flow_core::event::{AttemptCreated, CancelScope, Event, EventKind, Reuse, SkipReason, Stage};
use flow_core::model::{
    AttemptId, BakeId, CacheKey, Digest, Epoch, Exit, FullId, LaunchKey, LiveJobId, LogRef, Need, NeedsLevel,
    NodeRecord, Outcome, OwnerId, ProjectId, RawId, Reason, Subject, TaskStatus, Timestamp,
};
use flow_core::port::{Append, BakeFilter, CacheScope, EventScope, NewEvent, RequestKind, Store, StoreError};
use flow_engine::store::{MemoryStore, SqliteStore};
use flow_engine::testing::{Fault, FlakyStore, Moment};
use indexmap::IndexMap;
use tempfile::TempDir;

/// Two ways to one store: for SQLite two connections to one file, as two processes have them.
pub(crate) struct Pair {
    pub(crate) here: Arc<dyn Store>,
    pub(crate) there: Arc<dyn Store>,
    _folder: Option<TempDir>,
}

pub(crate) fn memory() -> Pair {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    Pair { here: store.clone(), there: store, _folder: None }
}

pub(crate) fn sqlite() -> Pair {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/flow.db");
    let open = || Arc::new(SqliteStore::open(&path).unwrap());
    Pair { here: open(), there: open(), _folder: Some(folder) }
}

macro_rules! contract {
    ($($check:ident)*) => {
        mod memory_store {
            $(#[tokio::test] async fn $check() { super::$check(super::memory()).await; })*
        }
        mod sqlite_store {
            $(#[tokio::test] async fn $check() { super::$check(super::sqlite()).await; })*
        }
    };
}

contract! {
    check_append_numbers_folds_and_is_seen_everywhere
    check_conflict_writes_nothing
    check_claims_and_leases
    check_stale_epoch_writes_nothing
    check_release
    check_requests
    check_waiting_for_a_request_from_elsewhere
    check_waiting_for_events_from_elsewhere
    check_a_dropped_wait_leaves_the_others
    check_events_by_scope_position_and_limit
    check_texts_are_kept_once
    check_project_is_made_once
    check_tasks_keep_graph_order_and_follow_events
    check_calls_show_where_they_stand
    check_newest_cache_entry_wins
    check_cache_is_cleared_by_scope
    check_bakes_are_filtered_newest_first
    check_restarts_show_the_last_attempt
    check_an_attempt_number_is_given_once
    check_live_subjects_are_apart_from_attempts
    check_concurrent_appends
    check_one_of_two_racing_writers_wins
    check_hostile_texts_come_back
}

pub(crate) fn at(millis: u64) -> Timestamp {
    Timestamp::from_unix_millis(millis)
}

fn owner(name: &str) -> OwnerId {
    OwnerId::new(name)
}

fn subject(name: &str) -> Subject {
    Subject::Attempt(AttemptId::new(name))
}

pub(crate) fn id(path: &[&str]) -> FullId {
    path.iter().fold(FullId::root(), |prefix, part| prefix.child(part))
}

pub(crate) fn key(attempt: &str, node: &FullId, number: u32) -> LaunchKey {
    LaunchKey::task(&AttemptId::new(attempt), node, number)
}

/// The first event of an attempt of a bake.
pub(crate) fn created(bake: &str, number: u32) -> AttemptCreated {
    AttemptCreated {
        version: 1,
        project: ProjectId::new("project-1"),
        project_name: "demo".to_owned(),
        bake: BakeId::new(bake),
        number,
        batch: "train".to_owned(),
        name: None,
        tags: Vec::new(),
        params: IndexMap::from([("rate".to_owned(), "0.1".to_owned())]),
        executor: "local".to_owned(),
        sources: Vec::new(),
        workspace: "/home/user/demo".to_owned(),
        git: None,
        by: "user".to_owned(),
        from: None,
        reuse: Reuse::Cache,
        max_rows: None,
        storage: None,
        engine_version: "0.1.0".to_owned(),
    }
}

pub(crate) fn expanded(prefix: &FullId, nodes: &[&str]) -> EventKind {
    let (inputs, edges) = (IndexMap::new(), IndexMap::new());
    EventKind::Expanded { prefix: prefix.clone(), inputs, nodes: nodes.iter().map(|name| node(name)).collect(), edges }
}

fn node(name: &str) -> NodeRecord {
    NodeRecord {
        id: Arc::from(name),
        entry: 0,
        matrix: IndexMap::new(),
        group: None,
        needs: Vec::new(),
        names: Vec::new(),
        local: false,
        late: false,
    }
}

pub(crate) fn launching(key: &LaunchKey) -> EventKind {
    EventKind::Launching { key: key.clone(), spec: Digest::of(b"spec"), cache: None }
}

pub(crate) fn ended(key: &LaunchKey, code: i32, output: &str, cache: Option<&CacheKey>) -> EventKind {
    let status = if code == 0 { TaskStatus::Succeeded } else { TaskStatus::Failed };
    EventKind::Ended {
        key: key.clone(),
        outcome: Outcome { status, exit: Exit::Code(code), reason: Reason::Finished },
        outputs: IndexMap::from([("out".to_owned(), output.to_owned())]),
        state: IndexMap::new(),
        log: LogRef { bytes: 7 },
        cache: cache.cloned(),
        happened_at: None,
    }
}

pub(crate) fn turn(name: &str, epoch: u64, expected_seq: u64, kinds: Vec<EventKind>) -> Append {
    let event = |(offset, kind): (u64, EventKind)| NewEvent { at: at(1000 + offset), kind };
    Append {
        subject: subject(name),
        epoch: Epoch(epoch),
        expected_seq,
        events: (0..).zip(kinds).map(event).collect(),
        texts: Vec::new(),
    }
}

/// An attempt's first turn.
pub(crate) fn first_turn(name: &str, bake: &str) -> Append {
    turn(name, 0, 0, vec![EventKind::AttemptCreated(Box::new(created(bake, 1)))])
}

async fn all_events(store: &Arc<dyn Store>) -> Vec<Event> {
    store.events(&EventScope::All, 0, 1_000_000).await.unwrap()
}

/// What must come soon; a wait that never ends fails the test instead of hanging it.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it comes soon")
}

async fn check_append_numbers_folds_and_is_seen_everywhere(pair: Pair) {
    let first = pair.here.append(first_turn("a", "bake")).await.unwrap();
    assert_eq!((first.first_position, first.seq), (1, 1));
    let next = turn("a", 0, 1, vec![expanded(&FullId::root(), &["x"]), launching(&key("a", &id(&["x"]), 1))]);
    let second = pair.here.append(next.clone()).await.unwrap();
    assert_eq!((second.first_position, second.seq), (2, 3));

    let events = all_events(&pair.there).await;
    assert_eq!(events.iter().map(|event| event.position).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(events[2].kind, next.events[1].kind);
    assert_eq!(events[2].at, at(1001));
    assert_eq!(events[2].subject, subject("a"));

    let row = pair.there.bake(&BakeId::new("bake")).await.unwrap().unwrap();
    assert_eq!(row.bake.workspace, "/home/user/demo");
    assert_eq!(row.attempt.status, TaskStatus::Running);
    assert_eq!(row.attempt, pair.here.attempt(&AttemptId::new("a")).await.unwrap().unwrap());
    assert_eq!(row.claim.epoch, Epoch(0));
    assert!(pair.here.bake(&BakeId::new("other")).await.unwrap().is_none());
    assert!(pair.here.attempt(&AttemptId::new("other")).await.unwrap().is_none());
}

async fn check_conflict_writes_nothing(pair: Pair) {
    pair.here.append(first_turn("a", "bake")).await.unwrap();
    let mut wrong = turn("a", 0, 0, vec![expanded(&FullId::root(), &["x"])]);
    wrong.texts.push((Digest::of(b"t"), "t".into()));
    match pair.there.append(wrong).await {
        Err(StoreError::Conflict { subject, expected: 0, found: 1 }) => assert_eq!(subject, "a"),
        other => panic!("{other:?}"),
    }
    assert_eq!(all_events(&pair.here).await.len(), 1);
    assert!(pair.here.tasks(&AttemptId::new("a")).await.unwrap().is_empty());
    assert!(pair.here.text(&Digest::of(b"t")).await.unwrap().is_none());
}

async fn check_claims_and_leases(pair: Pair) {
    let a = subject("a");
    let state = pair.here.claim_state(&a).await.unwrap();
    assert_eq!((state.epoch, state.owner), (Epoch(0), None));
    assert_eq!(pair.here.claim(&a, &owner("one"), at(100), at(200)).await.unwrap(), Epoch(1));

    match pair.there.claim(&a, &owner("two"), at(199), at(300)).await {
        Err(StoreError::Held { owner: holder, until, .. }) => assert_eq!((holder, until), (owner("one"), at(200))),
        other => panic!("{other:?}"),
    }
    pair.here.renew(&a, Epoch(1), at(250)).await.unwrap();
    assert!(pair.there.claim(&a, &owner("two"), at(249), at(300)).await.is_err_and(|error| error.is_retryable()));
    // The holder itself may take a new epoch, and a claim that has run out goes to whoever comes.
    assert_eq!(pair.here.claim(&a, &owner("one"), at(200), at(260)).await.unwrap(), Epoch(2));
    assert_eq!(pair.there.claim(&a, &owner("two"), at(260), at(400)).await.unwrap(), Epoch(3));
    let state = pair.here.claim_state(&a).await.unwrap();
    assert_eq!((state.epoch, state.owner, state.until), (Epoch(3), Some(owner("two")), at(400)));
    let late = pair.here.renew(&a, Epoch(2), at(999)).await;
    assert!(matches!(late, Err(StoreError::StaleEpoch { .. })), "{late:?}");
    assert_eq!(pair.here.claim_state(&a).await.unwrap().until, at(400));
}

async fn check_stale_epoch_writes_nothing(pair: Pair) {
    pair.here.append(first_turn("a", "bake")).await.unwrap();
    let epoch = pair.here.claim(&subject("a"), &owner("one"), at(0), at(10)).await.unwrap();
    let claimed = EventKind::Claimed { epoch, owner: owner("one") };
    pair.here.append(turn("a", 1, 1, vec![claimed])).await.unwrap();
    pair.there.claim(&subject("a"), &owner("two"), at(10), at(20)).await.unwrap();
    for epoch in [0, 1, 3] {
        let refused = pair.here.append(turn("a", epoch, 2, vec![expanded(&FullId::root(), &["x"])])).await;
        assert!(matches!(&refused, Err(StoreError::StaleEpoch { subject }) if subject == "a"), "{epoch}: {refused:?}");
        assert!(refused.is_err_and(|error| !error.is_retryable()));
    }
    assert_eq!(all_events(&pair.here).await.len(), 2);
    // A claim that ran out but was not taken still counts.
    pair.there.append(turn("a", 2, 2, vec![expanded(&FullId::root(), &["x"])])).await.unwrap();
}

async fn check_release(pair: Pair) {
    let a = subject("a");
    let epoch = pair.here.claim(&a, &owner("one"), at(0), at(1000)).await.unwrap();
    pair.there.release(&a, Epoch(0)).await.unwrap();
    assert_eq!(pair.here.claim_state(&a).await.unwrap().owner, Some(owner("one")));
    pair.here.release(&a, epoch).await.unwrap();
    let state = pair.there.claim_state(&a).await.unwrap();
    assert_eq!((state.epoch, state.owner), (Epoch(1), None));
    let late = pair.here.renew(&a, epoch, at(2000)).await;
    assert!(matches!(late, Err(StoreError::StaleEpoch { .. })), "{late:?}");
    assert_eq!(pair.there.claim(&a, &owner("two"), at(1), at(2)).await.unwrap(), Epoch(2));
}

fn cancel() -> RequestKind {
    RequestKind::Cancel { scope: CancelScope::Task(id(&["x", "0.1"])) }
}

async fn check_requests(pair: Pair) {
    let first = pair.here.send(&subject("a"), at(5), "ann", cancel()).await.unwrap();
    let other = RequestKind::Cancel { scope: CancelScope::Attempt };
    pair.here.send(&subject("b"), at(6), "bob", other.clone()).await.unwrap();
    let last = pair.there.send(&subject("a"), at(7), "eve", other.clone()).await.unwrap();
    assert!(first < last);
    let requests = pair.there.requests(&subject("a"), 0).await.unwrap();
    assert_eq!(requests.iter().map(|request| request.id).collect::<Vec<_>>(), [first, last]);
    assert_eq!((requests[0].at, requests[0].by.as_str(), &requests[0].kind), (at(5), "ann", &cancel()));
    assert_eq!(requests[1].kind, other);
    let later = pair.here.requests(&subject("a"), first).await.unwrap();
    assert_eq!(later.iter().map(|request| request.id).collect::<Vec<_>>(), [last]);
    assert!(pair.here.requests(&subject("a"), last).await.unwrap().is_empty());
    assert!(pair.here.requests(&subject("c"), 0).await.unwrap().is_empty());
    // What is there already is not waited for.
    soon(pair.here.wait_requests(&subject("a"), first)).await.unwrap();
}

async fn check_waiting_for_a_request_from_elsewhere(pair: Pair) {
    let a = subject("a");
    let wait = pair.here.wait_requests(&a, 0);
    let send = async {
        // Neither another subject nor another kind of write ends the wait.
        pair.there.send(&subject("b"), at(1), "bob", cancel()).await.unwrap();
        pair.there.append(first_turn("a", "bake")).await.unwrap();
        pair.there.send(&a, at(1), "ann", cancel()).await.unwrap()
    };
    let (waited, request) = soon(async { tokio::join!(wait, send) }).await;
    waited.unwrap();
    assert_eq!(pair.here.requests(&a, 0).await.unwrap()[0].id, request);
}

async fn check_waiting_for_events_from_elsewhere(pair: Pair) {
    let (all, of_b) = (EventScope::All, EventScope::Subject(subject("b")));
    let wait = async { tokio::join!(pair.here.wait_events(&all, 0), pair.here.wait_events(&of_b, 0)) };
    let write = async {
        pair.there.append(first_turn("a", "bake-a")).await.unwrap();
        pair.there.append(first_turn("b", "bake-b")).await.unwrap();
    };
    let ((first, second), ()) = soon(async { tokio::join!(wait, write) }).await;
    first.and(second).unwrap();
    assert_eq!(pair.here.events(&of_b, 0, 10).await.unwrap()[0].position, 2);
    let more = async { pair.here.append(turn("b", 0, 1, vec![expanded(&FullId::root(), &["x"])])).await };
    let (waited, written) = soon(async { tokio::join!(pair.here.wait_events(&of_b, 2), more) }).await;
    waited.unwrap();
    assert_eq!(written.unwrap().first_position, 3);
}

async fn check_a_dropped_wait_leaves_the_others(pair: Pair) {
    let all = EventScope::All;
    for _ in 0..3 {
        let dropped = tokio::time::timeout(Duration::from_millis(1), pair.here.wait_events(&all, 0)).await;
        assert!(dropped.is_err(), "there is nothing to wait for yet");
    }
    let write = pair.there.append(first_turn("a", "bake"));
    let (waited, written) = soon(async { tokio::join!(pair.here.wait_events(&all, 0), write) }).await;
    waited.unwrap();
    written.unwrap();
}

async fn check_events_by_scope_position_and_limit(pair: Pair) {
    assert_eq!(pair.here.last_position().await.expect("readable"), 0, "an empty store");
    for (name, bake) in [("a", "bake-a"), ("b", "bake-b")] {
        pair.here.append(first_turn(name, bake)).await.unwrap();
    }
    for seq in 1..4 {
        for name in ["a", "b"] {
            pair.here.append(turn(name, 0, seq, vec![expanded(&FullId::root(), &["x"])])).await.unwrap();
        }
    }
    let positions = async |scope: EventScope, after, limit| {
        let events = pair.there.events(&scope, after, limit).await.unwrap();
        events.iter().map(|event| event.position).collect::<Vec<_>>()
    };
    let of_b = || EventScope::Subject(subject("b"));
    assert_eq!(positions(EventScope::All, 0, 100).await, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(positions(EventScope::All, 3, 2).await, [4, 5]);
    assert_eq!(positions(of_b(), 0, 100).await, [2, 4, 6, 8]);
    assert_eq!(positions(of_b(), 4, 1).await, [6]);
    assert_eq!(positions(of_b(), 5, 9).await, [6, 8]);
    assert!(positions(of_b(), 8, 9).await.is_empty());
    assert!(positions(EventScope::All, u64::MAX, 9).await.is_empty());
    assert!(positions(EventScope::Subject(subject("c")), 0, 9).await.is_empty());
}

async fn check_texts_are_kept_once(pair: Pair) {
    let text = |content: &str| (Digest::of(content.as_bytes()), Arc::from(content));
    let mut first = first_turn("a", "bake");
    first.texts = vec![text("one"), text("two"), text("one")];
    pair.here.append(first).await.unwrap();
    let mut second = turn("a", 0, 1, vec![expanded(&FullId::root(), &["x"])]);
    second.texts = vec![text("two"), text("three")];
    pair.here.append(second).await.unwrap();
    for content in ["one", "two", "three"] {
        let (digest, expected) = text(content);
        assert_eq!(pair.there.text(&digest).await.unwrap(), Some(expected));
    }
    assert_eq!(pair.there.text(&Digest::of(b"four")).await.unwrap(), None);
}

async fn check_project_is_made_once(pair: Pair) {
    let made = pair.here.project("demo", ProjectId::new("project-1")).await.unwrap();
    let found = pair.there.project("demo", ProjectId::new("project-2")).await.unwrap();
    let other = pair.there.project("other", ProjectId::new("project-2")).await.unwrap();
    assert_eq!((made.as_str(), found.as_str(), other.as_str()), ("project-1", "project-1", "project-2"));
}

async fn check_tasks_keep_graph_order_and_follow_events(pair: Pair) {
    pair.here.append(first_turn("a", "bake")).await.unwrap();
    let z = id(&["z"]);
    let first = key("a", &z, 1);
    let turns = [
        vec![expanded(&FullId::root(), &["z", "call", "m-0.1"])],
        // One turn may touch a task many times.
        vec![
            launching(&first),
            EventKind::Launched { key: first.clone(), raw: RawId::new("raw-1") },
            EventKind::Progress { key: first.clone(), stage: Stage::Running, why: None, happened_at: None },
        ],
        vec![expanded(&id(&["call"]), &["b", "a"]), ended(&first, 3, "no", None)],
        vec![launching(&key("a", &z, 2)), ended(&key("a", &z, 2), 0, "yes", None)],
        vec![EventKind::Skipped { node: id(&["m-0.1"]), because: SkipReason::WindingDown }],
        vec![EventKind::AttemptEnded { result: TaskStatus::Failed }],
    ];
    let mut seq = 1;
    for kinds in turns {
        seq = pair.here.append(turn("a", 0, seq, kinds)).await.unwrap().seq;
    }
    let tasks = pair.there.tasks(&AttemptId::new("a")).await.unwrap();
    let ids: Vec<_> = tasks.iter().map(|task| task.id.to_string()).collect();
    assert_eq!(ids, ["z", "call", "call.b", "call.a", "m-0.1"], "a call above its tasks");
    let task = pair.there.task(&AttemptId::new("a"), &z).await.unwrap().unwrap();
    assert_eq!(task, tasks[0]);
    assert_eq!((task.status, task.outputs["out"].as_str(), task.tries.len()), (TaskStatus::Succeeded, "yes", 2));
    assert_eq!(task.tries[0].raw, Some(RawId::new("raw-1")));
    let words: Vec<_> = task.history.iter().map(|item| item.status.word()).collect();
    assert_eq!(words, ["pending", "running", "failed", "pending", "succeeded"]);
    assert_eq!(tasks[4].status, TaskStatus::Skipped);
    // A full id is a sequence: its dotted text names nothing.
    assert!(pair.there.task(&AttemptId::new("a"), &id(&["call.b"])).await.unwrap().is_none());
    let attempt = pair.there.attempt(&AttemptId::new("a")).await.unwrap().unwrap();
    assert_eq!((attempt.status, attempt.ended_at), (TaskStatus::Failed, Some(at(1000))));
}

async fn check_calls_show_where_they_stand(pair: Pair) {
    pair.here.append(first_turn("a", "bake")).await.unwrap();
    let call = id(&["call"]);
    let own = key("a", &call, 1);
    let need = |name: &str| Need { id: name.into(), level: NeedsLevel::Completed };
    let more = EventKind::Expanded {
        prefix: call.clone(),
        inputs: IndexMap::new(),
        nodes: vec![node("late")],
        edges: IndexMap::from([(Arc::from("b"), vec![need("late")])]),
    };
    let turns = [
        vec![expanded(&FullId::root(), &["call"])],
        vec![expanded(&call, &["a", "b"])],
        vec![more, EventKind::Progress { key: own.clone(), stage: Stage::Running, why: None, happened_at: None }],
        vec![ended(&own, 3, "no", None)],
    ];
    let mut seq = 1;
    for kinds in turns {
        seq = pair.here.append(turn("a", 0, seq, kinds)).await.unwrap().seq;
    }
    let tasks = pair.there.tasks(&AttemptId::new("a")).await.unwrap();
    let ids: Vec<_> = tasks.iter().map(|task| task.id.to_string()).collect();
    assert_eq!(ids, ["call", "call.a", "call.b", "call.late"]);
    let shown = &tasks[0];
    let words: Vec<_> = shown.history.iter().map(|item| item.status.word()).collect();
    assert_eq!(words, ["pending", "running", "failed"], "BAT-69");
    assert!(shown.opened && shown.tries.is_empty(), "a call has no start of its own");
    assert_eq!(shown.outcome.as_ref().map(|outcome| outcome.status), Some(TaskStatus::Failed));
    assert_eq!(tasks[2].node.needs, [need("late")], "edges of known tasks");
    assert!(tasks[1].history.is_empty() && !tasks[1].opened);
}

async fn check_newest_cache_entry_wins(pair: Pair) {
    let x = id(&["x"]);
    let cache = CacheKey(Digest::of(b"key"));
    let project = ProjectId::new("project-1");
    // The second to be written ended first.
    for (name, millis, output) in [("a", 10, "old"), ("b", 30, "newest"), ("c", 20, "late")] {
        pair.here.append(first_turn(name, name)).await.unwrap();
        let first = key(name, &x, 1);
        let kinds = vec![expanded(&FullId::root(), &["x"]), ended(&first, 0, output, Some(&cache))];
        let mut append = turn(name, 0, 1, kinds);
        append.events[1].at = at(millis);
        pair.here.append(append).await.unwrap();
    }
    let entry = pair.there.cache_entry(&project, "train", &x, &cache).await.unwrap().unwrap();
    assert_eq!((entry.created_at, entry.outputs["out"].as_str()), (at(30), "newest"));
    assert_eq!(entry.attempt, AttemptId::new("b"));
    let other = CacheKey(Digest::of(b"other"));
    assert!(pair.there.cache_entry(&project, "train", &x, &other).await.unwrap().is_none());
    assert!(pair.there.cache_entry(&project, "test", &x, &cache).await.unwrap().is_none());
    assert!(pair.there.cache_entry(&ProjectId::new("p"), "train", &x, &cache).await.unwrap().is_none());
    assert!(pair.there.cache_entry(&project, "train", &id(&["y"]), &cache).await.unwrap().is_none());
}

/// Which of four entries are there: of two tasks of a batch, of another batch, of another project.
async fn entries(store: &Arc<dyn Store>) -> Vec<bool> {
    let cache = CacheKey(Digest::of(b"key"));
    let mut found = Vec::new();
    for (project, batch, task) in ENTRIES {
        let entry = store.cache_entry(&ProjectId::new(project), batch, &id(&task), &cache).await.unwrap();
        found.push(entry.is_some());
    }
    found
}

const ENTRIES: [(&str, &str, [&str; 2]); 4] =
    [("p", "one", ["x", "0.1"]), ("p", "one", ["y", "z"]), ("p", "two", ["x", "0.1"]), ("q", "one", ["x", "0.1"])];

async fn check_cache_is_cleared_by_scope(pair: Pair) {
    let cache = CacheKey(Digest::of(b"key"));
    for (at, (project, batch, task)) in ENTRIES.iter().enumerate() {
        let name = format!("a{at}");
        let mut first = created(&name, 1);
        (first.project, first.batch) = (ProjectId::new(*project), (*batch).to_owned());
        let kinds = vec![
            EventKind::AttemptCreated(Box::new(first)),
            expanded(&id(&task[..1]), &[task[1]]),
            ended(&key(&name, &id(task), 1), 0, "v", Some(&cache)),
        ];
        pair.here.append(turn(&name, 0, 0, kinds)).await.unwrap();
    }
    let p = ProjectId::new("p");
    assert_eq!(pair.there.cached_tasks(&p, "one").await.unwrap(), [id(&["x", "0.1"]), id(&["y", "z"])]);
    assert!(pair.there.cached_tasks(&p, "three").await.unwrap().is_empty());
    assert_eq!(entries(&pair.here).await, [true; 4]);
    let task = |batch: &str, task: &[&str]| CacheScope::Task(batch.into(), id(task));
    // The dotted text of an id is no id.
    assert_eq!(pair.here.clear_cache(&p, &task("one", &["x.0.1"])).await.unwrap(), 0);
    let result = |key: &CacheKey| CacheScope::Result("one".into(), id(&["x", "0.1"]), key.clone());
    assert_eq!(pair.here.clear_cache(&p, &result(&CacheKey(Digest::of(b"other")))).await.unwrap(), 0);
    assert_eq!(pair.here.clear_cache(&p, &result(&cache)).await.unwrap(), 1);
    assert_eq!(entries(&pair.there).await, [false, true, true, true]);
    assert_eq!(pair.there.clear_cache(&p, &CacheScope::Batch("one".into())).await.unwrap(), 1);
    assert_eq!(entries(&pair.here).await, [false, false, true, true]);
    assert_eq!(pair.here.clear_cache(&p, &CacheScope::Project).await.unwrap(), 1);
    assert_eq!(entries(&pair.there).await, [false, false, false, true]);
    let kept = pair.here.task(&AttemptId::new("a0"), &id(&["x", "0.1"])).await.unwrap().unwrap();
    assert_eq!(kept.outputs["out"], "v", "the past stays");
}

async fn check_bakes_are_filtered_newest_first(pair: Pair) {
    let bakes = [
        ("b1", 10, "p", None, ""),
        ("b2", 30, "p", Some("n"), "x y"),
        ("b3", 20, "q", Some("n"), "y"),
        ("b4", 30, "p", None, "y"),
    ];
    for (bake, millis, project, name, tags) in bakes {
        let mut event = created(bake, 1);
        event.project = ProjectId::new(project);
        event.name = name.map(str::to_owned);
        event.tags = tags.split_whitespace().map(str::to_owned).collect();
        let mut append = turn(bake, 0, 0, vec![EventKind::AttemptCreated(Box::new(event))]);
        append.events[0].at = at(millis);
        pair.here.append(append).await.unwrap();
    }
    let tags = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
    let any = BakeFilter::default;
    let cases = [
        (any(), "b4 b2 b3 b1"),
        (BakeFilter { limit: 3, ..any() }, "b4 b2 b3"),
        (BakeFilter { project: Some(ProjectId::new("p")), ..any() }, "b4 b2 b1"),
        (BakeFilter { name: Some("n".to_owned()), ..any() }, "b2 b3"),
        (BakeFilter { name: Some("n".to_owned()), limit: 1, ..any() }, "b2"),
        (BakeFilter { tags: tags(&["y"]), ..any() }, "b4 b2 b3"),
        (BakeFilter { tags: tags(&["y", "x"]), ..any() }, "b2"),
        (BakeFilter { tags: tags(&["z"]), ..any() }, ""),
        (BakeFilter { batch: Some("no such batch".to_owned()), ..any() }, ""),
    ];
    for (filter, expected) in cases {
        let found = pair.there.bakes(&filter).await.unwrap();
        let ids: Vec<_> = found.iter().map(|row| row.bake.id.as_str()).collect();
        assert_eq!(ids.join(" "), expected, "{filter:?}");
    }
}

async fn check_restarts_show_the_last_attempt(pair: Pair) {
    pair.here.append(first_turn("a1", "bake")).await.unwrap();
    let mut second = created("bake", 2);
    second.from = Some(AttemptId::new("a1"));
    pair.here.append(turn("a2", 0, 0, vec![EventKind::AttemptCreated(Box::new(second))])).await.unwrap();
    pair.here.claim(&subject("a2"), &owner("one"), at(1), at(2)).await.unwrap();
    let row = pair.there.bake(&BakeId::new("bake")).await.unwrap().unwrap();
    assert_eq!((row.attempt.number, row.attempt.id.as_str()), (2, "a2"));
    assert_eq!((row.claim.epoch, row.claim.owner), (Epoch(1), Some(owner("one"))));
    let attempts = pair.there.attempts(&BakeId::new("bake")).await.unwrap();
    assert_eq!(attempts.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(pair.there.bakes(&BakeFilter::default()).await.unwrap().len(), 1);
}

async fn check_an_attempt_number_is_given_once(pair: Pair) {
    pair.here.append(first_turn("a1", "bake")).await.unwrap();
    let again = |name: &str| {
        let created = EventKind::AttemptCreated(Box::new(created("bake", 2)));
        turn(name, 0, 0, vec![created])
    };
    pair.here.append(again("a2")).await.unwrap();
    match pair.there.append(again("b2")).await {
        Err(StoreError::Conflict { subject, expected: 1, found: 2 }) => assert_eq!(subject, "bake"),
        other => panic!("{other:?}"),
    }
    assert_eq!(pair.here.attempts(&BakeId::new("bake")).await.unwrap().len(), 2);
    assert_eq!(all_events(&pair.here).await.len(), 2);
}

async fn check_live_subjects_are_apart_from_attempts(pair: Pair) {
    let live = Subject::Live(LiveJobId::new("a"));
    pair.here.append(first_turn("a", "bake")).await.unwrap();
    let asked = EventKind::CancelAsked { scope: CancelScope::Attempt, by: "ann".to_owned(), request: None };
    let append = Append { subject: live.clone(), ..turn("a", 0, 0, vec![asked]) };
    assert_eq!(pair.here.append(append).await.unwrap().seq, 1);
    pair.here.claim(&live, &owner("one"), at(0), at(9)).await.unwrap();
    assert_eq!(pair.there.claim_state(&subject("a")).await.unwrap().epoch, Epoch(0));
    let events = pair.there.events(&EventScope::Subject(live.clone()), 0, 9).await.unwrap();
    assert_eq!((events.len(), &events[0].subject), (1, &live));
    assert!(pair.there.attempt(&AttemptId::new("a")).await.unwrap().unwrap().cancel.is_none());
}

async fn check_concurrent_appends(pair: Pair) {
    let write = |store: Arc<dyn Store>, name: String| async move {
        store.append(first_turn(&name, &name)).await.unwrap();
        for seq in 1..10 {
            store.append(turn(&name, 0, seq, vec![expanded(&FullId::root(), &["x"])])).await.unwrap();
        }
    };
    let mut writers = Vec::new();
    for number in 0..8 {
        let store = if number % 2 == 0 { &pair.here } else { &pair.there };
        writers.push(tokio::spawn(write(store.clone(), format!("attempt-{number}"))));
    }
    for writer in writers {
        soon(writer).await.unwrap();
    }
    let events = all_events(&pair.here).await;
    assert_eq!(events.len(), 80);
    assert!(events.windows(2).all(|two| two[0].position < two[1].position));
    for number in 0..8 {
        let scope = EventScope::Subject(subject(&format!("attempt-{number}")));
        let own = pair.there.events(&scope, 0, 100).await.unwrap();
        assert_eq!(own.iter().map(|event| event.seq).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    }
}

async fn check_one_of_two_racing_writers_wins(pair: Pair) {
    pair.here.append(first_turn("a", "bake")).await.unwrap();
    let race = |store: &Arc<dyn Store>| {
        let store = store.clone();
        tokio::spawn(async move { store.append(turn("a", 0, 1, vec![expanded(&FullId::root(), &["x"])])).await })
    };
    let racers = [race(&pair.here), race(&pair.there), race(&pair.here)];
    let mut won = 0;
    for racer in racers {
        match soon(racer).await.unwrap() {
            Ok(appended) => won += appended.seq - 1,
            Err(error) => assert!(matches!(error, StoreError::Conflict { found: 2, .. }), "{error}"),
        }
    }
    assert_eq!((won, all_events(&pair.here).await.len()), (1, 2));
}

async fn check_hostile_texts_come_back(pair: Pair) {
    let hostile = "'; DROP TABLE events; -- \u{1b}]0;x\u{7}\u{202e}\0\n\"\\% 🦀";
    let mut event = created(hostile, 1);
    event.name = Some(hostile.to_owned());
    event.tags = vec![hostile.to_owned()];
    let mut append = turn(hostile, 0, 0, vec![EventKind::AttemptCreated(Box::new(event))]);
    append.texts.push((Digest::of(hostile.as_bytes()), hostile.into()));
    append.events.push(NewEvent { at: at(2), kind: expanded(&FullId::root(), &[hostile]) });
    pair.here.append(append).await.unwrap();
    let filter = BakeFilter { name: Some(hostile.to_owned()), tags: vec![hostile.to_owned()], ..BakeFilter::default() };
    let rows = pair.there.bakes(&filter).await.unwrap();
    assert_eq!(rows[0].bake.id.as_str(), hostile);
    assert_eq!(pair.there.tasks(&rows[0].attempt.id).await.unwrap()[0].id, id(&[hostile]));
    assert_eq!(pair.there.text(&Digest::of(hostile.as_bytes())).await.unwrap().as_deref(), Some(hostile));
}

#[tokio::test]
async fn a_file_keeps_everything_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flow.db");
    let rows = {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).unwrap());
        store.append(first_turn("a", "bake")).await.unwrap();
        store.append(turn("a", 0, 1, vec![expanded(&FullId::root(), &["x", "y"])])).await.unwrap();
        store.claim(&subject("a"), &owner("one"), at(1), at(2)).await.unwrap();
        store.send(&subject("a"), at(1), "ann", cancel()).await.unwrap();
        (all_events(&store).await, store.tasks(&AttemptId::new("a")).await.unwrap())
    };
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).unwrap());
    assert_eq!(all_events(&store).await, rows.0);
    assert_eq!(store.tasks(&AttemptId::new("a")).await.unwrap(), rows.1);
    assert_eq!(store.requests(&subject("a"), 0).await.unwrap().len(), 1);
    assert_eq!(store.claim(&subject("a"), &owner("two"), at(2), at(3)).await.unwrap(), Epoch(2));
    let more = store.append(turn("a", 2, 2, vec![expanded(&FullId::root(), &["z"])])).await.unwrap();
    assert_eq!((more.first_position, more.seq), (3, 3));
}

/// A bake of 1,000 tasks of 4 events each, in turns of 10 events, as a driver writes it.
#[tokio::test]
async fn a_large_bake_is_folded_alike_by_both_stores() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite: Arc<dyn Store> = Arc::new(SqliteStore::open(folder.path().join("flow.db")).unwrap());
    let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let names: Vec<String> = (0..1000).map(|number| format!("task-{number}")).collect();
    let nodes: Vec<&str> = names.iter().map(String::as_str).collect();
    let steps = |name: &&str| {
        let key = key("a", &id(&[name]), 1);
        let raw = RawId::new(format!("raw-{name}"));
        let cache = CacheKey(Digest::of(name.as_bytes()));
        [
            launching(&key),
            EventKind::Launched { key: key.clone(), raw },
            EventKind::Progress { key: key.clone(), stage: Stage::Running, why: None, happened_at: None },
            ended(&key, 0, name, Some(&cache)),
        ]
    };
    let kinds: Vec<EventKind> = nodes.iter().flat_map(steps).collect();
    for store in [&sqlite, &memory] {
        store.append(first_turn("a", "bake")).await.unwrap();
        let mut seq = store.append(turn("a", 0, 1, vec![expanded(&FullId::root(), &nodes)])).await.unwrap().seq;
        for kinds in kinds.chunks(10) {
            seq = store.append(turn("a", 0, seq, kinds.to_vec())).await.unwrap().seq;
        }
        assert_eq!(seq, 4002);
    }
    let attempt = AttemptId::new("a");
    let tasks = sqlite.tasks(&attempt).await.unwrap();
    assert_eq!(tasks.len(), 1000);
    assert!(tasks.iter().all(|task| task.status == TaskStatus::Succeeded));
    assert_eq!(tasks, memory.tasks(&attempt).await.unwrap());
    assert_eq!(all_events(&sqlite).await, all_events(&memory).await);
}

#[tokio::test]
async fn a_flaky_store_breaks_at_its_event() {
    let one = || vec![expanded(&FullId::root(), &["x"])];
    for (moment, kept) in [(Moment::Before, 2), (Moment::After, 3)] {
        let inner: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let flaky = FlakyStore::new(inner.clone(), 2, moment, Fault::Fail);
        flaky.append(first_turn("a", "bake")).await.unwrap();
        let mut two = turn("a", 0, 1, one());
        if moment == Moment::After {
            two.events.extend(turn("a", 0, 1, one()).events);
        }
        let second = flaky.append(two).await;
        assert_eq!(second.is_ok(), moment == Moment::Before);
        let third = flaky.append(turn("a", 0, 2, one())).await;
        assert!(third.is_err_and(|error| error.is_retryable()));
        assert!(flaky.claim(&subject("a"), &owner("one"), at(0), at(1)).await.is_err());
        soon(flaky.tripped()).await;
        assert_eq!((flaky.appended(), all_events(&inner).await.len() as u64), (kept, kept));
    }
}

#[tokio::test]
async fn a_flaky_store_may_hang_or_ask() {
    let inner: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let hanging = FlakyStore::new(inner.clone(), 0, Moment::Before, Fault::Hang);
    tokio::select! {
        written = hanging.append(first_turn("a", "bake")) => panic!("{written:?}"),
        () = hanging.tripped() => {}
    }
    let once = std::sync::atomic::AtomicBool::new(true);
    let decide = move || {
        let fails = once.swap(false, std::sync::atomic::Ordering::Relaxed);
        if fails { Err(StoreError::Io { place: "p".into(), message: "m".into() }) } else { Ok(()) }
    };
    let asking = FlakyStore::new(inner.clone(), 0, Moment::Before, Fault::Run(Arc::new(decide)));
    assert!(asking.append(first_turn("a", "bake")).await.is_err());
    assert!(all_events(&inner).await.is_empty());
    asking.append(first_turn("a", "bake")).await.unwrap();
    assert_eq!(all_events(&inner).await.len(), 1);
}
