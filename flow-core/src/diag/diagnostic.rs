//! [`Diagnostic`] and the sink that collects them.

use crate::diag::Code;
use crate::text::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The flow still runs.
    Warning,
    /// Nothing of this flow is started.
    Error,
}

/// A place in a file with what it has to do with the problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What to say at the place; may be empty.
    pub text: String,
}

/// One problem in the user's files.
///
/// Shape: the first label is the smallest wrong thing; later ones say where the expectation came
/// from. No label: the problem has no place in a file (a file is missing, a `-p` is unknown).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which problem of the closed list.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// A lower-case fragment, names in backticks, no period.
    pub message: String,
    /// Places, the main one first.
    pub labels: Vec<Label>,
    /// An action the reader can take.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Diagnostic { code, severity: Severity::Error, message: message.into(), labels: Vec::new(), help: None }
    }

    /// A warning without a place.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Adds a place; the first one added is the main one.
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds the help text.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The main place.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

/// How many problems are kept; who has more mends these first.
pub const MAX_DIAGNOSTICS: usize = 10_000;

/// Collects all problems of all files.
///
/// Shape: at most [`MAX_DIAGNOSTICS`], those found first; but an error is never lost to warnings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    has_errors: bool,
}

impl Diagnostics {
    /// An empty sink.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let is_first_error = diagnostic.severity == Severity::Error && !self.has_errors;
        if self.list.len() >= MAX_DIAGNOSTICS && is_first_error {
            self.list.pop();
        }
        if self.list.len() < MAX_DIAGNOSTICS {
            self.has_errors |= is_first_error;
            self.list.push(diagnostic);
        }
    }

    /// Adds all of another sink.
    pub fn append(&mut self, other: Diagnostics) {
        other.list.into_iter().for_each(|one| self.push(one));
    }

    /// Whether a flow with these problems must not be planned.
    pub fn has_errors(&self) -> bool {
        self.has_errors
    }

    /// Whether there is none at all.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// All of them in the order found.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Sorted by file and place, those without a place first, equal ones once.
    pub fn sorted(mut self) -> Self {
        self.list.sort_by_key(Diagnostic::span);
        self.list.dedup();
        self
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(iter: I) -> Self {
        let mut found = Diagnostics::new();
        iter.into_iter().for_each(|one| found.push(one));
        found
    }
}
