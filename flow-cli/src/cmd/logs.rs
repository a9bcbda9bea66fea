//! `logs`: the output of one task as it was written, or of all tasks of a bake. Source: EXT-6.
//!
//! A log has no times for its lines, so `--since` chooses tasks: those that were at work then or later.

mod all;
pub(super) mod lines;

use std::time::Duration;

use flow_core::model::{Attempt, Task, Timestamp, Try};
use flow_core::port::{Chunk, ExecutorError};
use flow_engine::{Engine, LogReader, Standing};

use crate::args::Logs;
use crate::cmd::logs::lines::{LineCutter, Sink};
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
        live_logs::print(session, &engine, &found, &own).await?;
        return Ok(Exit::Well);
    }
    let now = session.now();
    let since = own.since.as_deref().map(|text| session.zone.read(text, now)).transpose()?;
    let (bake, task) = match (&own.task, own.bake.split_once('/')) {
        (Some(task), _) => (own.bake.as_str(), Some(task.as_str())),
        (None, Some((bake, task))) => (bake, Some(task)),
        (None, None) => (own.bake.as_str(), None),
    };
    let found = find::attempt(&engine, bake, own.which.attempt).await?;
    let Some(text) = task else { return all::run(session, &engine, &found, (&own, since)).await };
    let mut task = engine.task(&found.attempt, text).await?;
    if own.follow {
        task = started(&engine, &found.attempt, task, own.r#try).await?;
    }
    task = engine.as_run(&task).await?;
    let Some(reader) = engine.log(&task, own.r#try, own.offset) else { return Err(no_log(&task, own.r#try)) };
    if !is_since(chosen(&task, own.r#try), since) {
        session.note("nothing: the task ended before that time");
        return Ok(Exit::Well);
    }
    let reader = from_tail(reader, own.tail).await?;
    let sink = own.json.then(|| Sink::json(&task, chosen(&task, own.r#try)));
    print(session, &engine, (reader, sink), (&found.attempt, own.follow)).await?;
    Ok(Exit::Well)
}

/// The try that was asked for; 0 is the last.
fn chosen(task: &Task, number: u32) -> Option<&Try> {
    task.tries.iter().rfind(|one| number == 0 || one.number == number)
}

/// Whether a try was at work at a time or later.
pub(super) fn is_since(one: Option<&Try>, since: Option<Timestamp>) -> bool {
    let ended = one.and_then(|one| one.ended_at);
    since.zip(ended).is_none_or(|(since, ended)| ended >= since)
}

/// The reader at the last lines, if only those are wanted.
pub(super) async fn from_tail(reader: LogReader, lines: Option<u64>) -> Result<LogReader, CliError> {
    match lines {
        // An executor that does not know the unit yet has no lines of it.
        Some(lines) => Ok(reader.last_lines(lines).await?),
        None => Ok(reader),
    }
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

/// Prints one log: as it is, or line by line into a sink.
async fn print(
    session: &mut Session,
    engine: &Engine,
    (mut reader, sink): (LogReader, Option<Sink>),
    (attempt, follow): (&Attempt, bool),
) -> Result<(), CliError> {
    let mut filter = session.log_filter();
    let mut cutter = LineCutter::new(reader.offset());
    let mut quiet: u32 = 0;
    loop {
        let chunk = match reader.read().await {
            // Between the decision to start a task and its start the executor does not know it.
            Err(ExecutorError::UnknownUnit) if !is_ended(engine, attempt).await? => Chunk::default(),
            other => other?,
        };
        if !chunk.bytes.is_empty() {
            match &sink {
                Some(sink) => sink.print(session, cutter.feed(&chunk.bytes))?,
                None => session.print_bytes(&filter.feed(chunk.bytes))?,
            }
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
    match &sink {
        Some(sink) => sink.print(session, cutter.finish()),
        None => session.print_bytes(&filter.finish()),
    }
}

/// Whether the attempt is over.
pub(super) async fn is_ended(engine: &Engine, attempt: &Attempt) -> Result<bool, CliError> {
    let found = engine.inspect(attempt.bake.as_str(), attempt.number.into()).await?;
    Ok(found.standing == Standing::Ended)
}
