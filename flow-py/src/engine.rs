//! [`Engine`]: forwards to the engine, waits with the interpreter let go.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flow_core::model::AttemptId;
use flow_core::port::{BakeFilter, Clock, Executor, Store};
use flow_engine::config::Settings;
use flow_engine::store::{MemoryStore, SqliteStore};
use flow_engine::{BakeRequest, CacheClear, EngineError, RestartRequest, Takeover};
use indexmap::IndexMap;
use pyo3::prelude::*;

use crate::convert::from_json;
use crate::drive::Drive;
use crate::error::{Diagnostic, config_error, diagnostics, exception, raised};
use crate::events::{Follow, LogReader};
use crate::executor::{Desk, Mailbox};
use crate::source::Source;
use crate::testing::{ManualClock, ScriptedExecutor};
use crate::view;
use crate::wait::Host;

/// An engine with its own threads; what it keeps and runs with was given when it was made.
#[pyclass(frozen, module = "apolo_flow")]
pub(crate) struct Engine {
    pub(crate) inner: flow_engine::Engine,
    pub(crate) host: Arc<Host>,
    /// Where a background engine writes what it says; absent where there can be none.
    log: Option<PathBuf>,
}

/// An executor that was given.
enum Given {
    Desk(Arc<Desk>),
    Scripted(Arc<flow_engine::testing::ScriptedExecutor>),
}

/// What an engine is made of; absent parts are those of the settings.
struct Parts {
    config: Option<PathBuf>,
    program: Vec<OsString>,
    store: Option<PathBuf>,
    memory: bool,
    executor: Option<Given>,
    clock: Option<Arc<dyn Clock>>,
}

impl Parts {
    /// The engine, and the log of background engines.
    fn open(self) -> Result<(flow_engine::Engine, Option<PathBuf>), EngineError> {
        let mut settings = Settings::read(self.config.as_deref(), &|name| std::env::var(name).ok())?;
        if let Some(folder) = self.store {
            settings.data = folder;
        }
        let environment = || std::env::vars_os().collect();
        let secrets = settings.secret_source(std::env::vars_os());
        let Some(executor) = self.executor else {
            // A process of its own would not see this memory.
            let log = (!self.memory).then(|| settings.engine_log());
            let open = if self.memory { Settings::open_empty } else { Settings::open };
            return Ok((open(&settings, self.program, environment())?, log));
        };
        let store: Arc<dyn Store> = if self.memory {
            Arc::new(MemoryStore::new())
        } else {
            Arc::new(SqliteStore::open(settings.data.join("flow.db"))?)
        };
        let executor: Arc<dyn Executor> = match executor {
            Given::Scripted(scripted) => scripted,
            Given::Desk(desk) => {
                desk.look_up_in(Arc::clone(&secrets));
                desk
            }
        };
        let builder = flow_engine::Engine::builder().store(store).user(&settings.user).storage(settings.storage_root());
        let mut builder = builder.max_rows(settings.max_rows).presets(settings.presets).secrets(secrets);
        if let Some(clock) = self.clock {
            builder = builder.clock(clock);
        }
        Ok((builder.build(executor), None))
    }
}

/// What runs the tasks, as Python gives it.
#[derive(FromPyObject)]
pub(crate) enum AnyExecutor<'py> {
    Mailbox(Bound<'py, Mailbox>),
    Scripted(Bound<'py, ScriptedExecutor>),
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (program, *, config=None, store=None, memory=false, executor=None, clock=None))]
    fn new(
        py: Python<'_>,
        program: Vec<OsString>,
        config: Option<PathBuf>,
        store: Option<PathBuf>,
        memory: bool,
        executor: Option<AnyExecutor<'_>>,
        clock: Option<&Bound<'_, ManualClock>>,
    ) -> PyResult<Self> {
        let host = Host::start()?;
        let executor = executor.map(|executor| match executor {
            AnyExecutor::Mailbox(mailbox) => Given::Desk(mailbox.get().port()),
            AnyExecutor::Scripted(scripted) => Given::Scripted(scripted.get().port()),
        });
        let clock = clock.map(|clock| clock.get().port() as Arc<dyn Clock>);
        let parts = Parts { config, program, store, memory, executor, clock };
        let entered = host.handle().enter();
        let opened = py.detach(|| parts.open()).map_err(|error| exception(py, error));
        drop(entered);
        let (engine, log) = opened?;
        Ok(Engine { inner: engine, host, log })
    }

    /// All problems of one flow, or of all; each flow with whether it can be run, and its problems.
    #[pyo3(signature = (source, flow=None, params=None))]
    fn check<'py>(
        &self,
        py: Python<'py>,
        source: &Source,
        flow: Option<String>,
        params: Option<IndexMap<String, String>>,
    ) -> PyResult<Vec<(Bound<'py, PyAny>, Vec<Diagnostic>)>> {
        let (checker, texts) = (self.inner.checker(), Arc::clone(&source.texts));
        let params = params.unwrap_or_default();
        let work = async move {
            match flow {
                Some(flow) => Ok(vec![checker.check(texts.as_ref(), &flow, &params).await?]),
                None => checker.check_all(texts.as_ref(), &params).await,
            }
        };
        let flows = self.waited(py, work)?;
        let shown = |one: &flow_engine::Checked| {
            Ok((from_json(py, &view::checked(one))?, diagnostics(&one.diagnostics, &one.sources)))
        };
        flows.iter().map(shown).collect()
    }

    /// The names of all flows.
    fn flows(&self, py: Python<'_>, source: &Source) -> PyResult<Vec<String>> {
        let texts = Arc::clone(&source.texts);
        self.waited(py, async move { Ok(texts.flows().await?) })
    }

    /// What a flow offers, and its problems.
    fn describe<'py>(
        &self,
        py: Python<'py>,
        source: &Source,
        flow: String,
    ) -> PyResult<(Bound<'py, PyAny>, Vec<Diagnostic>)> {
        let (checker, texts) = (self.inner.checker(), Arc::clone(&source.texts));
        let (outline, plan, found) = self.waited(py, async move {
            let outline = checker.outline(texts.as_ref(), &flow).await?;
            let plan = checker.graph(texts.as_ref(), &flow).await?;
            let found = checker.check(texts.as_ref(), &flow, &IndexMap::new()).await?;
            Ok((outline, plan, found))
        })?;
        let Some(outline) = outline else { return Err(config_error(py, &found.diagnostics, &found.sources)) };
        let shown = from_json(py, &view::outline(&outline, plan.as_ref()))?;
        Ok((shown, diagnostics(&found.diagnostics, &found.sources)))
    }

    /// What a bake would do.
    fn forecast<'py>(
        &self,
        py: Python<'py>,
        source: &Source,
        batch: String,
        params: IndexMap<String, String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let request = BakeRequest { batch, params, ..BakeRequest::default() };
        let (engine, texts) = (self.inner.clone(), Arc::clone(&source.texts));
        let found = self.waited(py, async move { engine.forecast(texts.as_ref(), request).await })?;
        from_json(py, &view::forecast(&found))
    }

    /// Stores a new bake; gives its id, that of its first attempt, and the warnings.
    #[pyo3(signature = (source, batch, params, name=None, tags=None))]
    fn create_bake(
        &self,
        py: Python<'_>,
        source: &Source,
        batch: String,
        params: IndexMap<String, String>,
        name: Option<String>,
        tags: Option<Vec<String>>,
    ) -> PyResult<(String, String, Vec<Diagnostic>)> {
        let request = BakeRequest { batch, params, name, tags: tags.unwrap_or_default() };
        let (engine, texts) = (self.inner.clone(), Arc::clone(&source.texts));
        let made = self.waited(py, async move { engine.create_bake(texts.as_ref(), request).await })?;
        let warnings = diagnostics(&made.diagnostics, &made.sources);
        Ok((made.bake.to_string(), made.attempt.to_string(), warnings))
    }

    /// Drives an attempt on the threads of this engine.
    fn drive(&self, attempt: String) -> Drive {
        let engine = self.inner.clone();
        Drive::begin(&self.host, async move { engine.drive(&AttemptId::new(attempt)).await })
    }

    /// Starts an engine process of its own that drives an attempt.
    fn drive_in_background(&self, py: Python<'_>, attempt: String) -> PyResult<()> {
        let started = self.inner.drive_in_background(&AttemptId::new(attempt), self.background_log(py)?);
        started.map_err(|error| exception(py, error))
    }

    /// Bakes with their last attempts, newest first.
    #[pyo3(signature = (tags=None, name=None, limit=0))]
    fn bakes<'py>(
        &self,
        py: Python<'py>,
        tags: Option<Vec<String>>,
        name: Option<String>,
        limit: u32,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let filter = BakeFilter { tags: tags.unwrap_or_default(), name, limit, ..BakeFilter::default() };
        let engine = self.inner.clone();
        let rows = self.waited(py, async move { engine.bakes(&filter).await })?;
        rows.iter().map(|(row, standing)| from_json(py, &view::row(row, *standing))).collect()
    }

    /// All about an attempt; number -1 is the last.
    fn inspect<'py>(&self, py: Python<'py>, bake: String, number: i64) -> PyResult<Bound<'py, PyAny>> {
        let engine = self.inner.clone();
        let found = self.waited(py, async move { engine.inspect(&bake, number).await })?;
        from_json(py, &view::inspection(&found))
    }

    /// Asks for the end of an attempt, or of one task.
    #[pyo3(signature = (bake, number, task=None))]
    fn cancel(&self, py: Python<'_>, bake: String, number: i64, task: Option<String>) -> PyResult<()> {
        let engine = self.inner.clone();
        self.waited(py, async move {
            let found = engine.inspect(&bake, number).await?;
            engine.cancel(&found.attempt, task.as_deref()).await
        })
    }

    /// Stores a new attempt that goes on from one; gives its number and its id.
    fn restart(
        &self,
        py: Python<'_>,
        bake: String,
        number: i64,
        from_failed: bool,
        params: IndexMap<String, String>,
    ) -> PyResult<(u32, String)> {
        let takeover = if from_failed { Takeover::Succeeded } else { Takeover::Nothing };
        let engine = self.inner.clone();
        let work = async move { engine.restart(&bake, number, RestartRequest { takeover, params }).await };
        let attempt = self.waited(py, work)?;
        Ok((attempt.number, attempt.id.to_string()))
    }

    /// Why a task is where it is.
    fn why<'py>(&self, py: Python<'py>, bake: String, number: i64, task: String) -> PyResult<Bound<'py, PyAny>> {
        let engine = self.inner.clone();
        let (task, found) = self.waited(py, async move {
            let seen = engine.inspect(&bake, number).await?;
            let task = engine.task(&seen.attempt, &task).await?;
            let found = engine.why(&seen.attempt, &task).await?;
            Ok((task, found))
        })?;
        from_json(py, &view::explanation(&task, &found))
    }

    /// A reader of an attempt's events after a position.
    fn follow(&self, py: Python<'_>, bake: String, number: i64, after: u64) -> PyResult<Follow> {
        let engine = self.inner.clone();
        let follow = self.waited(py, async move {
            let seen = engine.inspect(&bake, number).await?;
            Ok(engine.follow(&seen.attempt, after))
        })?;
        Ok(Follow::new(&self.host, follow))
    }

    /// A reader of a task's output; None if that try never was. Try 0 is the last.
    #[pyo3(signature = (bake, number, task, which=0, start=0))]
    fn log(
        &self,
        py: Python<'_>,
        bake: String,
        number: i64,
        task: String,
        which: u32,
        start: u64,
    ) -> PyResult<Option<LogReader>> {
        let engine = self.inner.clone();
        let reader = self.waited(py, async move {
            let seen = engine.inspect(&bake, number).await?;
            let task = engine.task(&seen.attempt, &task).await?;
            let task = engine.as_run(&task).await?;
            Ok(engine.log(&task, which, start))
        })?;
        Ok(reader.map(|reader| LogReader::new(&self.host, reader)))
    }

    /// Forgets cached results, and says how many.
    #[pyo3(signature = (source, batch=None, task=None))]
    fn clear_cache(
        &self,
        py: Python<'_>,
        source: &Source,
        batch: Option<String>,
        task: Option<String>,
    ) -> PyResult<u64> {
        let what = match (batch, task) {
            (Some(batch), Some(task)) => CacheClear::Task(batch, task),
            (Some(batch), None) => CacheClear::Batch(batch),
            (None, _) => CacheClear::All,
        };
        let (engine, texts) = (self.inner.clone(), Arc::clone(&source.texts));
        self.waited(py, async move { engine.clear_cache(texts.as_ref(), &what).await })
    }
}

impl Engine {
    /// Where a background engine writes what it says. Errors: there can be none.
    pub(crate) fn background_log(&self, py: Python<'_>) -> PyResult<&Path> {
        let message = "what is to go on without this process needs the store and the executor of the settings";
        self.log.as_deref().ok_or_else(|| raised(py, "RefusedError", message, Vec::new()))
    }

    /// Waits for work of the engine; its errors become exceptions.
    pub(crate) fn waited<T: Send>(
        &self,
        py: Python<'_>,
        work: impl Future<Output = Result<T, EngineError>> + Send,
    ) -> PyResult<T> {
        self.host.wait(py, work)?.map_err(|error| exception(py, error))
    }
}
