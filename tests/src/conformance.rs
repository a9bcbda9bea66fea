//! The conformance vectors: what an existing engine of the language was seen to do, case by case.
//!
//! Main type: [`Case`]. The vectors are data that lie outside of the repository's code: the folder is
//! named by the environment variable [`VARIABLE`], else it is `tests/conformance`. Where they are absent
//! the tests say so aloud and pass; under CI (the variable `CI` is set) they fail.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use serde_json::Value;

/// The environment variable that names the folder of the vectors.
pub const VARIABLE: &str = "APOLO_FLOW_CONFORMANCE";

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

/// The folder of the vectors; `None` where it does not exist.
pub fn folder() -> Option<PathBuf> {
    let named = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    Some(named.unwrap_or_else(|| crate::repository().join("tests/conformance"))).filter(|folder| folder.is_dir())
}

/// A workspace of the vectors, such as `plan_simple`.
pub fn workspace(name: &str) -> Option<PathBuf> {
    folder().map(|folder| folder.join("workspaces").join(name))
}

/// The cases of one file, such as `expr-eval`, in their order; `None`, said aloud, where the vectors are absent.
///
/// # Panics
/// If the vectors are absent under CI, or if a line of them is no case.
pub fn cases(file: &str) -> Option<Vec<Case>> {
    let Some(folder) = folder() else {
        assert!(
            std::env::var_os("CI").is_none(),
            "the conformance vectors are absent: name their folder in {VARIABLE}"
        );
        // Past the test harness, which keeps back what a passing test prints.
        let line = format!("skipped: {file}: the conformance vectors are absent ({VARIABLE} names their folder)\n");
        std::io::stderr().write_all(line.as_bytes()).ok();
        return None;
    };
    let path = folder.join(format!("{file}.jsonl"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Some(parse_cases(&text))
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

/// Reads the list of cases that a decision overrules: `<case id> <DEC-n or EXT-n>` a line, `#` begins a comment.
///
/// # Panics
/// If a line has another form, or names a case twice.
pub fn parse_exceptions(text: &str) -> BTreeMap<String, String> {
    let mut exceptions = BTreeMap::new();
    for line in text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()) {
        if line.is_empty() {
            continue;
        }
        let Some((id, decision)) = line.split_once(' ') else { panic!("no exception: {line}") };
        let twice = exceptions.insert(id.to_owned(), decision.trim().to_owned());
        assert!(twice.is_none(), "{id} is listed twice");
    }
    exceptions
}

#[cfg(test)]
mod tests;
