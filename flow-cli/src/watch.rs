//! [`Watch`]: follows an attempt to its end: shows its events, answers Ctrl-C, notices when its
//! engine is gone. How things look belongs to `report`.

mod question;
mod view;

use std::time::Duration;

use flow_core::event::{Event, EventKind};
use flow_core::model::{Attempt, TaskStatus, Timestamp};
use flow_engine::{Engine, EngineError, Expectation, Follow, LEASE, Standing};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use crate::error::CliError;
use crate::report::board::Board;
use crate::report::clean;
use crate::session::Session;
use crate::watch::question::{Answer, Questions};
use crate::watch::view::View;

/// How often the picture is drawn anew.
const REDRAW: Duration = Duration::from_millis(200);
/// How much of a local action's output is shown, in bytes; `logs` has all of it.
const LOCAL_OUTPUT: usize = 64 * 1024;
/// How often it is looked whether the engine is still there.
const LOOK_AFTER: Duration = Duration::from_secs(1);

/// How a watch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The attempt ended.
    Result(TaskStatus),
    /// The watcher left.
    Left,
    /// No engine drives it any more.
    Stalled,
}

/// What Ctrl-C means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnSignal {
    /// Ask; a second Ctrl-C cancels.
    Ask,
    /// Cancel; a second Ctrl-C leaves.
    Cancel,
    /// Leave.
    Detach,
    /// Cancel and wait for the wind-down, which runs in this process; a third Ctrl-C leaves.
    CancelOwn,
}

/// Follows one attempt.
#[derive(Debug)]
pub(crate) struct Watch {
    engine: Engine,
    attempt: Attempt,
    follow: Follow,
    board: Board,
    view: View,
    /// The engine, if it runs in this process. On a task of its own: however slowly we print, it
    /// is not held up.
    driving: Option<JoinHandle<Result<TaskStatus, EngineError>>>,
    questions: Questions,
    interrupts: u32,
    /// When the watch began, and whether an engine has come since.
    begun: Timestamp,
    claimed: bool,
}

impl Watch {
    /// Takes in what has happened so far; only `--json` shows it.
    pub(crate) async fn new(
        session: &mut Session,
        engine: &Engine,
        attempt: &Attempt,
        json: bool,
    ) -> Result<Self, CliError> {
        let mut follow = engine.follow(attempt, 0);
        let (mut board, mut view) = (Board::default(), View::of(session, json));
        loop {
            let events = follow.ready().await?;
            if events.is_empty() {
                break;
            }
            for event in &events {
                board.apply(event);
                view.past(session, event)?;
            }
        }
        let (driving, questions) = (None, Questions::default());
        let (engine, attempt) = (engine.clone(), attempt.clone());
        let (begun, interrupts, claimed) = (session.now(), 0, false);
        Ok(Watch { engine, attempt, follow, board, view, driving, questions, interrupts, begun, claimed })
    }

    /// Drives the attempt in this process.
    pub(crate) fn drive_here(&mut self) {
        let (engine, attempt) = (self.engine.clone(), self.attempt.id.clone());
        self.driving = Some(tokio::spawn(async move { engine.drive(&attempt).await }));
    }

    /// What is known.
    pub(crate) fn board(&self) -> &Board {
        &self.board
    }

    /// Takes the picture away.
    pub(crate) fn clear(&mut self, session: &mut Session) {
        self.view.clear(session);
    }

    /// Watches until the attempt ends, its engine is gone, or the watcher leaves.
    pub(crate) async fn run(&mut self, session: &mut Session, on_signal: OnSignal) -> Result<Ending, CliError> {
        let failed = |error| CliError::Output { what: "waiting for Ctrl-C", error };
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let expectation = self.expectation().await;
        let mut redraw = tokio::time::interval(REDRAW);
        let mut look_after = tokio::time::interval(LOOK_AFTER);
        loop {
            let ending = tokio::select! {
                events = self.follow.next() => self.take(session, &events?).await?,
                _ = redraw.tick() => {
                    self.view.draw(session, &self.board, &expectation);
                    None
                }
                _ = look_after.tick(), if self.driving.is_none() => self.look_after(session).await?,
                result = join(&mut self.driving) => {
                    self.driving = None;
                    result?;
                    let rest = self.follow.ready().await?;
                    self.take(session, &rest).await?
                }
                _ = interrupt.recv() => self.interrupted(session, on_signal, &mut interrupt).await?,
            };
            if let Some(ending) = ending {
                return self.finish(ending).await;
            }
        }
    }

    /// What history teaches, if it will be shown.
    async fn expectation(&self) -> Expectation {
        if !self.view.shows_estimate() {
            return Expectation::default();
        }
        let (bake, number) = (self.attempt.bake.as_str(), i64::from(self.attempt.number));
        let learnt = async { self.engine.expectation(&self.engine.inspect(bake, number).await?).await };
        // A guess that cannot be made is no reason not to watch; a store that fails says so when the events are read.
        learnt.await.unwrap_or_default()
    }

    /// An engine in this process gives its claim back before we go.
    async fn finish(&mut self, ending: Ending) -> Result<Ending, CliError> {
        if matches!(ending, Ending::Result(_)) && self.driving.is_some() {
            join(&mut self.driving).await?;
            self.driving = None;
        }
        Ok(ending)
    }

    async fn take(&mut self, session: &mut Session, events: &[Event]) -> Result<Option<Ending>, CliError> {
        let mut ending = None;
        for event in events {
            self.board.apply(event);
            self.show_local(session, event).await;
            self.view.event(session, &self.board, event)?;
            self.claimed |= matches!(event.kind, EventKind::Claimed { .. });
            if let EventKind::AttemptEnded { result } = &event.kind {
                ending = Some(Ending::Result(*result));
            }
        }
        Ok(ending)
    }

    /// Shows what a local action printed, once it has ended (BAT-22).
    async fn show_local(&mut self, session: &mut Session, event: &Event) {
        let EventKind::Ended { key, .. } = &event.kind else { return };
        let Some(task) = key.node().and_then(|id| self.board.tasks.get(id)).filter(|task| task.node.local) else {
            return;
        };
        let (name, reader) = (task.id.to_string(), self.engine.log(task, 0, 0));
        let Some(mut reader) = reader else { return };
        let mut bytes = Vec::new();
        while bytes.len() < LOCAL_OUTPUT
            && let Ok(chunk) = reader.read().await
            && !chunk.bytes.is_empty()
        {
            bytes.extend(chunk.bytes);
        }
        let is_cut = bytes.len() > LOCAL_OUTPUT;
        bytes.truncate(LOCAL_OUTPUT);
        let text = String::from_utf8_lossy(&bytes);
        for line in text.lines() {
            self.view.say(session, &format!("{}: {}", clean::line(&name), clean::line(line)));
        }
        if is_cut {
            self.view.say(session, &format!("{}: … the rest is in its log", clean::line(&name)));
        }
    }

    async fn look_after(&mut self, session: &mut Session) -> Result<Option<Ending>, CliError> {
        // An engine that was just started needs a moment to come up.
        let coming = !self.claimed && session.now().since(self.begun) < LEASE;
        if coming || self.engine.standing_of(&self.attempt).await? != Standing::Stalled {
            return Ok(None);
        }
        // An engine that has ended the attempt gives its claim back after the last event, so if it
        // ended well that event is there by now.
        loop {
            let events = self.follow.ready().await?;
            if events.is_empty() {
                return Ok(Some(Ending::Stalled));
            }
            if let Some(ending) = self.take(session, &events).await? {
                return Ok(Some(ending));
            }
        }
    }

    async fn interrupted(
        &mut self,
        session: &mut Session,
        on_signal: OnSignal,
        interrupt: &mut Signal,
    ) -> Result<Option<Ending>, CliError> {
        self.interrupts += 1;
        match (on_signal, self.interrupts) {
            (OnSignal::Detach, _) | (OnSignal::Cancel, 2..) | (OnSignal::CancelOwn, 3..) => Ok(Some(Ending::Left)),
            (OnSignal::CancelOwn, 2) => {
                let left = "still winding down; Ctrl-C once more leaves at once, and tasks may go on without an engine";
                self.view.say(session, left);
                Ok(None)
            }
            (OnSignal::Cancel | OnSignal::CancelOwn, _) => self.cancel(session).await,
            (OnSignal::Ask, _) => {
                self.view.clear(session);
                match self.questions.ask(session, interrupt).await {
                    Answer::Detach => Ok(Some(Ending::Left)),
                    Answer::Cancel => self.cancel(session).await,
                    Answer::Watch => Ok(None),
                }
            }
        }
    }

    async fn cancel(&mut self, session: &mut Session) -> Result<Option<Ending>, CliError> {
        self.engine.cancel(&self.attempt, None).await?;
        self.view.say(session, "cancelling: running tasks are stopped, then the bake ends");
        Ok(None)
    }
}

/// Waits for the engine in this process; for ever if there is none.
async fn join(driving: &mut Option<JoinHandle<Result<TaskStatus, EngineError>>>) -> Result<(), CliError> {
    let Some(handle) = driving else { return std::future::pending().await };
    match handle.await {
        Ok(result) => Ok(result.map(drop)?),
        // A driver that panicked is an error of ours; the command tells it as such.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
