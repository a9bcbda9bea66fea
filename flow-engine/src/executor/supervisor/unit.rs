//! [`Unit`]: one start of a unit, from its taking to its removal.

use std::collections::BTreeMap;
use std::fs::File;
use std::rc::Rc;
use std::time::Instant;

use flow_core::model::{Claim, Exit, LaunchKey, RawId, Reason, Timestamp};
use flow_core::port::{Launch, Report, Scope};

use crate::executor::local::layout::UnitFiles;
use crate::executor::local::protocol::UnitSecrets;
use crate::executor::supervisor::mask::Mask;
use crate::executor::supervisor::process::Process;
use crate::executor::supervisor::pump::Pump;
use crate::executor::supervisor::queue::Grant;
use crate::executor::supervisor::timer::Timer;

/// What a client ordered.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// The unit.
    pub(super) launch: Launch,
    /// What it gets of the client's environment; one for a whole batch.
    pub(super) environment: Rc<BTreeMap<String, String>>,
    /// The texts of its variables that stand for secrets.
    pub(super) secrets: UnitSecrets,
}

/// How far a unit is.
#[derive(Debug)]
pub(super) enum Phase {
    /// Waits for room.
    Queued(Box<Order>),
    /// Its process is at work; `ending`: why it was asked to end.
    Running {
        /// The process.
        process: Process,
        /// Why it will have ended.
        ending: Option<Reason>,
    },
    /// Its process is over, some of the group may not be.
    Draining {
        /// The group.
        group: rustix::process::Pid,
        /// Whether it is a session as well.
        session: bool,
        /// How the process ended.
        exit: Exit,
        /// Why.
        reason: Reason,
        /// How often the group was looked at.
        looks: u32,
    },
    /// Over. `files`: whether it left output files.
    Ended {
        /// Whether there is anything to read.
        files: bool,
    },
}

/// One start of a unit.
#[derive(Debug)]
pub(super) struct Unit {
    /// Which.
    pub(super) key: LaunchKey,
    /// Its id.
    pub(super) raw: RawId,
    /// Its files.
    pub(super) files: UnitFiles,
    /// Whose readers learn of it.
    pub(super) scope: Scope,
    /// Its tags.
    pub(super) tags: Vec<String>,
    /// When it was taken.
    pub(super) taken_at: Timestamp,
    /// How long it may run, in seconds.
    pub(super) life_span_seconds: Option<f64>,
    /// What it takes of the machine.
    pub(super) claim: Claim,
    /// What it was given of the machine; nothing while it waits.
    pub(super) grant: Grant,
    /// What takes its secrets out of its output, if it has any.
    pub(super) mask: Option<Mask>,
    /// The way of its output, if that is masked or comes from a terminal, while it runs.
    pub(super) pump: Option<Pump>,
    /// The end of its open input that is written to, or of its terminal, while it runs.
    pub(super) input: Option<File>,
    /// Whether it is on a terminal.
    pub(super) on_terminal: bool,
    /// How long its log was when it was noted last.
    pub(super) noted_log_bytes: u64,
    /// How much its log may keep.
    pub(super) max_log_bytes: u64,
    /// How far it is.
    pub(super) phase: Phase,
    /// The numbers of its news.
    pub(super) notes: Vec<u64>,
    /// Its last news.
    pub(super) last: Option<Report>,
    /// Its timers.
    pub(super) timers: Vec<(Instant, Timer)>,
}

impl Unit {
    /// Whether it has ended.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Ended { .. })
    }
}
