//! Engine errors as Python exceptions, by meaning. The only place that maps them.

use flow_core::diag::report::Report;
use flow_core::diag::{Diagnostics, Severity};
use flow_core::port::{ExecutorError, StoreError};
use flow_core::text::SourceMap;
use flow_engine::EngineError;
use miette::{GraphicalReportHandler, GraphicalTheme};
use pyo3::prelude::*;

/// One problem in the files of a flow.
#[pyclass(frozen, get_all, module = "apolo_flow")]
#[derive(Clone)]
pub(crate) struct Diagnostic {
    pub code: String,
    pub name: String,
    pub severity: String,
    pub message: String,
    pub help: Option<String>,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub text: String,
}

#[pymethods]
impl Diagnostic {
    fn __repr__(&self) -> String {
        let place = self
            .file
            .as_ref()
            .map_or(String::new(), |file| format!(" {file}:{}:{}", self.line.unwrap_or(0), self.column.unwrap_or(0)));
        format!("<{} {}{place}: {}>", self.severity, self.code, self.message)
    }

    fn __str__(&self) -> String {
        self.text.clone()
    }
}

/// The exception for an engine error; its class stands in `apolo_flow.errors`.
pub(crate) fn exception(py: Python<'_>, error: impl std::borrow::Borrow<EngineError>) -> PyErr {
    let error = error.borrow();
    let class = match error {
        EngineError::Config(problems) => return config_error(py, &problems.diagnostics, &problems.sources),
        EngineError::Source(_) | EngineError::Settings { .. } => "ConfigError",
        EngineError::Store(StoreError::Held { .. }) => "HeldError",
        EngineError::Store(_) => "StoreError",
        EngineError::Executor(_) | EngineError::Spawn { .. } => "ExecutorError",
        EngineError::UnknownBake(_)
        | EngineError::UnknownAttempt { .. }
        | EngineError::UnknownTask { .. }
        | EngineError::UnknownFlow { .. }
        | EngineError::UnknownLiveJob { .. }
        | EngineError::NotRunning { .. }
        | EngineError::UnknownVolume { .. } => "NotFoundError",
        EngineError::FlowBusy { .. }
        | EngineError::Finished { .. }
        | EngineError::NotRestarted { .. }
        | EngineError::SuffixMissing { .. }
        | EngineError::SuffixUnwanted { .. }
        | EngineError::PortTaken { .. }
        | EngineError::NoLocalPart { .. } => "RefusedError",
        EngineError::Storage(_) | EngineError::Remote(_) | EngineError::Unrunnable { .. } => "FlowError",
    };
    raised(py, class, &error.to_string(), Vec::new())
}

/// The exception for what the files of a flow, or the text of an expression, have wrong.
pub(crate) fn config_error(py: Python<'_>, found: &Diagnostics, sources: &SourceMap) -> PyErr {
    let list = diagnostics(found, sources);
    let text = list.iter().map(|one| one.text.as_str()).collect::<Vec<_>>().join("\n");
    raised(py, "ConfigError", &text, list)
}

/// The exception of a class of `apolo_flow.errors`.
pub(crate) fn raised(py: Python<'_>, class: &str, message: &str, list: Vec<Diagnostic>) -> PyErr {
    let made = || py.import("apolo_flow.errors")?.getattr(class)?.call1((message, list));
    made().map_or_else(|error| error, PyErr::from_value)
}

/// The exception for what an executor said.
pub(crate) fn executor_error(py: Python<'_>, error: ExecutorError) -> PyErr {
    exception(py, EngineError::Executor(error))
}

/// The exception for what the store said.
pub(crate) fn store_error(py: Python<'_>, error: StoreError) -> PyErr {
    exception(py, EngineError::Store(error))
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
