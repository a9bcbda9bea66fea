//! The layers inside `flow-core`, and that no module line knows a line below it.
//!
//! Main item: [`LAYERS`]. Arrows between crates do not belong here (`crates`).

use std::collections::{BTreeMap, BTreeSet};

use super::source::words;
use super::{Problem, SourceFile, places, settle, sources};

const RULE: &str = "layers";

/// The lines, top first. A module may use its own line, without a cycle, and the lines above it.
const LAYERS: &[&[&str]] = &[
    &["text", "value"],
    &["diag", "yaml"],
    &["expr", "model", "event"],
    &["port"],
    &["ast"],
    &["parse", "scope"],
    &["resolve"],
    &["plan"],
    &["sched", "command", "ide"],
];

/// The line of a module, from 1.
fn line_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|line| line.contains(&module)).map(|at| at + 1)
}

fn may_use(module: &str, other: &str) -> bool {
    match (line_of(module), line_of(other)) {
        _ if module == other => true,
        (Some(own), Some(line)) => line <= own,
        _ => false,
    }
}

/// The top-level modules that a file of the core uses, by `crate::` and by `super::` up to the root.
fn used_modules(file: &SourceFile) -> BTreeSet<String> {
    let depth = file.module().len();
    let mut used = BTreeSet::new();
    let mut supers = 0;
    for (word, behind) in words(&file.code) {
        let path = behind.trim_start().strip_prefix("::").map(str::trim_start);
        supers = if word == "super" && path.is_some() { supers + 1 } else { 0 };
        let (true, Some(path)) = (word == "crate" || (supers > 0 && supers == depth), path) else { continue };
        used.extend(heads(path).into_iter().filter(|head| word == "crate" || line_of(head).is_some()));
    }
    used
}

/// The first names behind `crate::`: one, or those of a group.
fn heads(path: &str) -> Vec<String> {
    let Some(group) = path.strip_prefix('{') else {
        return words(path).next().map(|(word, _)| word.to_owned()).into_iter().collect();
    };
    let (mut depth, mut fresh, mut heads) = (1, true, Vec::new());
    let mut rest = group;
    while let Some(letter) = rest.chars().next().filter(|_| depth > 0) {
        let mut taken = letter.len_utf8();
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => fresh = true,
            letter if letter.is_alphanumeric() && depth == 1 && fresh => {
                let name = words(rest).next().map_or("", |(word, _)| word);
                heads.push(name.to_owned());
                (fresh, taken) = (false, name.len());
            }
            _ => {}
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    heads
}

/// Uses against the layers, and circles within a line.
fn problems(files: &[SourceFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.path.starts_with("flow-core/src/")) {
        let module = file.module();
        let Some(&user) = module.first() else { continue };
        if line_of(user).is_none() {
            problems.push(Problem::new(RULE, &file.path, format!("`{user}` stands in no layer: give it a line")));
        }
        for used in used_modules(file) {
            if !may_use(user, &used) {
                let message = format!("`{user}` may not know `{used}`, which stands in a layer below it or in none");
                problems.push(Problem::new(RULE, &file.path, message));
            }
            arrows.entry(user.to_owned()).or_default().insert(used);
        }
    }
    problems.extend(circles(&arrows));
    problems
}

/// Modules of one line that reach themselves through each other.
fn circles(arrows: &BTreeMap<String, BTreeSet<String>>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for start in arrows.keys() {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&String> = arrows.get(start).into_iter().flatten().filter(|used| *used != start).collect();
        while let Some(module) = open.pop() {
            if seen.insert(module) && module != start {
                open.extend(arrows.get(module).into_iter().flatten());
            }
        }
        if seen.contains(start) {
            problems.push(Problem::new(RULE, format!("flow-core/src/{start}"), "stands in a circle of modules"));
        }
    }
    problems
}

#[test]
fn the_core_keeps_its_layers() {
    settle(&[RULE], problems(&sources()));
}

#[test]
fn a_use_against_the_layers_is_found() {
    let cases = [
        ("flow-core/src/value.rs", "use crate::model::TaskStatus;", true),
        ("flow-core/src/diag/code.rs", "fn f() -> crate::plan::Plan {}", true),
        ("flow-core/src/expr/mod.rs", "use crate::{text::Span, sched::{Fact, Effect}};", true),
        ("flow-core/src/expr/mod.rs", "use crate::{text::{Span, plan}, value::Value};", false),
        ("flow-core/src/expr/mod.rs", "use super::plan::Plan;", true),
        ("flow-core/src/expr/func/text.rs", "use super::super::super::plan::Plan;", true),
        ("flow-core/src/expr/func/text.rs", "use super::super::plan::Plan;", false),
        ("flow-core/src/port/store.rs", "use crate::plan::Plan;", true),
        ("flow-core/src/port/store.rs", "use crate::event::Event;", false),
        ("flow-core/src/sched/mod.rs", "use crate::port::Report;", false),
        ("flow-core/src/model/mod.rs", "use crate::port::Report;", true),
        ("flow-core/src/odd.rs", "", true),
        ("flow-core/src/plan/mod.rs", "use crate::odd::Odd;", true),
        ("flow-core/src/plan/mod.rs", "// crate::port::Store\nuse crate::expr::Value;", false),
        ("flow-engine/src/load.rs", "use crate::driver::Driver;", false),
    ];
    for (path, text, wrong) in cases {
        let found = problems(&[SourceFile::new(path, text)]);
        assert_eq!(found.is_empty(), !wrong, "{path}: {text}: {found:?}");
    }
}

#[test]
fn a_circle_within_a_line_is_found() {
    let parse = SourceFile::new("flow-core/src/parse/mod.rs", "use crate::scope::Availability;");
    let scope = SourceFile::new("flow-core/src/scope/mod.rs", "use crate::{ast, parse};");
    assert_eq!(problems(std::slice::from_ref(&parse)), []);
    assert_eq!(places(&problems(&[parse, scope])), ["flow-core/src/parse", "flow-core/src/scope"]);
}
