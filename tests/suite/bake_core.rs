//! The rules of a bake, fact by fact. Each test names the rules that it holds.

use std::time::Duration;

use flow_core::event::{CancelScope, EventKind, SkipReason, Stage};
use flow_core::expr::HostCall;
use flow_core::model::{Exit, Reason, TaskStatus};
use flow_core::port::{ExecutorError, What};
use flow_core::sched::{AttemptState, Effect, Fact, Revive, apply, decide, revive};
use flow_core::value::Value;

use crate::sim::{Sim, end_of, flow, id, taken};

const CHAIN: &str = "
kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: a, image: x, cmd: a}
  - {id: b, image: x, cmd: b}
  - {id: c, image: x, cmd: c}
";

#[test]
fn a_chain_runs_in_order_and_succeeds() {
    let mut sim = Sim::new(CHAIN).begin();
    for name in ["a", "b", "c"] {
        assert_eq!(sim.starts().last().map(String::as_str), Some(name), "CTX-73");
        assert_eq!(sim.status(name), TaskStatus::Running, "BAT-56");
        assert_eq!(sim.result(), None);
        sim.succeed(name);
    }
    assert_eq!(sim.result(), Some(TaskStatus::Succeeded), "BAT-66");
    assert_eq!(sim.state, sim.loaded());
}

#[test]
fn no_tasks_and_only_skipped_tasks_succeed() {
    // BAT-66, OBS-5.19
    assert_eq!(Sim::new("kind: batch\ntasks: []\n").begin().result(), Some(TaskStatus::Succeeded));
    let sim = Sim::new("kind: batch\ntasks:\n  - {id: a, image: x, enable: false}\n").begin();
    assert_eq!((sim.statuses().as_str(), sim.result()), ("a skipped", Some(TaskStatus::Succeeded)));
}

const FAN: &str = "
kind: batch
defaults: {fail_fast: FAST, cache: {strategy: none}}
tasks:
  - {id: a, image: x, needs: []}
  - {id: b, image: x, needs: []}
  - {id: c, image: x, needs: [a]}
  - {id: d, image: x, needs: [a], enable: '${{ always() }}'}
  - {id: e, image: x, needs: [a], enable: '${{ failure() }}'}
  - {id: f, image: x, needs: [c], enable: '${{ failure() }}'}
  - {id: g, image: x, needs: [b]}
  - {id: h, image: x, needs: [b], enable: always()}
";

#[test]
fn a_failure_winds_the_bake_down() {
    // BAT-58, BAT-71, BAT-72, OBS-5.21
    let mut sim = Sim::new(&FAN.replace("FAST", "true")).begin();
    sim.fail("a");
    assert_eq!(sim.kills(), ["b"]);
    assert_eq!(sim.result(), None, "killing does not wait");
    sim.die("b");
    sim.succeed("d");
    sim.succeed("h");
    assert_eq!(
        sim.statuses(),
        "a failed, b cancelled, c skipped, d succeeded, e skipped, f skipped, g skipped, h succeeded"
    );
    assert_eq!(sim.result(), Some(TaskStatus::Failed), "DEC-4");
    assert_eq!(sim.state, sim.loaded());
}

#[test]
fn without_fail_fast_the_others_go_on() {
    // OBS-5.21
    let mut sim = Sim::new(&FAN.replace("FAST", "false")).begin();
    sim.fail("a");
    assert!(sim.kills().is_empty());
    for name in ["b", "d", "e", "g", "h"] {
        sim.succeed(name);
    }
    assert_eq!(sim.status("c"), TaskStatus::Skipped);
    assert_eq!(sim.status("f"), TaskStatus::Skipped, "a skipped need is no failure (BAT-53)");
    assert_eq!(sim.result(), Some(TaskStatus::Failed));
    let skip = sim.events.iter().find_map(|event| match &event.kind {
        EventKind::Skipped { node, because } if *node == id("c") => Some(because.clone()),
        _ => None,
    });
    assert_eq!(skip, Some(SkipReason::Disabled { needs: vec![("a".to_owned(), TaskStatus::Failed)] }));
}

#[test]
fn a_running_always_task_survives() {
    // OBS-5.22
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: a, image: x, needs: []}
  - {id: b, image: x, needs: [], enable: '${{ always() }}'}
  - {id: c, image: x, needs: [], enable: '${{ always() and True }}'}
";
    let mut sim = Sim::new(text).begin();
    sim.fail("a");
    assert_eq!(sim.kills(), ["c"], "only a whole always() survives (OBS-5.14)");
    sim.succeed("b");
    sim.die("c");
    assert_eq!(sim.statuses(), "a failed, b succeeded, c cancelled");
}

#[test]
fn a_task_killed_behind_our_back_winds_the_bake_down() {
    // OBS-5.23
    let mut sim = Sim::new(&FAN.replace("FAST", "true")).begin();
    sim.die("a");
    assert_eq!(sim.kills(), ["b"]);
    sim.die("b");
    sim.succeed("d");
    sim.succeed("h");
    assert_eq!(sim.result(), Some(TaskStatus::Cancelled), "DEC-4");
}

#[test]
fn a_cancelled_bake_stays_cancelled() {
    // BAT-68, OBS-5.24, DEC-4
    let mut sim = Sim::new(&FAN.replace("FAST", "true")).begin();
    sim.cancel_all();
    sim.cancel_all();
    assert_eq!(sim.kills(), ["a", "b"], "asked twice, done once");
    sim.die("a");
    sim.fail("b");
    sim.succeed("d");
    sim.succeed("h");
    assert_eq!(sim.result(), Some(TaskStatus::Cancelled));
    assert_eq!(sim.starts(), ["a", "b", "d", "h"]);
}

#[test]
fn an_interrupt_is_a_cancel() {
    // DEC-25
    let mut sim = Sim::new(CHAIN).begin();
    sim.fact(Fact::Interrupted { by: "ann".to_owned() });
    sim.die("a");
    assert_eq!(sim.statuses(), "a cancelled, b skipped, c skipped");
    assert_eq!(sim.result(), Some(TaskStatus::Cancelled));
}

#[test]
fn a_cancel_before_the_beginning_starts_nothing() {
    // BAT-50, OBS-5.12
    let mut sim = Sim::new(&FAN.replace("FAST", "true"));
    sim.cancel_all();
    let sim = sim.begin();
    assert!(sim.launched.is_empty());
    assert_eq!(sim.result(), Some(TaskStatus::Cancelled));
}

#[test]
fn one_task_is_cancelled_alone() {
    // EXT-6
    let mut sim = Sim::new(&FAN.replace("FAST", "true")).begin();
    sim.cancel(CancelScope::Task(id("a")));
    sim.cancel(CancelScope::Task(id("g")));
    assert_eq!(sim.kills(), ["a"]);
    assert_eq!(sim.status("g"), TaskStatus::Skipped);
    sim.die("a");
    assert_eq!(sim.kills(), ["a"], "the others go on");
    sim.succeed("d");
    sim.succeed("b");
    sim.succeed("h");
    assert_eq!(
        sim.statuses(),
        "a cancelled, b succeeded, c skipped, d succeeded, e skipped, f skipped, g skipped, h succeeded"
    );
    assert_eq!(sim.result(), Some(TaskStatus::Cancelled), "DEC-4");
}

#[test]
fn an_evaluation_error_fails_its_task_and_winds_down() {
    // DEC-25, OBS-5.26
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: long, image: x, needs: []}
  - {id: a, image: x, needs: []}
  - {id: b, image: x, needs: [a], cmd: '${{ from_json(needs.a.outputs.v) }}'}
  - {id: c, image: x, needs: [b], enable: always()}
";
    let mut sim = Sim::new(text).begin();
    sim.ended("a", Exit::Code(0), Reason::Finished, &[("v", "{")]);
    let Some(Reason::Evaluation { place, message }) = sim.reason("b") else { panic!("{:?}", sim.reason("b")) };
    assert!(place.contains(" .apolo/main.yml:7:"), "{place}");
    assert!(!message.is_empty());
    assert_eq!(sim.kills(), ["long"]);
    sim.die("long");
    sim.succeed("c");
    assert_eq!(sim.statuses(), "long cancelled, a succeeded, b failed, c succeeded");
    assert_eq!(sim.result(), Some(TaskStatus::Failed));
}

#[test]
fn needs_have_levels() {
    // BAT-40, BAT-41, OBS-5.13, CTX-70
    let text = "
kind: batch
defaults: {fail_fast: false, cache: {strategy: none}}
tasks:
  - {id: a, image: x, needs: []}
  - {id: b, image: x, needs: {a: running}}
  - {id: c, image: x, needs: {a: completed}}
  - {id: d, image: x, needs: [], enable: false}
  - {id: e, image: x, needs: {d: running}}
";
    let mut sim = Sim::new(text);
    sim.eager = false;
    let mut sim = sim.begin();
    assert_eq!(sim.starts(), ["a", "e"], "a skipped task satisfies a running need");
    let key = sim.key("a");
    sim.fact(taken(&key));
    assert_eq!(sim.starts(), ["a", "e"]);
    sim.report("a", What::Running { address: "pid 1".to_owned() });
    assert_eq!(sim.starts(), ["a", "e", "b"]);
    sim.fail("a");
    assert_eq!(sim.status("c"), TaskStatus::Skipped);
}

#[test]
fn outputs_of_a_failed_task_are_seen() {
    // OBS-5.16, OBS-5.58
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: a, image: x, needs: []}
  - {id: b, image: x, enable: always(), cmd: '${{ needs.a.outputs.v }} ${{ needs.a.result }}'}
";
    let mut sim = Sim::new(text).begin();
    sim.ended("a", Exit::Code(3), Reason::Finished, &[("v", "7")]);
    assert_eq!(sim.spec("b").cmd.as_deref(), Some("7 failed"));
}

#[test]
fn bounds_on_parallel_tasks() {
    // DEC-26, BAT-76, OBS-5.28
    let rows = |strategy: &str, defaults: &str| {
        format!(
            "
kind: batch
defaults: {{cache: {{strategy: none}}{defaults}}}
tasks:
  - {{id: 'r_${{{{ matrix.n }}}}', image: x, strategy: {{matrix: {{n: '${{{{ range(13) }}}}'}}{strategy}}}}}
  - {{id: s, image: x, needs: []}}
"
        )
    };
    let cases = [
        ("", "", 10),
        ("", ", max_parallel: 3", 3),
        (", max_parallel: 2", "", 3),
        (", max_parallel: 2", ", max_parallel: 1", 1),
    ];
    for (strategy, defaults, most) in cases {
        let sim = Sim::new(&rows(strategy, defaults)).begin();
        assert_eq!(sim.starts().len(), most, "{strategy}{defaults}");
    }
    let mut sim = Sim::new(&rows(", max_parallel: 2", "")).begin();
    assert_eq!(sim.starts(), ["r_0", "r_1", "s"], "rows wait for rows, not for other tasks");
    sim.succeed("s");
    assert_eq!(sim.starts().len(), 3);
    sim.succeed("r_1");
    assert_eq!(sim.starts().last().map(String::as_str), Some("r_2"));
}

#[test]
fn a_lost_task_is_tried_once_more() {
    // EXT-3
    let mut sim = Sim::new(CHAIN).begin();
    sim.report("a", What::Lost { proof_dead: false });
    assert_eq!((sim.starts().len(), sim.status("a")), (1, TaskStatus::Running), "no proof, no retry");
    sim.report("a", What::Lost { proof_dead: true });
    assert_eq!(sim.key("a").r#try, 2);
    let first = end_of(sim.launched[0].0.clone(), Exit::Code(0), Reason::Finished, &[]);
    sim.fact(first);
    assert_eq!(sim.status("a"), TaskStatus::Running, "the first try is history");
    sim.report("a", What::Lost { proof_dead: true });
    assert_eq!(sim.reason("a"), Some(Reason::Lost));
    assert_eq!(sim.result(), Some(TaskStatus::Failed));
    assert_eq!(sim.state, sim.loaded());
}

#[test]
fn a_loss_before_it_ran_uses_up_no_try() {
    // EXT-3: what only waited in the queue of an executor that died has not been tried.
    let mut sim = Sim::new(CHAIN);
    sim.eager = false;
    let mut sim = sim.begin();
    for start in 2..=6 {
        sim.report("a", What::Queued { why: "no room".to_owned() });
        sim.report("a", What::Lost { proof_dead: true });
        assert_eq!((sim.key("a").r#try, sim.result()), (start, None));
    }
    for _ in 0..2 {
        sim.report("a", What::Running { address: "pid 1".to_owned() });
        sim.report("a", What::Lost { proof_dead: true });
    }
    assert_eq!(sim.key("a").r#try, 7);
    assert_eq!(sim.reason("a"), Some(Reason::Lost));
    assert_eq!(sim.state, sim.loaded());
}

#[test]
fn an_executor_that_loses_all_does_not_keep_a_bake_for_ever() {
    let mut sim = Sim::new(CHAIN);
    sim.eager = false;
    let mut sim = sim.begin();
    let mut losses = 0;
    while sim.result().is_none() {
        sim.report("a", What::Lost { proof_dead: true });
        losses += 1;
        assert!(losses <= 20, "it has to end");
    }
    assert_eq!((losses, sim.reason("a")), (20, Some(Reason::Lost)));
}

#[test]
fn a_lost_task_is_not_tried_again_while_winding_down() {
    let mut sim = Sim::new(CHAIN).begin();
    sim.cancel_all();
    sim.report("a", What::Lost { proof_dead: true });
    assert_eq!((sim.starts().len(), sim.status("a")), (1, TaskStatus::Cancelled));
}

#[test]
fn an_executor_out_of_reach_is_tried_with_growing_pauses() {
    let mut sim = Sim::new(CHAIN);
    sim.eager = false;
    let mut sim = sim.begin();
    let away = ExecutorError::Unreachable { message: "no route".to_owned() };
    let mut pauses = Vec::new();
    for round in 1..=8 {
        sim.refuse("a", away.clone());
        let wake = *sim.wakes.last().expect("a moment to wake at");
        pauses.push(wake.unix_millis - sim.now);
        sim.pass(wake.unix_millis - sim.now - 1);
        assert_eq!(sim.launched.len(), round, "not before its time");
        sim.pass(1);
        assert_eq!(sim.launched.len(), round + 1);
    }
    assert_eq!(pauses, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    assert!(sim.launched.iter().skip(1).all(|(key, _, resuming)| key.r#try == 1 && *resuming), "the same start");
    let key = sim.key("a");
    sim.fact(taken(&key));
    sim.succeed("a");
    assert_eq!(sim.status("a"), TaskStatus::Succeeded);
}

#[test]
fn a_refused_start_fails_its_task() {
    let mut sim = Sim::new(CHAIN);
    sim.eager = false;
    let mut sim = sim.begin();
    sim.refuse("a", ExecutorError::Refused { message: "no such preset".to_owned() });
    let Some(Reason::NotStarted { message }) = sim.reason("a") else { panic!() };
    assert!(message.contains("no such preset"));
    assert_eq!(sim.result(), Some(TaskStatus::Failed));
}

#[test]
fn a_cancel_reaches_starts_that_are_under_way() {
    let mut sim = Sim::new(CHAIN);
    sim.eager = false;
    let mut sim = sim.begin();
    sim.cancel_all();
    let key = sim.key("a");
    sim.fact(taken(&key));
    assert_eq!(sim.kills(), ["a", "a"], "the first kill may have come before the start");
    sim.die("a");
    assert_eq!(sim.result(), Some(TaskStatus::Cancelled));
}

#[test]
fn a_cancel_ends_starts_that_did_not_come_through() {
    let mut sim = Sim::new(CHAIN);
    sim.eager = false;
    let mut sim = sim.begin();
    sim.refuse("a", ExecutorError::Unreachable { message: String::new() });
    sim.cancel_all();
    assert_eq!(sim.kills(), ["a"]);
    assert_eq!(sim.result(), Some(TaskStatus::Cancelled));
}

#[test]
fn late_and_doubled_news_change_nothing() {
    let mut sim = Sim::new(CHAIN);
    sim.eager = false;
    let mut sim = sim.begin();
    let key = sim.key("a");
    sim.fact(taken(&key));
    sim.report("a", What::Queued { why: "2 before it".to_owned() });
    sim.report("a", What::Running { address: "pid 1".to_owned() });
    let before = sim.events.len();
    sim.fact(taken(&key));
    sim.report("a", What::Running { address: "pid 1".to_owned() });
    sim.report("a", What::Starting { stage: "late".to_owned() });
    assert_eq!(sim.events.len(), before);
    sim.report("a", What::Suspended);
    sim.report("a", What::Running { address: "pid 1".to_owned() });
    assert_eq!(sim.events.len(), before + 2, "OBS-5.15");
    sim.succeed("a");
    let before = sim.events.len();
    sim.report("a", What::Running { address: "pid 1".to_owned() });
    sim.fact(end_of(key.clone(), Exit::Code(1), Reason::Finished, &[]));
    sim.fact(Fact::StartResult { key, result: Err(ExecutorError::UnknownUnit) });
    assert_eq!(sim.events.len(), before);
}

#[test]
fn success_comes_through_running() {
    // BAT-56: never pending → succeeded
    let mut sim = Sim::new(CHAIN);
    sim.eager = false;
    let mut sim = sim.begin();
    sim.succeed("a");
    let kinds: Vec<_> = sim
        .events
        .iter()
        .filter(|event| {
            matches!(&event.kind, EventKind::Progress { stage: Stage::Running, .. } | EventKind::Ended { .. })
        })
        .collect();
    assert_eq!(kinds.len(), 2);
    assert!(matches!(kinds[0].kind, EventKind::Progress { .. }));
}

#[test]
fn unreadable_outputs_fail_a_task_that_exited_well() {
    // EXT-4
    let cases = [(0, Reason::BadOutputs { message: "line 2 has no `=`".to_owned() }), (1, Reason::Finished)];
    for (code, wanted) in cases {
        let mut sim = Sim::new(CHAIN).begin();
        let mut end = end_of(sim.key("a"), Exit::Code(code), Reason::Finished, &[]);
        if let Fact::Ended { problem, .. } = &mut end {
            *problem = Some("line 2 has no `=`".to_owned());
        }
        sim.fact(end);
        assert_eq!((sim.status("a"), sim.reason("a")), (TaskStatus::Failed, Some(wanted)));
    }
}

const CACHED: &str = "
kind: batch
tasks:
  - {id: a, image: x, cmd: a}
  - {id: b, image: x, cmd: 'b ${{ needs.a.outputs.v }}'}
";

#[test]
fn results_are_kept_and_taken_over() {
    // BAT-102…104, CTX-82
    let mut first = Sim::new(CACHED).begin();
    first.ended("a", Exit::Code(0), Reason::Finished, &[("v", "1")]);
    first.succeed("b");
    assert_eq!(first.lookups, 2);
    let kept = first.cached_results();
    assert_eq!(kept.len(), 2);

    let again = |text: &str, days: u64| {
        let mut sim = Sim::new(text);
        sim.cache = kept.clone();
        sim.now += days * 24 * 3_600_000 + 1;
        let sim = sim.begin();
        sim.statuses()
    };
    assert_eq!(again(CACHED, 0), "a cached, b cached");
    assert_eq!(again(CACHED, 13), "a cached, b cached");
    assert_eq!(again(CACHED, 15), "a running, b pending", "14 days are over (BAT-100)");
    assert_eq!(again(&CACHED.replace("cmd: a", "cmd: a2"), 0), "a running, b pending");
    assert_eq!(again(&CACHED.replace("cmd: 'b", "cmd: 'c"), 0), "a cached, b running");
    assert_eq!(
        again(&CACHED.replace("{id: b, ", "{id: b, title: T, tags: [t], name: n, "), 0),
        "a cached, b cached",
        "DEC-29"
    );
    assert_eq!(again(&CACHED.replace("{id: b, ", "{id: b, env: {A: '1'}, "), 0), "a cached, b running");
    let off = CACHED.replace("{id: b, ", "{id: b, cache: {strategy: none}, ");
    assert_eq!(again(&off, 0), "a cached, b running");
    let nothing = CACHED.replace("tasks:", "defaults: {cache: {life_span: 0}}\ntasks:");
    assert_eq!(again(&nothing, 0), "a running, b pending", "OBS-5.36");
    let longer = CACHED.replace("tasks:", "defaults: {cache: {life_span: 30d}}\ntasks:");
    assert_eq!(again(&longer, 29), "a cached, b cached", "DEC-3");
}

#[test]
fn failures_and_uncached_tasks_are_not_kept() {
    // BAT-104, OBS-5.35
    let mut sim = Sim::new(CACHED).begin();
    sim.fail("a");
    assert!(sim.cached_results().is_empty());
    let mut sim = Sim::new(CHAIN).begin();
    sim.succeed("a");
    assert!(sim.cached_results().is_empty());
    assert_eq!(sim.lookups, 0);
}

#[test]
fn a_cached_need_has_succeeded() {
    // BAT-53
    let text = CACHED.replace("'b ", "'${{ needs.a.result }} ${{ success() }} ");
    let mut first = Sim::new(&text).begin();
    first.ended("a", Exit::Code(0), Reason::Finished, &[("v", "1")]);
    let ran = first.spec("b").cmd.clone();
    let mut second = Sim::new(&text);
    second.cache = first.cached_results();
    let second = second.begin();
    assert_eq!(second.status("a"), TaskStatus::Cached);
    assert_eq!(second.spec("b").cmd, ran);
    assert_eq!(ran.as_deref(), Some("succeeded True 1"));
}

#[test]
fn groups_show_their_rows() {
    // EXT-1
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: t, image: x, strategy: {matrix: {n: [2, 1]}, fail_fast: false}}
  - id: sum
    image: x
    needs: [t]
    enable: always()
    cmd: ${{ needs.t.result }} ${{ [r.outputs.v for r in needs.t.rows] }} ${{ needs.t.rows[1].matrix.n }} ${{ failure('t') }}
";
    let mut sim = Sim::new(text).begin();
    assert_eq!(sim.starts(), ["t-2", "t-1"]);
    sim.ended("t-1", Exit::Code(1), Reason::Finished, &[("v", "one")]);
    assert_eq!(sim.status("sum"), TaskStatus::Pending, "needs all rows");
    sim.ended("t-2", Exit::Code(0), Reason::Finished, &[("v", "two")]);
    assert_eq!(sim.spec("sum").cmd.as_deref(), Some("failed ['two', 'one'] 1 True"));
}

#[test]
fn a_group_of_one_row_is_a_task_as_well() {
    // EXT-1, CTX-71
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: t, image: x, strategy: {matrix: {n: [7]}}}
  - {id: u, image: x, cmd: '${{ needs.t.outputs.v }} ${{ needs.t.rows[0].matrix.n }} ${{ len(needs.t.rows) }}'}
";
    let mut sim = Sim::new(text).begin();
    sim.ended("t", Exit::Code(0), Reason::Finished, &[("v", "one")]);
    assert_eq!(sim.spec("u").cmd.as_deref(), Some("one 7 1"));
}

const HASHED: &str = "
kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: a, image: x, cmd: \"a ${{ hash_files('*.py') }}\"}
  - {id: b, image: x, needs: []}
";

#[test]
fn questions_are_asked_once_and_recorded() {
    let call = HostCall::HashFiles { root: "/home/ann/my-ws".to_owned(), patterns: vec!["*.py".to_owned()] };
    let mut sim = Sim::new(HASHED).begin();
    assert_eq!(sim.asked.first(), Some(&call));
    assert_eq!(sim.starts(), ["b"], "others do not wait");
    sim.fact(Fact::Answered { node: id("a"), answers: vec![(call.clone(), Ok(Value::Str("f00".into())))] });
    assert_eq!(sim.spec("a").cmd.as_deref(), Some("a f00"));
    assert!(sim.events.iter().any(|event| matches!(&event.kind, EventKind::Answered { .. })));

    let mut sim = Sim::new(HASHED).begin();
    sim.fact(Fact::Answered { node: id("a"), answers: vec![(call, Err("no such folder".to_owned()))] });
    let Some(Reason::Evaluation { message, .. }) = sim.reason("a") else { panic!() };
    assert_eq!(message, "no such folder");
    assert_eq!(sim.kills(), ["b"]);
}

#[test]
fn an_open_question_takes_a_place() {
    let text = HASHED.replace("defaults: {", "defaults: {max_parallel: 1, ");
    let sim = Sim::new(&text).begin();
    assert!(sim.starts().is_empty(), "b does not overtake a");
}

#[test]
fn time_never_runs_backwards() {
    let mut sim = Sim::new(CHAIN).begin();
    sim.now -= 500_000;
    sim.succeed("a");
    sim.now += 900_000;
    sim.succeed("b");
    sim.now -= 900_000;
    sim.succeed("c");
    assert!(sim.events.is_sorted_by_key(|event| event.at));
}

#[test]
fn a_loaded_state_goes_on_where_it_stopped() {
    // BAT-120, BAT-121
    let mut sim = Sim::new(&FAN.replace("FAST", "true")).begin();
    let starts = revive(&sim.flow, &sim.loaded());
    let keys: Vec<_> = starts
        .iter()
        .map(|one| match one {
            Revive::Launch { key, spec } => (key.clone(), spec.clone()),
            Revive::Kill { .. } | Revive::WakeAt(_) => panic!("{one:?}"),
        })
        .collect();
    let wanted: Vec<_> = sim.launched.iter().map(|(key, spec, _)| (key.clone(), spec.digest())).collect();
    assert_eq!(keys, wanted, "the same starts with the same specs");
    sim.fail("a");
    let kills: Vec<_> =
        revive(&sim.flow, &sim.loaded()).into_iter().filter(|one| matches!(one, Revive::Kill { .. })).collect();
    assert_eq!(kills, [Revive::Kill { key: sim.key("b"), grace: Duration::from_secs(10) }], "fail-fast holds");
    sim.die("b");
    sim.succeed("d");
    sim.succeed("h");
    assert!(revive(&sim.flow, &sim.loaded()).is_empty());
}

#[test]
fn a_crash_after_any_event_changes_nothing() {
    // Stop after each single event, load, revive, go on: the same end.
    let mut whole = Sim::new(CACHED).begin();
    whole.ended("a", Exit::Code(0), Reason::Finished, &[("v", "1")]);
    whole.succeed("b");
    for upto in 1..whole.events.len() {
        let mut sim = Sim::new(CACHED);
        sim.events = whole.events[..upto].to_vec();
        sim.state = AttemptState::new();
        for event in &sim.events {
            apply(&mut sim.state, event);
        }
        for one in revive(&sim.flow, &sim.state) {
            if let Revive::Launch { key, .. } = one {
                sim.launched.push((key, flow_core::model::UnitSpec::default(), true));
            }
        }
        sim.fact(Fact::Begin);
        if sim.status("a") == TaskStatus::Pending || sim.status("a") == TaskStatus::Running {
            sim.ended("a", Exit::Code(0), Reason::Finished, &[("v", "1")]);
        }
        if sim.result().is_none() {
            sim.succeed("b");
        }
        assert_eq!(sim.result(), Some(TaskStatus::Succeeded), "after {upto} events");
        assert_eq!(sim.statuses(), "a succeeded, b succeeded");
    }
}

#[test]
fn what_is_not_begun_is_left_alone() {
    let flow = flow(CHAIN);
    let timed = flow_core::sched::Timed { at: flow_core::model::Timestamp::default(), fact: Fact::Begin };
    let decision = decide(&flow, &AttemptState::new(), &timed);
    assert!(decision.events.is_empty() && decision.effects.is_empty(), "no attempt yet");
}

#[test]
fn units_are_evaluated_over_the_defaults() {
    // CTX-30, CTX-34, CTX-40, CTX-78, YML-30, DEC-9
    let text = "
kind: batch
id: Fl_o
params: {p: it's}
defaults:
  env: {A: d, B: '${{ params.p }}'}
  tags: [dt]
  workdir: /d
  life_span: 1h
  cache: {strategy: none}
tasks:
  - id: Ta_sk
    image: x:${{ env.A }}
    bash: echo ${{ params.p }}
    env: {C: t, A: t}
    tags: ['${{ flow.title }}']
    workdir: ${{ None }}
    life_span: 0
    entrypoint: ${{ None }}
";
    let sim = Sim::new(text).begin();
    let spec = sim.spec("Ta_sk");
    let env: Vec<_> = spec.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(env, ["A=t", "B=it's", "C=t"]);
    assert_eq!(spec.image.as_deref(), Some("x:d"), "`env` is that of the defaults");
    assert_eq!(spec.cmd.as_deref(), Some(r#"bash -euo pipefail -c 'echo it'"'"'s'"#));
    assert_eq!(spec.tags, ["Fl_o", "dt", "flow:fl-o", "project:my-ws", "task:ta-sk"]);
    assert_eq!((spec.workdir.as_deref(), spec.entrypoint.as_deref()), (Some("/d"), None));
    assert_eq!(spec.life_span_seconds, Some(3600.0), "0 falls back");
}

#[test]
fn a_lookup_names_the_moment_that_counts() {
    // BAT-102
    let text = CACHED.replace("tasks:", "defaults: {cache: {life_span: 60}}\ntasks:");
    let mut sim = Sim::new(&text);
    sim.now = 100_000;
    let sim = sim.begin();
    let timed = flow_core::sched::Timed { at: sim.events[1].at, fact: Fact::Tick };
    let mut fresh = AttemptState::new();
    sim.events[..2].iter().for_each(|event| apply(&mut fresh, event));
    let effects = decide(&sim.flow, &fresh, &timed).effects;
    let moments: Vec<_> = effects
        .iter()
        .map(|effect| match effect {
            Effect::LookUpCache { not_before, .. } => timed.at.since(*not_before),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(moments, [Duration::from_mins(1)]);
}

#[test]
fn a_restart_with_other_params_does_not_look_at_files_again() {
    // DEC-24: what was answered in the attempt before counts, also in a restart of the restart.
    let text = "
kind: batch
params: {p: '1'}
defaults: {cache: {strategy: none}}
tasks:
  - {id: a, image: x, cmd: '${{ hash_files(\"*.py\") }}'}
  - {id: b, image: x, cmd: '${{ params.p }}'}
";
    let call = HostCall::HashFiles { root: "/home/ann/my-ws".to_owned(), patterns: vec!["*.py".to_owned()] };
    let mut base = Sim::new(text);
    base.answers.insert(call, Ok(Value::from("aa".to_owned())));
    let mut base = base.begin();
    base.succeed("a");
    base.fail("b");
    for p in ["2", "3"] {
        let mut next = Sim::with(flow(text), &[("p", p)]);
        next.fact(Fact::BeginFrom(std::sync::Arc::new(base.state)));
        assert_eq!((next.starts(), next.asked.len()), (vec!["b".to_owned()], 0), "{p}");
        next.fail("b");
        base = next;
    }
    let mut same = Sim::with(flow(text), &[("p", "3")]);
    same.fact(Fact::BeginFrom(std::sync::Arc::new(base.state)));
    assert_eq!(same.starts(), ["b"]);
}
