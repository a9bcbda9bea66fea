//! [`Writer`]: the one thread that owns the connection which writes.
//!
//! What has gathered while it was busy becomes one transaction (a group commit). What is written
//! in it belongs to `change`.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use flow_core::port::StoreError;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use super::fault::Fault;

/// Jobs that may wait; who comes later waits for a place.
const QUEUE: usize = 256;
/// Jobs of one transaction; bounds how long the first of them waits.
const GROUP: usize = 64;

/// A piece of a transaction. It is given the connection, or why there is no transaction.
type Job = Box<dyn FnOnce(Result<&Connection, &str>) -> Done + Send>;

/// A job that has run, and waits for its transaction.
struct Done {
    wrote: bool,
    /// Answers whoever asked; with a message if the transaction was lost.
    answer: Box<dyn FnOnce(Option<&str>) + Send>,
}

/// The way to the thread that writes. Dropping it ends the thread after what was asked is done.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    place: Arc<str>,
}

impl Writer {
    /// Starts the thread; `changes` moves after each commit.
    pub(super) fn start(connection: Connection, place: Arc<str>, changes: Arc<watch::Sender<u64>>) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let serve = move || serve(&connection, queue, &changes);
        let thread = std::thread::Builder::new().name("flow-store".to_owned()).spawn(serve)?;
        Ok(Writer { jobs: Some(jobs), thread: Some(thread), place })
    }

    /// Does `work` in a transaction, all or nothing; returns when that is committed.
    ///
    /// If the caller stops waiting, the work may still be done.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let job = job(self.place.clone(), sender, work);
        let gone = |place: &str| lost(place, "its writer has ended");
        let Some(jobs) = &self.jobs else { return Err(gone(&self.place)) };
        if jobs.send(job).await.is_err() {
            return Err(gone(&self.place));
        }
        receiver.await.unwrap_or_else(|_| Err(gone(&self.place)))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was told to those who waited; there is nothing to add here.
            let _ = thread.join();
        }
    }
}

fn lost(place: &str, message: &str) -> StoreError {
    StoreError::Io { place: place.to_owned(), message: message.to_owned() }
}

fn job<T: Send + 'static>(
    place: Arc<str>,
    sender: oneshot::Sender<Result<T, StoreError>>,
    work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
) -> Job {
    Box::new(move |connection| {
        let result = match connection {
            Ok(connection) => in_savepoint(connection, work).map_err(|fault| fault.at(&place)),
            Err(message) => Err(lost(&place, message)),
        };
        let wrote = result.is_ok();
        let answer = move |loss: Option<&str>| {
            let result = match loss {
                Some(message) if wrote => Err(lost(&place, message)),
                _ => result,
            };
            // Nobody waits any more: then nobody needs to know.
            let _ = sender.send(result);
        };
        Done { wrote, answer: Box::new(answer) }
    })
}

/// A job that fails takes back what it wrote, and leaves the others of its group alone.
fn in_savepoint<T>(connection: &Connection, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
    connection.prepare_cached("SAVEPOINT job")?.execute([])?;
    let result = work(connection);
    // SQLite itself rolls everything back on some failures, such as a full disk.
    if result.is_err() && !connection.is_autocommit() {
        connection.prepare_cached("ROLLBACK TO job")?.execute([])?;
    }
    if !connection.is_autocommit() {
        connection.prepare_cached("RELEASE job")?.execute([])?;
    }
    result
}

fn serve(connection: &Connection, mut queue: mpsc::Receiver<Job>, changes: &watch::Sender<u64>) {
    while let Some(first) = queue.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = queue.try_recv()
        {
            group.push(next);
        }
        commit(connection, group, changes);
    }
}

fn commit(connection: &Connection, group: Vec<Job>, changes: &watch::Sender<u64>) {
    let mut loss = execute(connection, "BEGIN IMMEDIATE").err().map(|error| error.to_string());
    let mut ran = Vec::with_capacity(group.len());
    for job in group {
        ran.push(job(loss.as_deref().map_or(Ok(connection), Err)));
        if loss.is_none() && connection.is_autocommit() {
            loss = Some("the transaction was rolled back".to_owned());
        }
    }
    if loss.is_none()
        && let Err(error) = execute(connection, "COMMIT")
    {
        loss = Some(error.to_string());
    }
    if !connection.is_autocommit() {
        // Nothing more can be done if even this fails: the next BEGIN will say so.
        let _ = execute(connection, "ROLLBACK");
    }
    if loss.is_none() && ran.iter().any(|done| done.wrote) {
        changes.send_modify(|count| *count += 1);
    }
    for done in ran {
        (done.answer)(loss.as_deref());
    }
}

fn execute(connection: &Connection, sql: &str) -> Result<usize, rusqlite::Error> {
    connection.prepare_cached(sql)?.execute([])
}
