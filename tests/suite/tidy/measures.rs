//! Sizes, the opening of each file, and that no file is forgotten by its parent.
//!
//! Main type: [`Function`]. Parameters and nesting do not belong here: clippy counts them.

use std::collections::BTreeSet;

use super::source::words;
use super::{Problem, SourceFile, places, settle, sources};

pub(crate) const FUNCTION_RULE: &str = "function length";
const FILE_RULE: &str = "file length";
const OPENING_RULE: &str = "opening";
const FORGOTTEN_RULE: &str = "forgotten file";

/// The most lines of code of a function, its signature included.
const FUNCTION_LINES: usize = 40;

/// The most lines of a file.
const FILE_LINES: usize = 500;

/// The fewest words that say what lives in a file.
const OPENING_WORDS: usize = 3;

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
struct Function<'a> {
    name: &'a str,
    /// Lines that hold code, from `fn` to the closing brace.
    lines: usize,
}

/// The functions of a code text, in order of their beginning, nested ones too.
fn functions(code: &str) -> Vec<Function<'_>> {
    let mut functions = Vec::new();
    for (word, behind) in words(code) {
        let name = words(behind).next().map_or("", |(name, _)| name);
        // `fn(A) -> B` is a type.
        if word != "fn" || !behind.trim_start().starts_with(name) || name.is_empty() {
            continue;
        }
        if let Some(length) = body_end(behind) {
            let text = behind.get(..length).unwrap_or_default();
            functions.push(Function { name, lines: text.lines().filter(|line| !line.trim().is_empty()).count() });
        }
    }
    functions
}

/// The length of a signature with its body; `None` where there is no body.
fn body_end(behind: &str) -> Option<usize> {
    let (mut round, mut curly) = (0_i32, 0_i32);
    for (at, letter) in behind.char_indices() {
        match letter {
            '(' | '[' => round += 1,
            ')' | ']' => round -= 1,
            ';' if round == 0 && curly == 0 => return None,
            '{' => curly += 1,
            '}' if curly == 1 => return Some(at + 1),
            '}' => curly -= 1,
            _ => {}
        }
    }
    None
}

fn size_problems(file: &SourceFile) -> Vec<Problem> {
    if file.is_test() {
        return Vec::new();
    }
    let long = functions(&file.code).into_iter().filter(|function| function.lines > FUNCTION_LINES);
    let mut problems: Vec<_> = long
        .map(|function| {
            let place = format!("{}::{}", file.path, function.name);
            Problem::new(FUNCTION_RULE, place, format!("{} lines, at most {FUNCTION_LINES}", function.lines))
        })
        .collect();
    let lines = file.text.lines().count();
    if lines > FILE_LINES {
        problems.push(Problem::new(FILE_RULE, &file.path, format!("{lines} lines, at most {FILE_LINES}: split it")));
    }
    problems
}

/// A file that does not open with what lives in it. Children named `tests.rs` need not.
fn opening_problem(file: &SourceFile) -> Option<Problem> {
    let opening = file.text.strip_prefix("//!").and_then(|text| text.lines().next()).unwrap_or_default();
    let bare = opening.split_whitespace().count() < OPENING_WORDS && !file.path.ends_with("/tests.rs");
    bare.then(|| {
        Problem::new(OPENING_RULE, &file.path, "open with `//!`: what lives here, its main type, what does not")
    })
}

/// Files of a crate that no `mod` names: the compiler never sees them.
fn forgotten(files: &[SourceFile]) -> Vec<Problem> {
    let mut named = BTreeSet::new();
    for file in files {
        let stem = file.path.trim_end_matches(".rs");
        let folder = stem.rsplit_once('/').map_or("", |(folder, _)| folder);
        let root = matches!(stem.rsplit('/').next(), Some("lib" | "main" | "mod"));
        let children = if root { folder } else { stem };
        let mods = words(&file.code).filter(|(word, _)| *word == "mod");
        named.extend(mods.filter_map(|(_, behind)| words(behind).next()).map(|(name, _)| format!("{children}/{name}")));
    }
    let is_root = |path: &str| {
        let own_target = matches!(path.split('/').collect::<Vec<_>>().as_slice(), [_, "tests" | "examples", _]);
        path.ends_with("/lib.rs") || path.ends_with("/main.rs") || path.ends_with("/build.rs") || own_target
    };
    let lost = files.iter().filter(|file| {
        let stem = file.path.trim_end_matches(".rs");
        !is_root(&file.path) && !named.contains(stem.trim_end_matches("/mod"))
    });
    lost.map(|file| Problem::new(FORGOTTEN_RULE, &file.path, "no `mod` line names it, so it is never compiled"))
        .collect()
}

#[test]
fn functions_and_files_are_short() {
    settle(&[FUNCTION_RULE, FILE_RULE], sources().iter().flat_map(size_problems).collect());
}

#[test]
fn each_file_opens_with_what_lives_in_it() {
    settle(&[OPENING_RULE], sources().iter().filter_map(opening_problem).collect());
}

#[test]
fn no_file_is_forgotten() {
    settle(&[FORGOTTEN_RULE], forgotten(&sources()));
}

#[test]
fn functions_are_measured() {
    let code = "trait T { fn bare(&self) -> [u8; 2]; }\n\nconst fn one() { 1 }\n\
                fn many(\n    f: fn(u8) -> u8,\n) {\n\n    if x {\n        y\n    }\n}\n";
    assert_eq!(functions(code), [Function { name: "one", lines: 1 }, Function { name: "many", lines: 7 }]);
}

#[test]
fn long_functions_and_files_are_found() {
    let body = |lines: usize| format!("fn long() {{\n{}}}\n", "    step();\n".repeat(lines));
    let at = |path: &str, text: String| size_problems(&SourceFile::new(path, text));
    assert_eq!(at("flow-core/src/a.rs", body(FUNCTION_LINES - 2)), []);
    assert_eq!(places(&at("flow-core/src/a.rs", body(FUNCTION_LINES - 1))), ["flow-core/src/a.rs::long"]);
    assert_eq!(at("flow-core/src/a/tests.rs", body(FUNCTION_LINES)), []);
    assert_eq!(places(&at("flow-core/src/a.rs", "//\n".repeat(FILE_LINES + 1))), ["flow-core/src/a.rs"]);
}

#[test]
fn a_bare_opening_is_found() {
    let bare = |path: &str, text: &str| opening_problem(&SourceFile::new(path, text)).is_some();
    assert!(bare("flow-cli/src/lib.rs", "//! x\n//! and more words"));
    assert!(bare("flow-cli/src/lib.rs", "use std::fmt;\n"));
    assert!(!bare("flow-cli/src/lib.rs", "//! The `apolo-flow` command.\n"));
    assert!(!bare("flow-cli/src/args/tests.rs", "use super::*;\n"));
}

#[test]
fn a_forgotten_file_is_found() {
    let files = [
        SourceFile::new("flow-core/src/lib.rs", "pub mod a;\nmod b;"),
        SourceFile::new("flow-core/src/a.rs", "#[cfg(test)]\nmod tests;"),
        SourceFile::new("flow-core/src/a/tests.rs", ""),
        SourceFile::new("flow-core/src/b/mod.rs", "// mod lost;"),
        SourceFile::new("flow-core/src/b/lost.rs", ""),
        SourceFile::new("flow-cli/tests/kill.rs", ""),
        SourceFile::new("flow-engine/examples/embed.rs", ""),
        SourceFile::new("tests/suite/main.rs", "mod tidy;"),
        SourceFile::new("tests/suite/tidy.rs", ""),
    ];
    assert_eq!(places(&forgotten(&files)), ["flow-core/src/b/lost.rs"]);
}
