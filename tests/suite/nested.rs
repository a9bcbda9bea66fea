//! Calls of batch actions and modules, and stateful actions, fact by fact. Each test names the rules that it
//! holds. Whole flows are in `nested_flows`.

use std::sync::Arc;

use flow_core::event::{CancelScope, EventKind, SkipReason, Stage};
use flow_core::expr::HostCall;
use flow_core::model::{
    AttemptId, Exit, FullId, LaunchKey, Need, NeedsLevel, NodeRecord, Reason, SourceText, TaskStatus, Timestamp,
};
use flow_core::port::{Report, What};
use flow_core::sched::{AttemptState, Fact};
use flow_core::value::Value;
use indexmap::IndexMap;

use crate::sim::{Sim, id};

/// Two levels of actions.
const DEEP: &str = "
kind: batch
defaults: {cache: {strategy: none}, fail_fast: FAST}
tasks:
  - {id: first, image: x, needs: []}
  - {id: sub, action: 'ws:outer', args: {v: '${{ needs.first.outputs.v }}'}}
  - {id: last, image: x, cmd: '${{ needs.sub.outputs.r }} ${{ needs.sub.result }}'}
  - {id: fix, image: x, needs: [sub], enable: '${{ failure() }}'}
  - {id: tidy, image: x, needs: [sub], enable: always(), cmd: '${{ needs.sub.result }}'}
=== ws:outer
kind: batch
inputs: {v: {}}
outputs: {r: {value: '${{ needs.deep.outputs.r }}+'}}
tasks:
  - {id: pre, image: x, cmd: 'pre ${{ inputs.v }}'}
  - {id: deep, action: 'ws:inner', args: {v: '${{ needs.pre.outputs.v }}'}}
=== ws:inner
kind: batch
inputs: {v: {}}
outputs: {r: {value: '${{ needs.leaf.outputs.r }}-${{ inputs.v }}'}}
tasks:
  - {id: leaf, image: x, cmd: 'leaf ${{ inputs.v }}'}
  - {id: tail, image: x, enable: '${{ always() }}'}
";

fn deep(fail_fast: bool) -> Sim {
    Sim::new(&DEEP.replace("FAST", if fail_fast { "true" } else { "false" })).begin()
}

fn give(sim: &mut Sim, name: &str, output: (&str, &str)) {
    sim.ended(name, Exit::Code(0), Reason::Finished, &[output]);
}

/// The changes of a task's status as events tell them, in the order of the bake.
fn story(sim: &Sim, name: &str) -> Vec<String> {
    let events = sim.events.iter().filter_map(|event| match &event.kind {
        EventKind::Expanded { prefix, .. } if prefix.to_string() == name => Some("opened".to_owned()),
        EventKind::Progress { key, stage: Stage::Running, .. } if key.node()?.to_string() == name => {
            Some("running".to_owned())
        }
        EventKind::Ended { key, outcome, .. } if key.node()?.to_string() == name => Some(outcome.status.to_string()),
        EventKind::Skipped { node, .. } if node.to_string() == name => Some("skipped".to_owned()),
        _ => None,
    });
    events.collect()
}

fn skip_of(sim: &Sim, name: &str) -> Option<SkipReason> {
    sim.events.iter().find_map(|event| match &event.kind {
        EventKind::Skipped { node, because } if node.to_string() == name => Some(because.clone()),
        _ => None,
    })
}

#[test]
fn calls_open_and_give_their_outputs() {
    // BAT-54, BAT-57, BAT-65, CTX-62, CTX-68
    let mut sim = deep(true);
    give(&mut sim, "first", ("v", "1"));
    assert_eq!(sim.starts(), ["first", "sub.pre"]);
    assert_eq!(sim.spec("sub.pre").cmd.as_deref(), Some("pre 1"));
    assert_eq!(story(&sim, "sub"), ["opened"], "BAT-43: `deep` has not run");
    give(&mut sim, "sub.pre", ("v", "2"));
    give(&mut sim, "sub.deep.leaf", ("r", "L"));
    assert_eq!(sim.status("sub.deep"), TaskStatus::Running, "BAT-43");
    sim.succeed("sub.deep.tail");
    assert_eq!(sim.outputs("sub.deep"), [("r".to_owned(), "L-2".to_owned())]);
    assert_eq!(story(&sim, "sub"), ["opened", "running", "succeeded"], "BAT-69");
    assert_eq!(sim.spec("last").cmd.as_deref(), Some("L-2+ succeeded"));
    sim.succeed("last");
    sim.succeed("tidy");
    assert_eq!(sim.status("fix"), TaskStatus::Skipped);
    assert_eq!(sim.result(), Some(TaskStatus::Succeeded));
    assert_eq!(sim.state, sim.loaded());
    let total: usize = sim.state.summary().values().sum();
    assert_eq!(total, 9, "calls are tasks, too");
}

#[test]
fn what_a_call_is_opened_with_is_recorded() {
    let mut sim = deep(true);
    give(&mut sim, "first", ("v", "7"));
    let inputs = sim.events.iter().find_map(|event| match &event.kind {
        EventKind::Expanded { prefix, inputs, .. } if *prefix == id("sub") => Some(inputs.clone()),
        _ => None,
    });
    assert_eq!(inputs, Some(IndexMap::from([("v".into(), Value::from("7"))])));
}

#[test]
fn a_failure_deep_below_ends_its_calls() {
    // BAT-58, BAT-65, BAT-72, OBS-5.27
    let mut sim = deep(true);
    give(&mut sim, "first", ("v", "1"));
    give(&mut sim, "sub.pre", ("v", "2"));
    sim.fail("sub.deep.leaf");
    sim.succeed("sub.deep.tail");
    assert_eq!(sim.reason("sub"), Some(Reason::Inside { task: sim.full_id("sub.deep") }));
    assert_eq!(sim.reason("sub.deep"), Some(Reason::Inside { task: sim.full_id("sub.deep.leaf") }));
    assert!(sim.outputs("sub").is_empty());
    assert_eq!(sim.spec("tidy").cmd.as_deref(), Some("failed"));
    sim.succeed("tidy");
    assert_eq!(
        sim.statuses(),
        "first succeeded, sub failed, last skipped, fix skipped, tidy succeeded, sub.pre succeeded, \
         sub.deep failed, sub.deep.leaf failed, sub.deep.tail succeeded"
    );
    assert_eq!(sim.result(), Some(TaskStatus::Failed));
}

#[test]
fn without_fail_fast_others_see_the_failure() {
    // BAT-70: what the defaults say holds below calls, too.
    let mut sim = deep(false);
    give(&mut sim, "first", ("v", "1"));
    sim.fail("sub.pre");
    assert_eq!(sim.status("sub.deep"), TaskStatus::Skipped, "alone: its tasks are not known");
    assert_eq!((sim.status("sub"), sim.status("last")), (TaskStatus::Failed, TaskStatus::Skipped));
    assert_eq!(sim.starts(), ["first", "sub.pre", "fix", "tidy"]);
}

#[test]
fn the_strategy_of_a_call_holds_below_it() {
    // BAT-70: fail_fast of the call is the default of its tasks.
    for (own, kills) in [("false", &[][..]), ("true", &["other"][..])] {
        let text = format!(
            "
kind: batch
defaults: {{cache: {{strategy: none}}}}
tasks:
  - {{id: other, image: x, needs: []}}
  - {{id: 's_${{{{ matrix.n }}}}', action: 'ws:a', needs: [], strategy: {{matrix: {{n: [1]}}, fail_fast: {own}}}}}
=== ws:a
kind: batch
tasks: [{{id: t, image: x, needs: []}}, {{id: u, image: x, needs: []}}]
"
        );
        let mut sim = Sim::new(&text).begin();
        sim.fail("s_1.t");
        assert_eq!(sim.kills().iter().filter(|one| *one == "other").count(), kills.len(), "{own}");
    }
}

#[test]
fn an_own_strategy_inside_wins() {
    // BAT-70, BAT-58: the task's own strategy spares the bake, the failed call does not.
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: other, image: x, needs: []}
  - {id: s, action: 'ws:a', needs: []}
=== ws:a
kind: batch
tasks:
  - {id: 't_${{ matrix.n }}', image: x, needs: [], strategy: {matrix: {n: [1]}, fail_fast: false}}
  - {id: u, image: x, needs: []}
";
    let mut sim = Sim::new(text).begin();
    sim.fail("s.t_1");
    assert!(sim.kills().is_empty());
    sim.succeed("s.u");
    assert_eq!(sim.status("s"), TaskStatus::Failed);
    assert_eq!(sim.kills(), ["other"], "the call fails fast");
}

#[test]
fn a_call_meets_a_running_need_once_all_its_tasks_run() {
    // BAT-43, OBS-5.11
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: act, action: 'ws:a', needs: []}
  - {id: side, image: x, needs: {act: running}}
  - {id: none, action: 'ws:a', needs: [], enable: false}
  - {id: free, image: x, needs: {none: running}}
=== ws:a
kind: batch
tasks: [{id: a, image: x, needs: []}, {id: b, image: x, needs: [a]}]
";
    let mut sim = Sim::new(text).begin();
    assert_eq!(sim.starts(), ["free", "act.a"], "a skipped call has run (BAT-41)");
    sim.succeed("act.a");
    assert_eq!(sim.starts(), ["free", "act.a", "act.b", "side"]);
    assert_eq!(sim.status("act"), TaskStatus::Running);
}

#[test]
fn an_action_without_tasks_succeeds_at_once() {
    // DEC-18
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks: [{id: b, action: 'ws:none'}, {id: end, image: x, cmd: '${{ needs.b.outputs.o }}'}]
=== ws:none
kind: batch
outputs: {o: {value: done}}
tasks: []
";
    let mut sim = Sim::new(text).begin();
    assert_eq!(sim.spec("end").cmd.as_deref(), Some("done"));
    sim.succeed("end");
    assert_eq!(sim.result(), Some(TaskStatus::Succeeded));
}

#[test]
fn an_action_of_skipped_tasks_succeeds() {
    // OBS-5.18
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks: [{id: b, action: 'ws:a'}, {id: end, image: x}]
=== ws:a
kind: batch
tasks: [{id: t, image: x, enable: false}]
";
    let sim = Sim::new(text).begin();
    assert_eq!((sim.status("b"), sim.starts()), (TaskStatus::Succeeded, vec!["end".to_owned()]));
}

#[test]
fn an_output_that_cannot_be_evaluated_fails_the_call() {
    // DEC-25
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: b, action: 'ws:a'}
  - {id: end, image: x}
  - {id: tidy, image: x, needs: [b], enable: always()}
=== ws:a
kind: batch
outputs: {o: {value: '${{ needs.t.outputs.nope }}'}}
tasks: [{id: t, image: x}]
";
    let mut sim = Sim::new(text).begin();
    sim.succeed("b.t");
    let Some(Reason::Evaluation { place, .. }) = sim.reason("b") else { panic!("{:?}", sim.reason("b")) };
    assert!(place.contains("ws:a:2:"), "{place}");
    assert_eq!(sim.status("end"), TaskStatus::Skipped);
    sim.succeed("tidy");
    assert_eq!(sim.result(), Some(TaskStatus::Failed));
}

#[test]
fn an_action_that_cannot_be_opened_fails_its_call() {
    // CTX-53: a matrix of inputs is known only now, and may be too large.
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks: [{id: b, action: 'ws:a', args: {n: N}}, {id: end, image: x, needs: [], enable: always()}]
=== ws:a
kind: batch
inputs: {n: {type: int}}
tasks: [{image: x, strategy: {matrix: {k: '${{ range(inputs.n) }}'}}}]
";
    let mut sim = Sim::new(&text.replace('N', "3")).begin();
    assert_eq!(sim.starts(), ["end", "b.task-1-0", "b.task-1-1", "b.task-1-2"]);
    sim.succeed("end");
    let sim = Sim::new(&text.replace('N', "10001")).begin();
    assert!(matches!(sim.reason("b"), Some(Reason::Evaluation { .. })), "{:?}", sim.reason("b"));
    assert_eq!(sim.starts(), ["end"]);
}

#[test]
fn questions_of_a_call_are_asked_for_it() {
    // The inputs are evaluated once, with the recorded answer.
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks: [{id: b, action: 'ws:a', args: {h: \"${{ hash_files('*.py') }}\"}}]
=== ws:a
kind: batch
inputs: {h: {}}
tasks: [{id: t, image: x, cmd: '${{ inputs.h }}'}]
";
    let mut sim = Sim::new(text);
    let call = HostCall::HashFiles { root: "/home/ann/my-ws".to_owned(), patterns: vec!["*.py".to_owned()] };
    sim.answers.insert(call.clone(), Ok(Value::from("abc")));
    let sim = sim.begin();
    assert_eq!(sim.spec("b.t").cmd.as_deref(), Some("abc"));
    assert_eq!(sim.asked, [call]);
    assert_eq!(sim.state, sim.loaded());
}

#[test]
fn a_module_sees_the_flow_around_it() {
    // CTX-62, CTX-41
    let text = "
kind: batch
params: {p: '3'}
defaults: {cache: {strategy: none}, env: {OUTER: o}}
tasks: [{id: m, module: 'ws:m'}, {id: a, action: 'ws:a', needs: []}]
=== ws:m
kind: batch
tasks: [{id: t, image: x, cmd: '${{ env.OUTER }} ${{ params.p }}'}]
=== ws:a
kind: batch
tasks: [{id: t, image: x}]
";
    let sim = Sim::new(text).begin();
    assert_eq!(sim.spec("m.t").cmd.as_deref(), Some("o 3"));
    assert_eq!(sim.spec("m.t").env.len(), 1);
    assert!(sim.spec("a.t").env.is_empty());
}

const LOCKS: &str = "
kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: sub, action: 'ws:held', needs: []}
  - {id: end, image: x}
=== ws:held
kind: batch
tasks:
  - {id: one, action: 'ws:lock', args: {n: '1'}, needs: []}
  - {id: two, action: 'ws:lock', args: {n: '2'}, needs: []}
  - {id: long, image: x, needs: [one]}
  - {id: t, image: x, needs: [two]}
=== ws:lock
kind: stateful
inputs: {n: {}}
main: {image: x, cmd: 'lock ${{ inputs.n }}'}
post: {image: x, cmd: 'unlock ${{ state.token }}'}
";

fn locked() -> Sim {
    let mut sim = Sim::new(LOCKS).begin();
    for (name, token) in [("sub.one", "T1"), ("sub.two", "T2")] {
        sim.saved(name, &[("token", token)]);
    }
    sim
}

#[test]
fn posts_run_after_all_else_in_reverse_with_the_state() {
    // DEC-19, BAT-110, BAT-113
    let mut sim = locked();
    sim.succeed("sub.t");
    assert_eq!(sim.starts(), ["sub.one", "sub.two", "sub.long", "sub.t"], "`long` still runs");
    sim.succeed("sub.long");
    assert_eq!(sim.spec("sub.post-two").cmd.as_deref(), Some("unlock T2"));
    sim.succeed("sub.post-two");
    assert_eq!(sim.spec("sub.post-one").cmd.as_deref(), Some("unlock T1"));
    assert_eq!(sim.status("sub"), TaskStatus::Running);
    sim.succeed("sub.post-one");
    sim.succeed("end");
    assert_eq!(sim.result(), Some(TaskStatus::Succeeded));
}

#[test]
fn posts_run_after_a_failure_and_after_a_cancel() {
    // BAT-72, BAT-113
    let mut sim = locked();
    sim.fail("sub.t");
    sim.die("sub.long");
    sim.succeed("sub.post-two");
    sim.succeed("sub.post-one");
    assert_eq!((sim.status("sub"), sim.status("end")), (TaskStatus::Failed, TaskStatus::Skipped));
    let mut sim = locked();
    sim.cancel_all();
    assert_eq!(sim.kills(), ["sub.long", "sub.t"]);
    sim.die("sub.t");
    sim.die("sub.long");
    sim.succeed("sub.post-two");
    sim.succeed("sub.post-one");
    assert_eq!((sim.status("sub"), sim.result()), (TaskStatus::Cancelled, Some(TaskStatus::Cancelled)), "DEC-4");
}

#[test]
fn the_error_of_one_post_stops_no_other() {
    // DEC-19: also one that runs under a condition of its own.
    let text = LOCKS.replace("kind: stateful\n", "kind: stateful\npost_if: '${{ state.token != \"\" }}'\n");
    for broken in ["a failure", "an expression"] {
        let mut sim = Sim::new(&text).begin();
        sim.saved("sub.one", &[("token", "T1")]);
        sim.saved("sub.two", if broken == "a failure" { &[("token", "T2")] } else { &[] });
        sim.succeed("sub.long");
        sim.succeed("sub.t");
        if broken == "a failure" {
            sim.fail("sub.post-two");
        }
        assert_eq!(sim.status("sub.post-two"), TaskStatus::Failed, "{broken}");
        sim.succeed("sub.post-one");
        assert_eq!(sim.status("sub"), TaskStatus::Failed, "{broken}");
        assert_eq!(sim.result(), Some(TaskStatus::Failed), "{broken}");
    }
}

#[test]
fn a_cancelled_call_stops_all_below_it_and_nothing_else() {
    // EXT-6, DEC-4, BAT-72
    let text = DEEP.replace("FAST", "true").replace("{id: tidy,", "{id: free, image: x, needs: []}\n  - {id: tidy,");
    let mut sim = Sim::new(&text).begin();
    give(&mut sim, "first", ("v", "1"));
    give(&mut sim, "sub.pre", ("v", "2"));
    sim.cancel(CancelScope::Task(id("sub")));
    assert_eq!(sim.kills(), ["sub.deep.leaf"]);
    sim.die("sub.deep.leaf");
    assert_eq!(sim.starts().last().map(String::as_str), Some("sub.deep.tail"), "`always()` cleans up");
    sim.succeed("sub.deep.tail");
    assert_eq!((sim.status("sub.deep"), sim.status("sub")), (TaskStatus::Cancelled, TaskStatus::Cancelled));
    assert_eq!(sim.kills(), ["sub.deep.leaf"], "the others go on");
    assert_eq!(sim.status("last"), TaskStatus::Skipped);
    sim.succeed("free");
    sim.succeed("tidy");
    assert_eq!(sim.result(), Some(TaskStatus::Cancelled));
    assert_eq!(sim.state, sim.loaded());
}

#[test]
fn what_waits_below_a_cancelled_call_is_not_started() {
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks: [{id: sub, action: 'ws:a', needs: []}, {id: end, image: x, needs: []}, {id: other, action: 'ws:a', needs: [end]}]
=== ws:a
kind: batch
tasks: [{id: t, image: x}, {id: u, image: x}, {id: deep, action: 'ws:b', needs: [t]}]
=== ws:b
kind: batch
tasks: [{id: v, image: x}]
";
    let mut sim = Sim::new(text).begin();
    sim.cancel(CancelScope::Task(id("sub")));
    sim.cancel(CancelScope::Task(id("other")));
    assert_eq!(sim.status("other"), TaskStatus::Skipped, "it was not open");
    sim.die("sub.t");
    assert_eq!(skip_of(&sim, "sub.u"), Some(SkipReason::Cancelled));
    assert_eq!(skip_of(&sim, "sub.deep"), Some(SkipReason::Cancelled));
    assert_eq!(sim.status("sub"), TaskStatus::Cancelled);
    sim.succeed("end");
    assert_eq!(sim.starts(), ["end", "sub.t"]);
}

#[test]
fn one_task_inside_is_cancelled_alone() {
    // EXT-6: also the end of the call is only what was asked for.
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks: [{id: sub, action: 'ws:a', needs: []}, {id: end, image: x, needs: []}]
=== ws:a
kind: batch
tasks: [{id: t, image: x, needs: []}, {id: u, image: x, needs: []}]
";
    let mut sim = Sim::new(text).begin();
    sim.cancel(CancelScope::Task(sim.full_id("sub.t")));
    sim.die("sub.t");
    sim.succeed("sub.u");
    assert_eq!(sim.status("sub"), TaskStatus::Cancelled);
    assert_eq!(sim.kills(), ["sub.t"]);
    sim.succeed("end");
    assert_eq!(sim.statuses(), "sub cancelled, end succeeded, sub.t cancelled, sub.u succeeded");
}

#[test]
fn a_wind_down_reaches_into_calls() {
    // BAT-71, BAT-72
    let mut sim =
        Sim::new(&DEEP.replace("FAST", "true").replace("{id: fix,", "{id: bad, image: x, needs: []}\n  - {id: fix,"));
    sim = sim.begin();
    give(&mut sim, "first", ("v", "1"));
    give(&mut sim, "sub.pre", ("v", "2"));
    sim.fail("bad");
    assert_eq!(sim.kills(), ["sub.deep.leaf"]);
    sim.die("sub.deep.leaf");
    sim.succeed("sub.deep.tail");
    assert_eq!((sim.status("sub.deep"), sim.status("sub")), (TaskStatus::Cancelled, TaskStatus::Cancelled));
    sim.succeed("tidy");
    assert_eq!(sim.result(), Some(TaskStatus::Failed), "DEC-4");
}

#[test]
fn the_bound_of_the_bake_counts_tasks_of_all_graphs() {
    // DEC-26, BAT-54: calls themselves take no place.
    let text = "
kind: batch
defaults: {cache: {strategy: none}, max_parallel: 3}
tasks:
  - {id: one, action: 'ws:a', needs: []}
  - {id: two, action: 'ws:a', needs: []}
  - {id: solo, image: x, needs: []}
=== ws:a
kind: batch
tasks: [{id: t, image: x, strategy: {matrix: {n: [1, 2, 3]}}, needs: []}]
";
    let mut sim = Sim::new(text).begin();
    assert_eq!(sim.starts(), ["solo", "one.t-1", "one.t-2"]);
    sim.succeed("solo");
    sim.succeed("one.t-1");
    assert_eq!(sim.starts().split_off(3), ["one.t-3", "two.t-1"]);
}

#[test]
fn the_bound_of_a_matrix_counts_its_own_rows() {
    // DEC-26: rows of the same entry in another graph, and of the same number in this one, are others.
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: 'c_${{ matrix.n }}', action: 'ws:a', needs: [], strategy: {matrix: {n: [1, 2, 3]}, max_parallel: 2}}
=== ws:a
kind: batch
tasks: [{id: t, image: x, needs: [], strategy: {matrix: {k: [1, 2]}, max_parallel: 1}}]
";
    let mut sim = Sim::new(text).begin();
    assert_eq!(sim.starts(), ["c_1.t-1", "c_2.t-1"], "two calls are open, each runs one row");
    sim.succeed("c_2.t-1");
    assert_eq!(sim.starts().split_off(2), ["c_2.t-2"]);
    sim.succeed("c_2.t-2");
    assert_eq!(sim.starts().split_off(3), ["c_3.t-1"], "the third opens when one is over");
}

#[test]
fn a_group_of_calls_is_seen_as_one() {
    // EXT-1, BAT-65
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: c, action: 'ws:a', args: {n: '${{ matrix.n }}'}, strategy: {matrix: {n: [p, q]}}}
  - {id: end, image: x, needs: [c], cmd: '${{ to_json(needs.c.rows) }}'}
=== ws:a
kind: batch
inputs: {n: {}}
outputs: {o: {value: '${{ inputs.n }}-${{ len(needs.t.rows) }}'}}
tasks: [{id: t, image: x, needs: [], strategy: {matrix: {k: [1, 2]}}}]
";
    let mut sim = Sim::new(text).begin();
    for name in ["c-p.t-1", "c-p.t-2", "c-q.t-1", "c-q.t-2"] {
        sim.succeed(name);
    }
    let cmd = sim.spec("end").cmd.clone().unwrap_or_default();
    assert!(cmd.contains(r#""o": "p-2""#) && cmd.contains(r#""o": "q-2""#), "{cmd}");
}

#[test]
fn a_known_graph_may_grow() {
    // EXT-2: rows that are made late take the place of their entry's node.
    let text = "
kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: list, image: x}
  - {id: fit, image: x}
  - {id: pick, image: x, cmd: '${{ needs.fit.result }}'}
";
    let mut sim = Sim::new(text).begin();
    sim.succeed("list");
    let row = |name: &str| NodeRecord {
        id: name.into(),
        entry: 1,
        matrix: IndexMap::from([("k".into(), Value::from(name))]),
        group: Some("fit".into()),
        needs: vec![Need { id: "list".into(), level: NeedsLevel::Completed }],
        names: vec!["list".into()],
        local: false,
        late: false,
    };
    let needs = ["fit-1", "fit-2"].map(|row| Need { id: row.into(), level: NeedsLevel::Completed });
    let more = EventKind::Expanded {
        prefix: FullId::root(),
        inputs: IndexMap::new(),
        nodes: vec![row("fit-1"), row("fit-2")],
        edges: IndexMap::from([(Arc::from("pick"), needs.to_vec())]),
    };
    sim.write(Timestamp::from_unix_millis(sim.now), more);
    sim.succeed("fit");
    assert_eq!(sim.starts(), ["list", "fit", "fit-1", "fit-2"], "`pick` waits for the rows now");
    sim.succeed("fit-1");
    sim.fail("fit-2");
    assert_eq!(sim.status("pick"), TaskStatus::Skipped);
    assert_eq!(sim.result(), Some(TaskStatus::Failed));
    assert_eq!(sim.state, sim.loaded());
    let total: usize = sim.state.summary().values().sum();
    assert_eq!(total, 5);
}

#[test]
fn events_of_the_first_versions_are_read() {
    let old = r#"{"event":"expanded","prefix":[],"nodes":[]}"#;
    let kind: EventKind = serde_json::from_str(old).expect("version 2");
    assert!(matches!(kind, EventKind::Expanded { edges, inputs, .. } if edges.is_empty() && inputs.is_empty()));
    let source: SourceText = serde_json::from_str(r#"{"name":"a.yml","digest":"00"}"#).expect("version 2");
    assert_eq!(source.source, None);
}

#[test]
fn late_news_of_a_call_changes_nothing() {
    let mut sim = deep(true);
    give(&mut sim, "first", ("v", "1"));
    let events = sim.events.len();
    let key = LaunchKey::task(&AttemptId::new("attempt-1"), &id("sub"), 1);
    sim.fact(crate::sim::end_of(key.clone(), Exit::Code(1), Reason::Finished, &[]));
    let what = What::Running { address: String::new() };
    sim.fact(Fact::Report(Report { key, at: Timestamp::default(), raw: None, what }));
    assert_eq!(sim.events.len(), events, "no unit has its key");
}

/// Restarts a bake that has ended, with what was given then or now.
fn restarted(text: &str, base: &AttemptState, given: &[(&str, &str)]) -> Sim {
    let mut sim = Sim::with(crate::sim::flow(text), given);
    sim.fact(Fact::BeginFrom(Arc::new(base.clone())));
    sim
}

fn taken_over(sim: &Sim) -> Vec<String> {
    let taken = sim.events.iter().filter_map(|event| match &event.kind {
        EventKind::TakenOver { node, .. } => Some(node.to_string()),
        _ => None,
    });
    taken.collect()
}

#[test]
fn a_restart_takes_calls_over_whole_or_looks_inside() {
    // DEC-24, BAT-132
    let text = &DEEP.replace("FAST", "true");
    let mut sim = deep(true);
    give(&mut sim, "first", ("v", "1"));
    give(&mut sim, "sub.pre", ("v", "2"));
    sim.fail("sub.deep.leaf");
    sim.succeed("sub.deep.tail");
    sim.succeed("tidy");
    let mut second = restarted(text, &sim.state, &[]);
    assert_eq!(taken_over(&second), ["first", "sub.pre"], "`tail` succeeded, but its need did not");
    assert_eq!(second.starts(), ["sub.deep.leaf"]);
    assert_eq!(second.spec("sub.deep.leaf").cmd.as_deref(), Some("leaf 2"));
    give(&mut second, "sub.deep.leaf", ("r", "L"));
    second.succeed("sub.deep.tail");
    assert_eq!(second.status("sub"), TaskStatus::Succeeded);
    second.fail("last");
    second.succeed("tidy");
    assert_eq!(second.result(), Some(TaskStatus::Failed));
    let third = restarted(text, &second.state, &[]);
    assert_eq!(taken_over(&third), ["first", "sub", "tidy"]);
    assert_eq!(third.starts(), ["last"]);
    assert_eq!(third.spec("last").cmd.as_deref(), Some("L-2+ succeeded"), "with the outputs of the call");
    assert_eq!(third.state, third.loaded());
}

#[test]
fn a_restart_with_another_param_looks_into_calls() {
    // DEC-24: a call has no key, so its tasks are compared one by one.
    let text = "
kind: batch
params: {p: '1'}
defaults: {cache: {strategy: none}}
tasks:
  - {id: sub, action: 'ws:a', args: {p: '${{ params.p }}'}}
  - {id: end, image: x}
=== ws:a
kind: batch
inputs: {p: {}}
tasks:
  - {id: same, image: x, needs: []}
  - {id: other, image: x, needs: [], cmd: '${{ inputs.p }}'}
";
    let mut sim = Sim::new(text).begin();
    sim.succeed("sub.same");
    sim.succeed("sub.other");
    sim.fail("end");
    assert_eq!(taken_over(&restarted(text, &sim.state, &[])), ["sub"]);
    let second = restarted(text, &sim.state, &[("p", "2")]);
    assert_eq!(taken_over(&second), ["sub.same"]);
    assert_eq!(second.starts(), ["sub.other"]);
}

#[test]
fn a_restart_keeps_the_bound_of_a_matrix_of_calls() {
    // DEC-26: the first is looked into, the second begins anew when there is room.
    let text = "
kind: batch
defaults: {cache: {strategy: none}, fail_fast: false}
tasks:
  - {id: 'c_${{ matrix.n }}', action: 'ws:a', strategy: {matrix: {n: [1, 2]}, max_parallel: 1}}
=== ws:a
kind: batch
tasks: [{id: t, image: x}, {id: u, image: x}]
";
    let mut sim = Sim::new(text).begin();
    for call in ["c_1", "c_2"] {
        sim.succeed(&format!("{call}.t"));
        sim.fail(&format!("{call}.u"));
    }
    let mut second = restarted(text, &sim.state, &[]);
    assert_eq!((taken_over(&second), second.starts()), (vec!["c_1.t".to_owned()], vec!["c_1.u".to_owned()]));
    second.succeed("c_1.u");
    assert_eq!(second.starts(), ["c_1.u", "c_2.t"]);
}

#[test]
fn a_state_that_was_taken_over_reaches_its_post() {
    // BAT-110, DEC-24
    let mut sim = locked();
    sim.fail("sub.t");
    sim.die("sub.long");
    sim.succeed("sub.post-two");
    sim.succeed("sub.post-one");
    let mut second = restarted(LOCKS, &sim.state, &[]);
    assert_eq!(taken_over(&second), ["sub.one", "sub.two"]);
    second.succeed("sub.long");
    second.succeed("sub.t");
    assert_eq!(second.spec("sub.post-two").cmd.as_deref(), Some("unlock T2"));
}
