//! Loading an attempt from the store: its flow from the texts kept with it, its state by folding
//! its events. Resuming after a crash is this same code.

use std::sync::Arc;

use flow_core::event::AttemptCreated;
use flow_core::model::{AttemptId, Subject, UnitSpec};
use flow_core::port::{EventScope, SourceRef};
use flow_core::resolve::{ResolvedFlow, Workspace};
use flow_core::sched::{AttemptState, Effect, Revive, apply, revive as revive_state};

use crate::EngineError;
use crate::driver::carry::Facts;
use crate::engine::Inner;
use crate::load::folder_name;

/// How many events one read gives at most.
const PAGE: u32 = 2000;

/// An attempt as it stands.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub flow: ResolvedFlow,
    pub state: AttemptState,
    /// The last event that the state has seen.
    pub seq: u64,
    pub created: AttemptCreated,
}

impl Loaded {
    /// What every launch and look-up of this attempt has in common.
    pub(crate) fn facts(&self, attempt: &AttemptId) -> Facts {
        Facts {
            attempt: attempt.clone(),
            bake: self.created.bake.clone(),
            number: self.created.number,
            project: self.created.project.clone(),
            project_name: self.created.project_name.clone(),
            batch: self.created.batch.clone(),
            workspace: self.created.workspace.clone(),
        }
    }
}

/// Loads flow and state.
pub(crate) async fn load(inner: &Inner, attempt: &AttemptId) -> Result<Loaded, EngineError> {
    let (state, seq) = state(inner, attempt).await?;
    let unrunnable = |message: &str| EngineError::Unrunnable { attempt: attempt.to_string(), message: message.into() };
    let created = state.created().cloned().ok_or_else(|| unrunnable("the store has no such attempt"))?;
    let flow = flow(inner, &created).await?;
    Ok(Loaded { flow, state, seq, created })
}

/// Folds all events of an attempt; gives the last `seq` too.
pub(crate) async fn state(inner: &Inner, attempt: &AttemptId) -> Result<(AttemptState, u64), EngineError> {
    let scope = EventScope::Subject(Subject::Attempt(attempt.clone()));
    let mut state = AttemptState::new();
    let (mut after, mut seq) = (0, 0);
    loop {
        let events = inner.store.events(&scope, after, PAGE).await?;
        let Some(last) = events.last() else { return Ok((state, seq)) };
        (after, seq) = (last.position, last.seq);
        for event in &events {
            apply(&mut state, event);
        }
    }
}

/// The flow of an attempt, from the texts stored with it, never from today's disk.
async fn flow(inner: &Inner, created: &AttemptCreated) -> Result<ResolvedFlow, EngineError> {
    let mut workspace = Workspace::new(&created.batch);
    for (at, source) in created.sources.iter().enumerate() {
        let text = inner.store.text(&source.digest).await?.ok_or_else(|| EngineError::Unrunnable {
            attempt: created.bake.to_string(),
            message: format!("the text of `{}` is not in the store", source.name),
        })?;
        let reference = source.source.clone().unwrap_or_else(|| by_place(created, at));
        workspace.supply(reference, Some((source.name.clone(), text)));
    }
    // What is supplied already stays.
    workspace.supply(SourceRef::Project, None);
    let (flow, diagnostics) = workspace.resolve(&folder_name(&created.workspace));
    match flow {
        Some(flow) if !diagnostics.has_errors() => Ok(flow),
        _ => Err(EngineError::config(diagnostics, workspace.sources().clone())),
    }
}

/// Which text it is where the event does not say it: the batch file is last, and a project file, if there
/// was one, stands before it.
fn by_place(created: &AttemptCreated, at: usize) -> SourceRef {
    let is_last = at + 1 == created.sources.len();
    if is_last { SourceRef::Flow(created.batch.as_str().into()) } else { SourceRef::Project }
}

/// The effects that an earlier engine may not have finished.
pub(crate) async fn revive(inner: &Arc<Inner>, loaded: &Loaded) -> Result<Vec<Effect>, EngineError> {
    let mut effects = Vec::new();
    for item in revive_state(&loaded.flow, &loaded.state) {
        effects.push(match item {
            Revive::Launch { key, spec } => {
                let text = inner.store.text(&spec).await?;
                let parsed: Option<UnitSpec> = text.and_then(|text| serde_json::from_str(&text).ok());
                let spec = parsed.ok_or_else(|| EngineError::Unrunnable {
                    attempt: loaded.created.bake.to_string(),
                    message: format!("the spec {spec} is not in the store"),
                })?;
                Effect::Launch { key, spec: Box::new(spec), resuming: true }
            }
            Revive::Kill { key, grace } => Effect::Kill { key, grace },
            Revive::WakeAt(moment) => Effect::WakeAt(moment),
        });
    }
    Ok(effects)
}
