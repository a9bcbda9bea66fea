//! The JSON Schema of the files takes what the parser takes. Source: EXT-6.
//!
//! Both are asked about each key of each mapping with values of many kinds, then about all files that we have.

use std::fmt::Write as _;
use std::path::PathBuf;

use flow_core::diag::Severity;
use flow_core::ide::{Document, schema};
use flow_core::parse::{mappings, parse_action, parse_flow, parse_project};
use flow_core::text::SourceMap;
use flow_core::value::Value as Flow;
use flow_core::yaml::{self, Node, NodeKind};
use flow_tests::{conformance, files_below, repository};
use jsonschema::Validator;
use serde_json::{Map, Value};

const SAMPLES: &[&str] = &[
    "word",
    "3",
    "'3'",
    "0",
    "-1",
    "1.5",
    "true",
    "'yes'",
    "null",
    "''",
    "1d2h",
    "1:30",
    "'storage:a'",
    "/a",
    "'80:80'",
    "a-b",
    "_x",
    "UP",
    "always",
    "failed",
    "none",
    "int",
    "'${{ 1 }}'",
    "'$[[ 1 ]]'",
    "'a ${{ 1 }} b'",
    "[]",
    "[word]",
    "[3]",
    "[null]",
    "['80:80']",
    "[failed]",
    "['${{ 1 }}']",
    "['a ${{ 1 }}']",
    "[[]]",
    "[{}]",
    "[{a: 1}]",
    "{}",
    "{a: word}",
    "{a: 3}",
    "{a: null}",
    "{a: '${{ 1 }}'}",
    "{a: running}",
    "{a: []}",
    "{a: [1, x]}",
    "{a: {}}",
    "{a-b: {}}",
    "{matrix: {a: [1]}}",
    "{include: [{a: 1}], a: [2]}",
    "{cmd: a, bash: b}",
    "{default: 1}",
];

/// The rest of a file around the keys of a mapping.
fn around(what: &str, keys: &str) -> (Document, String) {
    use Document::{Action, Flow, Project};
    let batch = |inner: String| (Flow, format!("{{kind: batch, {inner}}}"));
    let live = |inner: String| (Flow, format!("{{kind: live, {inner}}}"));
    match what {
        "a project" => (Project, format!("{{{keys}}}")),
        "a batch flow" | "a live flow" => (Flow, format!("{{{keys}}}")),
        "`defaults`" => batch(format!("tasks: [], defaults: {{{keys}}}")),
        "a param" => batch(format!("tasks: [], params: {{p: {{{keys}}}}}")),
        "a task" | "a call of an action" | "a call of a module" => batch(format!("tasks: [{{{keys}}}]")),
        "`strategy`" | "`cache`" | "`retry`" => batch(format!("tasks: [{{{}: {{{keys}}}}}]", what.replace('`', ""))),
        "a job" | "a call of an action in a job" | "a call of a module in a job" => {
            live(format!("jobs: {{j: {{{keys}}}}}"))
        }
        "an image" => batch(format!("tasks: [], images: {{i: {{{keys}}}}}")),
        "a volume" => batch(format!("tasks: [], volumes: {{v: {{{keys}}}}}")),
        "a mixin of a project" => (Project, format!("{{id: x, mixins: {{m: {{{keys}}}}}}}")),
        "a mixin of a batch flow" => batch(format!("tasks: [], mixins: {{m: {{{keys}}}}}")),
        "a mixin of a live flow" => live(format!("jobs: {{}}, mixins: {{m: {{{keys}}}}}")),
        "a part of a stateful action" => (Action, format!("{{kind: stateful, main: {{{keys}}}}}")),
        "the job of an action" => (Action, format!("{{kind: live, job: {{{keys}}}}}")),
        "an input" => (Action, format!("{{kind: batch, tasks: [], inputs: {{i: {{{keys}}}}}}}")),
        "an output" => (Action, format!("{{kind: batch, tasks: [], outputs: {{o: {{{keys}}}}}}}")),
        action if action.ends_with(" action") => (Action, format!("{{{keys}}}")),
        other => panic!("where does {other} stand?"),
    }
}

/// What a mapping needs beside the key that is asked about.
fn needed(what: &str, key: &str) -> Vec<(&'static str, &'static str)> {
    let all: &[_] = match what {
        "a project" => &[("id", "x")],
        "a batch flow" | "a batch action" => &[("kind", "batch"), ("tasks", "[]")],
        "a live flow" => &[("kind", "live"), ("jobs", "{}")],
        "`strategy`" => &[("matrix", "{m: [1]}")],
        "an image" => &[("ref", "x"), ("context", "x"), ("dockerfile", "x")],
        "a volume" => &[("remote", "'storage:x'"), ("mount", "/x")],
        "a live action" => &[("kind", "live"), ("job", "{}")],
        "a stateful action" => &[("kind", "stateful"), ("main", "{}")],
        "a local action" if ["bash", "python"].contains(&key) => &[("kind", "local")],
        "a local action" => &[("kind", "local"), ("cmd", "x")],
        _ if what.starts_with("a call of an action") => &[("action", "x")],
        _ if what.starts_with("a call of a module") => &[("module", "x")],
        _ => &[],
    };
    all.iter().copied().filter(|(name, _)| *name != key).collect()
}

struct Both {
    flow: Validator,
    action: Validator,
    project: Validator,
}

impl Both {
    fn new() -> Both {
        let of = |document| {
            let schema: Value = serde_json::from_str(&schema(document)).expect("a schema is JSON");
            jsonschema::draft7::meta::validate(&schema).expect("a schema is one by the rules of draft 7");
            jsonschema::validator_for(&schema).expect("all that it names is there")
        };
        Both { flow: of(Document::Flow), action: of(Document::Action), project: of(Document::Project) }
    }

    /// What the parser and the schema say of a text; `None` if it is no YAML.
    fn ask(&self, document: Document, text: &str) -> Option<(bool, Result<(), String>)> {
        let mut sources = SourceMap::default();
        let file = sources.add("x.yml", text);
        let (found, validator) = match document {
            Document::Flow => (parse_flow(file, text).1, &self.flow),
            Document::Action => (parse_action(file, text).1, &self.action),
            Document::Project => (parse_project(file, text).1, &self.project),
        };
        let (read, slips) = yaml::read(file, text);
        let json = json(&read.root?);
        if slips.iter().any(|slip| slip.severity == Severity::Error) {
            return None;
        }
        let taken = found.iter().all(|one| one.severity != Severity::Error);
        let by_schema = validator.validate(&json).map_err(|error| format!("{} at {}", error, error.instance_path()));
        Some((taken, by_schema))
    }
}

fn json(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Scalar(scalar) => match &scalar.value {
            Flow::Null => Value::Null,
            Flow::Bool(flag) => Value::Bool(*flag),
            Flow::Int(_) => serde_json::from_str(&scalar.value.text()).unwrap_or(Value::from(1)),
            Flow::Float(float) => Value::from(*float),
            other => Value::from(other.text().to_string()),
        },
        NodeKind::Seq(items) => items.iter().map(json).collect(),
        NodeKind::Map(entries) => {
            let key = |key: &Node| key.scalar().map_or(String::new(), |scalar| scalar.text.content.to_string());
            Value::Object(entries.iter().map(|(name, value)| (key(name), json(value))).collect::<Map<_, _>>())
        }
    }
}

#[test]
fn each_key_takes_in_the_schema_what_it_takes_in_the_parser() {
    let both = Both::new();
    let (mut wrong, mut seen) = (String::new(), Vec::new());
    for mapping in mappings() {
        let what =
            if seen.contains(&mapping.what) { format!("{} in a job", mapping.what) } else { mapping.what.to_owned() };
        seen.push(mapping.what);
        for key in &mapping.keys {
            for sample in SAMPLES {
                let mut keys: Vec<_> =
                    needed(&what, key.name).iter().map(|(name, value)| format!("{name}: {value}")).collect();
                keys.push(format!("{}: {sample}", key.name));
                let (document, text) = around(&what, &keys.join(", "));
                let (taken, by_schema) = both.ask(document, &text).expect("it is YAML");
                if taken != by_schema.is_ok() {
                    let _ = writeln!(wrong, "{what}, {}: {sample}: taken: {taken}, schema: {by_schema:?}", key.name);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{wrong}", wrong.lines().count());
}

#[test]
fn what_is_wrong_with_several_keys_is_seen() {
    let both = Both::new();
    for text in [
        "{kind: batch, tasks: [{cmd: a, bash: b}]}",
        "{kind: batch, tasks: [{imgae: a}]}",
        "{kind: batch}",
        "{kind: live, jobs: {}, tasks: []}",
        "{kind: live, jobs: {}, defaults: {retry: {attempts: 2}}}",
        "{kind: cron, tasks: []}",
        "{kind: batch, tasks: [{action: a, cmd: b}]}",
    ] {
        let (taken, by_schema) = both.ask(Document::Flow, text).unwrap();
        assert!(!taken && by_schema.is_err(), "{text}");
    }
    let (taken, by_schema) = both.ask(Document::Action, "{kind: local}").unwrap();
    assert!(!taken && by_schema.is_err());
}

#[test]
fn every_file_that_the_parser_takes_is_taken() {
    let both = Both::new();
    let folders = ["examples", "tests/conformance/workspaces", "tests/fixtures"];
    let all = folders.into_iter().flat_map(|folder| files_below(&repository().join(folder)));
    let paths: Vec<PathBuf> =
        all.filter(|path| path.extension().is_some_and(|end| end == "yml" || end == "yaml")).collect();
    let mut taken = 0;
    for path in &paths {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        for document in [Document::Flow, Document::Action, Document::Project] {
            if let Some((true, by_schema)) = both.ask(document, &text) {
                assert_eq!(by_schema, Ok(()), "{} as {document:?}", path.display());
                taken += 1;
            }
        }
    }
    assert!(taken > 100, "only {taken} of {} files are taken by the parser", paths.len());
    for case in conformance::cases("yaml-parse") {
        let Some(text) = case.fields["document"].as_str() else { continue };
        for document in [Document::Flow, Document::Action, Document::Project] {
            if let Some((true, by_schema)) = both.ask(document, text) {
                assert_eq!(by_schema, Ok(()), "{} as {document:?}", case.id);
            }
        }
    }
}
