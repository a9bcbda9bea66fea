//! Texts made to hurt: each is refused, or read, in bounded memory and time.
//!
//! There is no clock here: a bound that does not hold shows as a test that never ends.

use flow_core::diag::{Code, Diagnostics};
use flow_core::parse::{parse_action, parse_batch, parse_live, parse_project};
use flow_core::text::FileId;

/// The codes of what is wrong with a text, by each of the parsers.
fn codes(text: &str) -> [Vec<Code>; 4] {
    let codes = |found: Diagnostics| found.iter().map(|one| one.code).collect::<Vec<_>>();
    [
        codes(parse_batch(FileId(0), text).1),
        codes(parse_live(FileId(0), text).1),
        codes(parse_project(FileId(0), text).1),
        codes(parse_action(FileId(0), text).1),
    ]
}

/// The text is refused as a whole, and that is all there is to say.
fn is_refused(text: &str, what: &str) {
    for found in codes(text) {
        assert_eq!(found, [Code::YamlTooLarge], "{what}");
    }
}

#[test]
fn a_large_file_is_refused_at_once() {
    is_refused(&"# nothing but words\n".repeat(5_300_000), "a file of 100 MB");
    let many = format!("kind: batch\ntasks: [{}]\n", "x, ".repeat(1_100_000));
    let (batch, found) = parse_batch(FileId(0), &many);
    assert!(batch.is_none() && found.iter().map(|one| one.code).eq([Code::YamlTooLarge]), "too many values");
}

#[test]
fn deep_texts_are_refused() {
    let levels = 10_000;
    is_refused(&format!("kind: batch\ntasks: {}{}\n", "[".repeat(levels), "]".repeat(levels)), "lists in brackets");
    is_refused(
        &format!("kind: batch\ntasks: {}1{}\n", "{a: ".repeat(levels), "}".repeat(levels)),
        "mappings in brackets",
    );
    is_refused(&format!("kind: batch\ntasks:\n {}x\n", "- ".repeat(levels)), "lists in a line");
    let keys: String = (0..levels).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    is_refused(&keys, "mappings by indentation");
}

#[test]
fn deep_expressions_are_refused() {
    let levels = 10_000;
    for (open, close) in [("(", ")"), ("[", "]"), ("{'a': ", "}"), ("not ", ""), ("-", ""), ("str(", ")"), ("a[", "]")]
    {
        let expression = format!("{}1{}", open.repeat(levels), close.repeat(levels));
        let text = format!("kind: batch\ntasks:\n  - cmd: |\n      ${{{{ {expression} }}}}\n");
        let (_, found) = parse_batch(FileId(0), &text);
        assert!(found.has_errors(), "{levels} of `{open}`");
    }
}

#[test]
fn aliases_do_not_explode() {
    let mut bomb = String::from("kind: batch\na: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (from, to) in ('a'..='h').zip('b'..='i') {
        let aliases = vec![format!("*{from}"); 10].join(", ");
        bomb.push_str(&format!("{to}: &{to} [{aliases}]\n"));
    }
    is_refused(&bomb, "a billion laughs");
    let merged = bomb.replace("a: &a [x, x, x, x, x, x, x, x, x, x]", "a: &a {x: 1, y: 1, z: 1}");
    is_refused(&merged, "the same with mappings");
    let many = "x, ".repeat(20_000);
    let nested = format!(
        "kind: batch\na: {}[{many}]{}\n",
        (0..100).map(|at| format!("&a{at} [")).collect::<String>(),
        "]".repeat(100)
    );
    is_refused(&nested, "anchors within anchors");
}

#[test]
fn many_mistakes_take_no_time() {
    let keys: String = (0..5_000).map(|at| format!("kez{at}: 1\n")).collect();
    assert!(codes(&keys).iter().all(|found| found.contains(&Code::UnknownKey)));
    let same: String = (0..5_000).map(|_| "again: 1\n").collect();
    assert!(codes(&same).iter().all(|found| found.contains(&Code::DuplicateKey)));
    let aliases: String = (0..1_000).map(|at| format!("- &anchor{at} 1\n- *anchoz{at}\n")).collect();
    assert!(codes(&aliases).iter().all(|found| found.contains(&Code::YamlAlias)));
    let long = format!("{}: 1\n", "k".repeat(1000));
    assert!(codes(&long).iter().all(|found| found.contains(&Code::UnknownKey)));
}

#[test]
fn long_scalars_take_no_time() {
    let blanks = " ".repeat(200_000);
    let folded = format!(
        "kind: batch\ntasks:\n  - cmd: \"${{{{ a }}}}{blanks}b\"\n    bash: 'x${{{{ a }}}}{blanks}\n\n      {blanks}y'\n"
    );
    drop(codes(&folded));
    let lines = "      echo ${{ matrix.a }}\n".repeat(20_000);
    let (batch, found) = parse_batch(FileId(0), &format!("kind: batch\ntasks:\n  - bash: |\n{lines}"));
    assert!(batch.is_some() && found.is_empty(), "{found:?}");
    let digits = "9".repeat(200_000);
    drop(codes(&format!("kind: batch\nlife_span: {digits}\ntasks: [{{http_port: {digits}, id: {digits}}}]\n")));
}
