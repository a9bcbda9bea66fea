//! [`Checker`]: what is wrong with flows of both kinds, without a store and without starting anything.
//!
//! Source: DEC-22, DEC-28, EXT-6.

use std::collections::BTreeSet;
use std::sync::Arc;

use flow_core::diag::{Code, Diagnostic, Diagnostics, Severity};
use flow_core::model::{Claim, GitInfo};
use flow_core::plan::{
    Inputs, Plan, Presets, check_live, check_live_presets, check_presets, live_secrets, params, plan, secrets,
    unsupported, without_echoes,
};
use flow_core::port::{ConfigSource, GitSource, SecretError, SecretSource};
use flow_core::resolve::{LiveFlow, ResolvedFlow, Workspace};
use flow_core::text::{SourceMap, Span};
use indexmap::IndexMap;

use crate::EngineError;
use crate::engine::trust;
use crate::load::{folder_name, load};
use crate::storage::StorageRoot;

/// Reads and checks flows. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Checker {
    git: Arc<dyn GitSource>,
    user: String,
    /// Whether the executor has images, and so can build them.
    images: bool,
    /// How many rows a matrix may have; absent: 10,000 (EXT-2).
    max_rows: Option<u32>,
    /// The storage of this machine.
    pub(super) storage: Option<StorageRoot>,
    /// Whether units see volumes where they are mounted.
    mounts: bool,
    /// What presets claim, and what the machine has; absent: presets are names of the executor's own.
    machine: Option<(Presets, Claim)>,
    /// Where secrets are looked up; absent: nowhere.
    secrets: Option<Arc<dyn SecretSource>>,
}

/// A flow that was checked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The flow's name.
    pub flow: String,
    /// The plan of a batch with the given params; `None` where there are errors, and for a live flow.
    pub plan: Option<Plan>,
    /// All problems, sorted by place.
    pub diagnostics: Diagnostics,
    /// The texts that they point into.
    pub sources: SourceMap,
}

/// A batch flow that has no errors, with what was found on the way.
pub(super) struct Ready {
    pub(super) workspace: Workspace,
    pub(super) flow: ResolvedFlow,
    pub(super) params: IndexMap<String, String>,
    pub(super) plan: Plan,
    pub(super) git: Option<GitInfo>,
    pub(super) diagnostics: Diagnostics,
}

/// A live flow whose own settings have no errors; its jobs may have some.
pub(super) struct ReadyLive {
    pub(super) workspace: Workspace,
    pub(super) flow: LiveFlow,
    pub(super) inputs: Inputs,
    pub(super) diagnostics: Diagnostics,
}

impl Checker {
    /// A checker that asks `git` for facts of the repository; `user` is what `project` and `flow` say of the user.
    pub fn new(git: Arc<dyn GitSource>, user: impl Into<String>) -> Self {
        Checker {
            git,
            user: user.into(),
            images: false,
            max_rows: None,
            machine: None,
            secrets: None,
            storage: None,
            mounts: false,
        }
    }

    /// A checker for an executor that has container images, or has none (the default).
    pub fn images(self, images: bool) -> Self {
        Checker { images, ..self }
    }

    /// A checker that lets a matrix have so many rows; absent: 10,000 (EXT-2).
    pub fn max_rows(self, max_rows: Option<u32>) -> Self {
        Checker { max_rows, ..self }
    }

    /// A checker that knows the storage, for an executor that mounts nothing (MCH-2).
    pub fn storage(self, storage: StorageRoot) -> Self {
        Checker { storage: Some(storage), mounts: false, ..self }
    }

    /// A checker that knows the storage, for an executor that mounts volumes.
    pub fn mounted_storage(self, storage: StorageRoot) -> Self {
        Checker { storage: Some(storage), mounts: true, ..self }
    }

    /// A checker for an executor on a machine that has `room`, of which presets are claims.
    pub fn machine(self, presets: Presets, room: Claim) -> Self {
        Checker { machine: Some((presets, room)), ..self }
    }

    /// A checker that looks up the secrets that flows name.
    pub fn secrets(self, secrets: Option<Arc<dyn SecretSource>>) -> Self {
        Checker { secrets, ..self }
    }

    /// Checks one flow of either kind; all problems of all its files at once, those of all jobs too.
    ///
    /// `given` are params of a batch. One without a value is a warning here: it may be given when the flow is baked.
    /// Errors: `Source` where the workspace is not there; problems of files are in the result, also `F0003`
    /// of one that cannot be read.
    pub async fn check(
        &self,
        source: &dyn ConfigSource,
        flow: &str,
        given: &IndexMap<String, String>,
    ) -> Result<Checked, EngineError> {
        let checked = self.check_batch(source, flow, given).await?;
        if !is_of_another_kind(&checked) {
            return Ok(checked);
        }
        let live = self.check_live(source, flow).await?;
        // What is of neither kind is told as a batch would be.
        Ok(if is_of_another_kind(&live) { checked } else { live })
    }

    /// Checks all flows of a workspace, by name. Errors: as [`Self::check`].
    pub async fn check_all(
        &self,
        source: &dyn ConfigSource,
        given: &IndexMap<String, String>,
    ) -> Result<Vec<Checked>, EngineError> {
        let mut all = Vec::new();
        for name in source.flows().await? {
            all.push(self.check(source, &name, given).await?);
        }
        Ok(all)
    }

    /// The graph of a batch with its defaults, also where params are still to be given; `None` where its files are
    /// too wrong to draw one, and for a live flow.
    ///
    /// Errors: `Source`.
    pub async fn graph(&self, source: &dyn ConfigSource, name: &str) -> Result<Option<Plan>, EngineError> {
        let workspace = load(source, Workspace::new(name)).await?;
        let Some(flow) = workspace.resolve(&folder_name(source.workspace())).0 else { return Ok(None) };
        let inputs = self.inputs(source, params(&flow, &IndexMap::new()).0).await;
        Ok(plan(&flow, &inputs).0)
    }

    async fn check_batch(
        &self,
        source: &dyn ConfigSource,
        flow: &str,
        given: &IndexMap<String, String>,
    ) -> Result<Checked, EngineError> {
        let done = |plan, diagnostics: Diagnostics, sources| {
            let diagnostics = diagnostics.into_iter().map(soften).collect();
            Checked { flow: flow.to_owned(), plan, diagnostics, sources }
        };
        match self.ready(source, flow, given).await {
            Ok(ready) => Ok(done(Some(ready.plan), ready.diagnostics.sorted(), ready.workspace.sources().clone())),
            Err(EngineError::Config(problems)) => Ok(done(None, problems.diagnostics, problems.sources)),
            Err(error) => Err(error),
        }
    }

    async fn check_live(&self, source: &dyn ConfigSource, name: &str) -> Result<Checked, EngineError> {
        let done = |diagnostics: Diagnostics, sources| Checked {
            flow: name.to_owned(),
            plan: None,
            diagnostics: diagnostics.sorted(),
            sources,
        };
        match self.ready_live(source, name).await {
            Ok(ready) => {
                let (_, jobs) = check_live(&ready.flow, &ready.inputs);
                let mut diagnostics: Diagnostics = jobs.into_values().flatten().chain(ready.diagnostics).collect();
                if let Some((presets, room)) = &self.machine {
                    diagnostics.append(check_live_presets(&ready.flow, presets, room));
                }
                diagnostics.append(self.missing_secrets(live_secrets(&ready.flow)).await);
                let diagnostics = diagnostics.into_iter().map(soften).collect();
                Ok(done(diagnostics, ready.flow.shared.sources.as_ref().clone()))
            }
            Err(EngineError::Config(problems)) => Ok(done(problems.diagnostics, problems.sources)),
            Err(error) => Err(error),
        }
    }

    /// A batch that can be baked. Errors: `Config` with all that is wrong.
    pub(super) async fn ready(
        &self,
        source: &dyn ConfigSource,
        name: &str,
        given: &IndexMap<String, String>,
    ) -> Result<Ready, EngineError> {
        let workspace = load(source, Workspace::new(name)).await?;
        let (flow, mut diagnostics) = workspace.resolve(&folder_name(source.workspace()));
        let Some(flow) = flow else {
            return Err(EngineError::config(diagnostics, workspace.sources().clone()));
        };
        let (params, problems) = params(&flow, given);
        diagnostics.append(problems);
        let inputs = self.inputs(source, params.clone()).await;
        let (plan, problems) = plan(&flow, &inputs);
        let problems = without_echoes(&flow, &diagnostics, problems);
        diagnostics.append(problems);
        if let Some((presets, room)) = &self.machine {
            diagnostics.append(check_presets(&flow, presets, room));
        }
        diagnostics.append(self.missing_secrets(secrets(&flow)).await);
        // What is wrong is told first: it would still be wrong if the engine could run it.
        if !diagnostics.has_errors() {
            diagnostics.append(unsupported(&flow, self.images));
            diagnostics.append(trust::warnings(source, &workspace, &flow).await?);
        }
        match plan.filter(|_| !diagnostics.has_errors()) {
            Some(plan) => Ok(Ready { workspace, flow, params, plan, git: inputs.git, diagnostics }),
            None => Err(EngineError::config(diagnostics, workspace.sources().clone())),
        }
    }

    /// A live flow of which jobs can be planned. Errors: `Config` with what is wrong with all of it; where only
    /// jobs have problems, those are left to the jobs (DEC-28).
    pub(super) async fn ready_live(&self, source: &dyn ConfigSource, name: &str) -> Result<ReadyLive, EngineError> {
        let workspace = load(source, Workspace::live(name)).await?;
        let (flow, mut diagnostics) = workspace.resolve_live(&folder_name(source.workspace()));
        let Some(flow) = flow else {
            return Err(EngineError::config(diagnostics, workspace.sources().clone()));
        };
        let inputs = self.inputs(source, IndexMap::new()).await;
        let (own, jobs) = check_live(&flow, &inputs);
        diagnostics.append(own);
        if diagnostics.has_errors() {
            jobs.into_values().for_each(|job| diagnostics.append(job));
            return Err(EngineError::config(diagnostics, workspace.sources().clone()));
        }
        Ok(ReadyLive { workspace, flow, inputs, diagnostics })
    }

    /// The secrets that a flow names and nobody has, each once for each place (MCH-3).
    async fn missing_secrets(&self, named: Vec<(String, Span)>) -> Diagnostics {
        let mut missing = Diagnostics::new();
        let Some(source) = &self.secrets else { return missing };
        let named: BTreeSet<(String, Span)> = named.into_iter().collect();
        for (name, place) in named {
            let (what, help) = match source.text(&name).await {
                Ok(_) => continue,
                Err(SecretError::Missing { provide, .. }) => ("is not there", provide),
                Err(SecretError::Unreadable { message, .. }) => ("cannot be read", message),
            };
            let found = Diagnostic::error(Code::MissingSecret, format!("the secret `{name}` {what}"));
            missing.push(found.at(place, "is needed here").help(help));
        }
        missing
    }

    pub(super) async fn inputs(&self, source: &dyn ConfigSource, params: IndexMap<String, String>) -> Inputs {
        let storage = self.storage.as_ref().filter(|_| !self.mounts);
        Inputs {
            params,
            git: self.git.info(source.workspace()).await,
            workspace: source.workspace().to_owned(),
            username: self.user.clone(),
            platform: None,
            max_rows: self.max_rows,
            storage: storage.map(|storage| storage.folder().display().to_string()),
        }
    }
}

fn is_of_another_kind(checked: &Checked) -> bool {
    checked.diagnostics.iter().any(|one| one.code == Code::WrongKind)
}

/// A param or a secret that is still to be given is no mistake in the files.
fn soften(diagnostic: Diagnostic) -> Diagnostic {
    match diagnostic.code {
        Code::MissingParam | Code::MissingSecret => Diagnostic { severity: Severity::Warning, ..diagnostic },
        _ => diagnostic,
    }
}
