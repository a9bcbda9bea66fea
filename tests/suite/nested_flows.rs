//! Flows with calls as the engine runs them: `bake` and `restart` stop at each of their events and go on.

use std::sync::Arc;

use flow_core::event::EventKind;
use flow_core::model::{AttemptId, Digest, Epoch, SourceRef, SourceText, Subject, TaskStatus};
use flow_core::port::{Append, EventScope, NewEvent, Store};
use flow_engine::testing::Script;

use crate::bake::{Case, World, drive, expected};

/// Flows that are run, stopped at each event, and gone on with.
#[expect(clippy::too_many_lines, reason = "a table of flows")]
pub(crate) fn cases() -> Vec<Case> {
    use TaskStatus::{Failed, Skipped, Succeeded};
    vec![
        Case {
            name: "actions in actions",
            flow: "
kind: batch
tasks:
  - {id: first, image: x, cmd: make}
  - {id: sub, action: 'ws:outer', args: {v: '${{ needs.first.outputs.v }}'}}
  - {id: last, image: x, cmd: 'end ${{ needs.sub.outputs.r }}'}
=== ws:outer
kind: batch
inputs: {v: {}}
outputs: {r: {value: '${{ needs.deep.outputs.r }}+'}}
tasks:
  - {id: pre, image: x, cmd: 'pre ${{ inputs.v }}'}
  - {id: deep, module: 'ws:inner', args: {v: '${{ inputs.v }}'}}
=== ws:inner
kind: batch
inputs: {v: {}}
outputs: {r: {value: '${{ needs.leaf.outputs.r }}'}}
tasks: [{id: leaf, image: x, cmd: 'leaf ${{ inputs.v }}'}]
",
            scripts: vec![("first", vec![Script::writes("v=1")]), ("sub.deep.leaf", vec![Script::writes("r=2")])],
            ends: ["first", "sub", "sub.pre", "sub.deep", "sub.deep.leaf", "last"].map(|id| (id, Succeeded)).to_vec(),
            result: Succeeded,
        },
        Case {
            name: "a stateful action with a post task, and a failure inside",
            flow: "
kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: sub, action: 'ws:held'}
  - {id: end, image: x}
  - {id: tidy, image: x, needs: [sub], enable: always()}
=== ws:held
kind: batch
tasks:
  - {id: lock, action: 'ws:lock'}
  - {id: work, image: x, cmd: work}
  - {id: more, image: x, cmd: more}
=== ws:lock
kind: stateful
main: {image: x, cmd: take}
post: {image: x, cmd: 'give ${{ state.token }}'}
",
            scripts: vec![
                ("sub.lock", vec![Script::prints("::save-state name=token::T\n")]),
                ("sub.work", vec![Script::exits(3)]),
            ],
            ends: vec![
                ("sub", Failed),
                ("sub.lock", Succeeded),
                ("sub.work", Failed),
                ("sub.more", Skipped),
                ("sub.post-lock", Succeeded),
                ("end", Skipped),
                ("tidy", Succeeded),
            ],
            result: Failed,
        },
        Case {
            name: "a matrix of calls, empty actions, an output that is missing",
            flow: "
kind: batch
defaults: {fail_fast: false, cache: {strategy: none}}
tasks:
  - {id: none, action: 'ws:none'}
  - {id: c, action: 'ws:a', args: {n: '${{ matrix.n }}'}, strategy: {matrix: {n: [p, q]}, max_parallel: 1}}
  - {id: after, image: x, needs: [c], enable: always()}
=== ws:none
kind: batch
tasks: []
=== ws:a
kind: batch
inputs: {n: {}}
outputs: {o: {value: '${{ needs.t.outputs.v }}'}}
tasks: [{id: t, image: x, cmd: 'do ${{ inputs.n }}'}]
",
            scripts: vec![("c-p.t", vec![Script::writes("v=1")])],
            ends: vec![
                ("none", Succeeded),
                ("c-p", Succeeded),
                ("c-p.t", Succeeded),
                ("c-q", Failed),
                ("c-q.t", Succeeded),
                ("after", Succeeded),
            ],
            result: Failed,
        },
    ]
}

/// A flow whose first attempt fails inside of a call; a restart mends it.
pub(crate) fn failing_inside() -> Case {
    Case {
        name: "a restart into calls",
        flow: "
kind: batch
params: {rate: '1'}
defaults: {fail_fast: false, cache: {strategy: none}}
tasks:
  - {id: whole, action: 'ws:plain', needs: []}
  - {id: sub, action: 'ws:held', args: {rate: '${{ params.rate }}'}, needs: [whole]}
  - {id: end, image: x, cmd: 'end ${{ needs.sub.outputs.v }}'}
=== ws:plain
kind: batch
outputs: {v: {value: '${{ needs.t.outputs.v }}'}}
tasks: [{id: t, image: x}]
=== ws:held
kind: batch
inputs: {rate: {}}
outputs: {v: {value: '${{ needs.fit.outputs.v }}'}}
tasks:
  - {id: lock, action: 'ws:lock'}
  - {id: load, image: x, cmd: 'load ${{ inputs.rate }}'}
  - {id: fit, image: x, cmd: fit}
=== ws:lock
kind: stateful
main: {image: x}
post: {image: x, cmd: 'give ${{ state.token }}'}
",
        scripts: vec![
            ("whole.t", vec![Script::writes("v=1")]),
            ("sub.lock", vec![Script::prints("::save-state name=token::T\n")]),
            ("sub.fit", vec![Script::exits(3), Script::writes("v=2")]),
        ],
        ends: vec![
            ("whole", TaskStatus::Succeeded),
            ("sub", TaskStatus::Succeeded),
            ("sub.lock", TaskStatus::Succeeded),
            ("sub.load", TaskStatus::Succeeded),
            ("sub.fit", TaskStatus::Succeeded),
            ("sub.post-lock", TaskStatus::Succeeded),
            ("end", TaskStatus::Succeeded),
        ],
        result: TaskStatus::Succeeded,
    }
}

#[tokio::test]
async fn texts_are_found_by_what_they_are() {
    // The order of the texts tells nothing, and no workspace is there any more.
    let case = cases().remove(0);
    let world = World::new(&case);
    let attempt = world.create(&case).await;
    let scope = EventScope::Subject(Subject::Attempt(attempt.clone()));
    let first = world.store.events(&scope, 0, 1).await.expect("a store in memory").remove(0);
    let EventKind::AttemptCreated(mut created) = first.kind else { panic!("{first:?}") };
    let kinds: Vec<_> = created.sources.iter().map(|one| one.source.clone().expect("version 3")).collect();
    assert_eq!(kinds.iter().map(|one| matches!(one, SourceRef::Action(_))).collect::<Vec<_>>(), [false, true, true]);
    created.sources.reverse();
    created.number = 2;
    let other = AttemptId::new("attempt-reversed");
    let events = vec![NewEvent { at: first.at, kind: EventKind::AttemptCreated(created) }];
    let subject = Subject::Attempt(other.clone());
    let append = Append { subject, epoch: Epoch(0), expected_seq: 0, events, texts: Vec::new() };
    world.store.append(append).await.expect("a store in memory");
    let engine = world.engine(world.store.clone());
    assert_eq!(drive(&world, &engine, &other).await.expect("it runs"), case.result);
    assert_eq!(world.ends(&other).await, expected(&case));
}

#[tokio::test]
async fn attempts_of_before_are_loaded_by_the_order_of_their_texts() {
    // Version 2 of the events: no `source`, the project first if there is one, the flow last.
    let case = Case {
        name: "old",
        flow: "kind: batch\ntasks: [{id: a, image: x, cmd: make}]\n",
        scripts: vec![],
        ends: vec![("a", TaskStatus::Succeeded)],
        result: TaskStatus::Succeeded,
    };
    let world = World::new(&case);
    let attempt = world.create(&case).await;
    let scope = EventScope::Subject(Subject::Attempt(attempt));
    let first = world.store.events(&scope, 0, 1).await.expect("a store in memory").remove(0);
    let EventKind::AttemptCreated(mut created) = first.kind else { panic!("{first:?}") };
    let project: Arc<str> = "id: shop\n".into();
    let digest = Digest::of(project.as_bytes());
    created.sources.insert(0, SourceText { name: "project.yml".to_owned(), source: None, digest: digest.clone() });
    for one in &mut created.sources {
        one.source = None;
    }
    created.number = 2;
    let other = AttemptId::new("attempt-old");
    let events = vec![NewEvent { at: first.at, kind: EventKind::AttemptCreated(created) }];
    let subject = Subject::Attempt(other.clone());
    let append = Append { subject, epoch: Epoch(0), expected_seq: 0, events, texts: vec![(digest, project)] };
    world.store.append(append).await.expect("a store in memory");
    let engine = world.engine(world.store.clone());
    assert_eq!(drive(&world, &engine, &other).await.expect("it runs"), case.result);
    let tags = world.executor.launches().remove(0).spec.tags;
    assert!(tags.contains(&"project:shop".to_owned()), "{tags:?}");
}
