//! [`without_echoes`]: what planning finds in a flow that was read with errors.
//!
//! All problems are to come at once, so a flow with errors is looked at all the same; but what is
//! wrong is absent from its tree, and must not be reported again as missing.

use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::resolve::ResolvedFlow;
use crate::text::Span;

/// Takes out of `found` what only follows from the errors that were `told` before.
///
/// A missing image follows from any error in the same task; a circle may follow from any error,
/// since a task without readable `needs` waits for the one before it. Nothing else is taken out.
pub fn without_echoes(flow: &ResolvedFlow, told: &Diagnostics, found: Diagnostics) -> Diagnostics {
    if !told.has_errors() {
        return found;
    }
    found.into_iter().filter(|fault| !is_echo(flow, told, fault)).collect()
}

fn is_echo(flow: &ResolvedFlow, told: &Diagnostics, fault: &Diagnostic) -> bool {
    if fault.code != Code::MissingImage {
        return fault.code == Code::Cycle;
    }
    let holds = |task: Span, at: Option<Span>| at.is_some_and(|at| task.to(at) == task);
    let task = flow.tasks.iter().map(|task| task.span).find(|task| holds(*task, fault.span()));
    let mut errors = told.iter().filter(|one| one.severity == Severity::Error);
    task.is_some_and(|task| errors.any(|error| holds(task, error.span())))
}
