//! [`find`] and [`Told`]: what is wrong with the flows, file by file, told once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use flow_core::diag::{Diagnostic, Severity};
use flow_core::ide::Document;
use flow_core::parse::{parse_action, parse_flow, parse_project};
use flow_core::text::{Columns, SourceMap};
use flow_engine::source::DirectorySource;
use indexmap::IndexMap;
use lsp_server::Notification;
use lsp_types::notification::{Notification as _, PublishDiagnostics};
use lsp_types::{
    Diagnostic as Problem, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString,
    PublishDiagnosticsParams, Range,
};

use crate::cmd::lsp::place::{range, uri_of};
use crate::cmd::lsp::texts::{Texts, document};
use crate::error::CliError;
use crate::session::Session;

/// Problems by file.
pub(super) type Found = BTreeMap<PathBuf, Vec<Problem>>;

/// What the editor was told last.
#[derive(Debug, Default)]
pub(super) struct Told {
    last: Found,
}

impl Told {
    /// What is to be said now: of files whose problems have changed, also that they have none any more.
    pub(super) fn tell(&mut self, found: Found) -> Vec<Notification> {
        let files: BTreeSet<&PathBuf> = found.keys().chain(self.last.keys()).collect();
        let changed = files.into_iter().filter(|path| found.get(*path) != self.last.get(*path));
        let note = |path: &PathBuf| {
            let diagnostics = found.get(path).cloned().unwrap_or_default();
            let params = PublishDiagnosticsParams { uri: uri_of(path)?, diagnostics, version: None };
            Some(Notification::new(PublishDiagnostics::METHOD.to_owned(), params))
        };
        let notes = changed.filter_map(note).collect();
        self.last = found;
        notes
    }
}

/// All problems of the workspaces that something is open of.
///
/// Nothing is fetched: of actions of other repositories those are known that are here.
pub(super) async fn find(session: &mut Session, texts: &Texts) -> Found {
    let mut found = Found::new();
    for source in texts.workspaces() {
        let mut seen = BTreeSet::new();
        // Settings that cannot be read are told by each command; the files are looked at all the same.
        let _ = check(session, texts, &source, &mut seen, &mut found).await;
        // Files that no flow names are looked at for themselves.
        for (path, text) in texts.iter().filter(|(path, _)| path.starts_with(source.folder()) && !seen.contains(*path))
        {
            let mut sources = SourceMap::new();
            let file = sources.add(path.display().to_string(), text.as_ref());
            let problems = match document(&source, path) {
                Document::Flow => parse_flow(file, text).1,
                Document::Action => parse_action(file, text).1,
                Document::Project => parse_project(file, text).1,
            };
            problems.iter().for_each(|problem| add(&mut found, &source, &sources, problem, texts.columns));
        }
    }
    found
}

/// Checks all flows of a workspace; `seen` gets the files that they were made of.
async fn check(
    session: &Session,
    texts: &Texts,
    source: &DirectorySource,
    seen: &mut BTreeSet<PathBuf>,
    found: &mut Found,
) -> Result<(), CliError> {
    let remote = session.remote(source)?.locked();
    let overlay = texts.overlay(source.clone().remote(remote));
    for checked in session.checker()?.check_all(&overlay, &IndexMap::new()).await? {
        seen.extend(checked.sources.iter().map(|(_, file)| source.folder().join(file.name.as_ref())));
        for problem in checked.diagnostics.iter() {
            add(found, source, &checked.sources, problem, texts.columns);
        }
    }
    Ok(())
}

/// Adds a problem to those of its file, once.
fn add(found: &mut Found, source: &DirectorySource, sources: &SourceMap, problem: &Diagnostic, columns: Columns) {
    let place = |span: flow_core::text::Span| {
        let file = sources.get(span.file)?;
        Some((source.folder().join(file.name.as_ref()), range(&file.text, span, columns)))
    };
    let mut labels = problem.labels.iter();
    let first = labels.next().and_then(|label| place(label.span));
    // What has no place is wrong with the project, if there is a file of it, or with the folder.
    let (path, range) = first.unwrap_or_else(|| (source.config_folder().join("project.yml"), Range::default()));
    let related = labels.filter_map(|label| {
        let (path, range) = place(label.span)?;
        let message = if label.text.is_empty() { "see here".to_owned() } else { label.text.clone() };
        Some(DiagnosticRelatedInformation { location: Location { uri: uri_of(&path)?, range }, message })
    });
    let help = problem.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let told = Problem {
        range,
        severity: Some(match problem.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
        }),
        code: Some(NumberOrString::String(problem.code.number().to_owned())),
        source: Some("apolo-flow".to_owned()),
        message: format!("{}{help}", problem.message),
        related_information: Some(related.collect()),
        ..Problem::default()
    };
    let all = found.entry(path).or_default();
    if !all.contains(&told) {
        all.push(told);
    }
}
