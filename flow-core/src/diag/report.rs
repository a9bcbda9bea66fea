//! [`Report`]: a diagnostic as miette wants it, for the faces to draw.

use std::fmt;

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::diag::{Diagnostic, Severity};
use crate::text::{SourceFile, SourceMap, Span};

/// One diagnostic with the texts that its labels point into.
///
/// Labels in other files than the main one become related reports, since a frame shows one file.
#[derive(Debug)]
pub struct Report {
    diagnostic: Diagnostic,
    source: Option<Named>,
    related: Vec<Report>,
}

impl Report {
    /// Ties a diagnostic to its texts.
    pub fn new(diagnostic: &Diagnostic, sources: &SourceMap) -> Self {
        let file = diagnostic.span().map(|span| span.file);
        let source = file.and_then(|file| sources.get(file)).cloned().map(Named);
        let mut main = diagnostic.clone();
        let (here, elsewhere) = main.labels.into_iter().partition(|label| Some(label.span.file) == file);
        main.labels = here;
        let others: Vec<_> = elsewhere;
        let related = others.into_iter().map(|label| Report::note(diagnostic, label, sources)).collect();
        Report { diagnostic: main, source, related }
    }

    fn note(diagnostic: &Diagnostic, label: crate::diag::Label, sources: &SourceMap) -> Self {
        let source = sources.get(label.span.file).cloned().map(Named);
        let message = if label.text.is_empty() { "see also".to_owned() } else { label.text.clone() };
        let note = Diagnostic { message, labels: vec![label], help: None, ..diagnostic.clone() };
        Report { diagnostic: note, source, related: Vec::new() }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let code = self.diagnostic.code;
        Some(Box::new(format!("{} {}", code.number(), code.name())))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.source.as_ref()?;
        let mut first = true;
        Some(Box::new(self.diagnostic.labels.iter().map(move |label| {
            let primary = std::mem::take(&mut first);
            let text = (!label.text.is_empty()).then(|| label.text.clone());
            let span = source_span(label.span);
            if primary {
                LabeledSpan::new_primary_with_span(text, span)
            } else {
                LabeledSpan::new_with_span(text, span)
            }
        })))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        if self.related.is_empty() {
            return None;
        }
        Some(Box::new(self.related.iter().map(|one| one as &dyn miette::Diagnostic)))
    }
}

fn source_span(span: Span) -> SourceSpan {
    SourceSpan::new((span.start as usize).into(), (span.end - span.start) as usize)
}

/// A text under its name, so that a frame says which file it shows.
#[derive(Debug)]
struct Named(SourceFile);

impl SourceCode for Named {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.0.text.as_ref().read_span(span, before, after)?;
        let contents = MietteSpanContents::new_named(
            self.0.name.to_string(),
            inner.data(),
            *inner.span(),
            inner.line(),
            inner.column(),
            inner.line_count(),
        );
        Ok(Box::new(contents.with_language("yaml")))
    }
}
