//! The half of `logs` that is about live jobs, and finding one by what was typed. Source: LIV-31.
//!
//! A name without a slash is a live job's if there is one; where a bake has it too, that is told, with how to write
//! either.

use std::time::Duration;

use flow_core::model::LiveJobId;
use flow_core::port::{Chunk, ConfigSource as _, ExecutorError};
use flow_engine::{Engine, EngineError, LiveFound};

use crate::args::{Logs, WhichJob};
use crate::error::CliError;
use crate::report::live::name;
use crate::session::Session;

/// How long to wait for more output.
const PAUSE: Duration = Duration::from_millis(150);

/// The live job of a name and suffix. Errors: those of `Engine::find_live`.
pub(crate) async fn find(session: &Session, engine: &Engine, which: &WhichJob) -> Result<LiveFound, CliError> {
    let source = session.source()?;
    let suffix = which.suffix.as_deref();
    Ok(engine.find_live(&source, (&which.flow.name, &which.job), suffix).await?)
}

/// The live job that `logs` was asked for; `None` if it was asked for a bake.
///
/// Errors: `Ambiguous`; with `--live` also that there is no such job.
pub(crate) async fn wanted(session: &Session, engine: &Engine, own: &Logs) -> Result<Option<LiveFound>, CliError> {
    if own.bake.contains('/') && !own.live {
        return Ok(None);
    }
    let Ok(source) = session.source() else {
        let found = engine.live_job(&LiveJobId::new(own.bake.as_str())).await;
        return Ok(found.ok());
    };
    let live = source.flows().await.is_ok_and(|flows| flows.iter().any(|flow| flow == LIVE));
    if !own.live && !live {
        return Ok(engine.live_job(&LiveJobId::new(own.bake.as_str())).await.ok());
    }
    let found = engine.find_live(&source, (LIVE, &own.bake), own.task.as_deref()).await;
    if own.live {
        return Ok(Some(found?));
    }
    let is_bake = engine.find_bake(&own.bake).await.is_ok();
    match found {
        Ok(_) if is_bake => Err(CliError::Ambiguous { name: own.bake.clone() }),
        Ok(found) => Ok(Some(found)),
        // What is a bake, or nobody's name, is left to the other half; what is a job's name is told as such.
        Err(EngineError::UnknownLiveJob { .. } | EngineError::Config(_)) => Ok(None),
        Err(_) if is_bake => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The live flow whose jobs `logs` knows by name.
const LIVE: &str = "live";

/// Prints the log of a start of a job, following it if that is wanted.
pub(crate) async fn print(
    session: &mut Session,
    engine: &Engine,
    found: &LiveFound,
    (number, follow): (u32, bool),
) -> Result<(), CliError> {
    let id = &found.job().id;
    let mut found = found.clone();
    while follow && found.job().tries.is_empty() && !found.job().status.is_finished() {
        tokio::time::sleep(PAUSE).await;
        found = engine.live_job(id).await?;
    }
    let Some(mut reader) = engine.live_log(found.job(), number, 0) else {
        return Err(CliError::NoLog { task: name(found.job()), why: "it has not been started so often".to_owned() });
    };
    let mut filter = session.log_filter();
    loop {
        let chunk = match reader.read().await {
            // Between the decision to start it and the start the executor does not know it.
            Err(ExecutorError::UnknownUnit) => Chunk::default(),
            other => other?,
        };
        if !chunk.bytes.is_empty() {
            session.print_bytes(&filter.feed(chunk.bytes))?;
            continue;
        }
        if chunk.complete || !follow || engine.live_job(id).await?.job().status.is_finished() {
            return session.print_bytes(&filter.finish());
        }
        tokio::time::sleep(PAUSE).await;
    }
}
