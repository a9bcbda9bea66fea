//! Driving an attempt and following it, for `bake` and `resume`. Source: MCH-4, DEC-27.

use flow_core::model::Attempt;
use flow_engine::Engine;

use crate::args::{Drive, OnInterrupt};
use crate::cmd::engine::exit_of;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::clean::LogCleaner;
use crate::report::json::{self, ResultView};
use crate::report::table::cut;
use crate::report::{clean, summary};
use crate::session::Session;
use crate::watch::{Ending, OnSignal, Watch};

/// How many lines of a failed task's log are shown.
const TAIL_LINES: usize = 10;
/// How many bytes of it are read for that.
const TAIL_BYTES: u64 = 8 * 1024;

/// What to type to see a bake that goes on; its id follows.
const LOOK: &str = "look at it: `apolo-flow inspect";

/// Starts an engine on an attempt, follows it to its end, and tells the result.
pub(crate) async fn run(
    session: &mut Session,
    engine: &Engine,
    attempt: &Attempt,
    drive: &Drive,
) -> Result<Exit, CliError> {
    let mut watch = Watch::new(session, engine, attempt, drive.json).await?;
    if drive.local_executor {
        watch.drive_here();
    } else {
        start(session, engine, attempt)?;
    }
    let bake = clean::line(attempt.bake.as_str());
    if drive.detach {
        session.note(&format!("the bake goes on; {LOOK} {bake}`"));
        result(session, attempt, drive, "detached")?;
        return Ok(Exit::Well);
    }
    session.note(&format!("{} {bake}", session.err_look.faint("bake")));
    let ending = watch.run(session, on_signal(session, drive)).await;
    watch.clear(session);
    let (word, exit) = match ending? {
        Ending::Result(status) => {
            told(session, engine, &watch).await?;
            (status.word(), exit_of(status))
        }
        Ending::Left => {
            let way = if drive.local_executor { "take it up again: `apolo-flow resume" } else { LOOK };
            session.note(&format!("left; {way} {bake}`"));
            ("detached", Exit::Cancelled)
        }
        Ending::Stalled => {
            stalled(session, &bake)?;
            ("stalled", Exit::Failed)
        }
    };
    result(session, attempt, drive, word)?;
    Ok(exit)
}

/// What Ctrl-C means. Source: MCH-4.
fn on_signal(session: &Session, drive: &Drive) -> OnSignal {
    match drive.on_interrupt {
        _ if drive.local_executor => OnSignal::CancelOwn,
        Some(OnInterrupt::Cancel) => OnSignal::Cancel,
        None if session.can_ask() => OnSignal::Ask,
        Some(OnInterrupt::Detach) | None => OnSignal::Detach,
    }
}

/// Starts an engine of its own.
fn start(session: &mut Session, engine: &Engine, attempt: &Attempt) -> Result<(), CliError> {
    let log = session.settings()?.engine_log();
    engine.drive_in_background(&attempt.id, &log).map_err(|error| {
        let bake = clean::line(attempt.bake.as_str());
        session.note(&format!("{bake} is stored; take it up later: `apolo-flow resume {bake}`"));
        error.into()
    })
}

/// That the engine went away, and what to do about it.
fn stalled(session: &mut Session, bake: &str) -> Result<(), CliError> {
    let (look, log) = (session.err_look, session.settings()?.engine_log());
    session.say(&format!("{} the engine of {bake} is gone; the bake is stalled", look.bad("error:")));
    let hint = look.accent("hint:");
    session.say(&format!("{hint} take it up again: `apolo-flow resume {bake}`"));
    session.say(&format!("{hint} what it said is in `{}`", log.display()));
    Ok(())
}

/// The result on stdout: the bake's id, or the last line of JSON.
fn result(session: &mut Session, attempt: &Attempt, drive: &Drive, result: &str) -> Result<(), CliError> {
    if !drive.json {
        return session.print(&clean::line(attempt.bake.as_str()));
    }
    let (bake, number) = (attempt.bake.as_str(), attempt.number);
    session.print(&json::text(&ResultView { version: json::VERSION, bake, attempt: number, result }))
}

/// Failures with the ends of their logs, the result, and what to type next.
async fn told(session: &mut Session, engine: &Engine, watch: &Watch) -> Result<(), CliError> {
    let (board, look) = (watch.board(), session.err_look);
    let Some(attempt) = &board.attempt else { return Ok(()) };
    let bake = clean::line(attempt.bake.as_str());
    for task in summary::failures(board) {
        let tail = tail(session, engine, task).await;
        session.note("");
        for line in summary::failure(&bake, task, &tail, look) {
            session.note(&line);
        }
    }
    session.note("");
    session.note(&summary::result(board, look));
    session.note(&look.accent(&format!("apolo-flow inspect {bake}")));
    Ok(())
}

/// The last lines of a task's log; nothing where it cannot be read, for the result matters more.
async fn tail(session: &Session, engine: &Engine, task: &flow_core::model::Task) -> Vec<String> {
    let bytes = task.tries.last().map_or(0, |last| last.log.bytes);
    let from = bytes.saturating_sub(TAIL_BYTES);
    let Some(mut reader) = engine.log(task, 0, from) else { return Vec::new() };
    let Ok(chunk) = reader.read().await else { return Vec::new() };
    let mut cleaner = LogCleaner::default();
    let text = cleaner.feed(&chunk.bytes) + &cleaner.finish();
    // The first line may have lost its beginning.
    let lines: Vec<&str> = text.lines().skip(usize::from(from > 0)).collect();
    let width = session.err_width().saturating_sub(5);
    let shown = lines.iter().skip(lines.len().saturating_sub(TAIL_LINES));
    shown.map(|line| cut(&line.replace('\t', "    "), width).to_owned()).collect()
}
