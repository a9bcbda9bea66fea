//! Removing what is old: nothing at work, nothing that is needed, and nothing half. Source: CLI-32, MCH-5.
#![expect(clippy::unwrap_used, reason = "a test may fail by a panic")]

use std::sync::Arc;
use std::time::Duration;

use flow_core::event::EventKind;
use flow_core::model::{AttemptId, BakeId, Digest, ProjectId, Subject, TaskStatus};
use flow_core::port::{Append, BakeFilter, EventScope, Executor, Store};
use flow_engine::testing::{Fault, FlakyStore, Moment, Script};
use flow_engine::{Engine, EngineError, GcRequest, LEASE};

use crate::bake::{Case, World, drive};
use crate::store_contract::{Pair, at, first_turn, launching, memory, sqlite, turn};
use crate::store_contract::{id as full_id, key as launch_key};

const HOUR: Duration = Duration::from_hours(1);

fn case(cache: &'static str) -> Case {
    let flow = match cache {
        "none" => "kind: batch\ndefaults: {cache: {strategy: none}}\ntasks: [{id: a, image: x, cmd: a}]\n",
        _ => "kind: batch\ntasks: [{id: a, image: x, cmd: a}]\n",
    };
    let scripts = vec![("a", vec![Script::prints("hello\n"); 9])];
    Case { name: "upkeep", flow, scripts, ends: vec![("a", TaskStatus::Succeeded)], result: TaskStatus::Succeeded }
}

/// Bakes of one flow, an hour apart, oldest first.
struct Kept {
    world: World,
    engine: Engine,
    attempts: Vec<AttemptId>,
}

async fn baked(case: &Case, count: usize) -> Kept {
    let world = World::new(case);
    let engine = world.engine(world.store.clone());
    let mut attempts = Vec::new();
    for _ in 0..count {
        let attempt = world.create(case).await;
        drive(&world, &engine, &attempt).await.unwrap();
        attempts.push(attempt);
        world.clock.advance(HOUR);
    }
    Kept { world, engine, attempts }
}

impl Kept {
    /// Which of the bakes are there.
    async fn there(&self) -> Vec<bool> {
        let mut there = Vec::new();
        for attempt in &self.attempts {
            there.push(self.world.store.attempt(attempt).await.unwrap().is_some());
        }
        there
    }

    async fn has_log(&self, place: usize) -> bool {
        let key = launch_key(self.attempts.get(place).unwrap().as_str(), &full_id(&["a"]), 1);
        self.world.executor.logs(&key, 0, 100).await.is_ok()
    }
}

fn keep(count: u32) -> GcRequest {
    GcRequest { keep: Some(count), ..GcRequest::default() }
}

fn older(hours: u32) -> GcRequest {
    // A little less, since bakes take a moment.
    GcRequest { older_than: Some((HOUR * hours).saturating_sub(HOUR / 2)), ..GcRequest::default() }
}

#[tokio::test]
async fn the_newest_stay_and_the_logs_of_the_others_go() {
    let kept = baked(&case("none"), 4).await;
    let report = kept.engine.gc(&keep(2)).await.unwrap();
    assert_eq!((report.bakes.len(), report.log_bytes), (2, 12));
    assert_eq!(kept.there().await, [false, false, true, true]);
    assert!(!kept.has_log(0).await && !kept.has_log(1).await && kept.has_log(2).await);
    assert_eq!(kept.engine.gc(&keep(2)).await.unwrap().bakes, []);
}

#[tokio::test]
async fn what_is_old_goes_and_both_together_must_allow_it() {
    let kept = baked(&case("none"), 4).await;
    let both = GcRequest { keep: Some(3), ..older(2) };
    assert_eq!(kept.engine.gc(&both).await.unwrap().bakes.len(), 1);
    assert_eq!(kept.there().await, [false, true, true, true]);
    assert_eq!(kept.engine.gc(&older(2)).await.unwrap().bakes.len(), 2);
    assert_eq!(kept.there().await, [false, false, false, true]);
}

#[tokio::test]
async fn a_dry_run_removes_nothing_and_says_the_same() {
    let kept = baked(&case("none"), 3).await;
    let dry = kept.engine.gc(&GcRequest { dry_run: true, ..keep(1) }).await.unwrap();
    assert_eq!(kept.there().await, [true; 3]);
    assert!(kept.has_log(0).await);
    let real = kept.engine.gc(&keep(1)).await.unwrap();
    assert_eq!((dry.bakes, dry.log_bytes), (real.bakes, real.log_bytes));
}

/// The results of the second and third were taken from the cache, so the first, which made them, stays.
#[tokio::test]
async fn what_a_bake_that_stays_took_over_is_not_removed() {
    let kept = baked(&case("default"), 3).await;
    let report = kept.engine.gc(&keep(1)).await.unwrap();
    assert_eq!((report.bakes.len(), report.needed), (1, 1));
    assert_eq!(kept.there().await, [true, false, true]);
    assert!(kept.has_log(0).await);
}

#[tokio::test]
async fn cached_results_go_with_their_age_unless_they_are_to_stay() {
    let kept = baked(&case("default"), 1).await;
    kept.world.clock.advance(HOUR);
    let stay = GcRequest { keep_cache: true, ..older(1) };
    assert_eq!(kept.engine.gc(&stay).await.unwrap().cached, 0);
    let dry = GcRequest { dry_run: true, ..older(1) };
    assert_eq!(kept.engine.gc(&dry).await.unwrap().cached, 1);
    assert_eq!(kept.engine.gc(&older(1)).await.unwrap().cached, 1);
    assert_eq!(kept.engine.gc(&older(1)).await.unwrap().cached, 0);
}

#[tokio::test]
async fn what_has_not_ended_stays_also_when_its_engine_is_gone() {
    let waiting = case("none");
    let kept = baked(&waiting, 1).await;
    let open = kept.world.create(&waiting).await;
    kept.world.clock.advance(LEASE * 2);
    let report = kept.engine.gc(&keep(0)).await.unwrap();
    assert_eq!((report.bakes.len(), report.unfinished), (1, 1));
    assert!(kept.world.store.attempt(&open).await.unwrap().is_some());
    let key = kept.world.store.projects().await.unwrap().pop().unwrap().0;
    let refused = kept.engine.flow_contents(&key).await.unwrap_err();
    assert!(matches!(refused, EngineError::FlowBusy { .. }), "{refused}");
}

/// The units of the first bake are gone when the store breaks; the same call again does the rest.
#[tokio::test]
async fn whoever_is_stopped_in_the_middle_can_go_on() {
    let kept = baked(&case("none"), 3).await;
    let broken = Arc::new(FlakyStore::new(kept.world.store.clone(), 0, Moment::Before, Fault::Fail));
    broken.append(first_turn("x", "x")).await.unwrap_err();
    kept.world.engine(broken).gc(&keep(1)).await.unwrap_err();
    assert_eq!(kept.there().await, [true; 3]);
    assert!(!kept.has_log(0).await, "the units are removed first");
    assert_eq!(kept.engine.gc(&keep(1)).await.unwrap().bakes.len(), 2);
    assert_eq!(kept.there().await, [false, false, true]);
}

#[tokio::test]
async fn a_flow_is_removed_with_everything() {
    let kept = baked(&case("default"), 2).await;
    let key = kept.world.store.projects().await.unwrap().pop().unwrap().0;
    let EngineError::UnknownFlow { known, .. } = kept.engine.flow_contents("nosuch").await.unwrap_err() else {
        panic!("there is no such flow")
    };
    assert_eq!(known, std::slice::from_ref(&key));
    let contents = kept.engine.flow_contents(&key).await.unwrap();
    assert_eq!(contents.bakes.len(), 2);
    kept.engine.delete_flow(&contents).await.unwrap();
    assert_eq!(kept.there().await, [false; 2]);
    assert!(kept.world.store.projects().await.unwrap().is_empty());
    assert_eq!(kept.world.store.cached_before(at(u64::MAX)).await.unwrap(), 0);
    assert!(kept.world.store.events(&EventScope::All, 0, 9).await.unwrap().is_empty());
    assert!(!kept.has_log(0).await);
}

/// A bake with one text of its own and one that all have.
async fn put(store: &Arc<dyn Store>, name: &str, is_over: bool) {
    let texts = [name, "spec"].map(|text| (Digest::of(text.as_bytes()), text.into())).to_vec();
    store.append(Append { texts, ..first_turn(name, name) }).await.unwrap();
    let key = launch_key(name, &full_id(&["a"]), 1);
    let mut own = launching(&key);
    if let EventKind::Launching { spec, .. } = &mut own {
        *spec = Digest::of(name.as_bytes());
    }
    let end = EventKind::AttemptEnded { result: TaskStatus::Succeeded };
    let kinds = if is_over { vec![own, launching(&key), end] } else { vec![own, launching(&key)] };
    store.append(turn(name, 0, 1, kinds)).await.unwrap();
}

async fn removed_wholly(pair: Pair) {
    let (here, there) = (&pair.here, &pair.there);
    put(here, "one", true).await;
    put(here, "open", false).await;
    put(here, "two", true).await;
    let last = here.events(&EventScope::All, 0, 99).await.unwrap().last().unwrap().position;
    assert!(!there.remove_bake(&BakeId::new("nosuch")).await.unwrap());
    assert!(!there.remove_bake(&BakeId::new("open")).await.unwrap(), "it has not ended");
    assert!(there.remove_bake(&BakeId::new("two")).await.unwrap());
    assert!(!there.remove_bake(&BakeId::new("two")).await.unwrap());
    let subject = Subject::Attempt(AttemptId::new("two"));
    assert!(here.events(&EventScope::Subject(subject), 0, 9).await.unwrap().is_empty());
    assert!(here.attempts(&BakeId::new("two")).await.unwrap().is_empty());
    assert_eq!(here.bakes(&BakeFilter::default()).await.unwrap().len(), 2);
    there.give_room_back().await.unwrap();
    for (text, stays) in [("one", true), ("open", true), ("spec", true), ("two", false)] {
        assert_eq!(here.text(&Digest::of(text.as_bytes())).await.unwrap().is_some(), stays, "{text}");
    }
    // Whoever has read up to the last position sees what comes now.
    put(here, "three", true).await;
    let next = there.events(&EventScope::All, last, 99).await.unwrap();
    assert_eq!(next.first().map(|event| event.position), Some(last + 1));
    let project = ProjectId::new("project-1");
    here.project("demo", project.clone()).await.unwrap();
    assert!(!here.remove_project(&project).await.unwrap(), "it has bakes");
}

#[tokio::test]
async fn a_bake_is_removed_wholly_from_memory() {
    removed_wholly(memory()).await;
}

#[tokio::test]
async fn a_bake_is_removed_wholly_from_sqlite() {
    removed_wholly(sqlite()).await;
}
