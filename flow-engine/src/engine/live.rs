//! Live jobs: running, finding, listing, ending, and the ways to their streams. Source: spec 06, MCH-1.
//!
//! Driving one is `crate::live`; what follows from news is the core's.

mod find;
mod inspect;
mod run;

use std::path::Path;
use std::sync::Arc;

use flow_core::event::CancelScope;
use flow_core::model::{LaunchKey, LiveJob, LiveJobId, Subject, TaskStatus, UnitSpec};
use flow_core::port::{Channel, EventScope, Exec, LiveRow, RequestKind};

use crate::engine::{Engine, Standing};
use crate::live::{LiveDriver, spec_of};
use crate::{EngineError, Follow, LogReader};

pub use find::LiveListing;
pub use run::{LiveRun, RunRequest};

/// A live job as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveFound {
    /// The job and who drives it.
    pub row: LiveRow,
    /// How it stands.
    pub standing: Standing,
}

impl LiveFound {
    /// The job.
    pub fn job(&self) -> &LiveJob {
        &self.row.job
    }

    /// `stalled` for a job whose engine is gone, else its own status.
    pub fn word(&self) -> &'static str {
        self.standing.word(self.row.job.status)
    }
}

impl Engine {
    /// Drives a live job in this process until it ends, and gives its result.
    ///
    /// A job that was driven before goes on where it stood: its process is found again.
    /// Errors: `Store(Held)` while another engine drives it, `UnknownLiveJob`.
    pub async fn drive_live(&self, job: &LiveJobId) -> Result<TaskStatus, EngineError> {
        LiveDriver::new(Arc::clone(&self.inner), job).await?.run().await
    }

    /// Starts an engine process of its own that drives a live job, as `drive_in_background` does for an attempt.
    ///
    /// Errors: `Spawn`.
    pub fn drive_live_in_background(&self, job: &LiveJobId, log: &Path) -> Result<(), EngineError> {
        self.spawn_engine(&["--live", job.as_str()], log)
    }

    /// Asks for the end of a live job; whoever drives it carries it out. `false` if it has ended.
    pub async fn kill_live(&self, job: &LiveJob) -> Result<bool, EngineError> {
        if job.status.is_finished() {
            return Ok(false);
        }
        let (subject, at) = (Subject::Live(job.id.clone()), self.inner.clock.now());
        let kind = RequestKind::Cancel { scope: CancelScope::Job };
        self.inner.store.send(&subject, at, self.user(), kind).await?;
        Ok(true)
    }

    /// The events of a live job after a position, then as they come.
    pub fn follow_live(&self, job: &LiveJobId, after: u64) -> Follow {
        Follow::new(Arc::clone(&self.inner.store), EventScope::Subject(Subject::Live(job.clone())), after)
    }

    /// The log of a start of a live job from a byte on; `number` 0 is the last. `None` if there was no such start.
    pub fn live_log(&self, job: &LiveJob, number: u32, from: u64) -> Option<LogReader> {
        let found = job.tries.iter().rfind(|one| number == 0 || one.number == number)?;
        let key = LaunchKey::live(&job.id, found.number);
        Some(LogReader::new(Arc::clone(&self.inner.executor), key, from))
    }

    /// The streams of a start of a live job, as the port's `attach` has them.
    ///
    /// Errors: `Executor`, with `Unsupported` where the executor has no such way.
    pub async fn attach_live(&self, key: &LaunchKey, from: u64) -> Result<Channel, EngineError> {
        Ok(self.inner.executor.attach(key, from).await?)
    }

    /// Runs a command beside the last start of a live job.
    ///
    /// Errors: `NotRunning`, `Executor`.
    pub async fn exec_live(&self, job: &LiveJob, command: &Exec) -> Result<Channel, EngineError> {
        Ok(self.inner.executor.exec(&last_start(job)?, command).await?)
    }

    /// Whether jobs and commands can have terminals of their own.
    pub fn gives_terminals(&self) -> bool {
        self.inner.executor.gives_terminals()
    }

    /// Opens a connection to a port of the last start of a live job.
    ///
    /// Errors: `NotRunning`, `Executor`.
    pub async fn connect_live(&self, job: &LiveJob, port: u16) -> Result<Channel, EngineError> {
        Ok(self.inner.executor.connect(&last_start(job)?, port).await?)
    }

    /// What a live job runs.
    ///
    /// Errors: `Unrunnable` if the store does not have it.
    pub async fn live_spec(&self, job: &LiveJob) -> Result<UnitSpec, EngineError> {
        spec_of(&self.inner, &job.id, &job.order.spec).await
    }

    pub(super) fn found(&self, row: LiveRow) -> LiveFound {
        let standing = self.stands((row.job.status, row.job.created_at), &row.claim);
        LiveFound { row, standing }
    }
}

/// The start that is under way. Errors: `NotRunning`.
fn last_start(job: &LiveJob) -> Result<LaunchKey, EngineError> {
    let last = job.tries.last().filter(|one| one.outcome.is_none());
    let last = last.ok_or_else(|| EngineError::NotRunning { job: find::name(job) })?;
    Ok(LaunchKey::live(&job.id, last.number))
}
