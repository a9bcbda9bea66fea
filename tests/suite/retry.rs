//! Tasks that are tried again. Source: EXT-3.
//!
//! Whole bakes of these, with a stop after every event, are among the cases of `bake`.

use std::time::Duration;

use flow_core::event::{CancelScope, EventKind};
use flow_core::model::{Exit, Reason, TaskStatus, Timestamp};
use flow_core::port::{ExecutorError, What};
use flow_core::sched::{Fact, Revive, revive};
use flow_engine::testing::Script;

use crate::bake::Case;
use crate::sim::{Sim, end_of, id};

const THREE: &str = "
kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: a, image: x, retry: {attempts: 3, delay: 10, backoff: 2, on: [failed, lost]}}
  - {id: b, image: x}
";

/// Bakes with retries.
pub(crate) fn cases() -> Vec<Case> {
    use TaskStatus::{Failed, Skipped, Succeeded};
    let (bad, good) = (|| Script::exits(3), Script::default);
    vec![
        Case {
            name: "a task fails twice and succeeds (EXT-3)",
            flow: THREE,
            scripts: vec![("a", vec![bad(), bad(), good()])],
            ends: vec![("a", Succeeded), ("b", Succeeded)],
            result: Succeeded,
        },
        Case {
            name: "a task fails as often as it is tried (EXT-3)",
            flow: THREE,
            scripts: vec![("a", vec![bad(), Script::lost(true), bad()])],
            ends: vec![("a", Failed), ("b", Skipped)],
            result: Failed,
        },
        Case {
            name: "defaults hold inside of actions (EXT-3)",
            flow: "
kind: batch
defaults: {retry: {on: failed, delay: 1m}, fail_fast: false}
tasks: [{id: c, action: 'ws:two'}, {id: d, needs: [], image: x, retry: {attempts: 1}}]
=== ws:two
kind: batch
tasks: [{id: a, image: x}]
",
            scripts: vec![("c.a", vec![bad(), good()]), ("d", vec![bad(), good()])],
            ends: vec![("c", Succeeded), ("c.a", Succeeded), ("d", Failed)],
            result: Failed,
        },
    ]
}

/// The moments of the tries that were decided on, in seconds after the failure before.
fn pauses(sim: &Sim) -> Vec<u64> {
    let pause = |at: Timestamp, then: Timestamp| then.since(at).as_secs();
    let of = sim.events.iter().filter_map(|event| match &event.kind {
        EventKind::RetryAt { at, ended: Some(_), .. } => Some(pause(event.at, *at)),
        _ => None,
    });
    of.collect()
}

/// What happens to a task.
type Deed<'a> = &'a dyn Fn(&mut Sim);

fn last_try(sim: &Sim, name: &str) -> u32 {
    sim.key(name).r#try
}

#[test]
fn a_task_is_tried_again_after_growing_pauses() {
    let mut sim = Sim::new(THREE).begin();
    sim.fail("a");
    assert_eq!((sim.status("a"), last_try(&sim, "a"), sim.result()), (TaskStatus::Pending, 1, None));
    sim.pass(9_999);
    assert_eq!(last_try(&sim, "a"), 1, "not yet");
    sim.pass(1);
    assert_eq!((sim.status("a"), last_try(&sim, "a")), (TaskStatus::Running, 2));
    sim.fail("a");
    sim.pass(20_000);
    assert_eq!((pauses(&sim), last_try(&sim, "a")), (vec![10, 20], 3));
    sim.fail("a");
    assert_eq!(sim.statuses(), "a failed, b skipped");
    assert_eq!(sim.wakes.len(), 2, "somebody has to wake the engine");
    assert_eq!(sim.state, sim.loaded());
}

#[test]
fn what_is_tried_again_and_what_is_not() {
    let (code, none) = (Exit::Code(1), Exit::None);
    let ends = |reason: Reason| move |sim: &mut Sim| sim.ended("a", none, reason.clone(), &[]);
    let lost = |sim: &mut Sim| sim.report("a", What::Lost { proof_dead: true });
    let refused = |sim: &mut Sim| {
        sim.refuse("a", ExecutorError::Refused { message: "no such folder".to_owned() });
    };
    let failed: Deed<'_> = &move |sim| sim.ended("a", code, Reason::Finished, &[]);
    let table: [(&str, Deed<'_>, [bool; 5]); 7] = [
        // (no `retry`; on: absent, failed, lost, both)
        ("an exit code", failed, [false, true, true, false, true]),
        ("life_span", &ends(Reason::LifeSpan), [false, true, true, false, true]),
        ("schedule_timeout", &ends(Reason::ScheduleTimeout), [false, true, true, false, true]),
        ("refused", &refused, [false, true, true, false, true]),
        ("killed", &|sim| sim.die("a"), [false; 5]),
        ("lost", &lost, [true, true, false, true, true]),
        ("lost, told with its end", &ends(Reason::Lost), [true, true, false, true, true]),
    ];
    for (what, deed, again) in table {
        let written =
            ["", ", retry: {}", ", retry: {on: failed}", ", retry: {on: [lost]}", ", retry: {on: [failed, lost]}"];
        for (on, again) in written.into_iter().zip(again) {
            let mut sim = Sim::new(&format!("kind: batch\ntasks: [{{id: a, image: x{on}}}]\n"));
            // A refusal comes before anything runs.
            sim.eager = what != "refused";
            let mut sim = sim.begin();
            deed(&mut sim);
            let expected = if again { 2 } else { 1 };
            assert_eq!(last_try(&sim, "a"), expected, "{what}, {on}");
            assert_eq!(sim.result().is_none(), again, "{what}, {on}");
        }
    }
}

#[test]
fn outputs_that_cannot_be_read_are_a_failure() {
    let mut sim = Sim::new(THREE).begin();
    let mut fact = end_of(sim.key("a"), Exit::Code(0), Reason::Finished, &[("v", "1")]);
    if let Fact::Ended { problem, .. } = &mut fact {
        *problem = Some("line 1: no `=`".to_owned());
    }
    sim.fact(fact);
    sim.pass(10_000);
    assert_eq!(last_try(&sim, "a"), 2);
}

#[test]
fn a_loss_before_it_ran_comes_at_once_and_uses_up_no_try() {
    let mut sim = Sim::new(THREE);
    sim.eager = false;
    let mut sim = sim.begin();
    for start in 2..=9 {
        sim.report("a", What::Lost { proof_dead: true });
        assert_eq!(last_try(&sim, "a"), start);
    }
    let last = sim.events.iter().rev().find_map(|event| match &event.kind {
        EventKind::RetryAt { ended: Some(ended), .. } => ended.last,
        _ => None,
    });
    assert_eq!(last, Some(11), "start 9 is the first real try of three");
    for _ in 0..2 {
        sim.fail("a");
        sim.pass(100_000);
    }
    sim.fail("a");
    assert_eq!((last_try(&sim, "a"), sim.result()), (11, Some(TaskStatus::Failed)));
}

#[test]
fn a_cancel_ends_the_wait() {
    // Of all, and of the task alone: the others go on, and what had failed is cancelled, not failed.
    for scope in [CancelScope::Attempt, CancelScope::Task(id("a"))] {
        let mut sim = Sim::new(THREE).begin();
        sim.fail("a");
        sim.cancel(scope);
        assert!(sim.kills().is_empty(), "there is nothing to kill");
        assert_eq!(sim.statuses(), "a cancelled, b skipped");
        assert_eq!(sim.result(), Some(TaskStatus::Cancelled));
        sim.pass(100_000);
        assert_eq!(last_try(&sim, "a"), 1);
        assert_eq!(sim.state, sim.loaded());
    }
}

#[test]
fn a_failure_elsewhere_ends_the_wait() {
    let text = THREE.replace("{id: b, image: x}", "{id: b, image: x, needs: []}");
    let mut sim = Sim::new(&text).begin();
    sim.fail("a");
    sim.fail("b");
    assert_eq!((sim.statuses().as_str(), sim.result()), ("a cancelled, b failed", Some(TaskStatus::Failed)));
}

#[test]
fn an_always_task_is_tried_again_while_the_bake_winds_down() {
    let text = "
kind: batch
tasks: [{id: a, image: x}, {id: b, image: x, enable: always(), retry: {on: failed}}]
";
    let mut sim = Sim::new(text).begin();
    sim.fail("a");
    sim.fail("b");
    assert_eq!(sim.status("b"), TaskStatus::Running);
    sim.succeed("b");
    assert_eq!(sim.statuses(), "a failed, b succeeded");
}

#[test]
fn a_waiting_task_takes_no_place_and_gets_one_back_before_others() {
    let text = "
kind: batch
defaults: {max_parallel: 1, cache: {strategy: none}, retry: {on: failed, delay: 5}}
tasks: [{id: a, image: x, needs: []}, {id: b, image: x, needs: []}, {id: c, image: x, needs: []}]
";
    let mut sim = Sim::new(text).begin();
    sim.fail("a");
    assert_eq!(sim.starts(), ["a", "b"]);
    sim.pass(5_000);
    assert_eq!(sim.starts(), ["a", "b"], "no place yet");
    sim.succeed("b");
    assert_eq!(sim.starts(), ["a", "b", "a"], "it has waited longest");
}

#[test]
fn each_need_is_met_by_the_last_try_only() {
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: a, image: x, retry: {on: failed}}
  - {id: b, image: x, needs: [a], cmd: '${{ needs.a.outputs.v }}'}
  - {id: c, image: x, needs: {a: running}}
";
    let mut sim = Sim::new(text).begin();
    sim.ended("a", Exit::Code(1), Reason::Finished, &[("v", "first")]);
    assert_eq!((sim.status("b"), sim.status("c")), (TaskStatus::Pending, TaskStatus::Running));
    sim.ended("a", Exit::Code(0), Reason::Finished, &[("v", "second")]);
    assert_eq!(sim.spec("b").cmd.as_deref(), Some("second"));
}

#[test]
fn an_engine_that_comes_back_waits_for_all_of_them() {
    let text = "
kind: batch
tasks:
  - {id: a, image: x, needs: [], retry: {on: failed, delay: 10}}
  - {id: b, image: x, needs: [], retry: {on: failed, delay: 60}}
";
    let mut sim = Sim::new(text).begin();
    sim.fail("a");
    sim.fail("b");
    let wakes: Vec<Duration> = revive(&sim.flow, &sim.loaded())
        .into_iter()
        .map(|one| match one {
            Revive::WakeAt(moment) => moment.since(Timestamp::from_unix_millis(sim.now)),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(wakes, [Duration::from_secs(10), Duration::from_mins(1)]);
}

#[test]
fn values_may_be_expressions_and_wrong_ones_are_told_before_the_start() {
    let text = "
kind: batch
params: {n: '3'}
tasks:
  - {id: a, image: x, retry: {attempts: '${{ from_json(params.n) }}', delay: '${{ 2 }}', on: failed}}
";
    let (flow, _, _) = crate::sim::resolved(text);
    let flow = flow.expect("a flow");
    let mut sim = Sim::with(flow.clone(), &[("n", "2")]).begin();
    sim.fail("a");
    sim.pass(2_000);
    assert_eq!(last_try(&sim, "a"), 2);
    sim.fail("a");
    assert_eq!(sim.result(), Some(TaskStatus::Failed), "two tries were asked for");
    let sim = Sim::with(flow, &[("n", "0")]).begin();
    assert!(sim.launched.is_empty());
    let Some(Reason::Evaluation { message, place }) = sim.reason("a") else { panic!("{:?}", sim.reason("a")) };
    assert_eq!(message, "`attempts` must be 1 or more");
    assert!(place.contains("main.yml:5:"), "{place}");
}

#[test]
fn a_restart_policy_has_no_bound_but_time() {
    // BAT-59: the platform starts such a job again and again; a batch task does the same on every executor.
    let text = |more: &str| format!("kind: batch\ntasks: [{{id: a, image: x, {more}}}, {{id: b, image: x}}]\n");
    let mut sim = Sim::new(&text("restart: on-failure")).begin();
    for seconds in [10, 20, 40, 80, 160, 300, 300] {
        sim.fail("a");
        sim.pass(seconds * 1000);
    }
    assert_eq!((last_try(&sim, "a"), pauses(&sim)), (8, vec![10, 20, 40, 80, 160, 300, 300]));
    sim.succeed("a");
    assert_eq!(sim.status("b"), TaskStatus::Running);
    let mut sim = Sim::new(&text("restart: on-failure")).begin();
    sim.ended("a", Exit::Signal(15), Reason::LifeSpan, &[]);
    assert_eq!(sim.statuses(), "a failed, b skipped");
    let mut sim = Sim::new(&text("restart: always")).begin();
    sim.succeed("a");
    sim.pass(10_000);
    assert_eq!((last_try(&sim, "a"), sim.result()), (2, None));
    sim.cancel(CancelScope::Task(id("a")));
    sim.die("a");
    assert_eq!(sim.statuses(), "a cancelled, b skipped");
    for more in ["restart: never", "restart: on-failure, retry: {attempts: 1}"] {
        let mut sim = Sim::new(&text(more)).begin();
        sim.fail("a");
        assert_eq!(sim.statuses(), "a failed, b skipped", "{more}");
    }
}
