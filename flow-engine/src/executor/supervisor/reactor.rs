//! [`Reactor`]: the supervisor's one loop: news of sockets, processes and time, turn by turn.
//!
//! In a turn all news is taken, then the journal is written once, then answers go out, so nothing
//! is answered that is not noted. What requests mean is told by `keeper`.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::net::UnixListener;
use std::rc::Rc;
use std::time::{Duration, Instant};

use flow_core::port::ExecutorError;
use rustix::process::{WaitOptions, wait};

use crate::executor::local::protocol::{Request, Response, VERSION};
use crate::executor::supervisor::SupervisorError;
use crate::executor::supervisor::connection::{Connection, Parked};
use crate::executor::supervisor::keeper::{Batch, Keeper};
use crate::executor::supervisor::poller::{Interest, Poller, Token};
use crate::executor::supervisor::timer::Timer;
use crate::sys::{monotonic, pause};

/// How long accepting rests when the system has no more descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long a journal that could not be written waits for the next try.
const JOURNAL_PAUSE: Duration = Duration::from_secs(1);

/// The loop and its connections.
#[derive(Debug)]
pub(super) struct Reactor {
    listener: UnixListener,
    poller: Rc<Poller>,
    keeper: Keeper,
    connections: BTreeMap<u64, Connection>,
    next_connection: u64,
    idle: Duration,
    idle_since: Option<Instant>,
    is_stopping: bool,
}

impl Reactor {
    /// A loop over a bound socket and the units.
    pub(super) fn new(listener: UnixListener, keeper: Keeper, idle: Duration) -> Result<Self, SupervisorError> {
        let poller = keeper.poller.clone();
        poller.add(&listener, Token::Listener).map_err(SupervisorError::system("wait for clients"))?;
        Ok(Reactor {
            listener,
            poller,
            keeper,
            connections: BTreeMap::new(),
            next_connection: 0,
            idle,
            idle_since: None,
            is_stopping: false,
        })
    }

    /// Works until it has been idle long enough, or was told to stop.
    pub(super) fn run(&mut self) -> Result<(), SupervisorError> {
        let mut journal_pause = None;
        self.note_idleness();
        loop {
            let now = monotonic();
            if self.is_stopping || self.idle_end().is_some_and(|end| end <= now) {
                return Ok(());
            }
            let moments = [self.keeper.timers.next(), self.idle_end(), journal_pause];
            let next = moments.into_iter().flatten().min();
            let longest = next.map(|next| next.saturating_duration_since(now));
            let news = self.poller.wait(longest).map_err(SupervisorError::system("wait for news"))?;
            self.turn(&news);
            journal_pause = self.keeper.journal.commit().err().map(|_| monotonic() + JOURNAL_PAUSE);
            self.send_answers();
            self.note_idleness();
        }
    }

    /// Takes all news.
    fn turn(&mut self, news: &[Token]) {
        for token in news {
            match *token {
                Token::Listener => self.accept(),
                Token::Connection(number) => self.serve(number),
                Token::Unit(number) => self.keeper.take_exit(number),
                Token::Output(number) => self.keeper.take_output(number),
            }
        }
        let now = monotonic();
        while let Some(timer) = self.keeper.timers.take_due(now) {
            match timer {
                Timer::Answer(number) => self.answer_parked(number, true),
                of_unit => self.keeper.fire(of_unit),
            }
        }
        self.keeper.fill_slots();
    }

    /// Takes all who want to connect.
    fn accept(&mut self) {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => self.admit(stream),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(_) => {
                    // No descriptors are left: the socket stays readable, so it must not spin.
                    pause(ACCEPT_PAUSE);
                    return;
                }
            }
        }
    }

    /// Adds a client; one that may not be here is closed by dropping it.
    fn admit(&mut self, stream: std::os::unix::net::UnixStream) {
        let Ok(connection) = Connection::new(stream) else { return };
        let number = self.next_connection;
        self.next_connection += 1;
        if self.poller.add(connection.socket(), Token::Connection(number)).is_ok() {
            self.connections.insert(number, connection);
        }
    }

    /// Reads and carries out what a client asks; one that is gone or speaks nonsense is dropped.
    fn serve(&mut self, number: u64) {
        let Some(connection) = self.connections.get_mut(&number) else { return };
        if connection.is_writing {
            return;
        }
        let is_gone = connection.fill().is_err();
        while let Some(connection) = self.connections.get_mut(&number) {
            match connection.next_request() {
                Ok(Some(request)) => self.carry_out(number, request),
                Ok(None) => break,
                Err(message) => {
                    connection.answer(&Response::Failed { error: ExecutorError::Unreachable { message } });
                    self.hang_up(number);
                }
            }
        }
        if is_gone {
            self.hang_up(number);
        }
    }

    /// Writes what can be written, and forgets the client.
    fn hang_up(&mut self, number: u64) {
        let Some(mut connection) = self.connections.remove(&number) else { return };
        if let Some(parked) = connection.parked.take() {
            self.keeper.timers.remove(parked.until, Timer::Answer(number));
        }
        let _gone = connection.flush();
    }

    /// Carries out one request.
    fn carry_out(&mut self, number: u64, request: Request) {
        let Some(connection) = self.connections.get_mut(&number) else { return };
        if !connection.greeted && !matches!(request, Request::Hello { .. }) {
            let message = "the first word must be a hello".to_owned();
            return connection.answer(&Response::Failed { error: ExecutorError::Unreachable { message } });
        }
        let response = match request {
            Request::Hello { version } => {
                connection.greeted = version == VERSION;
                hello()
            }
            Request::Ping => hello(),
            Request::Start { environment, limits, batch, secrets } => {
                let batch = Batch { environment, limits, launches: batch, secrets };
                Response::Started { results: self.keeper.take(batch) }
            }
            Request::Reports { scope, after, wait_millis } => {
                let until = monotonic() + Duration::from_millis(wait_millis.into());
                connection.parked = Some(Parked { scope, after, until });
                self.keeper.timers.add(until, Timer::Answer(number));
                return self.answer_parked(number, wait_millis == 0);
            }
            Request::Kill { key, grace_millis } => {
                self.keeper.kill(&key, Duration::from_millis(grace_millis));
                Response::Done
            }
            Request::Find { tags } => Response::Found { units: self.keeper.find(&tags) },
            Request::Last { key } => Response::Last { report: self.keeper.last(&key) },
            Request::Remove { key } => done(self.keeper.remove(&key)),
            Request::Input { key, bytes } => written(self.keeper.write_input(&key, &bytes)),
            Request::CloseInput { key } => done(self.keeper.close_input(&key)),
            Request::Resize { key, window } => done(self.keeper.resize(&key, window)),
            Request::Stop => done(self.stop()),
        };
        if let Some(connection) = self.connections.get_mut(&number) {
            connection.answer(&response);
        }
    }

    /// Goes after this turn. Errors: a unit waits or runs.
    fn stop(&mut self) -> Result<(), ExecutorError> {
        if self.keeper.active > 0 {
            let message = format!("{} units wait or run", self.keeper.active);
            return Err(ExecutorError::Refused { message });
        }
        self.is_stopping = true;
        Ok(())
    }

    /// Answers a question for reports if there are any, or if it is `due`.
    fn answer_parked(&mut self, number: u64, due: bool) {
        let Some(connection) = self.connections.get_mut(&number) else { return };
        let Some(parked) = &connection.parked else { return };
        let (reports, cursor) = self.keeper.reports(&parked.scope, &parked.after);
        if reports.is_empty() && !due {
            return;
        }
        self.keeper.timers.remove(parked.until, Timer::Answer(number));
        connection.parked = None;
        connection.answer(&Response::Reports { reports, cursor });
    }

    /// Answers questions for whom there is news now, and writes all answers.
    fn send_answers(&mut self) {
        let changed = self.keeper.board.take_changed();
        let waits = |connection: &Connection| connection.parked.as_ref().is_some_and(|it| changed.contains(&it.scope));
        let ready: Vec<u64> = self.connections.iter().filter(|(_, it)| waits(it)).map(|(number, _)| *number).collect();
        for number in ready {
            self.answer_parked(number, false);
        }
        let numbers: Vec<u64> = self.connections.keys().copied().collect();
        for number in numbers {
            if self.send(number).is_err() {
                self.hang_up(number);
            }
        }
    }

    /// Writes a client's answers, and waits for room if they do not fit.
    fn send(&mut self, number: u64) -> io::Result<()> {
        let Some(connection) = self.connections.get_mut(&number) else { return Ok(()) };
        let is_writing = !connection.flush()?;
        if is_writing != connection.is_writing {
            connection.is_writing = is_writing;
            let interest = if is_writing { Interest::Write } else { Interest::Read };
            self.poller.change(connection.socket(), Token::Connection(number), interest)?;
        }
        Ok(())
    }

    /// Notes since when there is nothing to do and nobody to do it for.
    fn note_idleness(&mut self) {
        if self.keeper.active == 0 {
            // What left its unit's group was adopted by us. While no unit runs, no exit of one can be
            // taken by mistake.
            while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
        }
        if self.keeper.active > 0 || !self.connections.is_empty() {
            self.idle_since = None;
        } else {
            self.idle_since.get_or_insert_with(monotonic);
        }
    }

    /// When idleness has lasted long enough.
    fn idle_end(&self) -> Option<Instant> {
        self.idle_since.map(|since| since + self.idle)
    }
}

/// The answer to what gives nothing.
fn done(result: Result<(), ExecutorError>) -> Response {
    result.map_or_else(|error| Response::Failed { error }, |()| Response::Done)
}

/// The answer to a write.
fn written(result: Result<u32, ExecutorError>) -> Response {
    result.map_or_else(|error| Response::Failed { error }, |count| Response::Written { count })
}

/// Who we are.
fn hello() -> Response {
    Response::Hello { version: VERSION, pid: std::process::id() }
}
