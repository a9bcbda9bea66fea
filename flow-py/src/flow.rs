//! `check` and `bake`: paths and dictionaries in, frozen records out.

use std::ffi::OsString;
use std::path::PathBuf;

use flow_core::model::{AttemptId, TaskStatus};
use flow_engine::config::Settings;
use flow_engine::source::DirectorySource;
use flow_engine::{BakeRequest, Engine, EngineError, Inspection};
use indexmap::IndexMap;
use pyo3::prelude::*;

use crate::error::{diagnostics, exception};
use crate::wait::{runtime, wait};

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

/// A task of an ended bake.
#[pyclass(frozen, get_all, module = "apolo_flow")]
#[derive(Clone)]
pub(crate) struct TaskResult {
    pub id: String,
    pub status: String,
    pub outputs: IndexMap<String, String>,
    pub tries: usize,
}

#[pymethods]
impl TaskResult {
    fn __repr__(&self) -> String {
        format!("<task {} {}>", self.id, self.status)
    }
}

/// An ended bake.
#[pyclass(frozen, get_all, module = "apolo_flow")]
pub(crate) struct BakeResult {
    pub id: String,
    pub batch: String,
    pub status: String,
    pub params: IndexMap<String, String>,
    pub tasks: IndexMap<String, TaskResult>,
}

#[pymethods]
impl BakeResult {
    fn __repr__(&self) -> String {
        format!("<bake {} of {}: {}, {} tasks>", self.id, self.batch, self.status, self.tasks.len())
    }
}

/// Where a call works: the workspace, and an engine on its settings.
struct Place {
    source: DirectorySource,
    engine: Engine,
}

fn place(py: Python<'_>, path: PathBuf) -> PyResult<Place> {
    let program = self_program(py)?;
    let opened = || -> Result<Place, EngineError> {
        let source = DirectorySource::find(&path)?;
        let settings = Settings::read(Some(source.config_folder()), &|name| std::env::var(name).ok())?;
        let remote = settings.remote_actions(source.config_folder(), std::env::vars_os().collect());
        let source = source.remote(remote);
        Ok(Place { engine: settings.open(program, std::env::vars_os().collect())?, source })
    };
    opened().map_err(|error| exception(py, error))
}

/// How this interpreter starts the command of this package.
fn self_program(py: Python<'_>) -> PyResult<Vec<OsString>> {
    let executable: String = py.import("sys")?.getattr("executable")?.extract()?;
    Ok(vec![executable.into(), "-m".into(), "apolo_flow".into()])
}

/// All problems of one flow, or of all flows of the workspace.
#[pyfunction]
#[pyo3(signature = (path, flow=None, params=None))]
pub(crate) fn check(
    py: Python<'_>,
    path: PathBuf,
    flow: Option<String>,
    params: Option<IndexMap<String, String>>,
) -> PyResult<Vec<Diagnostic>> {
    let runtime = runtime()?;
    let _entered = runtime.enter();
    let Place { source, engine } = place(py, path)?;
    let params = params.unwrap_or_default();
    let work = async {
        match flow {
            Some(flow) => Ok(vec![engine.checker().check(&source, &flow, &params).await?]),
            None => engine.checker().check_all(&source, &params).await,
        }
    };
    let checked: Result<_, EngineError> = wait(py, &runtime, work, || ())?;
    let checked = checked.map_err(|error| exception(py, error))?;
    Ok(checked.iter().flat_map(|one| diagnostics(&one.diagnostics, &one.sources)).collect())
}

/// Bakes a batch and waits for its end; Ctrl-C cancels it and waits for the wind-down.
#[pyfunction]
#[pyo3(signature = (path, batch, params=None, *, name=None, tags=None))]
pub(crate) fn bake(
    py: Python<'_>,
    path: PathBuf,
    batch: String,
    params: Option<IndexMap<String, String>>,
    name: Option<String>,
    tags: Option<Vec<String>>,
) -> PyResult<BakeResult> {
    let runtime = runtime()?;
    let _entered = runtime.enter();
    let Place { source, engine } = place(py, path)?;
    let request = BakeRequest { batch, params: params.unwrap_or_default(), name, tags: tags.unwrap_or_default() };
    let work = engine.create_bake(&source, request);
    let created = wait(py, &runtime, work, || ())?.map_err(|error| exception(py, error))?;
    let bake = created.bake.to_string();
    let handle = runtime.handle().clone();
    let cancel = {
        let (engine, bake) = (engine.clone(), bake.clone());
        // A cancel that comes too late finds an ended attempt, and that is as good.
        move || drop(handle.spawn(async move { cancel_bake(&engine, &bake).await }))
    };
    let mut cancel = Some(cancel);
    let work = drive(&engine, &created.attempt, &bake);
    let seen = wait(py, &runtime, work, || cancel.take().map_or((), |cancel| cancel()))?;
    Ok(result(&seen.map_err(|error| exception(py, error))?))
}

async fn cancel_bake(engine: &Engine, bake: &str) -> Result<(), EngineError> {
    let seen = engine.inspect(bake, -1).await?;
    engine.cancel(&seen.attempt, None).await
}

async fn drive(engine: &Engine, attempt: &AttemptId, bake: &str) -> Result<Inspection, EngineError> {
    engine.drive(attempt).await?;
    engine.inspect(bake, -1).await
}

fn result(seen: &Inspection) -> BakeResult {
    let word = |status: TaskStatus| status.word().to_owned();
    let tasks = seen.tasks.iter().map(|task| {
        let id = task.id.to_string();
        let outputs = task.outputs.clone();
        (id.clone(), TaskResult { id, status: word(task.status), outputs, tries: task.tries.len() })
    });
    BakeResult {
        id: seen.row.bake.id.to_string(),
        batch: seen.row.bake.batch.clone(),
        status: word(seen.attempt.status),
        params: seen.attempt.params.clone(),
        tasks: tasks.collect(),
    }
}
