//! [`WorkloadFilter`]: which live jobs and bakes somebody lists, side by side, in which order.

use crate::model::{Subject, Timestamp};
use crate::port::{BakeRow, ClaimState, LiveRow};

/// One of two kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkloadKind {
    /// A bake, with its last attempt.
    Bake,
    /// A live job.
    Live,
}

/// What a list is sorted by; those that are equal stay the newest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkloadSort {
    /// When the last attempt was made, or when a live job ran first, else was made.
    #[default]
    Started,
    /// The flow's name.
    Flow,
    /// The word of its status, `stalled` included.
    Status,
    /// Who made it.
    User,
    /// Its name; those without one first.
    Name,
    /// How long it takes or took since it started.
    Duration,
}

/// Which workloads somebody lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkloadFilter {
    /// Of this kind only.
    pub kind: Option<WorkloadKind>,
    /// With one of these words as its status; empty: any. `stalled` is one of them.
    pub statuses: Vec<String>,
    /// The attempts and live jobs whose status is `stalled` whatever their records say: whether somebody drives
    /// them is no business of a store.
    pub stalled: Vec<Subject>,
    /// Of this flow only.
    pub flow: Option<String>,
    /// With this tag only.
    pub tag: Option<String>,
    /// Made by this user only.
    pub user: Option<String>,
    /// A text that the id, name, flow, job, suffix, user or a tag holds, in any case.
    pub text: Option<String>,
    /// The order.
    pub sort: WorkloadSort,
    /// Whether the least comes first.
    pub ascending: bool,
    /// The moment up to which what has not ended has lasted.
    pub now: Timestamp,
    /// How many are left out first.
    pub skip: u64,
    /// At most so many.
    pub limit: u32,
}

/// A bake or a live job.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkloadRow {
    /// A bake.
    Bake(Box<BakeRow>),
    /// A live job.
    Live(Box<LiveRow>),
}

/// A part of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkloadRows {
    /// How many there are in all.
    pub total: u64,
    /// Those that were asked for.
    pub rows: Vec<WorkloadRow>,
}

/// What workloads can be told apart by. Shape: each sorted, each text once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkloadWords {
    /// The flows.
    pub flows: Vec<String>,
    /// Who made them.
    pub users: Vec<String>,
    /// Their tags.
    pub tags: Vec<String>,
}

/// Something that has not ended: a bake's last attempt or a live job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Which.
    pub subject: Subject,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who drives it.
    pub claim: ClaimState,
}

impl WorkloadKind {
    /// The word: `bake`.
    pub fn word(self) -> &'static str {
        match self {
            WorkloadKind::Bake => "bake",
            WorkloadKind::Live => "live",
        }
    }
}
