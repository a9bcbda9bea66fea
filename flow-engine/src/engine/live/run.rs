//! [`Engine::run_live`]: a job of a live flow becomes a live job, or the one that runs already is found.
//!
//! Source: LIV-13, LIV-20…25, MCH-1.

use std::sync::Arc;

use flow_core::diag::{Code, Diagnostic, Diagnostics};
use flow_core::event::{EventKind, LiveCreated, VERSION};
use flow_core::expr::Answers;
use flow_core::model::{Digest, Epoch, LiveJobId, LiveOrder, ProjectId, RestartPolicy, Stdin, Subject, UnitSpec};
use flow_core::plan::{JobRequest, JobSpec, PreparedJob, is_multi, plan_job, unsupported_job};
use flow_core::port::{Append, ConfigSource, NewEvent, StoreError};
use flow_core::text::SourceMap;
use indexmap::IndexMap;

use crate::EngineError;
use crate::engine::check::ReadyLive;
use crate::engine::dry_run::fresh_suffix;
use crate::engine::live::LiveFound;
use crate::engine::{ENGINE_VERSION, Engine, source_text};
use crate::live::forward;

/// What somebody wants run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunRequest {
    /// The live flow's name.
    pub flow: String,
    /// The job.
    pub job: String,
    /// Params by name.
    pub params: IndexMap<String, String>,
    /// The suffix of a multi job; a fresh one is made if none is given.
    pub suffix: Option<String>,
    /// What a multi job sees as `multi.args`.
    pub args: Vec<String>,
    /// Where its input comes from.
    pub stdin: Stdin,
    /// Whether it runs on without whoever asks, whatever the flow says.
    pub detach: bool,
}

/// What came of a wish to run a job.
#[derive(Clone, Debug)]
pub struct LiveRun {
    /// The job.
    pub found: LiveFound,
    /// Whether it was made by this call: then it waits for an engine to drive it.
    pub is_new: bool,
    /// Warnings about the flow.
    pub diagnostics: Diagnostics,
    /// The texts that they point into.
    pub sources: SourceMap,
}

impl Engine {
    /// Makes a live job of a job of a live flow, or finds the one that has not ended. Starts nothing.
    ///
    /// Of many calls at the same time one makes the job and all others find it.
    /// Errors: `UnknownLiveJob`, `Config` with the problems of the flow or of this job, `PortTaken`.
    pub async fn run_live(&self, source: &dyn ConfigSource, request: RunRequest) -> Result<LiveRun, EngineError> {
        let ready = self.checker().ready_live(source, &request.flow).await?;
        let Some(multi) =
            ready.flow.jobs.contains_key(request.job.as_str()).then(|| is_multi(&ready.flow, &request.job))
        else {
            let known = ready.flow.jobs.keys().map(ToString::to_string).collect();
            return Err(EngineError::UnknownLiveJob { job: request.job, known });
        };
        let mut wish = JobRequest {
            job: &request.job,
            params: request.params.clone(),
            suffix: request.suffix.clone(),
            args: request.args.clone(),
        };
        if wish.suffix.is_none() && multi == Some(true) {
            wish.suffix = Some(fresh_suffix(self.inner.ids.as_ref()));
        }
        let fresh = ProjectId::new(self.inner.ids.fresh("project"));
        let project = self.inner.store.project(&ready.flow.shared.project.id, fresh).await?;
        let job = self.settle(&ready, &wish, (&project, &request.flow)).await?;
        let suffix = job.suffix.as_deref();
        let running = self.unfinished(&project, (&request.flow, &request.job), suffix).await?;
        let (found, is_new) = match running {
            Some(found) => (found, false),
            None => self.make(&ready, job, (project, source.workspace()), &request).await?,
        };
        let sources = ready.flow.shared.sources.as_ref().clone();
        Ok(LiveRun { found, is_new, diagnostics: ready.diagnostics.sorted(), sources })
    }

    /// Stores a new live job; finds the one that somebody else stored meanwhile.
    async fn make(
        &self,
        ready: &ReadyLive,
        job: JobSpec,
        (project, workspace): (ProjectId, &str),
        request: &RunRequest,
    ) -> Result<(LiveFound, bool), EngineError> {
        let shares_host = self.inner.executor.shares_host();
        forward::check(&forward::wanted(&job.port_forward, shares_host)).await?;
        let mut spec = job.unit.clone();
        // The name is one of the machine's: a container is found by it.
        spec.name = Some(job.name.clone());
        let order = self.order(ready, &job, &spec, (project, workspace, request));
        let id = LiveJobId::new(self.inner.ids.fresh("job"));
        let texts = ready.workspace.texts().into_iter();
        let mut texts: Vec<(Digest, Arc<str>)> =
            texts.map(|(_, (_, text))| (Digest::of(text.as_bytes()), text)).collect();
        texts.push((spec.digest(), spec.to_json().into()));
        let kind = EventKind::LiveCreated(Box::new(LiveCreated { version: VERSION, order }));
        let events = vec![NewEvent { at: self.inner.clock.now(), kind }];
        let subject = Subject::Live(id.clone());
        let append = Append { subject, epoch: Epoch(0), expected_seq: 0, events, texts };
        match self.inner.store.append(append).await {
            Ok(_) => Ok((self.live_job(&id).await?, true)),
            Err(StoreError::Unfinished { id, .. }) => Ok((self.live_job(&id).await?, false)),
            Err(error) => Err(error.into()),
        }
    }

    /// Where the job's input comes from: nowhere if nobody is there, and no terminal where there can be none.
    fn stdin(&self, job: &JobSpec, request: &RunRequest) -> Stdin {
        match request.stdin {
            _ if job.detach || request.detach => Stdin::Closed,
            Stdin::Terminal(_) if !self.inner.executor.gives_terminals() => Stdin::Open,
            other => other,
        }
    }

    /// What the job is started with.
    fn order(
        &self,
        ready: &ReadyLive,
        job: &JobSpec,
        spec: &UnitSpec,
        (project, workspace, request): (ProjectId, &str, &RunRequest),
    ) -> LiveOrder {
        let texts = ready.workspace.texts();
        let port = spec.http_port.filter(|port| (1..=65535).contains(port));
        let url = port.filter(|_| self.inner.executor.shares_host()).map(|port| format!("http://localhost:{port}"));
        LiveOrder {
            project,
            project_name: ready.flow.shared.project.id.to_string(),
            flow: request.flow.clone(),
            job: job.id.clone(),
            suffix: job.suffix.clone(),
            name: job.name.clone(),
            title: spec.title.clone().unwrap_or_default(),
            tags: spec.tags.clone(),
            params: job.params.clone(),
            executor: self.inner.executor.abilities().name.to_owned(),
            sources: texts.iter().map(|(of, (name, text))| source_text(of, name, text)).collect(),
            workspace: workspace.to_owned(),
            git: ready.inputs.git.clone(),
            by: self.user().to_owned(),
            spec: spec.digest(),
            preset: spec.preset.clone(),
            http_port: port,
            url,
            port_forward: job.port_forward.clone(),
            detach: job.detach,
            browse: job.browse,
            life_span_seconds: spec.life_span_seconds.filter(|seconds| *seconds > 0.0),
            restart: RestartPolicy::of(spec.restart.as_deref()),
            stdin: self.stdin(job, request),
            engine_version: ENGINE_VERSION.to_owned(),
        }
    }

    /// The job with all its questions answered. Errors: `Config`, `Store`.
    async fn settle(
        &self,
        ready: &ReadyLive,
        wish: &JobRequest<'_>,
        of: (&ProjectId, &str),
    ) -> Result<JobSpec, EngineError> {
        let wrong = |diagnostics| EngineError::config(diagnostics, ready.flow.shared.sources.as_ref().clone());
        let mut answers = Answers::new();
        loop {
            match plan_job(&ready.flow, &ready.inputs, wish, &answers) {
                PreparedJob::Fault(diagnostics) => return Err(wrong(diagnostics)),
                PreparedJob::Ask(calls) => {
                    for call in calls {
                        let given = self.answer_job(call.clone(), of).await?.map_err(|message| {
                            wrong(Diagnostics::from_iter([Diagnostic::error(Code::ExprValue, message)]))
                        })?;
                        answers.insert(call, given);
                    }
                }
                PreparedJob::Run(job) => {
                    let unsupported = unsupported_job(&job);
                    return if unsupported.has_errors() { Err(wrong(unsupported)) } else { Ok(*job) };
                }
            }
        }
    }
}
