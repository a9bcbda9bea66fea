//! `logs`: the output of a task as it was written. Source: EXT-6.

use std::time::Duration;

use flow_core::model::{Attempt, Task};
use flow_core::port::{Chunk, ExecutorError};
use flow_engine::{Engine, LogReader, Standing};

use crate::args::Logs;
use crate::cmd::{find, live_logs};
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::words;
use crate::session::Session;

/// How long to wait for more output.
const PAUSE: Duration = Duration::from_millis(150);
/// After how many empty reads it is asked whether there can be more.
const PATIENCE: u32 = 20;

pub(crate) async fn run(session: &mut Session, own: Logs) -> Result<Exit, CliError> {
    let engine = session.engine_to_read()?;
    if let Some(found) = live_logs::wanted(session, &engine, &own).await? {
        live_logs::print(session, &engine, &found, (own.r#try, own.follow)).await?;
        return Ok(Exit::Well);
    }
    let (bake, text) = match (own.task, own.bake.split_once('/')) {
        (Some(task), _) => (own.bake, task),
        (None, Some((bake, task))) => (bake.to_owned(), task.to_owned()),
        (None, None) => return Err(CliError::TaskMissing { bake: own.bake }),
    };
    let found = find::attempt(&engine, &bake, own.which.attempt).await?;
    let mut task = engine.task(&found.attempt, &text).await?;
    if own.follow {
        task = started(&engine, &found.attempt, task, own.r#try).await?;
    }
    task = engine.as_run(&task).await?;
    let Some(reader) = engine.log(&task, own.r#try, 0) else { return Err(no_log(&task, own.r#try)) };
    print(session, &engine, reader, (&found.attempt, own.follow)).await?;
    Ok(Exit::Well)
}

fn no_log(task: &Task, number: u32) -> CliError {
    let id = task.id.to_string();
    let exists = task.tries.iter().any(|one| number == 0 || one.number == number);
    if !exists && !task.tries.is_empty() {
        return CliError::NoTry { task: id, number, count: task.tries.len() };
    }
    let why = match words::note(task) {
        _ if task.opened => "it is a call: its tasks have logs".to_owned(),
        Some(note) => format!("{} ({note})", task.status),
        None => task.status.to_string(),
    };
    CliError::NoLog { task: id, why }
}

/// Waits until the try exists, or never will.
async fn started(engine: &Engine, attempt: &Attempt, task: Task, number: u32) -> Result<Task, CliError> {
    let mut follow = engine.follow(attempt, 0);
    let mut task = task;
    loop {
        let exists = task.tries.iter().any(|one| number == 0 || one.number == number);
        if exists || task.opened || task.status.is_finished() || is_over(engine, attempt).await? {
            return Ok(task);
        }
        tokio::select! {
            events = follow.next() => { events?; }
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
        task = engine.task(attempt, &task.id.to_string()).await?;
    }
}

/// Whether nothing more will happen by itself.
async fn is_over(engine: &Engine, attempt: &Attempt) -> Result<bool, CliError> {
    let found = engine.inspect(attempt.bake.as_str(), attempt.number.into()).await?;
    Ok(matches!(found.standing, Standing::Stalled | Standing::Ended))
}

async fn print(
    session: &mut Session,
    engine: &Engine,
    mut reader: LogReader,
    (attempt, follow): (&Attempt, bool),
) -> Result<(), CliError> {
    let mut filter = session.log_filter();
    let mut quiet: u32 = 0;
    loop {
        let chunk = match reader.read().await {
            // Between the decision to start a task and its start the executor does not know it.
            Err(ExecutorError::UnknownUnit) if !is_ended(engine, attempt).await? => Chunk::default(),
            other => other?,
        };
        if !chunk.bytes.is_empty() {
            session.print_bytes(&filter.feed(chunk.bytes))?;
            quiet = 0;
            continue;
        }
        // A log whose task was lost is never complete; its bake is over all the same.
        quiet += 1;
        let over = quiet.is_multiple_of(PATIENCE) && is_ended(engine, attempt).await?;
        if chunk.complete || !follow || over {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    session.print_bytes(&filter.finish())
}

/// Whether the attempt is over.
pub(super) async fn is_ended(engine: &Engine, attempt: &Attempt) -> Result<bool, CliError> {
    let found = engine.inspect(attempt.bake.as_str(), attempt.number.into()).await?;
    Ok(found.standing == Standing::Ended)
}
