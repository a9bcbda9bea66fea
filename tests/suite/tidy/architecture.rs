//! `ARCHITECTURE.md` names each room of the house, and no room that is gone.
//!
//! Main item: [`rooms`]. Whether what it says of them is true is for the reader to check.

use std::collections::BTreeSet;
use std::path::Path;

use flow_tests::repository;

use super::{Problem, SourceFile, places, settle, sources};

const RULE: &str = "map";

/// The rooms that the map names: the back-quoted names in the first column of the table below `### <crate>`.
///
/// Shape: `<crate>/src/<name>`, without repeats.
fn rooms(page: &str) -> BTreeSet<String> {
    let mut package = None;
    let mut rooms = BTreeSet::new();
    for line in page.lines() {
        if line.starts_with('#') {
            package = line.strip_prefix("### ").map(|name| name.trim_matches('`'));
        }
        let (Some(package), Some(row)) = (package, line.strip_prefix("| ")) else { continue };
        let first = row.split(" |").next().unwrap_or_default();
        let names = first.split('`').skip(1).step_by(2);
        rooms.extend(names.map(|name| format!("{package}/src/{}", name.trim_end_matches('/'))));
    }
    rooms
}

/// Rooms that do not exist, and top-level modules that no row covers.
fn problems(page: &str, files: &[SourceFile], exists: impl Fn(&str) -> bool) -> Vec<Problem> {
    let rooms = rooms(page);
    let gone = rooms.iter().filter(|room| !exists(room));
    let mut problems: Vec<_> = gone.map(|room| Problem::new(RULE, room, "the map names a room that is gone")).collect();
    let packages: BTreeSet<_> = rooms.iter().filter_map(|room| room.split('/').next()).collect();
    let modules = files.iter().filter(|file| packages.contains(file.package()) && file.path.contains("/src/"));
    let tops = modules.filter_map(|file| file.module().first().map(|top| format!("{}/src/{top}", file.package())));
    let tops: BTreeSet<_> = tops.collect();
    let covers = |room: &String, top: &String| {
        room.strip_prefix(top.as_str()).is_some_and(|rest| rest.is_empty() || rest == ".rs" || rest.starts_with('/'))
    };
    let unnamed = tops.into_iter().filter(|top| !rooms.iter().any(|room| covers(room, top)));
    problems.extend(unnamed.map(|top| Problem::new(RULE, top, "the map does not name this room")));
    problems
}

#[test]
fn the_map_is_true() {
    let root = repository();
    let page = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap_or_default();
    assert!(rooms(&page).len() > 20, "the map is read: {:?}", rooms(&page));
    settle(&[RULE], problems(&page, &sources(), |room| root.join(Path::new(room)).exists()));
}

#[test]
fn a_wrong_map_is_found() {
    let page = "# x\n### flow-core\n| module | one line |\n|---|---|\n| `text.rs`, `gone.rs` | texts |\n\
                | `expr/lexer.rs` | part of a room |\n## end\n| `other.rs` | no crate |\n";
    let paths = ["flow-core/src/lib.rs", "flow-core/src/text.rs", "flow-core/src/new.rs", "flow-core/src/expr/mod.rs"];
    let files = paths.map(|path| SourceFile::new(path, ""));
    let found = problems(page, &files, |room| room != "flow-core/src/gone.rs");
    assert_eq!(places(&found), ["flow-core/src/gone.rs", "flow-core/src/new"]);
}
