//! [`Readers`]: connections that only read, on threads that may block; and [`Watcher`], which
//! notices what other processes write.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use flow_core::port::StoreError;
use rusqlite::Connection;
use tokio::sync::{Semaphore, watch};

use super::LOOK_EVERY;
use super::connect::open_reader;
use super::fault::Fault;
use crate::sys::monotonic;
use crate::watch::FileWatch;

/// Reads at the same time; the rest wait for a connection.
const CONNECTIONS: usize = 4;

/// The connections that read.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    place: Arc<str>,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(path: PathBuf, place: Arc<str>) -> Self {
        Readers { path, place, idle: Mutex::default(), permits: Arc::new(Semaphore::new(CONNECTIONS)) }
    }

    /// The file.
    pub(super) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Runs a query on a thread of its own. Cancel-safe.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        query: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = self.clone();
        let permit = self.permits.clone().acquire_owned().await;
        let work = move || {
            // Given back when the query ends, also if nobody waits for it any more.
            let _permit = permit;
            readers.query(query)
        };
        let result = tokio::task::spawn_blocking(work).await;
        let result = result.map_err(|error| self.ended(&error.to_string()))?;
        result.map_err(|fault| self.told(fault))
    }

    fn query<T>(&self, query: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = idle.map_or_else(|| open_reader(&self.path), Ok)?;
        let result = query(&connection);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        result
    }

    /// The error of a fault on one of these connections.
    pub(super) fn told(&self, fault: Fault) -> StoreError {
        fault.at(&self.place)
    }

    /// The error of a query whose thread ended before it.
    pub(super) fn ended(&self, message: &str) -> StoreError {
        StoreError::Io { place: self.place.to_string(), message: message.to_owned() }
    }
}

/// Looks whether another connection has written.
#[derive(Debug)]
pub(super) struct Watcher {
    connection: Connection,
    watch: FileWatch,
    last: i64,
    /// When it was looked last.
    looked_at: Option<Instant>,
}

impl Watcher {
    pub(super) fn new(connection: Connection, watch: FileWatch) -> Result<Self, Fault> {
        let last = data_version(&connection)?;
        Ok(Watcher { connection, watch, last, looked_at: None })
    }

    /// Waits until it is worth a look: somebody wrote to the file, and the last look is a while ago.
    ///
    /// An idle store costs its followers nothing, a busy one no more looks than there is time for.
    pub(super) async fn wait(&mut self) {
        let rest =
            self.looked_at.map_or(Duration::ZERO, |at| LOOK_EVERY.saturating_sub(monotonic().duration_since(at)));
        tokio::time::sleep(rest).await;
        self.watch.changed().await;
        self.looked_at = Some(monotonic());
    }

    /// Moves `changes` if something was written since the last look; whether it was.
    pub(super) fn look(&mut self, changes: &watch::Sender<u64>) -> Result<bool, Fault> {
        let version = data_version(&self.connection)?;
        let moved = version != self.last;
        self.last = version;
        if moved {
            changes.send_modify(|count| *count += 1);
        }
        Ok(moved)
    }
}

/// A number that moves when any other connection, of any process, commits.
fn data_version(connection: &Connection) -> Result<i64, Fault> {
    Ok(connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
}
