//! What the syntax holds of a good live flow; mistakes are fixtures of the suite.

use crate::ast::{CallKind, Field, Flow, Items, JobBody, Live};
use crate::diag::Code;
use crate::parse::{parse_flow, parse_live};
use crate::text::FileId;

fn parse(text: &str) -> Live {
    let (live, diagnostics) = parse_live(FileId(0), text);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    live.expect("a live flow")
}

const FULL: &str = "kind: live
volumes: {songs: {remote: \"storage:songs\", mount: /songs, local: songs, read_only: true}}
images: {lab: {ref: \"image:lab:v2\", context: docker, dockerfile: docker/Dockerfile}}
mixins: {quick: {life_span: 2h, detach: true}}
jobs:
  listen:
    mixins: [quick, \"${{ 'm' }}\"]
    image: ${{ images.lab.ref }}
    params: {bird: wren}
    port_forward: [22:22, '2222:60']
    multi: yes
  called: {action: ws:a.yml, args: {n: 7, flag: true}, params: {p: 1}}
  placed: {module: ws:m.yml}
";

#[test]
fn a_live_flow() {
    let live = parse(FULL);
    let volumes = live.volumes.into_value();
    assert!(matches!(&volumes["songs"].remote, Field::Literal(remote) if remote.value == "storage:songs"));
    assert!(matches!(&live.images.into_value()["lab"].context, Field::Literal(context) if context.value == "docker"));
    assert!(matches!(&live.mixins.into_value()["quick"].detach, Field::Literal(detach) if detach.value));
    let JobBody::Unit(listen) = &live.jobs["listen"].body else { panic!("a call") };
    assert_eq!(listen.unit.mixins.as_ref().map(|mixins| mixins.value.len()), Some(2));
    // No sexagesimal numbers (DEC-14).
    let Items::Written(ports) = &listen.port_forward else { panic!("no ports") };
    assert!(matches!(&ports.value[0], Field::Literal(ports) if ports.value == "22:22"));
    assert!(matches!(&listen.multi, Field::Literal(multi) if multi.value));
}

#[test]
fn calls_of_a_live_flow() {
    let live = parse(FULL);
    let JobBody::Call(call) = &live.jobs["called"].body else { panic!("no call") };
    assert_eq!((call.kind, call.reference.value.as_str()), (CallKind::Action, "ws:a.yml"));
    let args = &call.args.as_ref().expect("arguments").value;
    // A literal keeps its type for the input to judge (DEC-13).
    assert!(matches!(&args["n"].1, Field::Literal(n) if n.value == crate::value::Value::from(7)));
    let JobBody::Call(call) = &live.jobs["placed"].body else { panic!("no call") };
    assert!(call.kind == CallKind::Module && call.args.is_none());
}

#[test]
fn the_kind_of_a_flow_decides() {
    assert!(matches!(parse_flow(FileId(0), FULL).0, Some(Flow::Live(_))));
    assert!(matches!(parse_flow(FileId(0), "kind: batch\ntasks: []\n").0, Some(Flow::Batch(_))));
    let (flow, diagnostics) = parse_flow(FileId(0), "jobs: {a: {image: x}}\n");
    assert!(matches!(flow, Some(Flow::Live(_))));
    assert_eq!(diagnostics.iter().map(|one| one.code).collect::<Vec<_>>(), [Code::MissingKey]);
}
