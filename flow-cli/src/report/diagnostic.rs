//! Diagnostics drawn with their frames, all at once. Source: DEC-22.

use std::collections::BTreeSet;

use flow_core::diag::report::Report;
use flow_core::diag::{Diagnostic, Diagnostics, Severity};
use flow_core::text::SourceMap;
use miette::{GraphicalReportHandler, GraphicalTheme};

use crate::report::clean;
use crate::report::look::Look;

/// All of them, one below the other, in their order.
pub(crate) fn draw(diagnostics: &Diagnostics, sources: &SourceMap, look: Look, width: usize) -> String {
    let theme = match (look.unicode, look.color) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, true) => GraphicalTheme::ascii(),
        (false, false) => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(width);
    let sources = clean_sources(sources);
    let mut text = String::new();
    for diagnostic in diagnostics.iter() {
        let report = Report::new(&clean_diagnostic(diagnostic), &sources);
        // Only a span outside its text could fail here; then the message alone is shown.
        if handler.render_report(&mut text, &report).is_err() {
            text.push_str(&report.to_string());
        }
        text.push('\n');
    }
    text.trim_end().to_owned()
}

/// `10 errors in 2 files`.
pub(crate) fn closing(diagnostics: &Diagnostics) -> String {
    let of = |severity| diagnostics.iter().filter(move |one| one.severity == severity);
    let (errors, warnings) = (of(Severity::Error).count(), of(Severity::Warning).count());
    let files: BTreeSet<_> = diagnostics.iter().filter_map(Diagnostic::span).map(|span| span.file).collect();
    let mut parts = Vec::new();
    if errors > 0 || warnings == 0 {
        parts.push(counted(errors, "error"));
    }
    if warnings > 0 {
        parts.push(counted(warnings, "warning"));
    }
    let place = if files.is_empty() { String::new() } else { format!(" in {}", counted(files.len(), "file")) };
    format!("{}{place}", parts.join(" and "))
}

/// `1 error`, `2 errors`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn clean_sources(sources: &SourceMap) -> SourceMap {
    let mut clean = SourceMap::new();
    for (_, file) in sources.iter() {
        clean.add(clean::line(&file.name), clean::same_length(&file.text));
    }
    clean
}

fn clean_diagnostic(diagnostic: &Diagnostic) -> Diagnostic {
    let mut clean = diagnostic.clone();
    clean.message = clean::line(&clean.message);
    clean.help = clean.help.as_deref().map(clean::block);
    for label in &mut clean.labels {
        label.text = clean::line(&label.text);
    }
    clean
}

#[cfg(test)]
mod tests;
