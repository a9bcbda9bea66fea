//! Matrices whose rows are made late, from the results of tasks (EXT-2).
//!
//! Whole bakes of these, with a stop after every event, are among the cases of `bake`.

use flow_core::diag::Code;
use flow_core::event::{CancelScope, EventKind};
use flow_core::model::{Exit, Reason, TaskStatus};
use flow_engine::testing::Script;

use crate::bake::Case;
use crate::sim::{Sim, resolved};

const FLOW: &str = "
kind: batch
tasks:
  - {id: list, image: x, cmd: list}
  - {id: fit, image: x, cmd: 'fit ${{ matrix.k }}', strategy: {matrix: {k: '${{ from_json(needs.list.outputs.all) }}'}}}
  - {id: pick, needs: [fit], image: x, cmd: 'pick ${{ len(needs.fit.rows) }} ${{ needs.fit.result }}'}
  - {id: last, image: x, cmd: last}
";

const INSIDE: &str = "
kind: batch
tasks:
  - {id: list, image: x}
  - {id: sub, action: 'ws:sub', args: {all: '${{ needs.list.outputs.all }}'}}
=== ws:sub
kind: batch
inputs: {all: {}}
outputs: {n: {value: '${{ str(len(needs.fit.rows)) }}'}}
tasks:
  - {id: go, image: x}
  - {id: fit, image: x, cmd: 'fit ${{ matrix.k }}', strategy: {matrix: {k: '${{ from_json(inputs.all) + [needs.go.outputs.more] }}'}}}
";

fn listing(all: &'static str) -> (&'static str, Vec<Script>) {
    ("list", vec![Script::prints(all)])
}

/// Bakes whose graph grows.
#[expect(clippy::too_many_lines, reason = "a table of flows")]
pub(crate) fn cases() -> Vec<Case> {
    use TaskStatus::{Failed, Skipped, Succeeded};
    vec![
        Case {
            name: "rows from a result (EXT-2)",
            flow: FLOW,
            scripts: vec![listing("::set-output name=all::[\"a\", \"b\"]\n")],
            ends: vec![
                ("list", Succeeded),
                ("fit", Succeeded),
                ("fit-a", Succeeded),
                ("fit-b", Succeeded),
                ("pick", Succeeded),
                ("last", Succeeded),
            ],
            result: Succeeded,
        },
        Case {
            name: "no rows from a result (DEC-18)",
            flow: FLOW,
            scripts: vec![listing("::set-output name=all::[]\n")],
            ends: vec![("list", Succeeded), ("fit", Succeeded), ("pick", Succeeded), ("last", Succeeded)],
            result: Succeeded,
        },
        Case {
            name: "a result that is no list",
            flow: FLOW,
            scripts: vec![listing("::set-output name=all::7\n")],
            ends: vec![("list", Succeeded), ("fit", Failed), ("pick", Skipped), ("last", Skipped)],
            result: Failed,
        },
        Case {
            name: "ends of rows that are made late (DEC-19)",
            flow: ENDS_ALONE,
            scripts: vec![
                listing("::set-output name=all::[\"a\", \"b\"]\n"),
                ("fit-a", vec![Script::prints("::save-state name=id::7\n")]),
                ("fit-b", vec![Script::exits(1)]),
            ],
            ends: vec![
                ("list", Succeeded),
                ("fit", Succeeded),
                ("fit-a", Succeeded),
                ("fit-b", Failed),
                ("post-fit", Succeeded),
                ("post-fit-a", Succeeded),
                ("post-fit-b", Succeeded),
            ],
            result: Failed,
        },
        Case {
            name: "rows inside of an action",
            flow: INSIDE,
            scripts: vec![
                listing("::set-output name=all::[\"a\"]\n"),
                ("sub.go", vec![Script::prints("::set-output name=more::b\n")]),
            ],
            ends: vec![
                ("list", Succeeded),
                ("sub", Succeeded),
                ("sub.go", Succeeded),
                ("sub.fit", Succeeded),
                ("sub.fit-a", Succeeded),
                ("sub.fit-b", Succeeded),
            ],
            result: Succeeded,
        },
    ]
}

const ENDS_ALONE: &str = "
kind: batch
tasks:
  - {id: list, image: x}
  - {id: fit, action: 'ws:lock', strategy: {fail_fast: false, max_parallel: 1, matrix: {k: '${{ from_json(needs.list.outputs.all) }}'}}}
=== ws:lock
kind: stateful
main: {image: x}
post: {image: x}
";

/// Stateful actions in a late matrix, before one that is none.
const ENDS: &str = "
kind: batch
tasks:
  - {id: list, image: x}
  - {id: one, needs: [], action: 'ws:lock'}
  - {id: fit, needs: [list], action: 'ws:lock', args: {n: '${{ matrix.k }}'}, strategy: {matrix: {k: '${{ from_json(needs.list.outputs.all) }}'}}}
  - {id: use, needs: [fit], image: x}
  - {id: far, needs: [], image: x}
=== ws:lock
kind: stateful
inputs: {n: {default: none}}
main: {image: x, cmd: 'take ${{ inputs.n }}'}
post: {image: x, cmd: 'give ${{ state.id }}'}
";

fn listed(text: &str, all: &str) -> Sim {
    let mut sim = Sim::new(text).begin();
    sim.ended("list", Exit::Code(0), Reason::Finished, &[("all", all)]);
    sim
}

#[test]
fn rows_come_when_their_needs_are_complete() {
    let sim = Sim::new(FLOW).begin();
    assert_eq!(sim.statuses(), "list running, fit pending, pick pending, last pending");
    let mut sim = listed(FLOW, "[\"a\", \"b\"]");
    assert_eq!(sim.spec("fit-b").cmd.as_deref(), Some("fit b"));
    sim.succeed("fit-a");
    assert!(
        !sim.launched.iter().any(|(key, ..)| key.node().is_some_and(|id| id.local() == "pick")),
        "one row is at work"
    );
    sim.succeed("fit-b");
    assert_eq!(sim.spec("pick").cmd.as_deref(), Some("pick 2 succeeded"));
}

#[test]
fn a_single_row_is_a_group_all_the_same() {
    let mut sim = listed(FLOW, "[0.1]");
    sim.succeed("fit-0.1");
    assert_eq!(sim.spec("pick").cmd.as_deref(), Some("pick 1 succeeded"));
}

#[test]
fn ten_thousand_rows_are_allowed_and_one_more_is_not() {
    let all = |count: usize| format!("[{}]", (0..count).map(|at| at.to_string()).collect::<Vec<_>>().join(","));
    let sim = listed(FLOW, &all(10_000));
    let rows = sim.events.iter().find_map(|event| match &event.kind {
        EventKind::Expanded { nodes, .. } if nodes.len() > 100 => Some(nodes.len()),
        _ => None,
    });
    assert_eq!(rows, Some(10_000));
    let sim = listed(FLOW, &all(10_001));
    let Some(Reason::Evaluation { message, place }) = sim.reason("fit") else { panic!("{:?}", sim.reason("fit")) };
    assert_eq!(message, "the matrix of task #2 has more than 10000 rows");
    assert!(place.starts_with("F0505 .apolo/main.yml:5:"), "{place}");
}

#[test]
fn equal_values_are_refused_at_their_place() {
    let sim = listed(FLOW, "[\"a\", \"a\"]");
    let Some(Reason::Evaluation { message, place }) = sim.reason("fit") else { panic!("{:?}", sim.reason("fit")) };
    assert_eq!(message, "two tasks have the id `fit-a`");
    assert!(place.starts_with("F0502 "), "{place}");
}

#[test]
fn a_cancel_of_the_entry_leaves_no_rows() {
    let mut sim = Sim::new(FLOW).begin();
    sim.cancel(CancelScope::Task(crate::sim::id("fit")));
    sim.ended("list", Exit::Code(0), Reason::Finished, &[("all", "[1]")]);
    assert_eq!(sim.statuses(), "list succeeded, fit skipped, pick skipped, last skipped");
}

#[test]
fn a_failed_need_skips_the_entry() {
    let text = FLOW.replace("kind: batch\n", "kind: batch\ndefaults: {fail_fast: false}\n");
    let mut sim = Sim::new(&text).begin();
    sim.ended("list", Exit::Code(1), Reason::Finished, &[]);
    assert_eq!(sim.statuses(), "list failed, fit skipped, pick skipped, last skipped");
}

#[test]
fn an_enable_that_uses_the_row_is_asked_for_each_row() {
    let text = FLOW.replace("cmd: 'fit ${{ matrix.k }}',", "enable: '${{ matrix.k != 1 }}',");
    let sim = listed(&text, "[1, 2]");
    assert_eq!(sim.status("fit-1"), TaskStatus::Skipped);
    assert_eq!(sim.launched.len(), 2, "the list and one row");
}

#[test]
fn own_bounds_hold_for_late_rows() {
    let text = FLOW.replace("strategy: {matrix", "strategy: {max_parallel: 1, matrix");
    let mut sim = listed(&text, "[1, 2, 3]");
    assert_eq!(sim.launched.len(), 2);
    sim.succeed("fit-1");
    assert_eq!(sim.launched.len(), 3);
}

#[test]
fn rows_may_depend_on_files() {
    let text = "
kind: batch
tasks: [{id: fit, image: x, strategy: {matrix: {k: '${{ [hash_files(\"*.py\")] }}'}}}]
";
    let mut sim = Sim::new(text);
    let call =
        flow_core::expr::HostCall::HashFiles { root: "/home/ann/my-ws".to_owned(), patterns: vec!["*.py".to_owned()] };
    sim.answers.insert(call, Ok("abc".into()));
    let sim = sim.begin();
    assert_eq!(sim.statuses(), "fit succeeded, fit-abc running");
}

/// Codes of what is wrong with a flow.
fn faults(text: &str) -> Vec<(Code, String)> {
    let (resolved_flow, diags, _) = resolved(text);
    assert!(!diags.has_errors(), "{diags:#?}");
    let inputs = flow_core::plan::Inputs::default();
    let (_, diags) = flow_core::plan::plan(&resolved_flow.expect("a flow"), &inputs);
    diags.into_iter().map(|one| (one.code, one.message)).collect()
}

#[test]
fn late_rows_are_checked_before_the_run() {
    assert_eq!(faults(FLOW), []);
    let wrong = FLOW.replace("matrix.k }}", "matrix.j }}");
    let found = faults(&wrong);
    assert!(matches!(found.as_slice(), [(Code::UnknownProperty, message)] if message.contains("`j`")), "{found:?}");
    let wrong = FLOW.replace("needs.list.outputs", "needs.lost.outputs");
    let found = faults(&wrong);
    assert!(matches!(found.as_slice(), [(Code::UnknownProperty, message)] if message.contains("`lost`")), "{found:?}");
    let wrong = FLOW.replace("{id: fit,", "{id: 'fit_${{ matrix.k }}',").replace("needs: [fit]", "needs: [fit_a]");
    let found = faults(&wrong);
    assert!(matches!(found.as_slice(), [(Code::UnknownNeed, _), ..]), "rows are not known yet: {found:?}");
}

#[test]
fn each_late_row_of_a_stateful_action_has_its_end() {
    // DEC-19, BAT-113: after all else, the last call first, each with the state of its own row.
    let mut sim = Sim::new(ENDS).begin();
    sim.ended("list", Exit::Code(0), Reason::Finished, &[("all", "[\"a\", \"b\"]")]);
    sim.saved("one", &[("id", "1")]);
    sim.saved("fit-a", &[("id", "2")]);
    sim.saved("fit-b", &[("id", "3")]);
    sim.succeed("use");
    assert!(!sim.starts().iter().any(|name| name.starts_with("post")), "`far` is at work");
    sim.succeed("far");
    assert_eq!(sim.starts().split_off(6), ["post-fit-a", "post-fit-b"], "the last call first");
    assert_eq!(sim.spec("post-fit-b").cmd.as_deref(), Some("give 3"));
    sim.succeed("post-fit-a");
    assert_eq!(sim.starts().last().map(String::as_str), Some("post-fit-b"), "`post-one` waits for both");
    sim.succeed("post-fit-b");
    assert_eq!(sim.spec("post-one").cmd.as_deref(), Some("give 1"));
    sim.succeed("post-one");
    assert_eq!(sim.result(), Some(TaskStatus::Succeeded));
    assert_eq!(sim.state, sim.loaded());
}

#[test]
fn without_late_rows_there_is_nothing_to_end() {
    // No rows, a need that failed, and a cancel: the other ends come all the same, and not too early.
    let text = ENDS.replace(" ${{ state.id }}", "");
    for way in ["no rows", "a failure", "a cancel"] {
        let mut sim = Sim::new(&text).begin();
        sim.succeed("one");
        match way {
            "no rows" => sim.ended("list", Exit::Code(0), Reason::Finished, &[("all", "[]")]),
            "a failure" => sim.fail("list"),
            _ => {
                sim.cancel(CancelScope::Attempt);
                sim.die("list");
            }
        }
        if way == "no rows" {
            sim.succeed("use");
            assert!(!sim.starts().iter().any(|name| name.starts_with("post")), "{way}: `far` is at work");
            sim.succeed("far");
        } else {
            sim.die("far");
        }
        sim.succeed("post-one");
        assert!(sim.result().is_some(), "{way}: {}", sim.statuses());
        assert_eq!(sim.state, sim.loaded());
    }
}

#[test]
fn a_late_row_that_failed_is_ended_too() {
    let text = ENDS.replace("state.id", "len(state)");
    let mut sim = Sim::new(&text).begin();
    sim.ended("list", Exit::Code(0), Reason::Finished, &[("all", "[\"a\"]")]);
    sim.fail("fit-a");
    sim.die("far");
    sim.die("one");
    assert_eq!(sim.spec("post-fit-a").cmd.as_deref(), Some("give 0"));
}
