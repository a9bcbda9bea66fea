//! [`Engine`]: the whole public face. Faces and embedders talk to nothing else.

mod builder;
mod cache;
mod check;
mod difference;
mod dry_run;
mod estimate;
mod expressions;
mod forecast;
mod graph;
mod live;
mod outline;
mod read;
mod restart;
mod trust;
mod upkeep;
mod volume;
mod why;
mod workload;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;

use flow_core::diag::Diagnostics;
use flow_core::event::{AttemptCreated, CancelScope, EventKind, Reuse, VERSION};
use flow_core::model::{
    Attempt, AttemptId, BakeId, Digest, Epoch, FullId, OwnerId, ProjectId, SourceRef, SourceText, Subject, TaskStatus,
    UnitSpec,
};
use flow_core::plan::{Plan, Presets};
use flow_core::port::{
    Append, Clock, ConfigSource, Executor, GitSource, Ids, NewEvent, RequestKind, SecretSource, Store, StoreError,
};
use flow_core::text::SourceMap;
use indexmap::IndexMap;

use crate::driver::{Driver, LEASE, Volumes};
use crate::engine::check::Ready;
use crate::storage::StorageRoot;
use crate::{EngineError, owner};

pub use builder::EngineBuilder;
pub use cache::CacheClear;
pub use check::{Checked, Checker};
pub use difference::Change;
pub use dry_run::DryRun;
pub use estimate::{Estimate, Expectation};
pub use expressions::Expression;
pub use forecast::{Fate, Forecast, ForecastTask};
pub use live::{LiveFound, LiveListing, LiveRun, RunRequest};
pub use outline::{Outline, OutlineImage, OutlineJob, OutlineKind, OutlineParam, OutlineVolume};
pub use read::{Inspection, Standing};
pub use restart::{RestartRefusal, RestartRequest, Takeover};
pub use trust::Untrusted;
pub use upkeep::{FlowContents, GcReport, GcRequest};
pub use volume::{Direction, FlowVolume, VolumeChoice};
pub use why::{Because, Explanation, Origin, Start, Wait};
pub use workload::{Workload, Workloads};

/// The version that every attempt is marked with.
const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Checks flows, bakes them, and tells everything about them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine {
    inner: Arc<Inner>,
    /// Who is recorded for what is asked, where it is not the user alone.
    asker: Option<Arc<str>>,
}

/// The parts of an engine; no part is global.
#[derive(Debug)]
pub(crate) struct Inner {
    pub store: Arc<dyn Store>,
    pub executor: Arc<dyn Executor>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub git: Arc<dyn GitSource>,
    pub owner: OwnerId,
    pub user: String,
    pub self_program: Vec<OsString>,
    pub max_rows: Option<u32>,
    pub connection: BTreeMap<String, String>,
    pub storage: Option<StorageRoot>,
    pub presets: Presets,
    pub secrets: Option<Arc<dyn SecretSource>>,
}

impl Inner {
    /// The variables by which a unit that may use this engine finds it; none for all others. Source: MCH-1.
    pub(crate) fn connection(&self, spec: &UnitSpec, workspace: &str) -> BTreeMap<String, String> {
        if spec.pass_config != Some(true) || self.connection.is_empty() {
            return BTreeMap::new();
        }
        let mut connection = self.connection.clone();
        connection.insert("APOLO_FLOW_WORKSPACE".to_owned(), workspace.to_owned());
        connection
    }

    /// The storage's folder where the executor mounts nothing: it stands for mounts there (MCH-2).
    pub(crate) fn host_storage(&self) -> Option<String> {
        let storage = self.storage.as_ref().filter(|_| !self.executor.abilities().mounts);
        storage.map(|storage| storage.folder().display().to_string())
    }

    /// What questions about volumes are answered with.
    pub(crate) fn volumes(&self) -> Volumes {
        Volumes { storage: self.storage.clone(), mounted: self.executor.abilities().mounts }
    }

    /// Claims a subject; a holder that is provably dead is not waited for.
    pub(crate) async fn claim(&self, subject: &Subject) -> Result<Epoch, StoreError> {
        let now = self.clock.now();
        match self.store.claim(subject, &self.owner, now, now.after(LEASE)).await {
            Err(StoreError::Held { owner, until, .. }) if owner::is_dead(&owner) => {
                // The lease of a dead process is over, whatever its date says.
                let now = now.max(until);
                self.store.claim(subject, &self.owner, now, now.after(LEASE)).await
            }
            other => other,
        }
    }
}

/// What somebody wants baked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BakeRequest {
    /// The batch's name.
    pub batch: String,
    /// Params by name.
    pub params: IndexMap<String, String>,
    /// A name for the bake.
    pub name: Option<String>,
    /// Tags for the bake.
    pub tags: Vec<String>,
}

/// A bake that is stored and waits for an engine to drive it.
#[derive(Clone, Debug)]
pub struct Created {
    /// The bake.
    pub bake: BakeId,
    /// Its first attempt.
    pub attempt: AttemptId,
    /// The plan as checked, for drawing.
    pub plan: Plan,
    /// Warnings.
    pub diagnostics: Diagnostics,
    /// The texts that the warnings point into.
    pub sources: SourceMap,
}

impl Engine {
    /// An engine made of parts; see [`EngineBuilder`].
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    pub(crate) fn from_inner(inner: Inner) -> Self {
        Engine { inner: Arc::new(inner), asker: None }
    }

    /// The same engine, asked by somebody whom a face of it knows more about than this machine does.
    ///
    /// The user's name stays in what is recorded, `who` stands behind it: `ada (console: operator)`.
    pub fn asked_by(&self, who: &str) -> Engine {
        let asker = Some(format!("{} ({who})", self.inner.user).into());
        Engine { inner: Arc::clone(&self.inner), asker }
    }

    /// The name that is recorded for what this engine is asked to do.
    pub fn user(&self) -> &str {
        self.asker.as_deref().unwrap_or(&self.inner.user)
    }

    /// What checks flows as this engine would, without its store and executor.
    pub fn checker(&self) -> Checker {
        let images = self.inner.executor.abilities().images;
        let checker = Checker::new(Arc::clone(&self.inner.git), &self.inner.user).images(images);
        let checker = checker.max_rows(self.inner.max_rows).secrets(self.inner.secrets.clone());
        let checker = match &self.inner.storage {
            Some(storage) if self.inner.executor.abilities().mounts => checker.mounted_storage(storage.clone()),
            Some(storage) => checker.storage(storage.clone()),
            None => checker,
        };
        match self.inner.executor.room() {
            Some(room) => checker.machine(self.inner.presets.clone(), room),
            None => checker,
        }
    }

    /// Checks a flow, keeps its texts, and stores a new bake with its first attempt. Starts nothing.
    ///
    /// Errors: `Config` with all problems, and then nothing is stored.
    pub async fn create_bake(&self, source: &dyn ConfigSource, request: BakeRequest) -> Result<Created, EngineError> {
        let ready = self.checker().ready(source, &request.batch, &request.params).await?;
        trust::check(&ready.diagnostics, &ready.workspace)?;
        let created = self.attempt_created(source.workspace(), request, &ready).await?;
        let bake = created.bake.clone();
        let attempt = AttemptId::new(self.inner.ids.fresh("attempt"));
        let texts = ready.workspace.texts().into_iter();
        let texts = texts.map(|(_, (_, text))| (Digest::of(text.as_bytes()), text)).collect();
        self.store_attempt(&attempt, created, texts).await?;
        let sources = ready.workspace.sources().clone();
        Ok(Created { bake, attempt, plan: ready.plan, diagnostics: ready.diagnostics.sorted(), sources })
    }

    /// What the first attempt of a new bake starts from.
    async fn attempt_created(
        &self,
        workspace: &str,
        request: BakeRequest,
        ready: &Ready,
    ) -> Result<AttemptCreated, EngineError> {
        let fresh = ProjectId::new(self.inner.ids.fresh("project"));
        Ok(AttemptCreated {
            version: VERSION,
            project: self.inner.store.project(&ready.flow.shared.project.id, fresh).await?,
            project_name: ready.flow.shared.project.id.to_string(),
            bake: BakeId::new(self.inner.ids.fresh("bake")),
            number: 1,
            batch: request.batch,
            name: request.name,
            tags: request.tags,
            params: ready.params.clone(),
            executor: self.inner.executor.abilities().name.to_owned(),
            sources: ready.workspace.texts().iter().map(|(of, (name, text))| source_text(of, name, text)).collect(),
            workspace: workspace.to_owned(),
            git: ready.git.clone(),
            by: self.user().to_owned(),
            from: None,
            reuse: Reuse::Cache,
            max_rows: self.inner.max_rows,
            storage: self.inner.host_storage(),
            engine_version: ENGINE_VERSION.to_owned(),
        })
    }

    /// Drives an attempt in this process until it ends, and gives its result.
    ///
    /// An attempt that was driven before goes on where it stood: running tasks are found again.
    /// Errors: `Store(Held)` while another engine drives it.
    pub async fn drive(&self, attempt: &AttemptId) -> Result<TaskStatus, EngineError> {
        Driver::new(Arc::clone(&self.inner), attempt).await?.run().await
    }

    /// Starts an engine process of its own that drives an attempt, and returns at once.
    ///
    /// `log` receives what that process says; it outlives this one and its terminal.
    /// Errors: `Spawn`.
    pub fn drive_in_background(&self, attempt: &AttemptId, log: &std::path::Path) -> Result<(), EngineError> {
        self.spawn_engine(&[attempt.as_str()], log)
    }

    /// Starts a process of this program that runs `__engine` with these arguments.
    fn spawn_engine(&self, own: &[&str], log: &std::path::Path) -> Result<(), EngineError> {
        let failed = |error: std::io::Error| EngineError::Spawn { message: error.to_string() };
        let Some((program, arguments)) = self.inner.self_program.split_first() else {
            return Err(EngineError::Spawn { message: "this program does not know how to start itself".into() });
        };
        // As all that is kept, its owner's alone (MCH-5).
        let mut options = std::fs::OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::mode(options.create(true).append(true), 0o600);
        let output = options.open(log).map_err(failed)?;
        let mut command = std::process::Command::new(program);
        command.args(arguments).arg("__engine").args(own).stdin(std::process::Stdio::null());
        command.stdout(output.try_clone().map_err(failed)?).stderr(output);
        // A task may start it: it must not be taken for a process of that task.
        command.env_remove("APOLO_FLOW_OUTPUT").env_remove("APOLO_FLOW_STATE");
        // A group of its own: the terminal's Ctrl-C does not reach it.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(failed)?;
        // Whoever lives on after it, as a server does, must take its end: a dead engine that is not waited for
        // looks alive, and its bake would never show as stalled.
        std::thread::spawn(move || child.wait());
        Ok(())
    }

    /// Asks for the end of an attempt or of one task; whoever drives it carries it out.
    ///
    /// Errors: `Finished`, `UnknownTask`.
    pub async fn cancel(&self, attempt: &Attempt, task: Option<&str>) -> Result<(), EngineError> {
        if attempt.status.is_finished() {
            return Err(EngineError::Finished {
                bake: attempt.bake.to_string(),
                number: attempt.number,
                status: attempt.status,
            });
        }
        let scope = match task {
            None => CancelScope::Attempt,
            Some(text) => CancelScope::Task(self.find_task(attempt, text).await?),
        };
        let (subject, at) = (Subject::Attempt(attempt.id.clone()), self.inner.clock.now());
        self.inner.store.send(&subject, at, self.user(), RequestKind::Cancel { scope }).await?;
        Ok(())
    }

    async fn find_task(&self, attempt: &Attempt, text: &str) -> Result<FullId, EngineError> {
        Ok(self.task(attempt, text).await?.id)
    }

    async fn store_attempt(
        &self,
        attempt: &AttemptId,
        created: AttemptCreated,
        texts: Vec<(Digest, Arc<str>)>,
    ) -> Result<(), EngineError> {
        let at = self.inner.clock.now();
        let kind = EventKind::AttemptCreated(Box::new(created));
        self.inner
            .store
            .append(Append {
                subject: Subject::Attempt(attempt.clone()),
                epoch: Epoch(0),
                expected_seq: 0,
                events: vec![NewEvent { at, kind }],
                texts,
            })
            .await?;
        Ok(())
    }
}

fn source_text(source: &SourceRef, name: &str, text: &str) -> SourceText {
    SourceText { name: name.to_owned(), source: Some(source.clone()), digest: Digest::of(text.as_bytes()) }
}
