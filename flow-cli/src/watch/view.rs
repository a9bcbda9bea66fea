//! [`View`]: which of the reports a watch shows.

use flow_core::event::Event;
use flow_core::model::Task;
use flow_engine::Expectation;

use crate::error::CliError;
use crate::report::board::Board;
use crate::report::json::{self, EventView};
use crate::report::plain::Plain;
use crate::report::progress::{Screen, picture};
use crate::session::Session;

/// How a watch shows events.
#[derive(Debug)]
pub(crate) enum View {
    /// Not at all.
    Quiet,
    /// As lines of JSON on stdout.
    Json,
    /// As plain lines.
    Plain(Plain),
    /// As a picture that is redrawn, with the most important lines above it.
    Screen(Plain, Screen),
}

impl View {
    /// The one that fits.
    pub(crate) fn of(session: &Session, json: bool) -> Self {
        let look = session.err_look;
        let plain = Plain { look, zone: session.zone.clone(), detailed: session.verbosity > 0 };
        match session.io.err.is_terminal() && !look.dumb {
            _ if json => View::Json,
            _ if session.verbosity < 0 => View::Quiet,
            true => View::Screen(plain, Screen::default()),
            false => View::Plain(plain),
        }
    }

    /// An event of the time before the watch.
    pub(crate) fn past(&mut self, session: &mut Session, event: &Event) -> Result<(), CliError> {
        match self {
            View::Json => print(session, event),
            View::Quiet | View::Plain(_) | View::Screen(..) => Ok(()),
        }
    }

    /// Shows an event that `board` has taken in.
    pub(crate) fn event(&mut self, session: &mut Session, board: &Board, event: &Event) -> Result<(), CliError> {
        match self {
            View::Quiet => {}
            View::Json => print(session, event)?,
            View::Plain(plain) => plain.lines(board, event).iter().for_each(|line| session.say(line)),
            View::Screen(plain, screen) => {
                let lines = if plain.detailed || Plain::stays(event) { plain.lines(board, event) } else { Vec::new() };
                if !lines.is_empty() {
                    screen.keep(&mut session.io.err, &lines);
                }
            }
        }
        Ok(())
    }

    /// Whether it has a place for how long things will take.
    pub(crate) fn shows_estimate(&self) -> bool {
        matches!(self, View::Screen(..))
    }

    /// Draws what is redrawn.
    pub(crate) fn draw(&mut self, session: &mut Session, board: &Board, expectation: &Expectation) {
        if board.tasks.is_empty() {
            return;
        }
        let now = session.now();
        if let (View::Screen(_, screen), Some(size)) = (self, session.io.err.size()) {
            let tasks: Vec<&Task> = board.tasks.values().collect();
            let attempt = board.attempt.as_ref();
            let left = attempt.and_then(|attempt| expectation.estimate(&tasks, attempt, now).remaining);
            screen.draw(&mut session.io.err, picture(board, now, session.err_look, size, left));
        }
    }

    /// Says a line of our own.
    pub(crate) fn say(&mut self, session: &mut Session, line: &str) {
        match self {
            View::Quiet => {}
            View::Screen(_, screen) => screen.keep(&mut session.io.err, &[line.to_owned()]),
            View::Json | View::Plain(_) => session.say(line),
        }
    }

    /// Takes the picture away.
    pub(crate) fn clear(&mut self, session: &mut Session) {
        if let View::Screen(_, screen) = self {
            screen.clear(&mut session.io.err);
        }
    }
}

fn print(session: &mut Session, event: &Event) -> Result<(), CliError> {
    session.print(&json::text(&EventView { version: json::VERSION, event }))
}
