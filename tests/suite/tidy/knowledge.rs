//! What only one place may know, and what nobody may write.
//!
//! Main items: [`ONLY`] and [`NEVER`]. Dependencies between crates do not belong here (`crates`).

use super::source::words;
use super::{Problem, SourceFile, settle, sources};

const ONLY_RULE: &str = "exclusive knowledge";
pub(crate) const NEVER_RULE: &str = "never";
const ASYNC_RULE: &str = "async in the core";
const TRAIT_RULE: &str = "ports in the core";
const UNFINISHED_RULE: &str = "unfinished";

/// Code that may stand only below the given paths, and why.
const ONLY: &[(&[&str], &[&str], &str)] = &[
    (&["granit_parser"], &["flow-core/src/yaml/reader.rs"], "the YAML event parser is known to one file"),
    (&["rusqlite"], &["flow-engine/src/store/sqlite"], "SQL is known to one store"),
    (
        &["SystemTime::now", "Instant::now", "getrandom"],
        &["flow-engine/src/sys.rs", "benches/"],
        "only `sys` reads the real clock and chance",
    ),
    (
        &["toml::"],
        &["flow-engine/src/config.rs", "flow-engine/src/remote/lock.rs"],
        "`config` is the only reader of `engine.toml`, `remote/lock.rs` of `flow.lock`",
    ),
    (&["pyo3"], &["flow-py/"], "only `flow-py` knows Python"),
    (&["unsafe"], &["flow-py/"], "only the binding may need it"),
    (&["clap"], &["flow-cli/"], "only the command knows arguments"),
    (
        &["println!", "eprintln!", "print!", "eprint!", "io::stdout", "io::stderr", "process::exit"],
        &["flow-cli/", "flow-engine/examples/", "tests/", "benches/"],
        "only the command prints and exits",
    ),
];

/// Code that stands nowhere, and what to do instead.
const NEVER: &[(&str, &str)] = &[
    ("#[ignore", "assert today's answer, with a comment that says why"),
    ("should_panic", "return an error and assert it"),
    ("todo!", "write it"),
    ("unimplemented!", "write it"),
    ("dbg!", "take it out"),
    ("thread::sleep", "wait for the event, or drive `ManualClock`"),
    ("#[allow(", "use `expect` with a reason"),
    ("#![allow(", "use `expect` with a reason"),
];

/// The traits of the ports: the core knows their data, but calls none of them.
const PORTS: &[&str] = &["Executor", "Store", "ConfigSource", "GitSource", "Clock", "Ids"];

/// Marks of unfinished work in comments.
const UNFINISHED: &[&str] = &["TODO", "FIXME", "XXX", "TO BE WRITTEN"];

/// Whether code holds a phrase that does not begin or end in the middle of a word.
fn holds(code: &str, phrase: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(phrase).any(|(at, _)| {
        let before = code.get(..at).and_then(|text| text.chars().next_back());
        let behind = code.get(at + phrase.len()..).and_then(|text| text.chars().next());
        let open = |edge: Option<char>, own: Option<char>| {
            own.is_none_or(|own| !is_word(own)) || edge.is_none_or(|edge| !is_word(edge))
        };
        open(before, phrase.chars().next()) && open(behind, phrase.chars().next_back())
    })
}

fn problems(file: &SourceFile) -> Vec<Problem> {
    let mut problems = Vec::new();
    let foreign = ONLY.iter().filter(|(_, homes, _)| !homes.iter().any(|home| file.path.starts_with(home)));
    for (phrases, _, why) in foreign {
        let known = phrases.iter().filter(|phrase| holds(&file.code, phrase));
        problems.extend(known.map(|phrase| Problem::new(ONLY_RULE, &file.path, format!("knows `{phrase}`: {why}"))));
    }
    for (phrase, instead) in NEVER.iter().filter(|(phrase, _)| holds(&file.code, phrase)) {
        problems.push(Problem::new(NEVER_RULE, &file.path, format!("`{phrase}` is not used here: {instead}")));
    }
    for mark in UNFINISHED.iter().filter(|mark| holds(&file.comments, mark)) {
        problems.push(Problem::new(UNFINISHED_RULE, &file.path, format!("a comment says `{mark}`")));
    }
    let is_core = file.path.starts_with("flow-core/src/") && !file.path.starts_with("flow-core/src/port/");
    if is_core && words(&file.code).any(|(word, _)| matches!(word, "async" | "await")) {
        problems.push(Problem::new(ASYNC_RULE, &file.path, "only the signatures of `port` are asynchronous"));
    }
    let ports = PORTS.iter().filter(|port| is_core && holds(&file.code, port));
    problems.extend(ports.map(|port| Problem::new(TRAIT_RULE, &file.path, format!("the core never calls `{port}`"))));
    problems
}

#[test]
fn nobody_knows_too_much() {
    let found = sources().iter().flat_map(problems).collect();
    settle(&[ONLY_RULE, NEVER_RULE, ASYNC_RULE, TRAIT_RULE, UNFINISHED_RULE], found);
}

#[test]
fn forbidden_words_are_found() {
    let cases = [
        ("flow-core/src/yaml/node.rs", "use granit_parser::Event;", 1),
        ("flow-core/src/yaml/reader.rs", "use granit_parser::Event;", 0),
        ("flow-engine/src/store/memory.rs", "use rusqlite::Connection;", 1),
        ("flow-engine/src/store/sqlite/writer.rs", "use rusqlite::Connection;", 0),
        ("flow-engine/src/driver/mod.rs", "let now = std::time::Instant::now();", 1),
        ("flow-engine/src/hub.rs", "eprintln!(\"a\");", 1),
        ("flow-engine/src/hub.rs", "writeln!(f, \"println!\")", 0),
        ("flow-core/src/model/id.rs", "// println!\nlet unsafely = 1;", 0),
        ("flow-cli/src/main.rs", "println!(\"a\")", 0),
        ("flow-cli/src/lib.rs", "unsafe { f() }", 1),
        ("tests/suite/bake.rs", "#[ignore]\nfn f() { todo!() }", 2),
        ("tests/suite/bake.rs", "#[ignore = \"slow\"] #[should_panic(expected = \"x\")]", 2),
        ("flow-engine/src/executor/local/unit.rs", "std::thread::sleep(pause)", 1),
        ("flow-core/src/text.rs", "#[allow(dead_code)]", 1),
        ("flow-core/src/text.rs", "//! TO BE WRITTEN", 1),
        ("flow-core/src/text.rs", "#[expect(dead_code, reason = \"TODO\")]", 0),
        ("flow-core/src/plan/mod.rs", "async fn f() {}", 1),
        ("flow-core/src/port/store.rs", "async fn f();", 0),
        ("flow-core/src/sched/mod.rs", "use crate::port::{Executor, ExecutorError};", 1),
        ("flow-engine/src/load.rs", "use flow_core::port::ConfigSource;", 0),
    ];
    for (path, text, expected) in cases {
        let found = problems(&SourceFile::new(path, text));
        assert_eq!(found.len(), expected, "{path}: {text}: {found:?}");
    }
}
