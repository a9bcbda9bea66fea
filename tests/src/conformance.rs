//! The conformance vectors: what an existing engine of the language was seen to do, case by case.
//!
//! Main type: [`Case`]. The vectors are data in `tests/conformance`; what one of them means for us does
//! not belong here: the runners in `tests/suite` say it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

/// One line of a file of vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Stable name, `<file>/<group>/<number or name>`.
    pub id: String,
    /// What the case shows, in one line.
    pub note: String,
    /// The whole case, `expect` included.
    pub fields: Value,
}

impl Case {
    /// The recorded outcomes that are right: one, or those of `one_of`.
    pub fn expected(&self) -> Vec<&Value> {
        let Some(expect) = self.fields.get("expect") else { return Vec::new() };
        match expect.get("one_of").and_then(Value::as_array) {
            Some(several) => several.iter().collect(),
            None => vec![expect],
        }
    }
}

/// A workspace of the vectors, such as `plan_simple`.
pub fn workspace(name: &str) -> PathBuf {
    crate::repository().join("tests/conformance/workspaces").join(name)
}

/// The cases of one file, such as `expr-eval`, in their order.
///
/// # Panics
/// If the file is absent, or a line of it is no case.
pub fn cases(file: &str) -> Vec<Case> {
    parse_cases(&read(&format!("tests/conformance/{file}.jsonl")))
}

/// The cases that a decision overrules: id → `DEC-n` or `EXT-n`.
///
/// # Panics
/// If the list is absent or ill-formed.
pub fn exceptions() -> BTreeMap<String, String> {
    serde_json::from_str(&read("tests/suite/exceptions.json")).expect("a table of ids and decisions")
}

fn read(path: &str) -> String {
    let path = crate::repository().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads cases from text, one a line; empty lines are passed over.
///
/// # Panics
/// If a line is no JSON object with `id` and `expect`.
pub fn parse_cases(text: &str) -> Vec<Case> {
    text.lines().filter(|line| !line.trim().is_empty()).map(parse_case).collect()
}

fn parse_case(line: &str) -> Case {
    let fields: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("no case: {error}: {line}"));
    let text = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (id, note) = (text("id"), text("note"));
    assert!(!id.is_empty() && fields.get("expect").is_some(), "no case: {line}");
    Case { id, note, fields }
}

#[cfg(test)]
mod tests;
