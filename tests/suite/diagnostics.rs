//! Every `err_*` fixture: what is said of it, as people see it, and that it is said at the marked lines.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use flow_core::diag::Diagnostics;
use flow_core::diag::report::Report;
use flow_core::parse::{parse_action, parse_batch, parse_live, parse_project};
use flow_core::text::{SourceMap, Span};
use miette::{GraphicalReportHandler, GraphicalTheme};

/// Stands on each line that something is wrong with.
const MARK: &str = "# <-- here";

#[test]
fn each_fixture_is_reported_where_it_is_marked() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/diagnostics");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("the folder of fixtures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder.join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut unmarked = Vec::new();
    for path in files {
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let text = fs::read_to_string(&path).expect("a text");
        let (shown, mismatch) = check(&name, &text);
        unmarked.extend(mismatch);
        settings.bind(|| insta::assert_snapshot!(name, shown));
    }
    assert!(unmarked.is_empty(), "{}", unmarked.join("\n"));
}

/// The input and all frames; and what is wrong if a place is no marked line, or a marked line no place.
fn check(name: &str, text: &str) -> (String, Option<String>) {
    let mut sources = SourceMap::new();
    let file = sources.add(format!("{name}.yml"), text);
    let kind = name.split('_').nth(1).unwrap_or_default();
    let diagnostics: Diagnostics = match kind {
        "project" => parse_project(file, text).1,
        "live" => parse_live(file, text).1,
        "action" => parse_action(file, text).1,
        _ => parse_batch(file, text).1,
    };
    let marked: BTreeSet<u32> =
        (1..).zip(text.lines()).filter(|(_, line)| line.contains(MARK)).map(|(number, _)| number).collect();
    let line = |span: Span| sources.position(span).expect("a place").line;
    let found: BTreeSet<u32> = diagnostics.iter().map(|one| line(one.span().expect("a main place"))).collect();
    let mismatch = (found != marked).then(|| format!("{name}: found on lines {found:?}, marked are {marked:?}"));
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(100);
    let mut shown = format!("{text}\n");
    for diagnostic in diagnostics.iter() {
        handler.render_report(&mut shown, &Report::new(diagnostic, &sources)).expect("a frame");
        shown.push('\n');
    }
    (shown.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"), mismatch)
}
