//! [`Client`]: connections to the supervisor, which is started when there is none.
//!
//! Each call has a connection of its own while it lasts, so a long question blocks nobody, and a
//! dropped call drops its connection. What calls mean does not belong here.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use flow_core::port::ExecutorError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use crate::executor::local::layout::Layout;
use crate::executor::local::machine::Machine;
use crate::executor::local::protocol::{Request, Response, VERSION, decode, encode};
use crate::secret::SECRET_PREFIX;
use crate::sys::monotonic;

/// How long a supervisor may take to be there. It may have remains to clear away first.
const START_PATIENCE: Duration = Duration::from_secs(20);
/// The first pause between two looks for the socket; each is half as long again as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
/// How often a call is made anew when the connection breaks; all calls may be repeated.
const MAX_TRIES: u32 = 4;
/// How much of the supervisor's complaints is shown.
const COMPLAINT_BYTES: usize = 500;

/// The way to one supervisor.
#[derive(Debug)]
pub(crate) struct Client {
    layout: Layout,
    program: Vec<OsString>,
    machine: Machine,
    idle: Mutex<Vec<Connection>>,
    starting: tokio::sync::Mutex<()>,
}

/// One greeted connection.
#[derive(Debug)]
struct Connection {
    stream: UnixStream,
    input: Vec<u8>,
}

impl Client {
    /// A client of the supervisor of a folder, which `program` starts.
    pub(crate) fn new(layout: Layout, program: Vec<OsString>, machine: Machine) -> Self {
        let (idle, starting) = (Mutex::default(), tokio::sync::Mutex::default());
        Client { layout, program, machine, idle, starting }
    }

    /// Asks, and waits for the answer. The supervisor is started if there is none.
    pub(crate) async fn call(&self, request: &Request) -> Result<Response, ExecutorError> {
        let frame = encode(request);
        let mut tries = 1;
        loop {
            let mut connection = match self.take_idle() {
                Some(connection) => connection,
                None => self.connect_or_start().await?,
            };
            match connection.exchange(&frame).await {
                Ok(response) => {
                    self.put_idle(connection);
                    return Ok(response);
                }
                Err(error) if tries == MAX_TRIES => return Err(unreachable(&error)),
                // The supervisor has died or left, and its other connections with it.
                Err(_) => self.drop_idle(),
            }
            tries += 1;
        }
    }

    /// Asks the supervisor if there is one.
    pub(crate) async fn call_if_there(&self, request: &Request) -> Result<Option<Response>, ExecutorError> {
        self.drop_idle();
        match self.connect().await {
            Ok(mut connection) => {
                connection.exchange(&encode(request)).await.map(Some).map_err(|error| unreachable(&error))
            }
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(unreachable(&error)),
        }
    }

    /// A connection that nobody uses.
    fn take_idle(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Keeps a connection for the next call.
    fn put_idle(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }

    /// Drops all connections that nobody uses.
    fn drop_idle(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Connects and says hello.
    async fn connect(&self) -> io::Result<Connection> {
        let socket = self.layout.socket()?;
        let stream = UnixStream::connect(&socket.path).await?;
        let mut connection = Connection { stream, input: Vec::new() };
        match connection.exchange(&encode(&Request::Hello { version: VERSION })).await? {
            Response::Hello { version: VERSION, .. } => Ok(connection),
            other => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("a supervisor of another version is at work, and goes when its units have ended: {other:?}"),
            )),
        }
    }

    /// Connects; starts the supervisor if there is none.
    async fn connect_or_start(&self) -> Result<Connection, ExecutorError> {
        match self.connect().await {
            Ok(connection) => return Ok(connection),
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(unreachable(&error)),
        }
        let _one_at_a_time = self.starting.lock().await;
        let deadline = monotonic() + START_PATIENCE;
        let mut pause = FIRST_PAUSE;
        let mut child: Option<Child> = None;
        loop {
            match self.connect().await {
                Ok(connection) => return Ok(connection),
                Err(error) if !is_absent(&error) || monotonic() > deadline => return Err(unreachable(&error)),
                Err(_) => {}
            }
            if self.is_over(child.as_mut())? {
                // None was started, or the one that was found another at work that was just leaving.
                child = Some(self.start().map_err(|error| unreachable(&error))?);
            }
            tokio::time::sleep(pause).await;
            pause = (pause + pause / 2).min(LONGEST_PAUSE);
        }
    }

    /// Whether no supervisor of ours is about to be there. Errors: it could not work.
    fn is_over(&self, child: Option<&mut Child>) -> Result<bool, ExecutorError> {
        let Some(child) = child else { return Ok(true) };
        match child.try_wait() {
            Ok(None) => Ok(false),
            Ok(Some(status)) if status.success() => Ok(true),
            Ok(Some(status)) => {
                let message = format!("the supervisor ended with {status}: {}", self.last_complaint());
                Err(ExecutorError::Unreachable { message })
            }
            Err(error) => Err(unreachable(&error)),
        }
    }

    /// Starts the supervisor in a group of its own, so that no Ctrl-C reaches it.
    fn start(&self) -> io::Result<Child> {
        DirBuilder::new().recursive(true).mode(0o700).create(self.layout.dir())?;
        let complaints = OpenOptions::new().create(true).append(true).mode(0o600).open(self.layout.complaints())?;
        let (program, arguments) = self.program.split_first().ok_or(io::ErrorKind::NotFound)?;
        let mut command = Command::new(program);
        command.args(arguments).arg("--dir").arg(self.layout.dir());
        let Machine { cpus, memory_bytes, gpus } = self.machine;
        for (name, value) in
            [("--cpus", cpus.map(u64::from)), ("--memory", memory_bytes), ("--gpus", gpus.map(u64::from))]
        {
            if let Some(value) = value {
                command.arg(name).arg(value.to_string());
            }
        }
        // A task may start it: it must not be taken for a process of that task.
        command.env_remove("APOLO_FLOW_OUTPUT").env_remove("APOLO_FLOW_STATE");
        // Nor does it keep secrets: it is sent those of a unit with the unit.
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(SECRET_PREFIX.as_bytes()))
        {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(complaints.try_clone()?).stderr(complaints);
        command.current_dir(self.layout.dir()).process_group(0).spawn()
    }

    /// The end of what the supervisor complained of.
    fn last_complaint(&self) -> String {
        let text = File::open(self.layout.complaints()).and_then(io::read_to_string).unwrap_or_default();
        let mut letters: Vec<char> = text.trim().chars().rev().take(COMPLAINT_BYTES).collect();
        letters.reverse();
        letters.into_iter().collect()
    }
}

impl Connection {
    /// Sends a frame and waits for the answer.
    async fn exchange(&mut self, frame: &[u8]) -> io::Result<Response> {
        self.stream.write_all(frame).await?;
        loop {
            let response = decode(&mut self.input);
            if let Some(response) = response.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))? {
                return Ok(response);
            }
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// Whether nobody listens: no socket, one that a dead supervisor left, or one that is just leaving.
fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, NotFound, UnexpectedEof};
    matches!(error.kind(), NotFound | ConnectionRefused | ConnectionReset | BrokenPipe | UnexpectedEof)
}

/// The port's error for an error of the way.
fn unreachable(error: &io::Error) -> ExecutorError {
    ExecutorError::Unreachable { message: error.to_string() }
}
