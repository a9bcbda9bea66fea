//! `kill`: asks for the end of a live job, or of all, and waits until they have ended. Source: LIV-32, LIV-33.

use flow_core::event::EventKind;
use flow_engine::{Engine, EngineError, LiveFound, Standing};

use crate::args::{Kill, WhichJob};
use crate::cmd::live_logs::find;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::clean;
use crate::report::live::name;
use crate::session::Session;

/// What stands for all jobs.
const ALL: &str = "ALL";

pub(crate) async fn run(session: &mut Session, own: &Kill) -> Result<Exit, CliError> {
    let engine = session.engine()?;
    if own.job == ALL {
        return all(session, &engine, own).await;
    }
    let which = WhichJob { job: own.job.clone(), suffix: own.suffix.clone(), flow: own.flow.clone() };
    let found = match find(session, &engine, &which).await {
        Err(CliError::Engine(EngineError::NotRunning { job })) => return not_running(session, &job),
        other => other?,
    };
    let called = name(found.job());
    if !ask(session, &engine, &found).await? {
        return not_running(session, &called);
    }
    ended(&engine, &found).await?;
    session.print(&format!("Killed job {}", clean::line(&called)))?;
    Ok(Exit::Well)
}

/// All that run are asked first, so that they end at the same time.
async fn all(session: &mut Session, engine: &Engine, own: &Kill) -> Result<Exit, CliError> {
    if own.suffix.is_some() {
        return Err(CliError::AllWithSuffix);
    }
    let jobs = engine.unfinished_live(&session.source()?, &own.flow.name).await?;
    let mut asked = Vec::new();
    for found in jobs {
        if ask(session, engine, &found).await? {
            asked.push(found);
        }
    }
    for found in &asked {
        ended(engine, found).await?;
        session.print(&format!("Killed job {}", clean::line(&name(found.job()))))?;
    }
    Ok(Exit::Well)
}

/// Nothing to do is no failure.
fn not_running(session: &mut Session, job: &str) -> Result<Exit, CliError> {
    session.print(&format!("Job {} is not running", clean::line(job)))?;
    Ok(Exit::Well)
}

/// Asks; where no engine is there to hear it, one is started.
async fn ask(session: &mut Session, engine: &Engine, found: &LiveFound) -> Result<bool, CliError> {
    let asked = engine.kill_live(found.job()).await?;
    if asked && found.standing == Standing::Stalled {
        let log = session.settings()?.engine_log();
        engine.drive_live_in_background(&found.job().id, &log)?;
    }
    Ok(asked)
}

/// Waits for the end of a job; whoever takes a politely asked one down bounds how long that takes.
async fn ended(engine: &Engine, found: &LiveFound) -> Result<(), CliError> {
    let mut follow = engine.follow_live(&found.job().id, 0);
    loop {
        let events = follow.next().await?;
        if events.iter().any(|event| matches!(event.kind, EventKind::LiveEnded { .. })) {
            return Ok(());
        }
    }
}
