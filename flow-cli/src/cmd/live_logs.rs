//! The half of `logs` that is about live jobs, and finding one by what was typed. Source: LIV-31.
//!
//! A name without a slash is a live job's if there is one; where a bake has it too, that is told, with how to write
//! either.

use std::time::Duration;

use flow_core::model::LiveJobId;
use flow_core::port::{Chunk, ConfigSource as _, ExecutorError};
use flow_engine::{Engine, EngineError, LiveFound, LogReader};

use crate::args::{Logs, WhichJob};
use crate::cmd::logs::lines::{LineCutter, Sink};
use crate::cmd::logs::{from_tail, is_since};
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

/// Prints the log of a start of a job as the flags want it, following it if that is wanted.
pub(crate) async fn print(
    session: &mut Session,
    engine: &Engine,
    found: &LiveFound,
    own: &Logs,
) -> Result<(), CliError> {
    let id = &found.job().id;
    let now = session.now();
    let since = own.since.as_deref().map(|text| session.zone.read(text, now)).transpose()?;
    let mut found = found.clone();
    while own.follow && found.job().tries.is_empty() && !found.job().status.is_finished() {
        tokio::time::sleep(PAUSE).await;
        found = engine.live_job(id).await?;
    }
    let job = found.job();
    let Some(reader) = engine.live_log(job, own.r#try, own.offset) else {
        return Err(CliError::NoLog { task: name(job), why: "it has not been started so often".to_owned() });
    };
    let one = job.tries.iter().rfind(|one| own.r#try == 0 || one.number == own.r#try);
    if !is_since(one, since) {
        session.note("nothing: the job ended before that time");
        return Ok(());
    }
    let reader = from_tail(reader, own.tail).await?;
    let sink = own.json.then(|| Sink::of_job(name(job), one.map_or(0, |one| one.number)));
    copy(session, engine, (reader, sink), (id, own.follow)).await
}

/// Copies what a reader gives: as it is, or line by line into a sink.
async fn copy(
    session: &mut Session,
    engine: &Engine,
    (mut reader, sink): (LogReader, Option<Sink>),
    (id, follow): (&LiveJobId, bool),
) -> Result<(), CliError> {
    let mut filter = session.log_filter();
    let mut cutter = LineCutter::new(reader.offset());
    loop {
        let chunk = match reader.read().await {
            // Between the decision to start it and the start the executor does not know it.
            Err(ExecutorError::UnknownUnit) => Chunk::default(),
            other => other?,
        };
        if !chunk.bytes.is_empty() {
            match &sink {
                Some(sink) => sink.print(session, cutter.feed(&chunk.bytes))?,
                None => session.print_bytes(&filter.feed(chunk.bytes))?,
            }
            continue;
        }
        if chunk.complete || !follow || engine.live_job(id).await?.job().status.is_finished() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    match &sink {
        Some(sink) => sink.print(session, cutter.finish()),
        None => session.print_bytes(&filter.finish()),
    }
}
