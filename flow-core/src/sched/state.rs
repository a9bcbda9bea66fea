//! [`AttemptState`]: where an attempt stands, folded from its events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::event::{AttemptCreated, EndedTry, Event, EventKind, Stage};
use crate::model::{
    AttemptId, CacheKey, Digest, FullId, LaunchKey, NeedsLevel, Outcome, Reason, TaskStatus, Timestamp,
};
use crate::plan::Inputs;
use crate::sched::build::Build;
use crate::sched::graph::{EntryKey, Graph, Position};
use crate::sched::node::{Live, Node, Phase};

/// Where an attempt stands.
///
/// Invariant: equals the fold of the attempt's stored events; [`apply`] is the only writer. What is
/// ready is kept up to date by counters, so that a fact costs the same however large the graph is.
///
/// How it grows: `Expanded` with the full id of a call that waits opens that call, and its nodes stand
/// in a graph of their own. `Expanded` with a prefix that is known adds nodes to that graph; its `edges`
/// give known nodes their needs anew, so that who waited for what stood for the new nodes now waits for
/// them. So a matrix whose rows are made late (EXT-2) is first one node, that of its entry, which the
/// others need; once it is ready, one decision adds the rows, with the edges of all who needed it, and
/// ends it. Until then it counts as unfinished, so neither its graph nor the attempt ends too early.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttemptState {
    pub(super) attempt: Option<AttemptId>,
    pub(super) created: Option<Box<AttemptCreated>>,
    pub(super) inputs: Inputs,
    pub(super) last_at: Timestamp,
    pub(super) last_request: u64,
    pub(super) nodes: Vec<Node>,
    pub(super) index: IndexMap<FullId, usize>,
    /// The graphs in the order of their opening; that of the flow is the first.
    pub(super) graphs: Vec<Graph>,
    pub(super) prefixes: BTreeMap<FullId, usize>,
    /// Open calls with something to record: all their tasks run, or all are over.
    pub(super) calls_due: BTreeSet<usize>,
    /// Nodes whose needs are met and that were not started, by entry, in graph order.
    pub(super) ready: BTreeMap<EntryKey, BTreeSet<usize>>,
    /// Nodes that were launched and have not ended.
    pub(super) live: BTreeSet<usize>,
    /// How many rows of each entry are in `live`, or are open calls.
    pub(super) live_of: BTreeMap<EntryKey, usize>,
    /// Starts that are to be made again, by time.
    pub(super) timers: BTreeSet<(Timestamp, usize)>,
    /// Whose failures may wind the bake down, with the graphs in which they happened.
    pub(super) trouble: BTreeMap<Position, BTreeSet<usize>>,
    /// Whether an expression failed.
    pub(super) faulted: bool,
    /// The builds of images, by reference.
    pub(super) builds: BTreeMap<Arc<str>, Build>,
    /// How the local phase ended.
    pub(super) locals: Option<TaskStatus>,
    /// Whether the whole attempt was cancelled.
    pub(super) cancelled: bool,
    pub(super) unfinished: usize,
    pub(super) summary: Summary,
    pub(super) result: Option<TaskStatus>,
}

/// How many tasks have which status.
///
/// Shape: no entry for a status that no task has.
pub type Summary = BTreeMap<TaskStatus, usize>;

impl AttemptState {
    /// The state before the first event.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the attempt starts from; `None` before its first event.
    pub fn created(&self) -> Option<&AttemptCreated> {
        self.created.as_deref()
    }

    /// How many tasks have which status.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The result, once the attempt is over.
    pub fn result(&self) -> Option<TaskStatus> {
        self.result
    }

    /// The last status of a task.
    pub fn status(&self, id: &FullId) -> Option<TaskStatus> {
        self.index.get(id).and_then(|at| self.nodes.get(*at)).map(|node| node.status)
    }

    /// Whether the graph is known.
    pub fn is_expanded(&self) -> bool {
        !self.graphs.is_empty()
    }

    /// The highest request that was recorded; 0 if there was none.
    pub fn last_request(&self) -> u64 {
        self.last_request
    }

    /// The attempt that it is of; `None` before its first event.
    pub(super) fn id(&self) -> Option<&AttemptId> {
        self.attempt.as_ref()
    }

    /// The moment of the last event.
    pub fn last_at(&self) -> Timestamp {
        self.last_at
    }

    /// The place of a task.
    pub(super) fn place(&self, id: &FullId) -> Option<usize> {
        self.index.get(id).copied()
    }

    /// The place of the task of a start of this attempt.
    pub(super) fn place_of(&self, key: &LaunchKey) -> Option<usize> {
        let at = self.place(key.node()?)?;
        (self.key(at, key.r#try).as_ref() == Some(key)).then_some(at)
    }

    /// The key of a start of a node.
    pub(super) fn key(&self, at: usize, r#try: u32) -> Option<LaunchKey> {
        Some(LaunchKey::task(self.attempt.as_ref()?, &self.nodes.get(at)?.id, r#try))
    }

    pub(super) fn make_ready(&mut self, at: usize) {
        let Some(entry) = self.entry_of(at) else { return };
        if self.nodes.get(at).is_some_and(|node| node.phase == Phase::Waiting) {
            self.ready.entry(entry).or_default().insert(at);
        }
    }

    pub(super) fn drop_ready(&mut self, at: usize) {
        let Some(entry) = self.entry_of(at) else { return };
        if let Some(nodes) = self.ready.get_mut(&entry) {
            nodes.remove(&at);
            if nodes.is_empty() {
                self.ready.remove(&entry);
            }
        }
    }

    fn set_status(&mut self, at: usize, status: TaskStatus) {
        let Some(node) = self.nodes.get_mut(at) else { return };
        let before = std::mem::replace(&mut node.status, status);
        if let Some(count) = self.summary.get_mut(&before) {
            *count -= 1;
            if *count == 0 {
                self.summary.remove(&before);
            }
        }
        *self.summary.entry(status).or_default() += 1;
    }

    /// Enters a phase and keeps the sets of live, due and ready nodes in step with it.
    pub(super) fn set_phase(&mut self, at: usize, phase: Phase) {
        let (due, is_live, is_row) = (phase.due(), phase.is_live(), phase.is_row());
        let Some(entry) = self.entry_of(at) else { return };
        let Some(node) = self.nodes.get_mut(at) else { return };
        let before = std::mem::replace(&mut node.phase, phase);
        if let Some(moment) = before.due() {
            self.timers.remove(&(moment, at));
        }
        if let Some(moment) = due {
            self.timers.insert((moment, at));
        }
        if is_live {
            self.live.insert(at);
        } else {
            self.live.remove(&at);
        }
        match (before.is_row(), is_row) {
            (false, true) => *self.live_of.entry(entry).or_default() += 1,
            (true, false) => {
                if let Some(count) = self.live_of.get_mut(&entry) {
                    *count -= 1;
                    if *count == 0 {
                        self.live_of.remove(&entry);
                    }
                }
            }
            (true, true) | (false, false) => {}
        }
        if before == Phase::Waiting {
            self.drop_ready(at);
        }
    }

    /// Edits a start that is under way.
    fn edit_live(&mut self, at: usize, edit: impl FnOnce(&mut Live)) {
        let Some(Phase::Live(live)) = self.nodes.get(at).map(|node| &node.phase) else { return };
        let mut live = live.clone();
        edit(&mut live);
        self.set_phase(at, Phase::Live(live));
    }

    pub(super) fn meet(&mut self, at: usize, level: NeedsLevel) {
        let Some(node) = self.nodes.get_mut(at) else { return };
        let met: Vec<usize> = node.dependants.iter().filter(|(_, one)| *one == level).map(|(at, _)| *at).collect();
        for waiter in met {
            let Some(node) = self.nodes.get_mut(waiter) else { continue };
            node.unmet = node.unmet.saturating_sub(1);
            if node.unmet == 0 {
                self.make_ready(waiter);
            }
        }
    }

    /// A node is over, once.
    fn finish(&mut self, at: usize, status: TaskStatus, outputs: &IndexMap<String, String>) {
        let Some(node) = self.nodes.get_mut(at) else { return };
        if node.phase == Phase::Ended {
            return;
        }
        node.outputs.clone_from(outputs);
        if self.is_trouble(at, status) {
            self.note_trouble(at);
        }
        self.set_phase(at, Phase::Ended);
        self.set_status(at, status);
        self.unfinished -= 1;
        self.count_end(at, status);
        self.mark_running(at);
        self.meet(at, NeedsLevel::Completed);
    }

    fn launching(&mut self, at: usize, key: &LaunchKey, spec: &Digest, cache: Option<&CacheKey>) {
        let Some(node) = self.nodes.get_mut(at) else { return };
        if node.phase == Phase::Ended {
            return;
        }
        node.tries = key.r#try;
        node.spec = Some(spec.clone());
        node.cache = cache.cloned();
        self.set_phase(at, Phase::Live(Live::default()));
        self.set_status(at, TaskStatus::Pending);
    }

    fn progress(&mut self, at: usize, stage: &Stage, why: Option<&String>) {
        self.edit_live(at, |live| {
            live.stage = Some(stage.clone());
            live.why = why.cloned();
            live.again_at = None;
        });
        if *stage == Stage::Running {
            self.note_run(at);
            self.set_status(at, TaskStatus::Running);
            self.mark_running(at);
        }
    }

    /// Counts a start as a run, once.
    fn note_run(&mut self, at: usize) {
        if let Some(node) = self.nodes.get_mut(at)
            && node.status == TaskStatus::Pending
        {
            node.runs += 1;
        }
    }

    /// Another try comes, or the same start is made again. A try that ended by itself counts as a run even if
    /// nobody saw it running.
    fn retry(&mut self, at: usize, (key, moment): (&LaunchKey, Timestamp), ended: Option<&EndedTry>) {
        let Some(node) = self.nodes.get(at) else { return };
        if node.phase == Phase::Ended {
            return;
        }
        if key.r#try > node.tries {
            if ended.is_some_and(|ended| ended.outcome.reason != Reason::Lost) {
                self.note_run(at);
            }
            self.set_status(at, TaskStatus::Pending);
            self.set_phase(at, Phase::Retrying(moment));
            return;
        }
        self.edit_live(at, |live| {
            live.again_at = Some(moment);
            live.stumbles += 1;
        });
    }

    fn ended(&mut self, at: usize, outcome: &Outcome, outputs: &IndexMap<String, String>) {
        let is_fault = matches!(outcome.reason, Reason::Evaluation { .. }) && self.is_trouble(at, outcome.status);
        let is_post = self.nodes.get(at).is_some_and(|node| node.record.main().is_some());
        self.faulted |= is_fault && !is_post;
        self.finish(at, outcome.status, outputs);
    }

    /// A node has the result of another attempt.
    fn adopt(&mut self, at: usize, origin: &AttemptId, cache: Option<&CacheKey>) {
        let Some(node) = self.nodes.get_mut(at).filter(|node| node.phase != Phase::Ended) else { return };
        node.origin = Some(origin.clone());
        node.cache = cache.cloned();
    }

    fn save(&mut self, at: usize, saved: &IndexMap<String, String>) {
        let Some(node) = self.nodes.get_mut(at).filter(|node| node.phase != Phase::Ended) else { return };
        node.saved.clone_from(saved);
    }

    /// An event about one node.
    fn apply_to_node(&mut self, at: usize, kind: &EventKind) {
        match kind {
            EventKind::Answered { call, value, .. } => {
                if let Some(node) = self.nodes.get_mut(at) {
                    node.answers.insert(call.clone(), value.clone());
                }
            }
            EventKind::Launching { key, spec, cache } => self.launching(at, key, spec, cache.as_ref()),
            EventKind::Launched { .. } => self.edit_live(at, |live| {
                live.taken = true;
                live.again_at = None;
                live.stumbles = 0;
            }),
            EventKind::Progress { stage, why, .. } => self.progress(at, stage, why.as_ref()),
            EventKind::Ended { outcome, outputs, state, .. } => {
                self.save(at, state);
                self.ended(at, outcome, outputs);
            }
            EventKind::RetryAt { key, at: moment, ended } => self.retry(at, (key, *moment), ended.as_deref()),
            EventKind::Skipped { .. } => self.finish(at, TaskStatus::Skipped, &IndexMap::new()),
            EventKind::CacheHit { entry, .. } => {
                self.adopt(at, &entry.attempt, Some(&entry.key));
                self.save(at, &entry.state);
                self.finish(at, TaskStatus::Cached, &entry.outputs);
            }
            EventKind::TakenOver { from, outputs, state, cache, .. } => {
                self.adopt(at, from, cache.as_ref());
                self.save(at, state);
                self.finish(at, TaskStatus::Succeeded, outputs);
            }
            EventKind::AttemptCreated(_)
            | EventKind::Claimed { .. }
            | EventKind::Expanded { .. }
            | EventKind::LocalsEnded { .. }
            | EventKind::CancelAsked { .. }
            | EventKind::AttemptEnded { .. }
            | EventKind::LiveCreated(_)
            | EventKind::LiveEnded { .. } => {}
        }
    }
}

/// Folds one event into the state; the only way to change it.
///
/// Cost: the number of nodes that wait for the event's node. An event about an unknown node changes nothing.
pub fn apply(state: &mut AttemptState, event: &Event) {
    state.last_at = state.last_at.max(event.at);
    match &event.kind {
        EventKind::AttemptCreated(created) => {
            state.attempt = event.subject.attempt().cloned();
            state.inputs = Inputs::from(created.as_ref());
            state.created = Some(created.clone());
        }
        // A live job is another subject.
        EventKind::Claimed { .. } | EventKind::LiveCreated(_) | EventKind::LiveEnded { .. } => {}
        EventKind::Expanded { .. } => state.expand(&event.kind),
        EventKind::LocalsEnded { result } => state.locals = Some(*result),
        EventKind::CancelAsked { scope, request, .. } => state.cancel(scope, *request),
        EventKind::AttemptEnded { result } => state.result = Some(*result),
        EventKind::Answered { node, .. }
        | EventKind::Skipped { node, .. }
        | EventKind::CacheHit { node, .. }
        | EventKind::TakenOver { node, .. } => {
            if let Some(at) = state.place(node) {
                state.apply_to_node(at, &event.kind);
            }
        }
        EventKind::Launching { key, .. }
        | EventKind::Launched { key, .. }
        | EventKind::Progress { key, .. }
        | EventKind::Ended { key, .. }
        | EventKind::RetryAt { key, .. } => {
            if let Some(at) = state.place_of(key) {
                state.apply_to_node(at, &event.kind);
            } else if let Some(image) = key.image() {
                state.apply_to_build(image, &event.kind);
            }
        }
    }
}
