//! What the syntax holds of good actions; mistakes are fixtures of the suite.

use crate::ast::{Action, ActionBody, ActionKind, Field, InputKind};
use crate::parse::parse_action;
use crate::text::FileId;
use crate::value::Value;

fn parse(text: &str) -> Action {
    let (action, diagnostics) = parse_action(FileId(0), text);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    action.expect("an action")
}

#[test]
fn the_four_kinds() {
    let of = |text: &str| parse(text).kind();
    assert_eq!(of("kind: live\njob: {image: x}\n"), ActionKind::Live);
    assert_eq!(of("kind: batch\noutputs: {o: {value: a}}\ntasks: []\n"), ActionKind::Batch);
    assert_eq!(of("kind: stateful\nmain: {image: x}\npost_if: always()\n"), ActionKind::Stateful);
    assert_eq!(of("kind: local\noutputs: {o: {}}\nbash: ls\n"), ActionKind::Local);
}

#[test]
fn a_stateful_action() {
    let text = "kind: stateful\nmain: {image: x, http_port: 80}\npost: {cmd: stop}\npost_if: ${{ always() }}\n";
    let ActionBody::Stateful(body) = parse(text).body else { panic!("another body") };
    assert!(matches!(&body.main.value.http_port, Field::Literal(port) if port.value == 80));
    assert!(body.post.written().is_some_and(|post| post.value.command.is_some()));
    assert!(matches!(body.post_if, Field::Expr(_)));
}

#[test]
fn inputs_in_both_forms() {
    let text = "kind: local\ncmd: a\ninputs: {long: {type: int, default: 5}, short: word, needed: , text: {}}\n";
    let inputs = parse(text).inputs.into_value();
    assert_eq!(inputs["long"].kind.as_ref().map(|kind| kind.value), Some(InputKind::Int));
    assert!(matches!(&inputs["long"].default, Field::Literal(default) if default.value == Value::from(5)));
    assert!(matches!(&inputs["short"].default, Field::Literal(default) if default.value == Value::from("word")));
    assert!(matches!(inputs["needed"].default, Field::Null(_)));
    assert!(matches!(inputs["text"].default, Field::Absent));
}
