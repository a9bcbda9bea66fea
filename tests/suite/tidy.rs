//! The repository's own rules, held by scanning its sources: layers, arrows, exclusive knowledge, measures.
//!
//! Main types: [`Problem`], [`Exception`], and the one list of exceptions. What a compiler or clippy can
//! say does not belong here. Each scanner is a function of texts and is tried on a small bad input, so
//! that it can fail.

mod architecture;
mod crates;
mod knowledge;
mod layers;
mod measures;
mod references;
mod source;

use std::fmt;

use knowledge::NEVER_RULE as NEVER;
use measures::FUNCTION_RULE as FUNCTION;
pub(crate) use source::{SourceFile, sources};

/// Something that breaks a rule of the house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The rule.
    rule: &'static str,
    /// A file, or a file and an item: `path` or `path::item`.
    place: String,
    /// What is wrong and what to do.
    message: String,
}

impl Problem {
    fn new(rule: &'static str, place: impl Into<String>, message: impl Into<String>) -> Self {
        Problem { rule, place: place.into(), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]", self.place, self.message, self.rule)
    }
}

/// A place that may break a rule.
#[derive(Debug)]
pub(crate) struct Exception {
    rule: &'static str,
    place: &'static str,
    /// Why; also for the reader of this list.
    reason: &'static str,
}

/// The one list of exceptions. An entry that nothing needs any more is a problem itself.
const EXCEPTIONS: &[Exception] = &[
    Exception {
        rule: FUNCTION,
        place: "flow-cli/src/cmd/mod.rs::dispatch",
        reason: "a flat table: one arm for each command",
    },
    Exception {
        rule: FUNCTION,
        place: "flow-core/src/event/fold.rs::edit_task",
        reason: "a flat table: one arm for each event",
    },
    Exception {
        rule: FUNCTION,
        place: "flow-core/src/expr/ast.rs::walk",
        reason: "a flat table: one arm for each kind of node",
    },
    Exception {
        rule: FUNCTION,
        place: "flow-core/src/expr/check.rs::node",
        reason: "a flat table: one arm for each kind of node",
    },
    Exception {
        rule: NEVER,
        place: "flow-engine/src/sys.rs",
        reason: "the one place where a plain thread pauses before it tries again",
    },
];

/// Takes the excepted problems out, and adds a problem for each exception that has become idle.
fn sift(rules: &[&'static str], found: Vec<Problem>, exceptions: &[Exception]) -> Vec<Problem> {
    let covers =
        |exception: &Exception, problem: &Problem| exception.rule == problem.rule && exception.place == problem.place;
    let mine = exceptions.iter().filter(|exception| rules.contains(&exception.rule));
    let idle = mine.filter(|exception| !found.iter().any(|problem| covers(exception, problem)));
    let idle: Vec<_> = idle
        .map(|exception| {
            Problem::new(exception.rule, exception.place, format!("take the idle exception out ({})", exception.reason))
        })
        .collect();
    let open = found.into_iter().filter(|problem| !exceptions.iter().any(|exception| covers(exception, problem)));
    open.chain(idle).collect()
}

/// Fails with all problems that no exception covers. `rules` are those that the scanner can report.
#[track_caller]
fn settle(rules: &[&'static str], found: Vec<Problem>) {
    let open = sift(rules, found, EXCEPTIONS);
    let lines: Vec<_> = open.iter().map(ToString::to_string).collect();
    assert!(open.is_empty(), "the house is untidy:\n{}\n", lines.join("\n"));
}

/// The places of problems, for the trials of the scanners.
fn places(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.place.as_str()).collect()
}

#[test]
fn an_exception_covers_its_place_and_no_other() {
    let exceptions =
        [Exception { rule: "r", place: "a", reason: "why" }, Exception { rule: "r", place: "c", reason: "old" }];
    let found = vec![Problem::new("r", "a", "m"), Problem::new("r", "b", "m"), Problem::new("s", "a", "m")];
    let open = sift(&["r", "s"], found, &exceptions);
    let open: Vec<_> = open.iter().map(|problem| (problem.rule, problem.place.as_str())).collect();
    assert_eq!(open, [("r", "b"), ("s", "a"), ("r", "c")]);
}
