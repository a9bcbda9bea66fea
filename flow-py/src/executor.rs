//! [`Mailbox`]: an executor whose work is done in Python.
//!
//! The engine puts requests into the mailbox; a thread that Python owns takes them out, does them, and answers.
//! What the executor reports goes onto a board here, which the engine reads by position. So no thread of
//! the engine ever needs the interpreter.

mod board;
mod secrets;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use flow_core::model::{LaunchKey, RawId};
use flow_core::port::{
    Abilities, Chunk, Clock, Cursor, Executor, ExecutorError, Found, Launch, Report, Scope, SecretSource, Selector,
    What,
};
use flow_engine::sys::SystemClock;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde_json::{Map, Value as Json, json};
use tokio::sync::oneshot;

use crate::convert::{from_json, to_json};
use crate::executor::board::Board;
use crate::executor::secrets::{Secrets, Texts};

/// How many requests may wait for Python; whoever asks more is told that it cannot be reached now.
const MAX_WAITING: usize = 10_000;
/// How long Python is left in one wait, so that signals are seen.
const SLICE: Duration = Duration::from_millis(50);

/// What Python answered.
type Answer = Result<Json, ExecutorError>;

/// The two sides of the mailbox.
#[derive(Debug)]
pub(crate) struct Desk {
    name: &'static str,
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    board: Board,
    secrets: Secrets,
}

#[derive(Debug, Default)]
struct Waiting {
    closed: bool,
    last: u64,
    requests: VecDeque<(u64, Json)>,
    answers: HashMap<u64, oneshot::Sender<Answer>>,
}

/// The mailbox as the Python side sees it.
#[pyclass(frozen, module = "apolo_flow")]
pub(crate) struct Mailbox {
    desk: Arc<Desk>,
}

#[pymethods]
impl Mailbox {
    /// An empty mailbox of an executor of this name.
    #[new]
    fn new(name: String) -> Self {
        // An executor's name is as long as the program: there is one for each executor object.
        let name: &'static str = Box::leak(name.into_boxed_str());
        let (waiting, arrived, board, secrets) = Default::default();
        Mailbox { desk: Arc::new(Desk { name, waiting, arrived, board, secrets }) }
    }

    /// The next request: its number and what is asked; None if none came within the time, or it is closed.
    fn next_request<'py>(&self, py: Python<'py>, seconds: f64) -> PyResult<Option<(u64, Bound<'py, PyAny>)>> {
        let span = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(SLICE).min(SLICE);
        let Some((number, request)) = py.detach(|| self.desk.take(span)) else { return Ok(None) };
        Ok(Some((number, from_json(py, &request)?)))
    }

    /// Answers a request.
    fn answer(&self, number: u64, answer: &Bound<'_, PyAny>) -> PyResult<()> {
        let answer = to_json(answer, 0)?;
        self.desk.answer(number, Ok(answer));
        Ok(())
    }

    /// Says that a request could not be done: `refused`, `unknown`, `unsupported` or `unreachable`.
    fn fail(&self, number: u64, kind: &str, message: String) -> PyResult<()> {
        let error = match kind {
            "refused" => ExecutorError::Refused { message },
            "unreachable" => ExecutorError::Unreachable { message },
            "unsupported" => ExecutorError::Unsupported { what: message },
            "unknown" => ExecutorError::UnknownUnit,
            other => return Err(PyValueError::new_err(format!("no kind of failure `{other}`"))),
        };
        self.desk.answer(number, Err(error));
        Ok(())
    }

    /// Tells news of a task, in the stored form of reports.
    fn report(&self, key: &str, what: &Bound<'_, PyAny>) -> PyResult<()> {
        let unfit = |error: serde_json::Error| PyValueError::new_err(format!("no report: {error}"));
        let key: LaunchKey = serde_json::from_str(key).map_err(unfit)?;
        let what: What = serde_json::from_value(to_json(what, 0)?).map_err(unfit)?;
        let what = self.desk.secrets.masked(&key, what);
        self.desk.board.put(Report { key, at: SystemClock.now(), raw: None, what });
        Ok(())
    }

    /// Takes no more requests; those that wait are told so.
    fn close(&self) {
        self.desk.close();
    }

    #[getter]
    fn closed(&self) -> bool {
        self.desk.waiting().closed
    }

    /// Whether no engine holds the other side any more.
    #[getter]
    fn abandoned(&self) -> bool {
        Arc::strong_count(&self.desk) == 1
    }
}

impl Mailbox {
    pub(crate) fn port(&self) -> Arc<Desk> {
        Arc::clone(&self.desk)
    }
}

impl Desk {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, span: Duration) -> Option<(u64, Json)> {
        let waiting = self.waiting();
        let is_idle = |waiting: &mut Waiting| waiting.requests.is_empty() && !waiting.closed;
        let woken = self.arrived.wait_timeout_while(waiting, span, is_idle);
        let (mut waiting, _) = woken.unwrap_or_else(PoisonError::into_inner);
        waiting.requests.pop_front()
    }

    fn answer(&self, number: u64, answer: Answer) {
        let asker = self.waiting().answers.remove(&number);
        // Whoever asked may have gone; then nobody wants to know.
        asker.map(|asker| asker.send(answer));
    }

    fn close(&self) {
        let mut waiting = self.waiting();
        waiting.closed = true;
        waiting.requests.clear();
        for (_, asker) in waiting.answers.drain() {
            let _ = asker.send(Err(closed()));
        }
        self.arrived.notify_all();
    }

    async fn ask(&self, request: Json) -> Answer {
        let asked = {
            let mut waiting = self.waiting();
            if waiting.closed {
                return Err(closed());
            }
            if waiting.requests.len() >= MAX_WAITING {
                let message = "the Python executor has too many requests to do".to_owned();
                return Err(ExecutorError::Unreachable { message });
            }
            waiting.last += 1;
            let number = waiting.last;
            let (sender, answer) = oneshot::channel();
            waiting.answers.insert(number, sender);
            waiting.requests.push_back((number, request));
            self.arrived.notify_one();
            answer
        };
        asked.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Looks up the secrets of units in `source`; a mailbox belongs to one engine, so it is told once.
    pub(crate) fn look_up_in(&self, source: Arc<dyn SecretSource>) {
        self.secrets.look_up_in(source);
    }

    /// Has units started; gives those that were not.
    async fn take_in(&self, fresh: &[&Launch]) -> HashMap<LaunchKey, ExecutorError> {
        let (mut refused, mut records, mut taken_in) = (HashMap::new(), Vec::new(), Vec::new());
        for launch in fresh {
            match self.secrets.of(launch).await {
                Ok(texts) => {
                    self.board.expect(launch);
                    records.push(launch_record(launch, &texts));
                    taken_in.push(*launch);
                }
                Err(error) => {
                    refused.insert(launch.key.clone(), ExecutorError::Refused { message: error.to_string() });
                }
            }
        }
        if records.is_empty() {
            return refused;
        }
        let answer = self.ask(json!({"what": "start", "launches": records})).await;
        for (at, launch) in taken_in.into_iter().enumerate() {
            let taken = answer.as_ref().map_err(Clone::clone).and_then(|answer| taken(answer.get(at)));
            let raw = taken.map_err(|error| refused.insert(launch.key.clone(), error)).ok();
            if raw.is_none() {
                self.secrets.forget(&launch.key);
            }
            self.board.settle(&launch.key, raw);
        }
        refused
    }

    /// Some bytes of a unit's log, as Python has them.
    async fn read_log(&self, key: &LaunchKey, from: u64, max: usize) -> Result<Vec<u8>, ExecutorError> {
        let answer = self.ask(json!({"what": "logs", "key": key_text(key), "start": from, "size": max})).await?;
        let bytes = answer.as_str().ok_or_else(|| misunderstood("no log"))?;
        hex_bytes(bytes).ok_or_else(|| misunderstood("no log"))
    }
}

/// What Python said of one start.
fn taken(answer: Option<&Json>) -> Result<RawId, ExecutorError> {
    let text = |name: &str| answer.and_then(|answer| answer.get(name)).and_then(Json::as_str);
    match (text("raw"), text("refused")) {
        (Some(raw), _) => Ok(RawId::new(raw)),
        (None, Some(message)) => Err(ExecutorError::Refused { message: message.to_owned() }),
        (None, None) => Err(misunderstood("no id for a task that it was to start")),
    }
}

fn closed() -> ExecutorError {
    ExecutorError::Unreachable { message: "the Python executor is closed".to_owned() }
}

/// A key as a text that Python hands around unread.
fn key_text(key: &LaunchKey) -> String {
    serde_json::to_string(key).expect("a key holds only texts and numbers")
}

fn launch_record(launch: &Launch, secrets: &Texts) -> Json {
    let node = launch.key.node().map(ToString::to_string);
    let secrets: Map<String, Json> =
        secrets.iter().map(|(variable, text)| (variable.clone(), text.expose().into())).collect();
    json!({
        "key": key_text(&launch.key),
        "task": node,
        "number": launch.key.r#try,
        "spec": launch.spec,
        "env": launch.env,
        "secrets": secrets,
        "workspace": launch.workspace,
        "resuming": launch.resuming,
    })
}

fn misunderstood(what: &str) -> ExecutorError {
    ExecutorError::Refused { message: format!("the Python executor gave {what}") }
}

#[async_trait]
impl Executor for Desk {
    async fn start(&self, batch: &[Launch]) -> Vec<Result<RawId, ExecutorError>> {
        let fresh: Vec<&Launch> = batch.iter().filter(|launch| self.board.raw(&launch.key).is_none()).collect();
        let mut refused = if fresh.is_empty() { HashMap::new() } else { self.take_in(&fresh).await };
        let one = |launch: &Launch| match (refused.remove(&launch.key), self.board.raw(&launch.key)) {
            (Some(error), _) => Err(error),
            (None, Some(raw)) => Ok(raw),
            (None, None) => Err(misunderstood("no answer for this task")),
        };
        batch.iter().map(one).collect()
    }

    async fn reports(&self, scope: &Scope, after: &Cursor) -> Result<(Vec<Report>, Cursor), ExecutorError> {
        self.board.read(scope, after).await
    }

    async fn logs(&self, key: &LaunchKey, from: u64, max: u32) -> Result<Chunk, ExecutorError> {
        let ended = self.board.has_ended(key).ok_or(ExecutorError::UnknownUnit)?;
        let max = max as usize;
        let Some(mask) = self.secrets.mask(key) else {
            let bytes = self.read_log(key, from, max).await?;
            return Ok(Chunk { complete: ended && bytes.len() < max, bytes, ..Chunk::default() });
        };
        // A secret that lies partly in what is wanted is read whole, so that all of it is seen.
        let around = mask.longest();
        let start = from.saturating_sub(around as u64);
        let before = usize::try_from(from - start).unwrap_or_default();
        let size = before + max + around;
        let bytes = self.read_log(key, start, size).await?;
        let at_end = ended && bytes.len() < size;
        let mut covered = mask.cover(&bytes, !at_end);
        covered.drain(..before.min(covered.len()));
        let complete = at_end && covered.len() < max;
        covered.truncate(max);
        Ok(Chunk { bytes: covered, complete, ..Chunk::default() })
    }

    async fn kill(&self, key: &LaunchKey, grace: Duration) -> Result<(), ExecutorError> {
        if self.board.has_ended(key) != Some(false) {
            return Ok(());
        }
        let request = json!({"what": "kill", "key": key_text(key), "grace": grace.as_secs_f64()});
        self.ask(request).await.map(drop)
    }

    async fn find(&self, tags: &Selector) -> Result<Vec<Found>, ExecutorError> {
        Ok(self.board.find(&tags.tags))
    }

    async fn remove(&self, key: &LaunchKey) -> Result<(), ExecutorError> {
        if self.board.remove(key) {
            self.secrets.forget(key);
            self.ask(json!({"what": "remove", "key": key_text(key)})).await?;
        }
        Ok(())
    }

    fn abilities(&self) -> Abilities {
        Abilities { name: self.name, survives_engine: false, images: false, mounts: false }
    }
}

/// Bytes that came as hexadecimal digits, since JSON has no bytes.
fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let digit = |letter: u8| char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Vec<u8> = text.bytes().map(digit).collect::<Option<_>>()?;
    let pairs = digits.len().is_multiple_of(2).then(|| digits.chunks_exact(2))?;
    Some(pairs.map(|pair| pair.iter().fold(0, |byte, digit| byte * 16 + digit)).collect())
}
