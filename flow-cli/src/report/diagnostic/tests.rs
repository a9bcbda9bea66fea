//! Frames and the closing line.

use flow_core::diag::{Code, Diagnostic, Diagnostics};
use flow_core::text::{SourceMap, Span};

use super::{closing, draw};
use crate::report::look::Look;

fn two_files() -> (Diagnostics, SourceMap) {
    let mut sources = SourceMap::new();
    let batch = sources.add(".apolo/train.yml", "kind: batch\ntaks: \u{1b}[31m[]\n");
    let project = sources.add(".apolo/project.yml", "id: 1x\n");
    let diagnostics = [
        Diagnostic::error(Code::UnknownKey, "unknown key `taks`")
            .at(Span::new(batch, 12..16), "not a key of a batch flow")
            .help("did you mean `tasks`?"),
        Diagnostic::error(Code::NotAnIdentifier, "`1x\u{7}` is no identifier").at(Span::new(project, 4..6), ""),
        Diagnostic::warning(Code::SurprisingScalar, "surprise").at(Span::new(batch, 0..4), ""),
    ];
    (diagnostics.into_iter().collect(), sources)
}

#[test]
fn every_problem_has_its_frame() {
    // DEC-22.
    let (diagnostics, sources) = two_files();
    let text = draw(&diagnostics, &sources, Look::default(), 80);
    for part in
        ["F0201 unknown-key", ".apolo/train.yml:2:1", "did you mean `tasks`?", ".apolo/project.yml:1:5", "surprise"]
    {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    assert!(text.is_ascii() && !text.contains('\u{1b}') && !text.contains('\u{7}'), "{text}");
}

#[test]
fn colours_only_where_asked_for() {
    let (diagnostics, sources) = two_files();
    let text = draw(&diagnostics, &sources, Look { color: true, unicode: true, dumb: false }, 80);
    assert!(text.contains("\u{1b}[") && text.contains('│'), "{text}");
    assert!(!text.contains("\u{1b}[31m[]"), "the file's own sequence came through");
}

#[test]
fn the_closing_line_counts() {
    let (diagnostics, _) = two_files();
    assert_eq!(closing(&diagnostics), "2 errors and 1 warning in 2 files");
    let alone: Diagnostics = [Diagnostic::error(Code::FlowNotFound, "no flow `x`")].into_iter().collect();
    assert_eq!(closing(&alone), "1 error");
}
