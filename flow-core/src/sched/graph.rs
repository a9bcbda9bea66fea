//! [`Graph`]: the graphs of an attempt, and how they come to be known.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::event::{CancelScope, EventKind};
use crate::model::{FullId, Need, NeedsLevel, NodeRecord, TaskStatus};
use crate::plan::OpenCall;
use crate::sched::node::{Node, Phase};
use crate::sched::state::AttemptState;
use crate::value::Value;

/// An entry of `tasks`; its number is unique only within its graph.
pub(super) type EntryKey = (usize, u32);

/// What has one `fail_fast` as far as the texts say it: the entries of the calls on the way to a graph, and
/// an entry of it with a matrix, or `None` for all others. All graphs that one call in the texts opens share it.
pub(super) type Position = (Vec<u32>, Option<u32>);

/// One graph: that of the flow, or that of a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Graph {
    pub(super) prefix: FullId,
    /// The node that opened it; `None` for the flow's own.
    pub(super) call: Option<usize>,
    /// The way from the flow to it, as the planner walks it.
    pub(super) calls: Vec<OpenCall>,
    /// The entries of those calls.
    path: Vec<u32>,
    /// The graphs that its nodes opened.
    below: Vec<usize>,
    /// Its nodes in the order of their coming.
    pub(super) nodes: Vec<usize>,
    pub(super) unfinished: usize,
    /// Its nodes that were neither seen running nor ended (BAT-43).
    pub(super) idle: usize,
    /// The first node that failed.
    pub(super) failed: Option<usize>,
    /// The first node that was cancelled.
    pub(super) stopped: Option<usize>,
    /// Whether a node was skipped.
    pub(super) skipped: bool,
    /// Whether a node ended badly and nobody had asked for it.
    pub(super) troubled: bool,
    /// Whether its call, or one around it, was cancelled alone.
    pub(super) cancelled: bool,
}

impl AttemptState {
    /// The graph that a node stands in.
    pub(super) fn graph_of(&self, node: &Node) -> Option<&Graph> {
        self.graphs.get(node.graph)
    }

    /// The key of a node's entry.
    pub(super) fn entry_of(&self, at: usize) -> Option<EntryKey> {
        self.nodes.get(at).map(|node| (node.graph, node.record.entry))
    }

    /// Takes a graph in, or more of one.
    pub(super) fn expand(&mut self, kind: &EventKind) {
        let EventKind::Expanded { prefix, inputs, nodes, edges } = kind else { return };
        let known = self.prefixes.get(prefix).copied();
        let Some(graph) = known.or_else(|| self.open(prefix, inputs)) else { return };
        let first = self.nodes.len();
        for record in nodes {
            self.add(graph, prefix.child(&record.id), record);
        }
        for at in first..self.nodes.len() {
            let needs = self.nodes.get(at).map(|node| node.record.needs.clone());
            self.connect(at, prefix, needs.as_deref().unwrap_or_default());
        }
        for (id, needs) in edges {
            self.rewire(&prefix.child(id), prefix, needs);
        }
        for at in first..self.nodes.len() {
            self.renew_ready(at);
        }
        if !nodes.is_empty() {
            *self.summary.entry(TaskStatus::Pending).or_default() += nodes.len();
        }
        self.unfinished += nodes.len();
        self.note_call(graph);
    }

    /// Opens the graph of a call, or the top one; `None` if there is no such call that waits.
    fn open(&mut self, prefix: &FullId, inputs: &IndexMap<Arc<str>, Value>) -> Option<usize> {
        let place = self.graphs.len();
        let mut graph = Graph { prefix: prefix.clone(), ..Graph::default() };
        if *prefix != FullId::root() {
            let call = self.place(prefix)?;
            let node = self.nodes.get(call).filter(|node| node.phase == Phase::Waiting)?;
            let around = self.graph_of(node)?;
            let step = OpenCall { node: node.record.as_ref().clone(), inputs: inputs.clone() };
            graph.call = Some(call);
            graph.calls = around.calls.iter().cloned().chain([step]).collect();
            graph.path = around.path.iter().copied().chain([node.record.entry]).collect();
            graph.cancelled = around.cancelled || node.cancelled;
            let around = node.graph;
            self.nodes.get_mut(call)?.opened = Some(place);
            self.graphs.get_mut(around)?.below.push(place);
            self.set_phase(call, Phase::Open);
        }
        self.prefixes.insert(prefix.clone(), place);
        self.graphs.push(graph);
        Some(place)
    }

    fn add(&mut self, graph: usize, id: FullId, record: &NodeRecord) {
        let at = self.nodes.len();
        self.index.insert(id.clone(), at);
        self.nodes.push(Node::new(id, graph, record));
        if let Some(graph) = self.graphs.get_mut(graph) {
            graph.nodes.push(at);
            graph.unfinished += 1;
            graph.idle += 1;
        }
    }

    fn connect(&mut self, at: usize, prefix: &FullId, needs: &[Need]) {
        for need in needs {
            let Some(needed) = self.place(&prefix.child(&need.id)) else { continue };
            let Some(node) = self.nodes.get_mut(needed) else { continue };
            node.dependants.push((at, need.level));
            let is_met = node.meets(need.level);
            if let Some(node) = self.nodes.get_mut(at) {
                node.needs.push(needed);
                node.unmet += usize::from(!is_met);
            }
        }
    }

    /// Gives a known node other needs.
    fn rewire(&mut self, id: &FullId, prefix: &FullId, needs: &[Need]) {
        let Some(at) = self.place(id) else { return };
        let Some(node) = self.nodes.get_mut(at) else { return };
        node.unmet = 0;
        Arc::make_mut(&mut node.record).needs = needs.to_vec();
        for needed in std::mem::take(&mut node.needs) {
            if let Some(node) = self.nodes.get_mut(needed) {
                node.dependants.retain(|(waiter, _)| *waiter != at);
            }
        }
        self.connect(at, prefix, needs);
        self.renew_ready(at);
    }

    fn renew_ready(&mut self, at: usize) {
        match self.nodes.get(at) {
            Some(node) if node.unmet == 0 => self.make_ready(at),
            _ => self.drop_ready(at),
        }
    }

    /// Marks a node running; waiters at that level come nearer (BAT-41).
    pub(super) fn mark_running(&mut self, at: usize) {
        let Some(node) = self.nodes.get_mut(at) else { return };
        if std::mem::replace(&mut node.has_run, true) {
            return;
        }
        let (graph, opened) = (node.graph, node.opened);
        if let Some(graph) = self.graphs.get_mut(graph) {
            graph.idle -= 1;
        }
        self.meet(at, NeedsLevel::Running);
        self.note_call(graph);
        self.note_own(opened);
    }

    /// Counts a node as over in its graph.
    pub(super) fn count_end(&mut self, at: usize, status: TaskStatus) {
        let is_trouble = self.is_trouble(at, status);
        let Some(node) = self.nodes.get(at) else { return };
        let (place, opened) = (node.graph, node.opened);
        let Some(graph) = self.graphs.get_mut(place) else { return };
        graph.unfinished -= 1;
        graph.troubled |= is_trouble;
        graph.skipped |= status == TaskStatus::Skipped;
        if status == TaskStatus::Failed {
            graph.failed.get_or_insert(at);
        }
        if status == TaskStatus::Cancelled {
            graph.stopped.get_or_insert(at);
        }
        self.note_call(place);
        self.note_own(opened);
    }

    /// Notes that a failure may wind the bake down.
    pub(super) fn note_trouble(&mut self, at: usize) {
        let key = self.nodes.get(at).and_then(Node::trouble_key);
        let Some((place, entry)) = key else { return };
        let path = self.graphs.get(place).map(|graph| graph.path.clone());
        self.trouble.entry((path.unwrap_or_default(), entry)).or_default().insert(place);
    }

    /// Whether an end is one that may wind the bake down: somebody asked for all others (EXT-6).
    pub(super) fn is_trouble(&self, at: usize, status: TaskStatus) -> bool {
        let Some(node) = self.nodes.get(at) else { return false };
        if self.graph_of(node).is_none_or(|graph| graph.cancelled) {
            return false;
        }
        let own = node.opened.and_then(|own| self.graphs.get(own));
        match status {
            TaskStatus::Failed => true,
            TaskStatus::Cancelled => !node.cancelled && own.is_none_or(|own| own.troubled),
            TaskStatus::Pending
            | TaskStatus::Running
            | TaskStatus::Succeeded
            | TaskStatus::Skipped
            | TaskStatus::Cached
            | TaskStatus::Unknown => false,
        }
    }

    fn note_own(&mut self, opened: Option<usize>) {
        if let Some(own) = opened {
            self.note_call(own);
        }
    }

    /// Keeps the set of calls that have something to record in step with a graph.
    fn note_call(&mut self, graph: usize) {
        let Some(graph) = self.graphs.get(graph) else { return };
        let Some((call, node)) = graph.call.and_then(|call| Some((call, self.nodes.get(call)?))) else { return };
        let is_due = graph.unfinished == 0 || graph.idle == 0 && !node.has_run;
        if node.phase == Phase::Open && is_due {
            self.calls_due.insert(call);
        } else {
            self.calls_due.remove(&call);
        }
    }

    pub(super) fn cancel(&mut self, scope: &CancelScope, request: Option<u64>) {
        self.last_request = self.last_request.max(request.unwrap_or(0));
        match scope {
            CancelScope::Attempt => self.cancelled = true,
            CancelScope::Task(id) => {
                let Some(node) = self.place(id).and_then(|at| self.nodes.get_mut(at)) else { return };
                node.cancelled = true;
                let mut open: Vec<usize> = node.opened.into_iter().collect();
                while let Some(graph) = open.pop().and_then(|at| self.graphs.get_mut(at)) {
                    graph.cancelled = true;
                    open.extend(&graph.below);
                }
            }
            CancelScope::Job => {}
        }
    }
}
