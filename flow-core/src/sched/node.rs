//! [`Node`]: where one node of the graph stands.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::event::Stage;
use crate::expr::Answers;
use crate::model::{AttemptId, CacheKey, Digest, FullId, NeedsLevel, NodeRecord, TaskStatus, Timestamp};

/// Where a node stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) id: FullId,
    /// The graph it stands in.
    pub(super) graph: usize,
    /// The graph that it opened.
    pub(super) opened: Option<usize>,
    pub(super) record: Arc<NodeRecord>,
    /// The places of `record.needs`, in their order.
    pub(super) needs: Vec<usize>,
    /// Who waits for it, and how far it must come.
    pub(super) dependants: Vec<(usize, NeedsLevel)>,
    /// Needs that are not met yet.
    pub(super) unmet: usize,
    /// Whether it was seen running or ended.
    pub(super) has_run: bool,
    pub(super) status: TaskStatus,
    pub(super) phase: Phase,
    /// The last start, 0 before the first.
    pub(super) tries: u32,
    /// How many of the starts were seen running.
    pub(super) runs: u32,
    pub(super) spec: Option<Digest>,
    pub(super) cache: Option<CacheKey>,
    pub(super) answers: Answers,
    pub(super) outputs: IndexMap<String, String>,
    /// The state that it saved.
    pub(super) saved: IndexMap<String, String>,
    /// The attempt that ran it, if it was another one.
    pub(super) origin: Option<AttemptId>,
    /// Whether it was cancelled alone.
    pub(super) cancelled: bool,
}

/// What is going on with a node.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phase {
    /// Not started.
    Waiting,
    /// Launched, not ended.
    Live(Live),
    /// Its graph is open.
    Open,
    /// Its last start is over, the next one comes at this moment.
    Retrying(Timestamp),
    /// Over.
    Ended,
}

/// A start that is under way.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Live {
    /// Whether the executor took it.
    pub(super) taken: bool,
    /// The last news.
    pub(super) stage: Option<Stage>,
    /// What was said with it.
    pub(super) why: Option<String>,
    /// The executor could not be reached; the same start is made again at this moment.
    pub(super) again_at: Option<Timestamp>,
    /// How often in a row it could not be reached.
    pub(super) stumbles: u32,
}

impl Node {
    pub(super) fn new(id: FullId, graph: usize, record: &NodeRecord) -> Self {
        Node {
            id,
            graph,
            opened: None,
            record: Arc::new(record.clone()),
            needs: Vec::with_capacity(record.needs.len()),
            dependants: Vec::new(),
            unmet: 0,
            has_run: false,
            status: TaskStatus::Pending,
            phase: Phase::Waiting,
            tries: 0,
            runs: 0,
            spec: None,
            cache: None,
            answers: Answers::new(),
            outputs: IndexMap::new(),
            saved: IndexMap::new(),
            origin: None,
            cancelled: false,
        }
    }

    /// Whether it has come as far as a need wants.
    pub(super) fn meets(&self, level: NeedsLevel) -> bool {
        match level {
            NeedsLevel::Running => self.has_run,
            NeedsLevel::Completed => self.phase == Phase::Ended,
        }
    }

    /// Under what its failure is noted; `None` for a post task and a local action, which stop no other (DEC-19, BAT-23).
    pub(super) fn trouble_key(&self) -> Option<(usize, Option<u32>)> {
        let entry = (!self.record.matrix.is_empty()).then_some(self.record.entry);
        (self.record.main().is_none() && !self.record.local).then_some((self.graph, entry))
    }
}

impl Phase {
    pub(super) fn is_live(&self) -> bool {
        matches!(self, Phase::Live(_))
    }

    /// Whether it counts as a row of its entry that is under way.
    pub(super) fn is_row(&self) -> bool {
        matches!(self, Phase::Live(_) | Phase::Open)
    }

    /// When something of it is due.
    pub(super) fn due(&self) -> Option<Timestamp> {
        match self {
            Phase::Live(live) => live.again_at,
            Phase::Retrying(moment) => Some(*moment),
            Phase::Waiting | Phase::Open | Phase::Ended => None,
        }
    }
}
