//! The shared vectors of parsing, batch flows and projects: which documents are good, and on which
//! line the others are wrong. Source: spec 02.

use std::collections::BTreeMap;

use flow_core::diag::{Code, Diagnostic, Diagnostics, Severity};
use flow_core::parse::{parse_batch, parse_project};
use flow_core::text::SourceMap;
use serde_json::Value;

const VECTORS: &str = include_str!("../conformance/yaml-parse.jsonl");
const EXCEPTIONS: &str = include_str!("exceptions.json");

#[test]
fn documents_are_good_or_wrong_as_in_the_vectors() {
    let exceptions: BTreeMap<String, String> = serde_json::from_str(EXCEPTIONS).expect("a table of exceptions");
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in VECTORS.lines() {
        let case: Value = serde_json::from_str(line).expect("a vector");
        let kind = case["kind"].as_str().expect("a kind");
        if !matches!(kind, "batch" | "project") {
            continue;
        }
        let id = case["id"].as_str().expect("an id");
        let verdict = judge(kind, case["document"].as_str().expect("a text"), &case["expect"]["error"]);
        // An exception that holds after all is as wrong as a vector that does not.
        if verdict.is_ok() == exceptions.contains_key(id) {
            wrong.push(format!("{id} ({}): {verdict:?}", case["note"]));
        }
        count += 1;
    }
    assert_eq!(count, 56);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn judge(kind: &str, text: &str, error: &Value) -> Result<(), String> {
    let mut sources = SourceMap::new();
    let file = sources.add("flow.yml", text);
    let diagnostics: Diagnostics =
        if kind == "project" { parse_project(file, text).1 } else { parse_batch(file, text).1 };
    let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|one| one.severity == Severity::Error).collect();
    if error.is_null() {
        // What this version cannot run yet is a good document all the same.
        let left: Vec<_> = errors.iter().filter(|one| one.code != Code::NotSupported).collect();
        return if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) };
    }
    let lines: Vec<u64> = errors
        .iter()
        .filter_map(|one| sources.position(one.span()?))
        .map(|position| u64::from(position.line))
        .collect();
    let expected = error["line"].as_u64();
    let found = expected.map_or(!lines.is_empty(), |line| lines.contains(&line));
    if found { Ok(()) } else { Err(format!("{error} but errors on lines {lines:?}")) }
}
