//! What every store promises of live jobs.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by a panic")]

use std::sync::Arc;

use flow_core::event::{CancelScope, EventKind, LiveCreated, Stage, VERSION};
use flow_core::model::{
    Digest, Epoch, Exit, LaunchKey, LiveJobId, LiveOrder, LogRef, Outcome, OwnerId, ProjectId, RawId, Reason,
    RestartPolicy, Stdin, Subject, TaskStatus, Timestamp,
};
use flow_core::port::{Append, LiveFilter, NewEvent, Store, StoreError};
use indexmap::IndexMap;

use crate::store_contract::{Pair, memory, sqlite};

/// Runs each check over each store.
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
    check_a_job_follows_its_events
    check_one_of_a_name_is_unfinished_at_a_time
    check_racing_runs_make_one_job
    check_jobs_are_filtered_newest_first
}

/// What a job is started with.
pub(crate) fn order(job: &str, suffix: Option<&str>) -> LiveOrder {
    LiveOrder {
        project: ProjectId::new("project-1"),
        project_name: "shop".to_owned(),
        flow: "live".to_owned(),
        job: job.into(),
        suffix: suffix.map(str::to_owned),
        name: format!("shop-{job}"),
        title: format!("live.{job}"),
        tags: vec![format!("job:{job}"), "project:shop".to_owned()],
        params: IndexMap::new(),
        executor: "local".to_owned(),
        sources: Vec::new(),
        workspace: "/w".to_owned(),
        git: None,
        by: "ada".to_owned(),
        spec: Digest::of(b"spec"),
        preset: None,
        http_port: None,
        url: None,
        port_forward: Vec::new(),
        detach: false,
        browse: false,
        life_span_seconds: None,
        restart: RestartPolicy::Never,
        stdin: Stdin::Closed,
        engine_version: "0".to_owned(),
    }
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_unix_millis(millis)
}

fn job(name: &str) -> LiveJobId {
    LiveJobId::new(name)
}

fn turn(name: &str, millis: u64, expected_seq: u64, kinds: Vec<EventKind>) -> Append {
    let events = kinds.into_iter().map(|kind| NewEvent { at: at(millis), kind }).collect();
    Append { subject: Subject::Live(job(name)), epoch: Epoch(0), expected_seq, events, texts: Vec::new() }
}

fn made(order: LiveOrder) -> EventKind {
    EventKind::LiveCreated(Box::new(LiveCreated { version: VERSION, order }))
}

fn ended(name: &str, number: u32, code: i32) -> EventKind {
    let status = if code == 0 { TaskStatus::Succeeded } else { TaskStatus::Failed };
    EventKind::Ended {
        key: LaunchKey::live(&job(name), number),
        outcome: Outcome { status, exit: Exit::Code(code), reason: Reason::Finished },
        outputs: IndexMap::new(),
        state: IndexMap::new(),
        log: LogRef { bytes: 7 },
        cache: None,
        happened_at: None,
    }
}

async fn check_a_job_follows_its_events(pair: Pair) {
    let (first, second) = (LaunchKey::live(&job("j"), 1), LaunchKey::live(&job("j"), 2));
    let launching = |key: &LaunchKey| EventKind::Launching { key: key.clone(), spec: Digest::of(b"s"), cache: None };
    let running =
        |key: &LaunchKey| EventKind::Progress { key: key.clone(), stage: Stage::Running, why: None, happened_at: None };
    let raw = RawId::new("live/j.1");
    let begun = vec![
        made(order("serve", None)),
        launching(&first),
        EventKind::Launched { key: first.clone(), raw: raw.clone() },
        running(&first),
    ];
    pair.here.append(turn("j", 10, 0, begun)).await.unwrap();
    let row = pair.there.live_job(&job("j")).await.unwrap().unwrap();
    assert_eq!((row.job.status, row.job.started_at, row.claim.epoch), (TaskStatus::Running, Some(at(10)), Epoch(0)));
    let again = vec![ended("j", 1, 3), EventKind::RetryAt { key: second.clone(), at: at(99), ended: None }];
    pair.here.append(turn("j", 20, 4, again)).await.unwrap();
    let row = pair.there.live_job(&job("j")).await.unwrap().unwrap();
    assert_eq!(row.job.status, TaskStatus::Pending);
    assert!(row.job.note.unwrap().contains("will be started again"));
    let last = vec![
        launching(&second),
        running(&second),
        EventKind::CancelAsked { scope: CancelScope::Job, by: "eve".to_owned(), request: Some(1) },
        ended("j", 2, 0),
        EventKind::LiveEnded { result: TaskStatus::Succeeded },
    ];
    pair.here.append(turn("j", 30, 6, last)).await.unwrap();
    let found = pair.there.live_job(&job("j")).await.unwrap().unwrap().job;
    let history: Vec<_> = found.history.iter().map(|item| item.status.word()).collect();
    assert_eq!(history, ["pending", "running", "pending", "running", "succeeded"]);
    let exits: Vec<_> = found.tries.iter().map(|one| one.outcome.as_ref().unwrap().exit).collect();
    assert_eq!(exits, [Exit::Code(3), Exit::Code(0)]);
    assert_eq!((found.tries[0].raw.clone(), found.tries[0].log.bytes), (Some(raw), 7));
    assert_eq!((found.ended_at, found.cancel.unwrap().by.as_str()), (Some(at(30)), "eve"));
    assert_eq!(pair.there.live_job(&job("no")).await.unwrap(), None);
}

async fn check_one_of_a_name_is_unfinished_at_a_time(pair: Pair) {
    let create = async |name: &str, order: LiveOrder| pair.here.append(turn(name, 1, 0, vec![made(order)])).await;
    create("a", order("serve", None)).await.unwrap();
    let refused = create("b", order("serve", None)).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Unfinished { id, .. } if *id == job("a")), "{refused:?}");
    assert_eq!(pair.there.live_job(&job("b")).await.unwrap(), None);
    let elsewhere = |edit: fn(&mut LiveOrder)| {
        let mut order = order("serve", None);
        edit(&mut order);
        order
    };
    create("c", elsewhere(|order| order.project = ProjectId::new("project-2"))).await.unwrap();
    create("d", elsewhere(|order| "other".clone_into(&mut order.flow))).await.unwrap();
    create("e", order("train", Some("1"))).await.unwrap();
    create("f", order("train", Some("2"))).await.unwrap();
    assert!(create("g", order("train", Some("2"))).await.is_err());
    let over = vec![EventKind::LiveEnded { result: TaskStatus::Failed }];
    pair.there.append(turn("a", 2, 1, over)).await.unwrap();
    create("b", order("serve", None)).await.unwrap();
}

async fn check_racing_runs_make_one_job(pair: Pair) {
    let run = |store: &Arc<dyn Store>, number: u32| {
        let store = store.clone();
        tokio::spawn(
            async move { store.append(turn(&format!("j{number}"), 1, 0, vec![made(order("serve", None))])).await },
        )
    };
    let runs: Vec<_> =
        (0..8).map(|number| run(if number % 2 == 0 { &pair.here } else { &pair.there }, number)).collect();
    let mut made = 0;
    for one in runs {
        match one.await.unwrap() {
            Ok(_) => made += 1,
            Err(StoreError::Unfinished { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(made, 1);
    assert_eq!(pair.here.live_jobs(&LiveFilter::default()).await.unwrap().len(), 1);
}

async fn check_jobs_are_filtered_newest_first(pair: Pair) {
    for (number, (name, suffix)) in
        [("serve", None), ("train", Some("1")), ("train", Some("2"))].into_iter().enumerate()
    {
        let mut order = order(name, suffix);
        order.tags.extend(suffix.map(|suffix| format!("multi:{suffix}")));
        let millis = 10 * (number as u64 + 1);
        pair.here.append(turn(&format!("j{number}"), millis, 0, vec![made(order)])).await.unwrap();
    }
    let over = vec![EventKind::LiveEnded { result: TaskStatus::Failed }];
    pair.here.append(turn("j1", 40, 1, over)).await.unwrap();
    let (subject, owner) = (Subject::Live(job("j2")), OwnerId::new("engine"));
    pair.here.claim(&subject, &owner, at(50), at(60)).await.unwrap();
    let list = async |filter: LiveFilter| {
        let rows = pair.there.live_jobs(&filter).await.unwrap();
        rows.iter().map(|row| row.job.id.to_string()).collect::<Vec<_>>()
    };
    let none = LiveFilter::default;
    assert_eq!(list(none()).await, ["j2", "j1", "j0"]);
    assert_eq!(list(LiveFilter { limit: 2, ..none() }).await, ["j2", "j1"]);
    assert_eq!(list(LiveFilter { job: Some("train".into()), ..none() }).await, ["j2", "j1"]);
    assert_eq!(list(LiveFilter { suffix: Some("1".to_owned()), ..none() }).await, ["j1"]);
    assert_eq!(list(LiveFilter { statuses: vec![TaskStatus::Pending], ..none() }).await, ["j2", "j0"]);
    assert_eq!(list(LiveFilter { tags: vec!["job:train".into(), "multi:2".into()], ..none() }).await, ["j2"]);
    assert_eq!(list(LiveFilter { since: Some(at(20)), ..none() }).await, ["j2", "j1"]);
    assert_eq!(list(LiveFilter { flow: Some("other".to_owned()), ..none() }).await, [""; 0]);
    assert_eq!(list(LiveFilter { project: Some(ProjectId::new("project-2")), ..none() }).await, [""; 0]);
    let row = pair.there.live_job(&job("j2")).await.unwrap().unwrap();
    assert_eq!(row.claim.owner, Some(owner));
}
