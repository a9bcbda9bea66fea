//! What goes into [`decide`](crate::sched::decide) and what comes out.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use crate::event::EventKind;
use crate::expr::HostCall;
use crate::model::{CacheEntry, CacheKey, Digest, Exit, FullId, LaunchKey, LogRef, RawId, Reason, Timestamp, UnitSpec};
use crate::port::{ExecutorError, Report, Request};
use crate::sched::state::AttemptState;
use crate::value::Value;

/// A fact and when it was learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Timed {
    /// When.
    pub at: Timestamp,
    /// What.
    pub fact: Fact,
}

/// News from outside of the core.
///
/// Facts may come late, twice, or about what is long over: such a fact changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// The attempt begins.
    Begin,
    /// The attempt begins as a restart of this one, which has ended (DEC-24).
    BeginFrom(Arc<AttemptState>),
    /// The executor took a unit, or did not.
    StartResult {
        /// Which start.
        key: LaunchKey,
        /// What it said.
        result: Result<RawId, ExecutorError>,
    },
    /// News of a unit. An end comes as [`Fact::Ended`], once its log is read.
    Report(Report),
    /// A unit ended, and its log is complete.
    Ended {
        /// Which start.
        key: LaunchKey,
        /// The process's end.
        exit: Exit,
        /// Why it ended.
        reason: Reason,
        /// Name to text.
        outputs: IndexMap<String, String>,
        /// Name to text.
        state: IndexMap<String, String>,
        /// Its log.
        log: LogRef,
        /// What was wrong with its output files.
        problem: Option<String>,
        /// What else the executor said of it.
        told: Told,
    },
    /// Somebody asked for something.
    Request(Request),
    /// The engine itself was interrupted (Ctrl-C).
    Interrupted {
        /// By whom.
        by: String,
    },
    /// Questions of a node were answered.
    Answered {
        /// The node.
        node: FullId,
        /// Each question with its answer, or why there is none.
        answers: Vec<(HostCall, Result<Value, String>)>,
    },
    /// The cache was looked up.
    CacheAnswer {
        /// The node.
        node: FullId,
        /// The key.
        key: CacheKey,
        /// What was found.
        entry: Option<Box<CacheEntry>>,
    },
    /// Nothing new: go on with what is ready or due.
    Tick,
}

/// Who a unit is to the executor, and when it says that something happened to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The executor's id, if it says it.
    pub raw: Option<RawId>,
    /// When, by the executor's clock; absent: now.
    pub at: Option<Timestamp>,
}

impl Told {
    /// That of a report.
    pub fn of(report: &Report) -> Self {
        Told { raw: report.raw.clone(), at: Some(report.at) }
    }

    /// When it happened, if that was so long before `now` that nobody can have listened.
    pub(super) fn long_before(&self, now: Timestamp) -> Option<Timestamp> {
        self.at.filter(|at| *at > Timestamp::default() && at.after(TOLD_LATE) <= now)
    }
}

/// What is heard of so long after it happened has a time of its own. Less is the way of the news.
const TOLD_LATE: Duration = Duration::from_secs(1);

/// What is to be written and done.
///
/// Shape: all events bear the moment `at`. The driver applies the events, appends them, and only
/// then carries the effects out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// The moment of the events: that of the fact, but never before an earlier event.
    pub at: Timestamp,
    /// What happened, in order.
    pub events: Vec<EventKind>,
    /// Texts that the events name by digest.
    pub texts: Vec<(Digest, Arc<str>)>,
    /// What is to be done, in order.
    pub effects: Vec<Effect>,
}

/// Something for the engine to carry out.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Start a unit. The result comes back as [`Fact::StartResult`].
    Launch {
        /// Which start.
        key: LaunchKey,
        /// What to run.
        spec: Box<UnitSpec>,
        /// Whether it may have been taken before.
        resuming: bool,
    },
    /// End a unit; its end comes back as [`Fact::Ended`].
    Kill {
        /// Which start.
        key: LaunchKey,
        /// How long it may take to end politely.
        grace: Duration,
    },
    /// Answer questions; comes back as [`Fact::Answered`]. Asked again until it is answered: while
    /// an answer is under way the same question must not be carried out twice.
    Ask {
        /// The node.
        node: FullId,
        /// The questions.
        calls: Vec<HostCall>,
    },
    /// Look the cache up; comes back as [`Fact::CacheAnswer`]. Asked again like [`Effect::Ask`], and
    /// also after an answer that came while there was no room for the node.
    LookUpCache {
        /// The node.
        node: FullId,
        /// The key.
        key: CacheKey,
        /// An entry counts only if it was made after this moment.
        not_before: Timestamp,
    },
    /// Come back with [`Fact::Tick`] at this moment.
    WakeAt(Timestamp),
}

/// What an engine does after it has loaded a state.
#[derive(Clone, Debug, PartialEq)]
pub enum Revive {
    /// Start a unit that may have been taken before (`resuming`); the store has the spec's text.
    Launch {
        /// Which start.
        key: LaunchKey,
        /// The digest of its spec.
        spec: Digest,
    },
    /// As [`Effect::Kill`].
    Kill {
        /// Which start.
        key: LaunchKey,
        /// How long it may take to end politely.
        grace: Duration,
    },
    /// As [`Effect::WakeAt`].
    WakeAt(Timestamp),
}
