//! What comes before the tasks of a bake: local actions (BAT-20…25) and the builds of images (BAT-80…84).
//!
//! Whole bakes of these, with a stop after every event, are among the cases of `bake`.

use flow_core::event::{CancelScope, EventKind, SkipReason};
use flow_core::model::{Exit, Reason, TaskStatus};
use flow_core::sched::Fact;

use crate::bake::Case;
use crate::sim::{Sim, end_of};
use flow_engine::testing::Script;

const LOCALS: &str = "
kind: batch
tasks:
  - {id: remote, needs: [], image: x, cmd: early}
  - {id: unused, needs: [], image: x, enable: false}
  - {id: one, needs: [], action: 'ws:say'}
  - {id: two, needs: [], action: 'ws:say'}
  - {id: use, needs: [one, two], image: x, cmd: '${{ needs.one.outputs.word }}'}
=== ws:say
kind: local
outputs: {word: {}}
cmd: say 'a b'
";

const IMAGES: &str = "
kind: batch
images: {own: {ref: 'image:own:1', context: ctx, dockerfile: ctx/Dockerfile, build_args: [A=1]}}
tasks:
  - {id: a, needs: [], image: '${{ images.own.ref }}'}
  - {id: b, needs: [], image: '${{ images.own.ref }}'}
  - {id: c, needs: [], image: x}
";

/// Bakes with a phase before their tasks.
#[expect(clippy::too_many_lines, reason = "a table of flows")]
pub(crate) fn cases() -> Vec<Case> {
    use TaskStatus::{Failed, Skipped, Succeeded};
    vec![
        Case {
            name: "local actions come first (BAT-19)",
            flow: LOCALS,
            scripts: vec![("one", vec![Script::prints("::set-output name=word::w\n")])],
            ends: vec![
                ("remote", Succeeded),
                ("unused", Skipped),
                ("one", Succeeded),
                ("two", Succeeded),
                ("use", Succeeded),
            ],
            result: Succeeded,
        },
        Case {
            name: "a local action fails (BAT-23)",
            flow: LOCALS,
            scripts: vec![("one", vec![Script::exits(3)])],
            ends: vec![("remote", Skipped), ("unused", Skipped), ("one", Failed), ("two", Succeeded), ("use", Skipped)],
            result: Failed,
        },
        Case {
            name: "a local action is lost, and is not tried again (BAT-122)",
            flow: LOCALS,
            scripts: vec![("two", vec![Script::lost(true)])],
            ends: vec![("remote", Skipped), ("unused", Skipped), ("one", Succeeded), ("two", Failed), ("use", Skipped)],
            result: Failed,
        },
        Case {
            name: "a local action inside of an action",
            flow: "
kind: batch
tasks:
  - {id: sub, action: 'ws:sub'}
  - {id: use, image: x, cmd: '${{ needs.sub.outputs.word }}'}
=== ws:sub
kind: batch
outputs: {word: {value: '${{ needs.l.outputs.word }}'}}
tasks: [{id: l, action: 'ws:say'}, {id: t, image: x}]
=== ws:say
kind: local
outputs: {word: {}}
cmd: say
",
            scripts: vec![("sub.l", vec![Script::prints("::set-output name=word::w\n")])],
            ends: vec![("sub", Succeeded), ("sub.l", Succeeded), ("sub.t", Succeeded), ("use", Succeeded)],
            result: Succeeded,
        },
        Case {
            name: "one image for two tasks (OBS-5.29)",
            flow: IMAGES,
            scripts: vec![],
            ends: vec![("a", Succeeded), ("b", Succeeded), ("c", Succeeded)],
            result: Succeeded,
        },
        Case {
            name: "an image that cannot be built (OBS-5.30)",
            flow: IMAGES,
            scripts: vec![("image:own:1", vec![Script::exits(1)])],
            ends: vec![("a", Succeeded), ("b", Succeeded), ("c", Succeeded)],
            result: Succeeded,
        },
    ]
}

#[test]
fn local_actions_run_one_at_a_time_and_all_else_waits() {
    let mut sim = Sim::new(LOCALS).begin();
    assert_eq!(sim.statuses(), "remote pending, unused skipped, one pending, two pending, use pending");
    assert_eq!(sim.launched.len(), 1, "one at a time");
    let spec = sim.spec("one");
    assert!(spec.local && spec.image.is_none(), "{spec:?}");
    assert_eq!(spec.cmd.as_deref(), Some("say 'a b'"));
    sim.ended("one", Exit::Code(0), Reason::Finished, &[("word", "w")]);
    assert_eq!(sim.launched.len(), 2, "the second follows");
    sim.succeed("two");
    assert_eq!(sim.spec("use").cmd.as_deref(), Some("w"));
    let place = |wanted: fn(&EventKind) -> bool| sim.events.iter().position(|event| wanted(&event.kind));
    let over = place(|kind| matches!(kind, EventKind::LocalsEnded { result: TaskStatus::Succeeded }));
    let first = place(
        |kind| matches!(kind, EventKind::Launching { key, .. } if key.node().is_some_and(|id| id.local() == "remote")),
    );
    assert!(over.is_some() && over < first, "{over:?} {first:?}");
}

#[test]
fn a_local_action_is_never_running_and_keeps_no_state() {
    let mut sim = Sim::new(LOCALS).begin();
    let key = sim.key("one");
    let fact = match end_of(key, Exit::Code(0), Reason::Finished, &[("word", "w")]) {
        Fact::Ended { key, exit, reason, outputs, log, problem, told, .. } => {
            let state = [("kept".to_owned(), "x".to_owned())].into();
            Fact::Ended { key, exit, reason, outputs, state, log, problem, told }
        }
        other => other,
    };
    sim.fact(fact);
    let own = |kind: &&EventKind| kind.task().is_some_and(|id| id.local() == "one");
    let own: Vec<&EventKind> = sim.events.iter().map(|event| &event.kind).filter(own).collect();
    let ran = |kind: &&EventKind| matches!(kind, EventKind::Progress { stage: flow_core::event::Stage::Running, .. });
    assert!(!own.iter().any(ran), "BAT-22: {own:?}");
    let EventKind::Ended { state, .. } = own.last().expect("events") else { panic!("{own:?}") };
    assert!(state.is_empty(), "BAT-22: {state:?}");
}

#[test]
fn a_cancel_in_the_local_phase_ends_the_bake_there() {
    let mut sim = Sim::new(LOCALS).begin();
    sim.cancel(CancelScope::Attempt);
    assert_eq!(sim.killed.len(), 1);
    sim.ended("one", Exit::Signal(15), Reason::Killed, &[]);
    assert_eq!(sim.result(), Some(TaskStatus::Cancelled));
    assert_eq!(sim.statuses(), "remote skipped, unused skipped, one cancelled, two skipped, use skipped");
    assert_eq!(sim.launched.len(), 1);
}

#[test]
fn what_a_failed_local_phase_leaves_is_skipped_for_that_reason() {
    let mut sim = Sim::new(LOCALS).begin();
    sim.ended("one", Exit::Code(1), Reason::Finished, &[]);
    sim.succeed("two");
    assert_eq!(sim.result(), Some(TaskStatus::Failed));
    let reason = sim.events.iter().find_map(|event| match &event.kind {
        EventKind::Skipped { node, because } if node.local() == "remote" => Some(because.clone()),
        _ => None,
    });
    assert_eq!(reason, Some(SkipReason::Locals));
}

#[test]
fn tasks_wait_for_their_image_and_others_do_not() {
    let mut sim = Sim::new(IMAGES).begin();
    let keys = |sim: &Sim| sim.launched.iter().map(|(key, ..)| key.clone()).collect::<Vec<_>>();
    let build = keys(&sim).into_iter().find(|key| key.image().is_some()).expect("a build");
    assert_eq!(keys(&sim).len(), 2, "the build, and the task that does not wait for it");
    let spec = &sim.launched.iter().find(|(key, ..)| *key == build).expect("a build").1;
    let files = spec.build.as_ref().expect("what it is built from");
    assert_eq!((files.dockerfile.as_str(), files.build_args.as_slice()), ("Dockerfile", &["A=1".to_owned()][..]));
    sim.fact(end_of(build, Exit::Code(0), Reason::Finished, &[]));
    assert_eq!(keys(&sim).len(), 4);
}

#[test]
fn a_cancel_stops_the_build_and_waits_for_its_end() {
    let mut sim = Sim::new(IMAGES).begin();
    let build = sim.launched.iter().find_map(|(key, ..)| key.image().map(|_| key.clone())).expect("a build");
    sim.cancel(CancelScope::Attempt);
    assert!(sim.killed.contains(&build), "OBS-5.32");
    sim.ended("c", Exit::Signal(15), Reason::Killed, &[]);
    assert_eq!(sim.result(), None, "the build is not over");
    sim.fact(end_of(build, Exit::Signal(15), Reason::Killed, &[]));
    assert_eq!(sim.result(), Some(TaskStatus::Cancelled));
    assert_eq!(sim.statuses(), "a skipped, b skipped, c cancelled");
}
