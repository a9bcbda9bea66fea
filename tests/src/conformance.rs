//! The conformance vectors: what an existing engine of the language was seen to do, case by case.
//!
//! Main types: [`Case`], and [`Suite`], which [`run`] judges and counts. The vectors are data in
//! `tests/conformance`, or wherever `FLOW_CONFORMANCE_DIR` says; what one of them means for us does not
//! belong here: the runners in `tests/suite` say it.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use serde_json::Value;

/// Names another folder of vectors of the same form, from the root of the repository on.
const DIRECTORY: &str = "FLOW_CONFORMANCE_DIR";

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

    /// A text of the case; empty if it has none of that name.
    pub fn text(&self, key: &str) -> &str {
        self.fields.get(key).and_then(Value::as_str).unwrap_or_default()
    }
}

/// What a case came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is one of the recorded outcomes.
    pub holds: bool,
    /// What it is, for people.
    pub actual: String,
}

/// One file of vectors, and how its cases are judged.
#[derive(Clone, Copy, Debug)]
pub struct Suite {
    /// The name of the file without its ending, such as `expr-eval`.
    pub file: &'static str,
    /// Runs one case. A panic is a verdict, too.
    pub judge: fn(&Case) -> Verdict,
}

/// How many cases came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Held.
    pub passed: usize,
    /// Did not hold, and should have.
    pub failed: usize,
    /// Did not hold, as a decision says.
    pub excepted: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} excepted", self.passed, self.failed, self.excepted)
    }
}

/// Judges all cases of all files, and gives the counts of all.
///
/// Says each case that fails with what is expected and what came, a line of counts for each file, and a
/// closing line. With our own folder an absent file fails, and so does an exception that holds after all
/// or names no case: the list must stay true. Of other folders absent files are passed over aloud.
pub fn run(suites: &[Suite], say: &mut dyn FnMut(String)) -> Counts {
    let exceptions = exceptions();
    let mut total = Counts::default();
    for suite in suites {
        if !is_own() && !path_of(suite.file).exists() {
            say(format!("{}: no such file in this folder", suite.file));
            continue;
        }
        let counts = run_suite(suite, &exceptions, say);
        say(format!("{}: {counts}", suite.file));
        total.passed += counts.passed;
        total.failed += counts.failed;
        total.excepted += counts.excepted;
    }
    say(format!("conformance: {total}"));
    total
}

fn run_suite(suite: &Suite, exceptions: &BTreeMap<String, String>, say: &mut dyn FnMut(String)) -> Counts {
    let mut counts = Counts::default();
    let mut idle: BTreeMap<&String, &String> =
        exceptions.iter().filter(|(id, _)| is_own() && id.split('/').next() == Some(suite.file)).collect();
    for case in &cases(suite.file) {
        let verdict = judge(suite, case);
        if verdict.holds {
            counts.passed += 1;
        } else if exceptions.contains_key(&case.id) {
            idle.remove(&case.id);
            counts.excepted += 1;
        } else {
            counts.failed += 1;
            let expected = case.fields.get("expect").map(Value::to_string).unwrap_or_default();
            say(format!("{} ({})\n  expected {expected}\n  actual   {}", case.id, case.note, verdict.actual));
        }
    }
    counts.failed += idle.len();
    idle.iter().for_each(|(id, decision)| say(format!("{id}: is no exception by {decision} (any more)")));
    counts
}

fn judge(suite: &Suite, case: &Case) -> Verdict {
    let verdict = catch_unwind(AssertUnwindSafe(|| (suite.judge)(case)));
    verdict.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Verdict { holds: false, actual: format!("a panic: {}", text.unwrap_or_default()) }
    })
}

/// The folder of the vectors: that of the environment, else our own.
pub fn directory() -> PathBuf {
    let own = crate::repository().join("tests/conformance");
    std::env::var_os(DIRECTORY).map_or(own, |other| crate::repository().join(other))
}

/// Whether the vectors are our own.
pub fn is_own() -> bool {
    std::env::var_os(DIRECTORY).is_none()
}

/// A workspace of the vectors, such as `plan_simple`.
pub fn workspace(name: &str) -> PathBuf {
    directory().join("workspaces").join(name)
}

/// The account that plans and runs were made under: `environment.json`.
///
/// # Panics
/// If the file is absent or ill-formed.
pub fn environment() -> Value {
    serde_json::from_str(&read(&directory().join("environment.json"))).expect("an account")
}

/// The cases of one file, such as `expr-eval`, in their order.
///
/// # Panics
/// If the file is absent, or a line of it is no case.
pub fn cases(file: &str) -> Vec<Case> {
    parse_cases(&read(&path_of(file)))
}

fn path_of(file: &str) -> PathBuf {
    directory().join(format!("{file}.jsonl"))
}

/// The cases that a decision overrules: id → `DEC-n` or `EXT-n`.
///
/// # Panics
/// If the list is absent or ill-formed.
pub fn exceptions() -> BTreeMap<String, String> {
    let path = crate::repository().join("tests/suite/exceptions.json");
    serde_json::from_str(&read(&path)).expect("a table of ids and decisions")
}

fn read(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
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
