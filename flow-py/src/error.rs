//! Engine errors as Python exceptions, by meaning. The only place that maps them.

use flow_core::diag::report::Report;
use flow_core::diag::{Diagnostics, Severity};
use flow_core::text::SourceMap;
use flow_engine::EngineError;
use miette::{GraphicalReportHandler, GraphicalTheme};
use pyo3::prelude::*;

use crate::flow::Diagnostic;

/// The exception for an engine error; its class stands in `apolo_flow.errors`.
pub(crate) fn exception(py: Python<'_>, error: EngineError) -> PyErr {
    match raise(py, &error) {
        Ok(exception) | Err(exception) => exception,
    }
}

fn raise(py: Python<'_>, error: &EngineError) -> PyResult<PyErr> {
    let errors = py.import("apolo_flow.errors")?;
    let message = error.to_string();
    let made = match error {
        EngineError::Config(problems) => {
            let list = diagnostics(&problems.diagnostics, &problems.sources);
            let text = list.iter().map(|one| one.text.as_str()).collect::<Vec<_>>().join("\n");
            errors.getattr("ConfigError")?.call1((text, list))?
        }
        EngineError::Source(_) | EngineError::Settings { .. } => {
            errors.getattr("ConfigError")?.call1((message, Vec::<Diagnostic>::new()))?
        }
        EngineError::Store(_) => errors.getattr("StoreError")?.call1((message,))?,
        EngineError::Executor(_) | EngineError::Spawn { .. } => errors.getattr("ExecutorError")?.call1((message,))?,
        EngineError::UnknownBake(_)
        | EngineError::UnknownAttempt { .. }
        | EngineError::UnknownTask { .. }
        | EngineError::Finished { .. }
        | EngineError::NotRestarted { .. }
        | EngineError::UnknownLiveJob { .. }
        | EngineError::NotRunning { .. }
        | EngineError::SuffixMissing { .. }
        | EngineError::SuffixUnwanted { .. }
        | EngineError::PortTaken { .. }
        | EngineError::UnknownVolume { .. }
        | EngineError::NoLocalPart { .. }
        | EngineError::Storage(_)
        | EngineError::Unrunnable { .. } => errors.getattr("FlowError")?.call1((message,))?,
    };
    Ok(PyErr::from_value(made))
}

/// Diagnostics as Python sees them, each with its drawn frame.
pub(crate) fn diagnostics(list: &Diagnostics, sources: &SourceMap) -> Vec<Diagnostic> {
    list.iter().map(|one| diagnostic(one, sources)).collect()
}

fn diagnostic(one: &flow_core::diag::Diagnostic, sources: &SourceMap) -> Diagnostic {
    let span = one.span();
    let position = span.and_then(|span| sources.position(span));
    let file = span.and_then(|span| sources.get(span.file)).map(|file| file.name.to_string());
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(100);
    if handler.render_report(&mut text, &Report::new(one, sources)).is_err() {
        text.clone_from(&one.message);
    }
    Diagnostic {
        code: one.code.number().to_owned(),
        name: one.code.name().to_owned(),
        severity: if one.severity == Severity::Error { "error" } else { "warning" }.to_owned(),
        message: one.message.clone(),
        help: one.help.clone(),
        file,
        line: position.map(|position| position.line),
        column: position.map(|position| position.column),
        text,
    }
}
