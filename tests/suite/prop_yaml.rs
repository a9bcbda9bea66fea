//! Properties of reading: spans lie inside of the text and nest, and no text is a reason to panic.

use flow_core::command::{Scanner, parse_output_file};
use flow_core::parse::{parse_action, parse_flow, parse_project};
use flow_core::text::{FileId, Span};
use flow_core::yaml::{Node, NodeKind, read};
use proptest::prelude::*;

use crate::chance::cases;

/// Pieces of YAML that make trees, and mistakes, far more often than random characters do.
fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\n"),
        Just("\n  "),
        Just("\n    "),
        Just("\r\n"),
        Just("- "),
        Just(": "),
        Just(":"),
        Just("? "),
        Just("a"),
        Just("b"),
        Just("é"),
        Just("[ "),
        Just("]"),
        Just("{"),
        Just("}"),
        Just(", "),
        Just("'"),
        Just("\""),
        Just("|\n"),
        Just(">-\n"),
        Just("|2+\n"),
        Just("# c\n"),
        Just("&x "),
        Just("*x "),
        Just("!!str "),
        Just("!t "),
        Just("---\n"),
        Just("...\n"),
        Just("%YAML 1.2\n"),
        Just("\t"),
        Just("<<: "),
        Just("1"),
        Just("\\n"),
        Just("\\u00e9"),
        Just("''"),
        Just("\\\n"),
        Just("${{ a }}"),
        Just("$[[ b ]]"),
        Just("\u{feff}"),
        Just("kind: batch\n"),
        Just("tasks:\n"),
        Just("- id: "),
        Just("\n  cmd: "),
        Just("matrix: "),
        Just("\n  action: "),
        Just("\n  mixins: "),
        Just("default: "),
        Just("  "),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn spans_of_yaml_like_texts_lie_inside_and_nest(text in yaml_like()) {
        check_spans(&text);
    }

    #[test]
    fn spans_of_any_text_lie_inside_and_nest(text in "\\PC{0,60}|(?s).{0,60}") {
        check_spans(&text);
    }

    #[test]
    fn no_text_makes_the_parsers_panic(text in yaml_like()) {
        let below = text.replace('\n', "\n    ");
        let whole = format!("kind: batch\ntasks:\n  - id: a\n    {below}");
        let live = format!("kind: live\njobs:\n  a:\n    {below}");
        let action = format!("kind: stateful\ninputs:\n  a:\n    {below}\nmain:\n    {below}");
        for text in [&text, &whole, &live, &action] {
            let found = [parse_flow(FileId(0), text).1, parse_project(FileId(0), text).1, parse_action(FileId(0), text).1];
            for found in found {
                for label in found.iter().flat_map(|one| &one.labels) {
                    prop_assert!(text.get(label.span.start as usize..label.span.end as usize).is_some());
                }
            }
        }
    }

    #[test]
    fn no_bytes_make_the_scanner_panic(chunks in prop::collection::vec(any::<Vec<u8>>(), 0..8)) {
        let mut scanner = Scanner::new();
        let mut echoed = 0;
        for chunk in &chunks {
            scanner.feed(chunk, &mut |bytes| echoed += bytes.len());
        }
        scanner.finish(&mut |bytes| echoed += bytes.len());
        prop_assert!(echoed <= chunks.concat().len());
        drop(parse_output_file(&String::from_utf8_lossy(&chunks.concat())));
    }
}

fn check_spans(text: &str) {
    let (document, diagnostics) = read(FileId(0), text);
    for label in diagnostics.iter().flat_map(|one| &one.labels) {
        inside(text, label.span);
    }
    if let Some(root) = &document.root {
        check_node(text, root);
    }
}

fn inside(text: &str, span: Span) {
    assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} of {text:?}");
}

fn check_node(text: &str, node: &Node) {
    inside(text, node.span);
    let children: Vec<&Node> = match &node.kind {
        NodeKind::Scalar(scalar) => {
            check_text(text, scalar);
            Vec::new()
        }
        NodeKind::Seq(items) => items.iter().collect(),
        NodeKind::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
    };
    for child in children {
        // What an alias brought has the place of its definition.
        let place = child.alias.unwrap_or(child.span);
        inside(text, place);
        if node.alias.is_none() {
            assert!(node.span.start <= place.start && place.end <= node.span.end, "{place:?} in {node:?} of {text:?}");
        }
        check_node(text, child);
    }
}

/// Each visible character of a text with expressions stands in the file where it is said to, unless
/// it was written as an escape.
fn check_text(text: &str, scalar: &flow_core::yaml::Scalar) {
    let content = scalar.text.content.as_ref();
    if !content.contains("${{") && !content.contains("$[[") {
        return;
    }
    for (at, one) in content.char_indices() {
        let span = scalar.text.span_of(at as u32..(at + one.len_utf8()) as u32);
        let found = text.get(span.start as usize..span.end as usize);
        assert!(found.is_some(), "{span:?} of {text:?}");
        let same = found.is_some_and(|found| found.starts_with(one) || found.starts_with('\\'));
        assert!(same || one.is_whitespace() || one == '\u{feff}', "{one:?} at {found:?} of {text:?}");
    }
}
