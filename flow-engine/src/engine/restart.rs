//! Restart: a new attempt of a bake with the texts of the one before. Source: BAT-130…135, DEC-24.

use flow_core::event::{AttemptCreated, Reuse, VERSION};
use flow_core::model::{Attempt, AttemptId, TaskStatus};
use flow_core::plan::{Inputs, params, plan};
use flow_core::resolve::ResolvedFlow;
use indexmap::IndexMap;
use thiserror::Error;

use crate::driver::load;
use crate::engine::{ENGINE_VERSION, Engine};
use crate::{EngineError, Inspection};

/// The highest number that an attempt may have (BAT-130).
const MAX_NUMBER: u32 = 99;

/// What a restart does with earlier results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Takeover {
    /// Takes over each task that succeeded, whose needs were all taken over, and that the params
    /// leave as it was. The rest may come from the cache.
    #[default]
    Succeeded,
    /// Takes nothing over and reads no cache: every task runs.
    Nothing,
}

/// What somebody wants restarted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestartRequest {
    /// What becomes of earlier results.
    pub takeover: Takeover,
    /// Params that are to change, by name; all others keep the values of the base.
    pub params: IndexMap<String, String>,
}

/// Why an attempt cannot be restarted. Source: BAT-130.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RestartRefusal {
    /// It has not ended.
    #[error("it has not ended")]
    NotEnded,
    /// All its tasks did well, so there is nothing to mend.
    #[error("it succeeded, nothing has failed")]
    Succeeded,
    /// The bake has as many attempts as it may have.
    #[error("a bake has at most {MAX_NUMBER} attempts")]
    TooMany,
}

impl Engine {
    /// Stores a new attempt of a bake that goes on from an attempt of it, and gives its record; number
    /// -1 is the last. Starts nothing.
    ///
    /// The texts are those of the base: edits of files have no effect (BAT-131).
    /// Errors: `UnknownBake`, `UnknownAttempt`, `NotRestarted`; `Config` where the params do not fit,
    /// and then nothing is stored; `Store(Conflict)` if somebody else restarts it at the same time.
    pub async fn restart(&self, bake: &str, number: i64, request: RestartRequest) -> Result<Attempt, EngineError> {
        let found = self.inspect(bake, number).await?;
        check(&found, request.takeover)?;
        let load::Loaded { flow, created: last, .. } = load::load(&self.inner, &found.attempt.id).await?;
        let params = params_of(&flow, &last, &request.params)?;
        let (from, reuse) = match request.takeover {
            Takeover::Succeeded => (Some(found.attempt.id), Reuse::Cache),
            Takeover::Nothing => (None, Reuse::Nothing),
        };
        let id = AttemptId::new(self.inner.ids.fresh("attempt"));
        let created = AttemptCreated {
            version: VERSION,
            number: found.row.attempt.number + 1,
            params,
            storage: self.inner.host_storage(),
            executor: self.inner.executor.abilities().name.to_owned(),
            by: self.user().to_owned(),
            from,
            reuse,
            engine_version: ENGINE_VERSION.to_owned(),
            ..last
        };
        // The texts are in the store since the first attempt.
        self.store_attempt(&id, created, Vec::new()).await?;
        let stored = self.inner.store.attempt(&id).await?;
        stored.ok_or_else(|| EngineError::Unrunnable {
            attempt: id.to_string(),
            message: "the store has lost it".to_owned(),
        })
    }
}

/// The params of a restart, checked against the base's texts together with all that follows.
fn params_of(
    flow: &ResolvedFlow,
    base: &AttemptCreated,
    changes: &IndexMap<String, String>,
) -> Result<IndexMap<String, String>, EngineError> {
    let mut given = base.params.clone();
    given.extend(changes.clone());
    let (params, mut diagnostics) = params(flow, &given);
    let inputs = Inputs { params: params.clone(), ..Inputs::from(base) };
    diagnostics.append(plan(flow, &inputs).1);
    if diagnostics.has_errors() {
        return Err(EngineError::config(diagnostics, flow.shared.sources.as_ref().clone()));
    }
    Ok(params)
}

/// Whether the attempt may be restarted. Source: BAT-130.
fn check(found: &Inspection, takeover: Takeover) -> Result<(), EngineError> {
    let refused = |attempt: &Attempt, refusal| {
        let (bake, number) = (attempt.bake.to_string(), attempt.number);
        Err(EngineError::NotRestarted { bake, number, refusal })
    };
    let last = &found.row.attempt;
    let open = [&found.attempt, last].into_iter().find(|attempt| !attempt.status.is_finished());
    if let Some(open) = open {
        return refused(open, RestartRefusal::NotEnded);
    }
    let succeeded = found.attempt.status == TaskStatus::Succeeded;
    if succeeded && takeover == Takeover::Succeeded {
        return refused(&found.attempt, RestartRefusal::Succeeded);
    }
    if last.number >= MAX_NUMBER {
        return refused(last, RestartRefusal::TooMany);
    }
    Ok(())
}
