//! [`Keys`]: what the person types: input for the job, or the answer to what Ctrl-C should mean.

use std::io::BufRead as _;
use std::os::fd::{AsFd, BorrowedFd};

use flow_core::model::Stdin;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc;

use crate::session::Session;

/// Ctrl-C, as a terminal in raw mode sends it.
const INTERRUPT: u8 = 3;

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Input for the job.
    Bytes(Vec<u8>),
    /// There is no more input.
    End,
    /// Ctrl-C.
    Ask,
    /// Leave; the job goes on.
    Detach,
    /// End the job.
    Kill,
    /// Go on.
    GoOn,
}

/// A terminal that gives every key at once, until this is dropped: at a return, an error or a panic.
#[derive(Debug)]
pub(crate) struct RawMode<Fd: AsFd = BorrowedFd<'static>> {
    terminal: Fd,
    usual: Termios,
}

/// Puts the terminal of this process into raw mode; `None` if it has none.
pub(crate) fn raw_mode() -> Option<RawMode> {
    RawMode::begin(rustix::stdio::stdin())
}

impl<Fd: AsFd> RawMode<Fd> {
    fn begin(terminal: Fd) -> Option<Self> {
        let usual = tcgetattr(&terminal).ok()?;
        let mut raw = usual.clone();
        raw.make_raw();
        tcsetattr(&terminal, OptionalActions::Now, &raw).ok()?;
        Some(RawMode { terminal, usual })
    }
}

impl<Fd: AsFd> Drop for RawMode<Fd> {
    fn drop(&mut self) {
        // A terminal that is gone needs no restoring.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.usual);
    }
}

/// Where the question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Unasked,
    Asked,
    /// The job was asked to end: nothing is asked any more.
    Closed,
}

/// The keyboard, or whatever else stands at our input.
#[derive(Debug)]
pub(super) struct Keys {
    typed: Option<mpsc::Receiver<Vec<u8>>>,
    /// What was typed behind a key that had to be looked at first.
    rest: Vec<u8>,
    raw: Option<RawMode>,
    /// Whether what is typed is meant for the job.
    for_job: bool,
    terminal: bool,
    question: Question,
}

impl Keys {
    /// Takes the input of this process if the job wants any; of a terminal it is taken for answers only once one is
    /// wanted.
    pub(super) fn new(session: &mut Session, stdin: Stdin) -> Self {
        let terminal = session.io.input.as_ref().is_some_and(|input| input.terminal);
        let for_job = stdin != Stdin::Closed;
        let wants_terminal = matches!(stdin, Stdin::Terminal(_)) && terminal && session.io.out.is_terminal();
        let raw = if wants_terminal { raw_mode() } else { None };
        let typed = for_job.then(|| read(session));
        Keys { typed, rest: Vec::new(), raw, for_job, terminal, question: Question::Unasked }
    }

    /// All input goes to a command; Ctrl-C too, if it has a terminal.
    pub(super) fn to_command(session: &mut Session) -> Self {
        let typed = Some(read(session));
        Keys { typed, rest: Vec::new(), raw: None, for_job: true, terminal: false, question: Question::Unasked }
    }

    /// The next piece; `None` when there is no more. Never returns where nothing is read. Cancel-safe.
    pub(super) async fn next(&mut self) -> Option<Vec<u8>> {
        if !self.rest.is_empty() {
            return Some(std::mem::take(&mut self.rest));
        }
        match &mut self.typed {
            Some(typed) => typed.recv().await,
            None => std::future::pending().await,
        }
    }

    /// What a piece means.
    pub(super) fn meaning(&mut self, bytes: Option<Vec<u8>>) -> Answer {
        let Some(bytes) = bytes else {
            self.typed = None;
            return if self.is_asking() { Answer::Detach } else { Answer::End };
        };
        if self.is_raw() {
            return self.meaning_of_keys(bytes);
        }
        if self.is_asking() {
            return self.answer(&bytes);
        }
        if self.for_job { Answer::Bytes(bytes) } else { Answer::GoOn }
    }

    /// Keys of a terminal in raw mode: an answer is one key, and what was typed before Ctrl-C is the job's.
    fn meaning_of_keys(&mut self, mut keys: Vec<u8>) -> Answer {
        let interrupt = keys.iter().position(|key| *key == INTERRUPT);
        let count = match interrupt {
            Some(0) => 1,
            _ if self.is_asking() => 1,
            Some(at) => at,
            None => keys.len(),
        };
        self.rest = keys.split_off(count.min(keys.len()));
        match interrupt {
            Some(0) => Answer::Ask,
            _ if self.is_asking() => self.answer(&keys),
            _ => Answer::Bytes(keys),
        }
    }

    fn answer(&mut self, bytes: &[u8]) -> Answer {
        let word = String::from_utf8_lossy(bytes).trim().to_lowercase();
        self.answered();
        match word.chars().next() {
            Some('d') => Answer::Detach,
            Some('k') => Answer::Kill,
            Some('c') if self.is_raw() => Answer::Bytes(vec![INTERRUPT]),
            _ => Answer::GoOn,
        }
    }

    /// The question; from now on what is typed is its answer.
    pub(super) fn ask(&mut self, session: &mut Session) -> String {
        self.question = Question::Asked;
        if self.typed.is_none() {
            self.typed = Some(read(session));
        }
        let more = if self.is_raw() { ", send [c]trl-c to it" } else { "" };
        let (start, end) = if self.is_raw() { ("\r\n", "\r\n") } else { ("\n", "") };
        format!("{start}[d]etach and let it run, [k]ill it{more}, or go on? Ctrl-C again kills it: {end}")
    }

    /// The question is out of the world.
    pub(super) fn answered(&mut self) {
        self.question = Question::Unasked;
    }

    pub(super) fn is_asking(&self) -> bool {
        self.question == Question::Asked
    }

    /// Whether what is typed may be meant for us: an answer, or Ctrl-C as a key.
    pub(super) fn is_for_us(&self) -> bool {
        self.is_asking() || self.is_raw()
    }

    pub(super) fn is_raw(&self) -> bool {
        self.raw.is_some()
    }

    /// Whether somebody sits there. Once the job was killed nothing is asked any more.
    pub(super) fn can_answer(&self) -> bool {
        self.terminal && self.question != Question::Closed
    }

    /// The job was asked to end: Ctrl-C now leaves.
    pub(super) fn killed(&mut self) {
        self.question = Question::Closed;
    }

    /// Puts the terminal back.
    pub(super) fn restore(&mut self) {
        self.raw = None;
    }
}

/// Reads the input on a thread of its own: a read that waits for a person cannot be broken off, so it ends with the
/// process, and the runtime must not wait for it.
fn read(session: &mut Session) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel(16);
    if let Some(mut input) = session.io.input.take() {
        std::thread::spawn(move || {
            while let Ok(bytes) = input.reader.fill_buf().map(<[u8]>::to_vec)
                && !bytes.is_empty()
            {
                input.reader.consume(bytes.len());
                if sender.blocking_send(bytes).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

#[cfg(test)]
mod tests;
