//! What every store promises of the list of live jobs and bakes, and of what cached results were good for.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by a panic")]

use flow_core::event::{EventKind, LiveCreated, VERSION};
use flow_core::model::{AttemptId, BakeId, CacheKey, Digest, Epoch, LiveJobId, ProjectId, Subject, TaskStatus};
use flow_core::port::{Append, NewEvent, WorkloadFilter, WorkloadKind, WorkloadRow, WorkloadSort};

use crate::live_store::order;
use crate::store_contract::{Pair, at, created, ended, expanded, id, key, memory, sqlite};

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
    check_workloads_are_filtered_sorted_and_paged
    check_what_nobody_drives_is_listed_as_stalled
    check_cached_results_tell_what_used_them
}

async fn append(pair: &Pair, subject: Subject, (millis, expected_seq): (u64, u64), kinds: Vec<EventKind>) {
    let events = kinds.into_iter().map(|kind| NewEvent { at: at(millis), kind }).collect();
    let append = Append { subject, epoch: Epoch(0), expected_seq, events, texts: Vec::new() };
    pair.here.append(append).await.unwrap();
}

fn attempt(name: &str) -> Subject {
    Subject::Attempt(AttemptId::new(name))
}

/// A bake of one attempt, `aN` of `bN`.
async fn bake(pair: &Pair, number: u32, millis: u64, (batch, name, tags): (&str, Option<&str>, &[&str])) {
    let mut created = created(&format!("b{number}"), 1);
    (created.batch, created.name) = (batch.to_owned(), name.map(str::to_owned));
    created.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    created.by = if number == 1 { "ada".to_owned() } else { "ben".to_owned() };
    append(pair, attempt(&format!("a{number}")), (millis, 0), vec![EventKind::AttemptCreated(Box::new(created))]).await;
}

async fn job(pair: &Pair, name: &str, suffix: Option<&str>, millis: u64) {
    let kind = EventKind::LiveCreated(Box::new(LiveCreated { version: VERSION, order: order(name, suffix) }));
    append(pair, Subject::Live(LiveJobId::new(name)), (millis, 0), vec![kind]).await;
}

/// Two jobs and three bakes, of which one was restarted: `b1` at 10, `serve` at 20, `b2` at 30, `train` at 40, `b3` at 50.
async fn some(pair: &Pair) {
    bake(pair, 1, 10, ("train", Some("Nightly Ä"), &["x", "y"])).await;
    job(pair, "serve", None, 20).await;
    bake(pair, 2, 30, ("eval", None, &["x"])).await;
    job(pair, "train", Some("one"), 40).await;
    bake(pair, 3, 50, ("train", Some("second"), &[])).await;
    let over = |result| vec![EventKind::AttemptEnded { result }];
    append(pair, attempt("a1"), (15, 1), over(TaskStatus::Failed)).await;
    append(pair, attempt("a2"), (90, 1), over(TaskStatus::Succeeded)).await;
    let again = created("b1", 2);
    append(pair, attempt("a1-2"), (60, 0), vec![EventKind::AttemptCreated(Box::new(again))]).await;
    append(
        pair,
        Subject::Live(LiveJobId::new("train")),
        (70, 1),
        vec![EventKind::LiveEnded { result: TaskStatus::Failed }],
    )
    .await;
}

fn all() -> WorkloadFilter {
    WorkloadFilter { now: at(100), limit: 99, ..WorkloadFilter::default() }
}

async fn ids(pair: &Pair, filter: WorkloadFilter) -> Vec<String> {
    let rows = pair.there.workloads(&filter).await.unwrap().rows;
    let id = |row: &WorkloadRow| match row {
        WorkloadRow::Bake(row) => row.bake.id.to_string(),
        WorkloadRow::Live(row) => row.job.id.to_string(),
    };
    rows.iter().map(id).collect()
}

async fn check_workloads_are_filtered_sorted_and_paged(pair: Pair) {
    some(&pair).await;
    let text = |text: &str| WorkloadFilter { text: Some(text.to_owned()), ..all() };
    let by = |sort| WorkloadFilter { sort, ascending: true, ..all() };
    // A restarted bake begins again.
    assert_eq!(ids(&pair, all()).await, ["b1", "b3", "train", "b2", "serve"]);
    assert_eq!(ids(&pair, by(WorkloadSort::Started)).await, ["serve", "b2", "train", "b3", "b1"]);
    assert_eq!(ids(&pair, by(WorkloadSort::Flow)).await, ["b2", "train", "serve", "b3", "b1"]);
    assert_eq!(ids(&pair, by(WorkloadSort::Status)).await, ["train", "b3", "serve", "b1", "b2"]);
    assert_eq!(ids(&pair, by(WorkloadSort::User)).await, ["train", "serve", "b1", "b3", "b2"]);
    assert_eq!(ids(&pair, by(WorkloadSort::Name)).await, ["b2", "b1", "b3", "serve", "train"]);
    // 30, 40, 50, 60 and 80 so far; what has ended lasts no longer.
    assert_eq!(ids(&pair, by(WorkloadSort::Duration)).await, ["train", "b1", "b3", "b2", "serve"]);
    assert_eq!(ids(&pair, WorkloadFilter { ascending: false, ..by(WorkloadSort::Duration) }).await[0], "serve");
    assert_eq!(ids(&pair, WorkloadFilter { kind: Some(WorkloadKind::Live), ..all() }).await, ["train", "serve"]);
    assert_eq!(ids(&pair, WorkloadFilter { tag: Some("x".into()), ..all() }).await, ["b1", "b2"]);
    assert_eq!(ids(&pair, WorkloadFilter { tag: Some("job:serve".into()), ..all() }).await, ["serve"]);
    assert_eq!(ids(&pair, WorkloadFilter { user: Some("ben".into()), ..all() }).await, ["b3", "b2"]);
    assert_eq!(ids(&pair, WorkloadFilter { flow: Some("train".into()), ..all() }).await, ["b1", "b3"]);
    assert_eq!(
        ids(&pair, WorkloadFilter { statuses: vec!["failed".into(), "succeeded".into()], ..all() }).await,
        ["train", "b2"]
    );
    assert_eq!(ids(&pair, text("nightly ä")).await, ["b1"]);
    assert_eq!(ids(&pair, text("ONE")).await, ["train"], "a suffix");
    assert_eq!(ids(&pair, text("b3\ntrain")).await, ["b3"], "the words stand in lines");
    assert!(ids(&pair, text("b3train")).await.is_empty(), "no text is found across two words");
    assert!(ids(&pair, text("%")).await.is_empty(), "nothing stands for anything");
    let page = pair.there.workloads(&WorkloadFilter { skip: 1, limit: 2, ..all() }).await.unwrap();
    assert_eq!((page.total, page.rows.len()), (5, 2));
    assert_eq!(pair.there.workloads(&WorkloadFilter { skip: 9, ..all() }).await.unwrap().total, 5);
    let words = pair.there.workload_words().await.unwrap();
    assert_eq!(
        (words.flows, words.users),
        (vec!["eval".to_owned(), "live".into(), "train".into()], vec!["ada".to_owned(), "ben".into()])
    );
    assert_eq!(words.tags, ["job:serve", "job:train", "project:shop", "x", "y"]);
    assert!(pair.here.remove_bake(&BakeId::new("b2")).await.unwrap());
    assert!(pair.here.remove_live_job(&LiveJobId::new("train")).await.unwrap());
    assert_eq!(ids(&pair, all()).await, ["b1", "b3", "serve"]);
}

async fn check_what_nobody_drives_is_listed_as_stalled(pair: Pair) {
    some(&pair).await;
    let owner = flow_core::model::OwnerId::new("engine");
    pair.here.claim(&attempt("a3"), &owner, at(50), at(95)).await.unwrap();
    let open = pair.there.unfinished().await.unwrap();
    let told: Vec<_> = open.iter().map(|one| (one.subject.clone(), one.created_at, one.claim.owner.clone())).collect();
    let serve = Subject::Live(LiveJobId::new("serve"));
    assert_eq!(
        told,
        [(attempt("a1-2"), at(60), None), (serve.clone(), at(20), None), (attempt("a3"), at(50), Some(owner))]
    );
    let stalled = |statuses: &[&str]| WorkloadFilter {
        stalled: vec![serve.clone(), attempt("a3")],
        statuses: statuses.iter().map(|word| (*word).to_owned()).collect(),
        ..all()
    };
    assert_eq!(ids(&pair, stalled(&["stalled"])).await, ["b3", "serve"]);
    assert_eq!(ids(&pair, stalled(&["pending"])).await, ["b1"]);
    let sorted = WorkloadFilter { sort: WorkloadSort::Status, ..stalled(&[]) };
    assert_eq!(ids(&pair, sorted).await, ["b2", "b3", "serve", "b1", "train"]);
}

async fn check_cached_results_tell_what_used_them(pair: Pair) {
    let (task, other) = (id(&["fit"]), id(&["load"]));
    let cache = CacheKey(Digest::of(b"key"));
    let first = |bake: &str| EventKind::AttemptCreated(Box::new(created(bake, 1)));
    let start = |name: &str, task| EventKind::Launching {
        key: key(name, task, 1),
        spec: Digest::of(b"s"),
        cache: Some(cache.clone()),
    };
    let nodes = || expanded(&id(&[]), &["fit", "load"]);
    let mut kinds = vec![first("b0"), nodes()];
    for node in [&task, &other] {
        kinds.extend([start("a0", node), ended(&key("a0", node, 1), 0, "7", Some(&cache))]);
    }
    append(&pair, attempt("a0"), (10, 0), kinds).await;
    let project = ProjectId::new("project-1");
    let entry = pair.here.cache_entry(&project, "train", &task, &cache).await.unwrap().unwrap();
    for number in 1..=7 {
        let hit = EventKind::CacheHit { node: task.clone(), entry: Box::new(entry.clone()) };
        let kinds = vec![first(&format!("b{number}")), nodes(), hit];
        append(&pair, attempt(&format!("a{number}")), (10 * number + 10, 0), kinds).await;
    }
    let results = async |batch: Option<&str>| pair.there.cached_results(&project, batch).await.unwrap();
    let found = results(None).await;
    let told: Vec<_> = found.iter().map(|one| (one.entry.task.to_string(), one.count, one.entry.created_at)).collect();
    assert_eq!(told, [("fit".to_owned(), 7, at(10)), ("load".to_owned(), 0, at(10))]);
    let users: Vec<_> = found[0].uses.iter().map(|one| (one.bake.to_string(), one.number)).collect();
    assert_eq!(users[0], ("b7".to_owned(), 1));
    assert_eq!(users.len(), 5, "the last ones");
    assert_eq!(results(Some("train")).await, found);
    assert!(results(Some("other")).await.is_empty());
    assert!(pair.there.cached_results(&ProjectId::new("project-2"), None).await.unwrap().is_empty());
}
