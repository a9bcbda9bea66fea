//! [`LiveJobs`]: what is asked of live jobs, forwarded to the engine.

use std::sync::Arc;

use flow_core::model::{LiveJobId, Stdin};
use flow_core::port::LiveFilter;
use flow_engine::RunRequest;
use indexmap::IndexMap;
use pyo3::prelude::*;

use crate::convert::from_json;
use crate::drive::Drive;
use crate::engine::Engine;
use crate::error::{Diagnostic, diagnostics, exception};
use crate::events::{Follow, LogReader};
use crate::source::Source;
use crate::view;

/// The live jobs of an engine.
#[pyclass(frozen, module = "apolo_flow")]
pub(crate) struct LiveJobs {
    engine: Py<Engine>,
}

/// A live job that was asked for: its record, whether it was made by that, and the warnings.
type Made<'py> = (Bound<'py, PyAny>, bool, Vec<Diagnostic>);

#[pymethods]
impl LiveJobs {
    #[new]
    fn new(engine: Py<Engine>) -> Self {
        LiveJobs { engine }
    }

    /// Makes a live job of a flow's job, or finds the one that has not ended; starts nothing.
    #[pyo3(signature = (source, job, params, suffix=None, args=None))]
    fn run<'py>(
        &self,
        py: Python<'py>,
        source: &Source,
        job: (String, String),
        params: IndexMap<String, String>,
        suffix: Option<String>,
        args: Option<Vec<String>>,
    ) -> PyResult<Made<'py>> {
        // Nobody sits at a terminal here: it has no input, and runs on whatever becomes of this process.
        let (stdin, args, (flow, job)) = (Stdin::Closed, args.unwrap_or_default(), job);
        let request = RunRequest { flow, job, params, suffix, args, stdin, detach: true };
        let (engine, texts) = (self.engine.get(), Arc::clone(&source.texts));
        let inner = engine.inner.clone();
        let made = engine.waited(py, async move { inner.run_live(texts.as_ref(), request).await })?;
        let warnings = diagnostics(&made.diagnostics, &made.sources);
        Ok((from_json(py, &view::live(&made.found))?, made.is_new, warnings))
    }

    /// Drives a live job on the threads of the engine.
    fn drive(&self, job: String) -> Drive {
        let engine = self.engine.get();
        let inner = engine.inner.clone();
        Drive::begin(&engine.host, async move { inner.drive_live(&LiveJobId::new(job)).await })
    }

    /// Starts an engine process of its own that drives a live job.
    fn drive_in_background(&self, py: Python<'_>, job: String) -> PyResult<()> {
        let engine = self.engine.get();
        let started = engine.inner.drive_live_in_background(&LiveJobId::new(job), engine.background_log(py)?);
        started.map_err(|error| exception(py, error))
    }

    /// A live job by its own id.
    fn get<'py>(&self, py: Python<'py>, job: String) -> PyResult<Bound<'py, PyAny>> {
        let engine = self.engine.get();
        let inner = engine.inner.clone();
        let found = engine.waited(py, async move { inner.live_job(&LiveJobId::new(job)).await })?;
        from_json(py, &view::live(&found))
    }

    /// A live job by its id in the flow and its suffix, or by its own id.
    #[pyo3(signature = (source, job, suffix=None))]
    fn find<'py>(
        &self,
        py: Python<'py>,
        source: &Source,
        job: (String, String),
        suffix: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (engine, texts) = (self.engine.get(), Arc::clone(&source.texts));
        let inner = engine.inner.clone();
        let work = async move { inner.find_live(texts.as_ref(), (&job.0, &job.1), suffix.as_deref()).await };
        from_json(py, &view::live(&engine.waited(py, work)?))
    }

    /// All jobs of a flow, each with its newest run.
    fn lines<'py>(&self, py: Python<'py>, source: &Source, flow: String) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let (engine, texts) = (self.engine.get(), Arc::clone(&source.texts));
        let inner = engine.inner.clone();
        let lines = engine.waited(py, async move { inner.list_live(texts.as_ref(), &flow).await })?;
        lines.iter().map(|line| from_json(py, &view::live_line(line))).collect()
    }

    /// All live jobs of the project, of all its flows, newest first; `limit` 0 means all.
    fn all<'py>(&self, py: Python<'py>, source: &Source, limit: u32) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let (engine, texts) = (self.engine.get(), Arc::clone(&source.texts));
        let inner = engine.inner.clone();
        let found = engine.waited(py, async move {
            let project = Some(inner.project(texts.as_ref()).await?);
            inner.live_jobs(&LiveFilter { project, limit, ..LiveFilter::default() }).await
        })?;
        found.iter().map(|one| from_json(py, &view::live(one))).collect()
    }

    /// Asks for the end of a live job; False if it has ended.
    fn kill(&self, py: Python<'_>, job: String) -> PyResult<bool> {
        let engine = self.engine.get();
        let inner = engine.inner.clone();
        engine.waited(py, async move {
            let found = inner.live_job(&LiveJobId::new(job)).await?;
            inner.kill_live(found.job()).await
        })
    }

    /// A reader of a live job's events after a position.
    fn follow(&self, job: String, after: u64) -> Follow {
        let engine = self.engine.get();
        Follow::new(&engine.host, engine.inner.follow_live(&LiveJobId::new(job), after))
    }

    /// A reader of the output of a start; None if there was no such start. Number 0 is the last.
    #[pyo3(signature = (job, number=0, start=0))]
    fn log(&self, py: Python<'_>, job: String, number: u32, start: u64) -> PyResult<Option<LogReader>> {
        let engine = self.engine.get();
        let inner = engine.inner.clone();
        let reader = engine.waited(py, async move {
            let found = inner.live_job(&LiveJobId::new(job)).await?;
            Ok(inner.live_log(found.job(), number, start))
        })?;
        Ok(reader.map(|reader| LogReader::new(&engine.host, reader)))
    }
}
