//! [`evaluated`]: what each expression of a node came to, for people who look at a task.

use std::sync::Arc;

use crate::plan::evaluate::Problems;
use crate::plan::prepare::{NodeView, look};
use crate::resolve::ResolvedFlow;
use crate::text::Span;
use crate::value::Value;

/// An expression and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// Where the expression stands, without its brackets.
    pub span: Span,
    /// The name of the entry whose value it is in, as a variable of `env` has one.
    pub name: Option<Arc<str>>,
    /// What it came to.
    pub value: Value,
}

/// The expressions of an evaluation as it goes.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    found: Vec<Evaluated>,
    /// The name of the entry that is evaluated.
    pub(crate) name: Option<Arc<str>>,
}

impl Trace {
    /// Adds what was not seen before: some attributes are evaluated for more than one purpose.
    pub(crate) fn add(&mut self, values: Vec<(Span, Value)>) {
        for (span, value) in values {
            if self.found.iter().all(|one| one.span != span) {
                self.found.push(Evaluated { span, name: self.name.clone(), value });
            }
        }
    }
}

/// The expressions that have a value now, in the order of the texts: those of the node and of the defaults and calls
/// around it. A pure function, as [`prepare`](crate::plan::prepare()) is: of a node that has run it gives what it ran with.
pub fn evaluated(flow: &ResolvedFlow, view: &NodeView<'_>) -> Vec<Evaluated> {
    let mut problems = Problems { trace: Some(Trace::default()), ..Problems::default() };
    look(flow, view, &mut problems);
    let mut found = problems.trace.map(|trace| trace.found).unwrap_or_default();
    found.sort_by_key(|one| (one.span.file, one.span.start));
    found
}
