use std::sync::Arc;

use super::*;
use crate::diag::Diagnostic;
use crate::text::{FileId, Span, Text};
use crate::value::Value;

struct Task {
    volume: Value,
}

impl Names for Task {
    fn get(&self, name: &str) -> Option<Value> {
        Some(match name {
            "flow" => {
                Value::object("flow", [("workspace", Value::LocalPath("/ws".into())), ("title", Value::from("T"))])
            }
            "params" => Value::map([("rate", Value::from("0.1"))]),
            "needs" => {
                let rows = Value::from(Vec::new());
                Value::map([
                    ("prep", Value::object("needs", [("result", Value::Status("succeeded".into()))])),
                    ("grid", Value::object("group", [("result", Value::Status("failed".into())), ("rows", rows)])),
                ])
            }
            "volume" => self.volume.clone(),
            _ => return None,
        })
    }

    fn list(&self) -> Vec<&str> {
        vec!["flow", "params", "needs", "volume"]
    }
}

fn task() -> Task {
    let volume = uri::VolumeParts { id: "v", remote: "storage:v", mount: "/v", read_only: false };
    Task { volume: volume.object(Some(("data", "/ws/data"))) }
}

fn plain(content: &str) -> Text {
    Text::plain(content, Span::new(FileId(0), 0..content.len() as u32))
}

fn evaluate(content: &str, answers: &Answers) -> Eval {
    Template::parse(&plain(content)).0.unwrap().eval(&task(), answers)
}

fn value(expr: &str) -> String {
    match evaluate(&format!("${{{{ {expr} }}}}"), &Answers::new()) {
        Eval::Done(value) => value.to_string(),
        other => format!("{other:?}"),
    }
}

/// Labelled places and what is said, as one line.
fn show(content: &str, diagnostic: &Diagnostic) -> String {
    let places: Vec<&str> =
        diagnostic.labels.iter().map(|label| &content[label.span.start as usize..label.span.end as usize]).collect();
    let help = diagnostic.help.as_deref().unwrap_or_default();
    format!("{} | {} | {} | {help}", diagnostic.code.number(), places.join(" < "), diagnostic.message)
}

#[test]
fn the_lexer_takes_what_the_reference_refused() {
    // DEC-7
    let cases = [
        ("1+2*3", "7"),
        ("7-2", "5"),
        ("7 -2", "5"),
        ("--1", "1"),
        ("-(1)", "-1"),
        ("2*-3", "-6"),
        ("1==1", "True"),
        ("{'a':{'b':1}}", "{'a': {'b': 1}}"),
        ("1 +\n  2", "3"),
        ("[x for x in [1,2] if x>1 if True else False]", "[2]"),
        ("[x for x in [1] if True else [2] if x]", "[1]"),
        ("-0x10", "-16"),
        ("'a\nb'", "a\nb"),
        ("'\\N{BULLET}\\x41\\101\\q'", "•AA\\q"),
    ];
    for (expr, text) in cases {
        assert_eq!(value(expr), text, "{expr}");
    }
    let text = plain("$[[ [[1], [2]] ]]/${{ {'a':[1]}}}");
    let template = Template::parse(&text).0.unwrap();
    assert_eq!(template.eval(&task(), &Answers::new()), Eval::Done(Value::from("[[1], [2]]/{'a': [1]}")));
}

#[test]
fn conditions_are_lazy() {
    // DEC-6
    assert_eq!(value("True or nope"), "True");
    assert_eq!(value("0 and 1 / 0"), "0");
    assert_eq!(value("1 if True else nope"), "1");
}

#[test]
fn groups_count_by_their_result() {
    // EXT-1
    assert_eq!(value("[success(), success('prep'), success('grid'), failure('grid')]"), "[False, True, False, True]");
    // An empty text has no pairs to merge (EXP-32).
    assert_eq!(value("{'a': 1} | ''"), "{'a': 1}");
    // The first that decides does (EXP-52); the check before the run looks at all names.
    assert_eq!(value("[success('grid', 'nope'), failure('grid', 'nope')]"), "[False, True]");
}

#[test]
fn range_has_the_usual_forms() {
    // DEC-5
    assert_eq!(value("[range(3), range(3, 0), range(5, 0, -2), range(0)]"), "[[0, 1, 2], [], [5, 3, 1], []]");
}

#[test]
fn faults_show_the_place_the_values_and_a_way_out() {
    let cases = [
        (
            "a ${{ 1 + nope }}",
            "F0401 | nope < 1 + nope | no context `nope` here | contexts here: `flow`, `params`, `needs`, `volume`",
        ),
        ("${{ params.rat }}", "F0402 | rat < params.rat | no property `rat` | did you mean `rate`?"),
        (
            "${{ upper(params.rate + 1) }}",
            "F0403 | params.rate + 1 < upper(params.rate + 1 | `+` does not work on str and int | make both texts with `str()`: the left side is '0.1' (str), the right side is 1 (int)",
        ),
        ("${{ 1 / 0 }}", "F0404 | 1 / 0 | division by zero | the left side is 1 (int), the right side is 0 (int)"),
        (
            "${{ flow['title'] }}",
            "F0403 | ['title'] < flow['title'] | `flow` has no items | take its properties with a dot, as in `flow.title`",
        ),
        (
            "${{ [x.y for x in flow] }}",
            "F0403 | flow < x.y for x in flow | `for` cannot walk over `flow` | give a list, a mapping, a set or a text",
        ),
        (
            "${{ len(1) }}",
            "F0403 | len | the argument of `len` must be a text, list, mapping or set, not 1 (int) | call it as `len(x)`",
        ),
        ("${{ success('pre') }}", "F0404 | success | `pre` is no need of this task | did you mean `prep`?"),
        (
            "${{ range(1, 2, 0) }}",
            "F0404 | range | the step of `range` is 0 | give a step that is not 0, or leave it out",
        ),
        (
            "${{ inspect_job('a') }}",
            "F0401 | inspect_job | `inspect_job` is only available inside of a live job | use it in the attributes of a live job",
        ),
    ];
    for (content, shown) in cases {
        match evaluate(content, &Answers::new()) {
            Eval::Fault(fault) => assert_eq!(show(content, &fault), shown),
            other => panic!("{content}: {other:?}"),
        }
    }
}

#[test]
fn mistakes_in_the_text_are_found_while_parsing() {
    let cases: [(&str, &[&str]); 9] = [
        ("${{ a & b }}", &["F0301 | & | unexpected `&` | write `and`, `or`, `not`, `==` or `!=`"]),
        (
            "${{ 'a }}",
            &[
                "F0301 | ' | a string that is not closed | close it; a backslash does not protect a quote, so put `'` into a string in `\"`",
            ],
        ),
        ("x ${{ a", &["F0302 | ${{ | the expression is not complete | an operator or `}}` is expected here"]),
        ("${{ a b }}", &["F0302 | b | unexpected `b` | an operator or `}}` is expected here"]),
        ("${{ 007 }}", &["F0305 | 007 | the number `007` begins with a zero | "]),
        (
            "${{ '\\u12' }}",
            &["F0305 | \\ | an escape that lacks some of its 4 hex digits | write `\\\\` for a backslash"],
        ),
        (
            "${{ 1 < a < 3 }}",
            &[
                "F0306 | 1 < a < | comparisons do not chain | write `a < b and b < c`, or put one comparison in parentheses",
            ],
        ),
        (
            "${{ uper(len()) }}",
            &[
                "F0304 | len() | `len` takes 1 argument, not 0 | call it as `len(x)`",
                "F0303 | uper | no function `uper` | did you mean `upper`?",
            ],
        ),
        ("${{ parse_json(1) }}", &["F0303 | parse_json | no function `parse_json` | did you mean `from_json`?"]),
    ];
    for (content, shown) in cases {
        let (template, found) = Template::parse(&plain(content));
        assert!(template.is_none());
        let have: Vec<String> = found.iter().map(|one| show(content, one)).collect();
        assert_eq!(have, shown);
    }
}

#[test]
fn places_are_those_of_the_file() {
    // The content `a ${{ x }}` stands in the file at 10, with four bytes of indentation from content offset 2 on.
    let segments = Arc::from([(0, 10), (2, 16)]);
    let text = Text { content: "a\n${{ x }}".into(), span: Span::new(FileId(3), 10..24), segments };
    let template = Template::parse(&text).0.unwrap();
    assert_eq!(template.roots(), [(Arc::from("x"), Span::new(FileId(3), 20..21))]);
}

#[test]
fn lookups_are_seen_without_values() {
    let text = plain("${{ [x.a for x in needs.one.rows if needs['two']] }} ${{ f[g] }} ${{ success('one', f) }}");
    let template = Template::parse(&text).0.unwrap();
    let seen: Vec<(String, Option<String>)> = template
        .lookups()
        .into_iter()
        .map(|lookup| (lookup.root.to_string(), lookup.member.map(|(name, _)| name.to_string())))
        .collect();
    let want = [("needs", Some("two")), ("needs", Some("one")), ("f", None), ("g", None), ("f", None)];
    assert_eq!(seen, want.map(|(root, member)| (root.to_owned(), member.map(str::to_owned))));
    let calls = template.calls();
    let call = calls.first().unwrap();
    assert_eq!((call.function, call.texts.len()), ("success", 1));
}

#[test]
fn impure_functions_ask_and_read_answers() {
    let hash = HostCall::HashFiles { root: "/ws".into(), patterns: vec!["*.py".into()] };
    let below = HostCall::HashFiles { root: "/ws/sub".into(), patterns: vec![] };
    let content = "${{ hash_files('*.py') }}-${{ hash_files_relative(flow.workspace / 'sub') }}";
    let mut answers = Answers::new();
    assert_eq!(evaluate(content, &answers), Eval::Ask(vec![hash.clone(), below.clone()]));
    answers.insert(hash, Value::from("h"));
    assert_eq!(evaluate(content, &answers), Eval::Ask(vec![below.clone()]));
    answers.insert(below, Value::from("b"));
    assert_eq!(evaluate(content, &answers), Eval::Done(Value::from("h-b")));

    let upload = HostCall::Upload { local: "/ws/data".into(), remote: "storage:v".into() };
    assert_eq!(evaluate("${{ upload(volume).id }}", &answers), Eval::Ask(vec![upload.clone()]));
    answers.insert(upload, Value::Bool(true));
    assert_eq!(evaluate("${{ upload(volume).id }}", &answers), Eval::Done(Value::from("v")));
    assert!(matches!(evaluate("${{ hash_files('/abs') }}", &answers), Eval::Fault(_)));
}

#[test]
fn a_template_of_text_is_constant() {
    for content in ["", "plain", "}} ]] {{ 1 }} $ {{", "a\nb"] {
        let template = Template::parse(&plain(content)).0.unwrap();
        assert_eq!(template.constant(), Some(content));
        assert_eq!(template.eval(&task(), &Answers::new()), Eval::Done(Value::from(content)));
    }
    assert_eq!(Template::literal(&plain("${{ x }}")).constant(), Some("${{ x }}"));
    assert!(Template::is_expression("a $[[ 1 ]]") && !Template::is_expression("$ {{"));
}
