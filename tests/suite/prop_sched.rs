//! Random graphs and random news: what holds in every bake, whatever happens and in whatever order.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use flow_core::event::{CancelScope, EventKind, Stage};
use flow_core::model::{Exit, FullId, LaunchKey, NeedsLevel, NodeRecord, Reason, TaskStatus, Timestamp};
use flow_core::port::{ExecutorError, Report, What};
use flow_core::sched::{Fact, Revive, revive};
use proptest::prelude::*;

use crate::chance::cases;
use crate::sim::{Sim, end_of, flow, id, taken};

/// One random task: needs among the tasks before it, and what it does.
#[derive(Clone, Debug)]
struct Draft {
    needs: Vec<(prop::sample::Index, bool)>,
    enable: u8,
    rows: u8,
    cached: bool,
    /// Which of the actions it calls; none of them for most.
    calls: u8,
}

impl Draft {
    /// Whether it is tried three times (EXT-3); only tasks of a graph may be.
    fn is_retried(&self) -> bool {
        matches!(self.calls, 6 | 7)
    }
}

/// What tasks may call: `d` and the posts are `always()`.
const ACTIONS: &str = "
=== ws:none
kind: batch
tasks: []
=== ws:some
kind: batch
tasks: [{id: a, image: x}, {id: b, image: x, needs: {a: running}}, {id: d, image: x, needs: [a], enable: always()}]
=== ws:deep
kind: batch
outputs: {v: {value: '${{ needs.a.outputs.v }}'}}
tasks: [{id: a, image: x}, {id: s, action: 'ws:some', strategy: {matrix: {k: [1, 2]}, max_parallel: 1}}, {id: h, action: 'ws:held'}]
=== ws:held
kind: batch
tasks: [{id: a, action: 'ws:lock'}, {id: b, image: x, strategy: {matrix: {n: [1, 2]}, fail_fast: false, max_parallel: 1}}]
=== ws:lock
kind: stateful
main: {image: x}
post: {image: x}
";

#[derive(Clone, Debug)]
struct Bake {
    tasks: Vec<Draft>,
    fail_fast: bool,
    max_parallel: usize,
}

fn bakes() -> impl Strategy<Value = Bake> {
    let need = (any::<prop::sample::Index>(), any::<bool>());
    let task = (prop::collection::vec(need, 0..3), 0..6_u8, 0..6_u8, any::<bool>(), 0..9_u8);
    let task = task.prop_map(|(needs, enable, rows, cached, calls)| Draft { needs, enable, rows, cached, calls });
    (prop::collection::vec(task, 0..8), any::<bool>(), 1..4_usize).prop_map(|(tasks, fail_fast, max_parallel)| Bake {
        tasks,
        fail_fast,
        max_parallel,
    })
}

fn text(bake: &Bake) -> String {
    let mut text = format!(
        "kind: batch\ndefaults: {{fail_fast: {}, max_parallel: {}}}\ntasks:\n",
        bake.fail_fast, bake.max_parallel
    );
    for (at, task) in bake.tasks.iter().enumerate() {
        let mut needs = BTreeMap::new();
        for (index, running) in task.needs.iter().filter(|_| at > 0) {
            needs.insert(index.index(at.max(1)), if *running { "running" } else { "completed" });
        }
        let is_plain =
            |need: &usize| bake.tasks.get(*need).is_some_and(|task| matches!(task.calls, 4..8) && task.rows < 2);
        let late = needs.iter().find(|(need, level)| **level == "completed" && is_plain(need)).map(|(need, _)| *need);
        let needs: Vec<_> = needs.into_iter().map(|(need, level)| format!("t{need}: {level}")).collect();
        let enable = [
            "",
            ", enable: always()",
            ", enable: '${{ failure() }}'",
            ", enable: false",
            ", enable: '${{ not failure() }}'",
            ", enable: '${{ always() and True }}'",
        ];
        let enable = enable.get(usize::from(task.enable)).copied().unwrap_or_default();
        let strategy = match (task.rows, late) {
            // As many rows as a result is long, and some more.
            (4.., Some(need)) => {
                let values = format!("range(len(needs.t{need}.outputs.v) + {})", at % 3);
                format!(", strategy: {{matrix: {{n: '${{{{ {values} }}}}'}}, max_parallel: 1}}")
            }
            (0 | 1 | 4.., _) => String::new(),
            (rows, _) => format!(", strategy: {{matrix: {{n: '${{{{ range({rows}) }}}}'}}, max_parallel: 1}}"),
        };
        // A stateful call takes no `cache`.
        let cache = if task.cached || task.calls == 8 { "" } else { ", cache: {strategy: none}" };
        let needs = needs.join(", ");
        let work = match task.calls {
            0 => "action: 'ws:none'",
            1 => "action: 'ws:some'",
            2 => "module: 'ws:deep'",
            3 => "action: 'ws:held'",
            8 => "action: 'ws:lock'",
            _ if task.is_retried() => "image: x, retry: {attempts: 3, delay: 1, backoff: 2, on: [failed, lost]}",
            _ => "image: x",
        };
        writeln!(text, "  - {{id: t{at}, {work}, needs: {{{needs}}}{enable}{strategy}{cache}}}")
            .expect("a text takes all");
    }
    if bake.tasks.is_empty() {
        text = text.replace("tasks:\n", "tasks: []\n");
    }
    text + ACTIONS
}

/// One random piece of news: what it is, and whose.
type News = (u8, prop::sample::Index);

fn fact(sim: &Sim, (kind, which): &News) -> Option<Fact> {
    let keys: Vec<&LaunchKey> = sim.launched.iter().map(|(key, ..)| key).collect();
    let report = |what| {
        Some(Fact::Report(Report { key: (*which.get(&keys)).clone(), at: Timestamp::default(), raw: None, what }))
    };
    let away = || Err(ExecutorError::Unreachable { message: "away".to_owned() });
    let refused = || Err(ExecutorError::Refused { message: "no".to_owned() });
    if keys.is_empty() && *kind < 14 {
        return None;
    }
    let key = || (*which.get(&keys)).clone();
    match kind {
        0 | 1 => Some(taken(&key())),
        2 => Some(Fact::StartResult { key: key(), result: away() }),
        3 => Some(Fact::StartResult { key: key(), result: refused() }),
        4 => report(What::Queued { why: "waits".to_owned() }),
        5 | 6 => report(What::Running { address: String::new() }),
        7 => report(What::Suspended),
        8 => report(What::Lost { proof_dead: true }),
        9 => report(What::Lost { proof_dead: false }),
        10 | 11 => Some(end_of(key(), Exit::Code(0), Reason::Finished, &[("v", "1")])),
        12 => Some(end_of(key(), Exit::Code(1), Reason::Finished, &[])),
        13 => Some(end_of(key(), Exit::Signal(9), Reason::Killed, &[])),
        14 => Some(Fact::Interrupted { by: "ann".to_owned() }),
        _ => Some(Fact::Tick),
    }
}

/// Follows the events with a model of its own and checks each start.
struct Witness {
    nodes: BTreeMap<FullId, NodeRecord>,
    always: BTreeSet<FullId>,
    max_parallel: usize,
    status: BTreeMap<FullId, TaskStatus>,
    has_run: BTreeSet<FullId>,
    live: BTreeSet<FullId>,
    /// Calls whose graph is open.
    open: BTreeSet<FullId>,
    /// How often each task failed and was tried again.
    failures: BTreeMap<FullId, u32>,
    /// The tasks of the flow that say how often they are tried.
    retried: BTreeSet<FullId>,
    cancelled: bool,
    ended: bool,
}

impl Witness {
    fn new(bake: &Bake) -> Self {
        Witness {
            nodes: BTreeMap::new(),
            always: bake
                .tasks
                .iter()
                .enumerate()
                .filter(|(_, task)| task.enable == 1)
                .map(|(at, _)| id(&at.to_string()))
                .collect(),
            max_parallel: bake.max_parallel,
            status: BTreeMap::new(),
            has_run: BTreeSet::new(),
            live: BTreeSet::new(),
            open: BTreeSet::new(),
            failures: BTreeMap::new(),
            retried: bake
                .tasks
                .iter()
                .enumerate()
                .filter(|(_, task)| task.is_retried())
                .map(|(at, _)| id(&at.to_string()))
                .collect(),
            cancelled: false,
            ended: false,
        }
    }

    fn see(&mut self, kind: &EventKind) {
        assert!(!self.ended, "nothing follows the end: {kind:?}");
        match kind {
            EventKind::Expanded { prefix, nodes, edges, .. } => {
                // More of a graph that is open are rows that are made late (EXT-2).
                if *prefix != FullId::root() && !self.open.contains(prefix) {
                    self.open(prefix);
                }
                self.nodes.extend(nodes.iter().map(|node| (prefix.child(&node.id), node.clone())));
                for (id, needs) in edges {
                    self.nodes.get_mut(&prefix.child(id)).expect("a known node").needs.clone_from(needs);
                }
            }
            EventKind::Launching { key, .. } => self.launching(key),
            EventKind::Progress { key, stage: Stage::Running, .. } => {
                self.has_run.extend(key.node().cloned());
            }
            EventKind::Ended { key, outcome, .. } => self.over(key.node().expect("a task"), outcome.status),
            EventKind::RetryAt { key, ended, .. } => {
                // A start that is made again under the same key keeps its place.
                let node = key.node().expect("a task");
                if let Some(ended) = ended {
                    assert!(self.live.remove(node), "{node} is tried again and was not started");
                    assert!(
                        !matches!(ended.outcome.status, TaskStatus::Succeeded | TaskStatus::Cancelled),
                        "{ended:?}"
                    );
                    assert!(ended.last.is_some_and(|last| key.r#try <= last), "EXT-3: {node} {ended:?}");
                    let most = self.attempts_of(node);
                    let failures = self.failures.entry(node.clone()).or_default();
                    *failures += u32::from(ended.outcome.reason != Reason::Lost);
                    assert!(*failures < most, "EXT-3: {node} is tried too often");
                }
            }
            EventKind::Skipped { node, .. } => self.over(node, TaskStatus::Skipped),
            EventKind::CacheHit { node, .. } => self.over(node, TaskStatus::Cached),
            EventKind::TakenOver { node, .. } => self.over(node, TaskStatus::Succeeded),
            EventKind::CancelAsked { scope: CancelScope::Attempt, .. } => self.cancelled = true,
            EventKind::AttemptEnded { .. } => {
                self.ended = true;
                assert!(self.status.len() == self.nodes.len() || self.cancelled && self.nodes.is_empty());
                assert!(self.open.is_empty(), "{:?}", self.open);
            }
            _ => {}
        }
    }

    fn over(&mut self, node: &FullId, status: TaskStatus) {
        assert!(self.status.insert(node.clone(), status).is_none(), "{node} ends twice");
        self.live.remove(node);
        if self.open.remove(node) {
            let mut below = self.nodes.keys().filter(|one| one.prefix() == *node);
            assert!(below.all(|one| self.status.contains_key(one)), "{node} ends before its tasks (BAT-57)");
        }
        self.has_run.insert(node.clone());
    }

    /// How often a task is tried, by what the texts of this test say.
    fn attempts_of(&self, node: &FullId) -> u32 {
        let entry = self.nodes.get(node).map(|record| id(&record.entry.to_string()));
        match node.0.len() {
            1 if entry.is_some_and(|entry| self.retried.contains(&entry)) => 3,
            _ => 1,
        }
    }

    /// A call opens its graph, under the same rules as a start.
    fn open(&mut self, call: &FullId) {
        self.may_start(call);
        self.open.insert(call.clone());
    }

    /// Whether a task, and each call around it, is `always()`.
    fn survives(&self, node: &FullId) -> bool {
        let in_flow = |node: &FullId| {
            self.nodes.get(node).is_some_and(|record| self.always.contains(&id(&record.entry.to_string())))
        };
        match node.0.len() {
            0 | 1 => in_flow(node) || node.local().starts_with("post-"),
            _ => node.local() == "d" || node.local().starts_with("post-"),
        }
    }

    fn launching(&mut self, key: &LaunchKey) {
        let node = key.node().expect("a task");
        assert!(!self.status.contains_key(node), "{node} starts after its end");
        assert!(!self.open.contains(node), "{node} is a call");
        self.may_start(node);
        self.live.insert(node.clone());
        assert!(self.live.len() <= self.max_parallel, "DEC-26: {:?}", self.live);
    }

    fn may_start(&self, node: &FullId) {
        let record = self.nodes.get(node).expect("a known node");
        let (prefix, is_matrix) = (node.prefix(), !record.matrix.is_empty());
        let others = self.live.iter().chain(&self.open).filter(|one| one.prefix() == prefix && *one != node);
        let others = others.filter_map(|one| self.nodes.get(one)).filter(|one| one.entry == record.entry);
        assert!(!is_matrix || others.count() == 0, "DEC-26: own rows of {node}");
        assert!(!self.cancelled || self.survives(node), "BAT-72: {node} starts after the cancel");
        assert!(prefix == FullId::root() || self.open.contains(&prefix), "BAT-42: {node} in a graph that is not open");
        for need in &record.needs {
            let needed = prefix.child(&need.id);
            let met = match need.level {
                NeedsLevel::Running => self.has_run.contains(&needed),
                NeedsLevel::Completed => self.status.contains_key(&needed),
            };
            assert!(met, "BAT-42: {node} before {}", need.id);
        }
    }
}

/// Ends whatever still runs, as a patient world would, until the attempt is over.
fn bring_to_an_end(sim: &mut Sim) {
    for _ in 0..500 {
        if sim.result().is_some() {
            return;
        }
        sim.now += 60_000;
        sim.fact(Fact::Tick);
        let open: Vec<_> = revive(&sim.flow, &sim.state)
            .into_iter()
            .filter_map(|one| match one {
                Revive::Launch { key, .. } => Some(key),
                Revive::Kill { .. } | Revive::WakeAt(_) => None,
            })
            .collect();
        for key in open {
            sim.fact(end_of(key, Exit::Code(0), Reason::Finished, &[("v", "1")]));
        }
    }
    panic!("never ends: {}", sim.statuses());
}

fn live_through(bake: &Bake, news: &[News], crash: usize) {
    let mut sim = Sim::with(flow(&text(bake)), &[]);
    sim.eager = false;
    sim.fact(Fact::Begin);
    for (at, one) in news.iter().enumerate() {
        if at == crash {
            assert_eq!(sim.state, sim.loaded(), "live state is the fold of the events");
            sim.state = sim.loaded();
        }
        sim.now = if one.0 == 15 { sim.now.saturating_sub(700) } else { sim.now + 500 };
        let known = sim.ids();
        if let (16, false) = (one.0, known.is_empty()) {
            sim.cancel(CancelScope::Task(one.1.get(&known).clone()));
        } else if let Some(fact) = fact(&sim, one) {
            sim.fact(fact.clone());
            sim.fact(fact);
        }
    }
    assert_eq!(sim.state, sim.loaded(), "live state is the fold of the events");
    bring_to_an_end(&mut sim);
    assert_eq!(sim.state, sim.loaded());
    assert!(sim.events.is_sorted_by_key(|event| event.at), "time runs backwards");
    let mut witness = Witness::new(bake);
    sim.events.iter().for_each(|event| witness.see(&event.kind));
    assert!(witness.ended);
    let total: usize = sim.state.summary().values().sum();
    assert_eq!(total, witness.nodes.len(), "the summary counts every task once");
    restart(bake, &sim);
}

/// Restarts an attempt that has ended: what is taken over had ended well, and so had all it needs.
fn restart(bake: &Bake, before: &Sim) {
    let mut sim = Sim::with(flow(&text(bake)), &[]);
    sim.fact(Fact::BeginFrom(Arc::new(before.state.clone())));
    let mut witness = Witness::new(bake);
    let mut taken = BTreeSet::new();
    for event in &sim.events {
        witness.see(&event.kind);
        if let EventKind::TakenOver { node, .. } = &event.kind {
            let record = witness.nodes.get(node).expect("a known node");
            let prefix = node.prefix();
            assert!(record.needs.iter().all(|need| taken.contains(&prefix.child(&need.id))), "DEC-24: {node}");
            assert!(!taken.contains(&prefix), "a call is taken over as a whole: {node}");
            let status = before.state.status(node);
            assert!(matches!(status, Some(TaskStatus::Succeeded | TaskStatus::Cached)), "DEC-24: {node}");
            taken.insert(node.clone());
        }
    }
    // What stands for late rows is never taken over itself: the rows are made again, and then looked at.
    let is_top = |node: &FullId, record: &NodeRecord| node.prefix() == FullId::root() && !record.late;
    for (node, record) in witness.nodes.iter().filter(|(node, record)| is_top(node, record)) {
        let good = matches!(before.state.status(node), Some(TaskStatus::Succeeded | TaskStatus::Cached));
        let wanted = good && record.needs.iter().all(|need| taken.contains(&id(&need.id)));
        assert_eq!(wanted, taken.contains(node), "DEC-24: {node}");
    }
    bring_to_an_end(&mut sim);
    assert_eq!(sim.state, sim.loaded());
    assert!(sim.launched.iter().all(|(key, ..)| key.node().is_none_or(|node| !taken.contains(node))));
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn every_bake_keeps_the_rules(
        bake in bakes(),
        news in prop::collection::vec((0..17_u8, any::<prop::sample::Index>()), 0..40),
        crash in 0..40_usize,
    ) {
        live_through(&bake, &news, crash);
    }
}
