//! Trees, bounds, and what is said of texts that are not well-formed.

use super::{MAX_BYTES, read};
use crate::diag::Code;
use crate::text::FileId;
use crate::yaml::{Node, NodeKind};

/// The tree in short, each scalar by what stands in the file.
fn show(text: &str, node: &Node) -> String {
    match &node.kind {
        NodeKind::Scalar(_) => text[node.span.start as usize..node.span.end as usize].to_owned(),
        NodeKind::Seq(items) => {
            format!("[{}]", items.iter().map(|item| show(text, item)).collect::<Vec<_>>().join(", "))
        }
        NodeKind::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", show(text, key), show(text, value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

fn codes(text: &str) -> Vec<Code> {
    read(FileId(0), text).1.iter().map(|one| one.code).collect()
}

#[test]
fn trees() {
    let table = [
        ("a: 1\nb:\n- x\n- y: z\n", "{a: 1, b: [x, {y: z}]}"),
        ("a: {k: 1, j: 2}\nb: [1, 'x']", "{a: {k: 1, j: 2}, b: [1, 'x']}"),
        ("a: &x {k: 1}\nb: *x\n", "{a: {k: 1}, b: {k: 1}}"),
        ("a: &x {k: 1, j: 2}\nb:\n  j: 3\n  <<: *x\n", "{a: {k: 1, j: 2}, b: {k: 1, j: 3}}"),
        ("a: &x {k: 1}\nb: &y {k: 2, l: 4}\nc: {<<: [*x, *y]}", "{a: {k: 1}, b: {k: 2, l: 4}, c: {k: 1, l: 4}}"),
        ("'<<': 1\n", "{'<<': 1}"),
        ("a:\nb:\n", "{a: , b: }"),
        ("%YAML 1.2\n---\na: yes\n...\n", "{a: yes}"),
    ];
    for (text, wanted) in table {
        let (document, diagnostics) = read(FileId(0), text);
        assert!(diagnostics.is_empty(), "{text:?}: {diagnostics:?}");
        assert!(document.complete);
        assert_eq!(show(text, &document.root.expect("a tree")), wanted);
    }
}

#[test]
fn nothing_is_no_tree_and_no_error() {
    for text in ["", "\n", "# only a comment\n", "\u{feff}"] {
        let (document, diagnostics) = read(FileId(0), text);
        assert!(document.root.is_none() && diagnostics.is_empty(), "{text:?}");
    }
}

#[test]
fn what_is_wrong_is_said_and_the_tree_stays() {
    let table: [(&str, &[Code]); 17] = [
        ("a: 1\na: 2\n", &[Code::DuplicateKey]),
        ("yes: 1\ntrue: 2\n", &[Code::DuplicateKey]),
        ("1: 1\n'1': 2\n", &[]),
        ("a: {b: 1, b: 2, b: 3}\n", &[Code::DuplicateKey, Code::DuplicateKey]),
        ("a: !foo 1\nb: !!binary x\n", &[Code::YamlTag, Code::YamlTag]),
        ("a: !!str 5\nb: !!map {c: 1}\nc: !!seq [1]\n", &[]),
        ("a: !!int x\nb: !!bool 5\n", &[Code::WrongValue, Code::WrongValue]),
        ("a: *nope\nb: 1\n", &[Code::YamlAlias]),
        ("a: &x [*x]\n", &[Code::YamlAlias]),
        ("<<: 5\n", &[Code::YamlAlias]),
        ("? [a]\n: 1\n", &[Code::WrongShape]),
        ("a: 1\n---\nb: 2\n", &[Code::YamlSyntax]),
        ("a: b: c\n", &[Code::YamlSyntax]),
        ("a: [1, 2\nb: 3\n", &[Code::YamlSyntax]),
        ("a: ${{ {'A': 'b'} }}\n", &[Code::YamlSyntax]),
        ("a:\n\t- x\n", &[Code::YamlSyntax]),
        ("%YAML 2.0\n---\na: 1\n", &[Code::YamlSyntax]),
    ];
    for (text, wanted) in table {
        assert_eq!(codes(text), wanted, "{text:?}");
    }
    let (document, _) = read(FileId(0), "a: 1\nb: [x, {y: 'z\n");
    assert!(!document.complete);
    assert!(document.root.is_some());
}

#[test]
fn bounds_hold() {
    let deep = "[".repeat(200) + &"]".repeat(200);
    assert_eq!(codes(&deep), [Code::YamlTooLarge]);
    let mixed = format!("{}{}{}", "- ".repeat(100), "[".repeat(100), "]".repeat(100));
    assert_eq!(codes(&mixed), [Code::YamlTooLarge]);
    let large = "a".repeat(MAX_BYTES + 1);
    assert_eq!(codes(&large), [Code::YamlTooLarge]);
    // Ten times ten times ten …: small to write, large to expand.
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        laughs += &["a", &level.to_string(), ": &a", &level.to_string(), " [", &items, "]\n"].concat();
    }
    assert_eq!(codes(&laughs), [Code::YamlTooLarge]);
    // Each level holds the one before once: few values, many levels.
    let mut chain = "a0: &a0 [x]\n".to_owned();
    for level in 1..300 {
        chain +=
            &["a", &level.to_string(), ": &a", &level.to_string(), " [*a", &(level - 1).to_string(), "]\n"].concat();
    }
    assert_eq!(codes(&chain), [Code::YamlTooLarge]);
}

#[test]
fn errors_point_at_the_smallest_wrong_thing() {
    let table = [
        ("a: 'x\nb: 1\n", "'"),
        ("a: [1, 2\n", "["),
        ("a: \"ab\\q\"\n", "\\q"),
        ("a: @x\n", "@"),
        ("a: 1\nwhat now\nb: 2\n", "what now"),
        ("a: ${{ {'A': 'b'} }} # c\n", ":"),
        ("a: [1, ${{ x }}]\n", "{{"),
        ("a:\n\t- x\n", "\t"),
        ("a: 'x' y\n", "y"),
        ("a: !foo x\n", "!foo"),
        ("k: &name 1\na: *nme\n", "*nme"),
    ];
    for (text, wanted) in table {
        let (_, diagnostics) = read(FileId(0), text);
        let span = diagnostics.iter().next().and_then(crate::diag::Diagnostic::span).expect("a place");
        assert_eq!(&text[span.start as usize..span.end as usize], wanted, "{text:?}");
    }
}
