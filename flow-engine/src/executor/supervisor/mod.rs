//! The supervisor: one process per user and folder that owns the units of the local executor, so
//! that they survive the engine (MCH-1).
//!
//! Main function: [`run`]. It owns the processes, the machine's slots with a queue that is fair over
//! all attempts, and a journal. It is one thread around one `epoll`, with no async runtime: processes
//! start by `posix_spawn` and are waited for by pidfd. Its clients are `executor::local`.

mod board;
mod bound;
mod connection;
mod end;
mod journal;
mod keeper;
mod mask;
mod memory;
mod output;
mod poller;
mod process;
mod pump;
mod queue;
mod reactor;
mod remains;
mod timer;
mod unit;

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::process::{geteuid, getpid, set_child_subreaper};
use thiserror::Error;

use crate::executor::local::Machine;
use crate::executor::local::layout::Layout;

pub use mask::Mask;

/// How a supervisor is to work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupervisorConfig {
    /// Its folder; made if absent, for the user alone.
    pub dir: PathBuf,
    /// What units may take of the machine.
    pub machine: Machine,
    /// How long it stays when no unit waits or runs and no client is connected.
    pub idle: Duration,
    /// How long a unit that ran longer than its `life_span` may take to end politely.
    pub life_span_grace: Duration,
    /// The words that start a process which calls `executor::terminal::enter` with what is put behind them. Empty:
    /// no unit gets a terminal.
    pub terminal_program: Vec<OsString>,
}

impl SupervisorConfig {
    /// The usual configuration: all of the machine, a minute of idleness, ten seconds of grace, no terminals.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        SupervisorConfig {
            dir: dir.into(),
            machine: Machine::default(),
            idle: Duration::from_mins(1),
            life_span_grace: Duration::from_secs(10),
            terminal_program: Vec::new(),
        }
    }
}

/// Why a supervisor could not work.
#[derive(Debug, Error)]
pub enum SupervisorError {
    /// The system refused something it cannot do without.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried, as a verb phrase.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// The folder belongs to somebody else.
    #[error("the folder `{}` belongs to another user", dir.display())]
    NotOwned {
        /// The folder.
        dir: PathBuf,
    },
}

impl SupervisorError {
    /// Makes the error of one try.
    fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        |source| SupervisorError::System { what, source }
    }
}

/// Is the supervisor until it has been idle long enough, or a client says stop.
///
/// The process must be its alone: it takes the exits of all children.
/// If the folder has a supervisor already, it returns at once and all is well. First it brings to an
/// end what a supervisor that died has left: units that still run are killed, and told as lost.
/// Errors: the folder or the socket cannot be made, or waiting fails. Source: MCH-1, MCH-5.
pub fn run(config: &SupervisorConfig) -> Result<(), SupervisorError> {
    let layout = Layout::new(&config.dir).map_err(SupervisorError::system("find the folder"))?;
    make_private_folder(layout.dir())?;
    let Some(_lock) = take_lock(&layout)? else { return Ok(()) };
    // Members of a group whose parent ended become our children, so we see when they are gone.
    set_child_subreaper(Some(getpid())).map_err(|error| SupervisorError::system("adopt orphans")(error.into()))?;
    let keeper = keeper::Keeper::open(layout.clone(), config)?;
    let listener = listen(&layout)?;
    let mut reactor = reactor::Reactor::new(listener, keeper, config.idle)?;
    let result = reactor.run();
    // Before the lock goes: the next supervisor binds anew, and must not lose its socket to us.
    let removed = std::fs::remove_file(layout.socket_file());
    result.and(removed.map_err(SupervisorError::system("remove the socket")))
}

/// Makes the folder, or checks that it is ours, and closes it to others.
fn make_private_folder(dir: &Path) -> Result<(), SupervisorError> {
    let attempt = || format!("use the folder `{}`", dir.display());
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(SupervisorError::system(attempt()))?;
    let metadata = std::fs::metadata(dir).map_err(SupervisorError::system(attempt()))?;
    if metadata.uid() != geteuid().as_raw() {
        return Err(SupervisorError::NotOwned { dir: dir.to_owned() });
    }
    if metadata.mode() & 0o077 != 0 {
        let closed = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(dir, closed).map_err(SupervisorError::system(attempt()))?;
    }
    Ok(())
}

/// The lock of the folder, or `None` if another supervisor has it.
fn take_lock(layout: &Layout) -> Result<Option<File>, SupervisorError> {
    let path = layout.lock();
    let attempt = || format!("lock `{}`", path.display());
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(SupervisorError::system(attempt()))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(SupervisorError::system(attempt())(error.into())),
    }
}

/// Binds the socket, over one that a dead supervisor left.
fn listen(layout: &Layout) -> Result<UnixListener, SupervisorError> {
    let bind = || -> io::Result<UnixListener> {
        match std::fs::remove_file(layout.socket_file()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(layout.socket()?.path)?;
        std::fs::set_permissions(layout.socket_file(), std::fs::Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    bind().map_err(SupervisorError::system(format!("listen on `{}`", layout.socket_file().display())))
}
