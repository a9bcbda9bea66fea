//! `docs/json.md`: each command with `--json` stands there, and what it prints has the keys of its example.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::kit::Place;

/// A command of the page and the lines that it prints there.
struct Example {
    line: String,
    documents: Vec<Value>,
}

fn page() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/json.md")).unwrap()
}

/// The texts of the blocks in a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let parts = text.split("```").skip(1).step_by(2);
    parts.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

fn documents(text: &str) -> Vec<Value> {
    serde_json::Deserializer::from_str(text).into_iter().collect::<Result<_, _>>().unwrap()
}

/// What stands under the page's headings, in its order.
fn examples() -> Vec<Example> {
    let page = page();
    let (commands, results) = (blocks(&page, "console"), blocks(&page, "json"));
    assert_eq!(commands.len(), results.len(), "each command has a result");
    let line = |command: &str| command.trim().strip_prefix("apolo-flow ").unwrap().to_owned();
    let pairs = commands.into_iter().zip(results);
    pairs.map(|(command, result)| Example { line: line(command), documents: documents(result) }).collect()
}

/// Where a result differs in its shape from what is shown; `None` if it does not.
fn difference(place: &str, shown: &Value, found: &Value) -> Option<String> {
    match (shown, found) {
        (Value::Object(shown), Value::Object(found)) => {
            let (left, right): (BTreeSet<_>, BTreeSet<_>) = (shown.keys().collect(), found.keys().collect());
            if left != right {
                return Some(format!("{place}: shown {left:?}, found {right:?}"));
            }
            shown.iter().find_map(|(key, value)| difference(&format!("{place}.{key}"), value, &found[key]))
        }
        (Value::Array(shown), Value::Array(found)) => found.iter().find_map(|one| {
            let differences = shown.iter().map(|like| difference(&format!("{place}[]"), like, one));
            differences.reduce(Option::and).unwrap_or_else(|| Some(format!("{place}: shown empty")))
        }),
        (Value::Null, _) | (_, Value::Null) => None,
        _ if std::mem::discriminant(shown) == std::mem::discriminant(found) => None,
        _ => Some(format!("{place}: shown {shown}, found {found}")),
    }
}

/// What an event tells is described in `docs/events.md`.
fn without_kind(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(event) = document.get_mut("event").and_then(Value::as_object_mut) {
        event.remove("kind").unwrap();
    }
    document
}

impl Example {
    fn compare(&self, out: &str) {
        let found: Vec<Value> = documents(out).iter().map(without_kind).collect();
        let shown: Vec<Value> = self.documents.iter().map(without_kind).collect();
        assert!(!found.is_empty(), "{} prints nothing", self.line);
        assert!(found.iter().chain(&shown).all(|one| one["version"] == 1), "{}: {out}", self.line);
        // Each line is like one that is shown, and each that is shown is printed.
        let like = |one: &Value| shown.iter().map(|like| difference("", like, one)).reduce(Option::and).unwrap();
        let wrong = found.iter().find_map(like);
        assert_eq!(wrong, None, "{}: {out}", self.line);
        let is_printed = |like: &Value| found.iter().any(|one| difference("", like, one).is_none());
        assert!(shown.iter().all(is_printed), "{} does not print all that is shown: {out}", self.line);
    }
}

/// Compares what a command printed with the example whose line begins with its name.
pub(crate) fn compare(command: &str, out: &str) {
    let found = examples().into_iter().find(|example| example.line.split(' ').next() == Some(command));
    found.unwrap().compare(out);
}

#[test]
fn the_examples_of_the_page_have_the_keys_that_are_printed() {
    let place = Place::new("  - {id: a, image: any, bash: echo x}\n");
    for flow in blocks(&page(), "yaml") {
        let name = flow.lines().next().unwrap().trim_start_matches("# ");
        place.write(name, flow);
    }
    place.write("files/rows.csv", "a,b\n");
    // What is fetched is compared where there is something to fetch: with remote actions.
    for example in examples().iter().filter(|example| !example.line.starts_with("update")) {
        let ran = place.run(&example.line);
        let expected = if example.line.starts_with("check broken") { 4 } else { 0 };
        assert_eq!(ran.code, Some(expected), "{}: {ran:#?}", example.line);
        example.compare(&ran.out);
        if example.line.starts_with("run ") {
            // Attached until its end, so that nothing is at work afterwards.
            place.run("run serve").expect(0);
        }
    }
}

#[test]
fn each_command_with_json_is_on_the_page() {
    let place = Place::new("  - {id: a, image: any, bash: echo x}\n");
    let page = page();
    let headings: BTreeSet<&str> = page.lines().filter(|line| line.starts_with("## ")).flat_map(quoted).collect();
    let help = place.run("--help").expect(0).out;
    let names = help.lines().filter_map(|line| Some(line.strip_prefix("  ")?.split_once("  ")?.0));
    let names = names.filter(|name| name.starts_with(|first: char| first.is_ascii_lowercase()));
    let is_option = |line: &str| line.trim_start().starts_with("--json");
    let has_json = |name: &&str| place.run(&format!("{name} --help")).out.lines().any(is_option);
    let with_json: BTreeSet<&str> = names.filter(has_json).collect();
    assert!(with_json.len() > 15, "{with_json:?}");
    assert_eq!(headings, with_json);
}

fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

#[test]
fn other_shapes_are_noticed() {
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let wrong = |shown: &str, found: &str| difference("", &json(shown), &json(found));
    let shown = r#"{"a": 1, "b": [{"c": "x"}, {"c": "x", "d": 2}], "e": null}"#;
    assert_eq!(wrong(shown, r#"{"a": 2, "b": [{"c": "y", "d": 3}, {"c": "z"}], "e": "f"}"#), None);
    assert_eq!(wrong(shown, r#"{"a": null, "b": [], "e": null}"#), None);
    for other in [
        r#"{"a": 1, "b": []}"#,
        r#"{"a": "1", "b": [], "e": null}"#,
        r#"{"a": 1, "b": [{"d": 1}], "e": null}"#,
        r#"{"a": 1, "b": [], "e": null, "f": 1}"#,
    ] {
        assert!(wrong(shown, other).is_some(), "{other}");
    }
    assert!(
        wrong(r#"{"b": []}"#, r#"{"b": [{"c": 1}]}"#).is_some(),
        "what is shown empty says nothing of what it holds"
    );
}
