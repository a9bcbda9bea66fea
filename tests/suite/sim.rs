//! [`Sim`]: a driver in miniature. Facts go through `decide` and `apply`; effects are noted and,
//! where the test says nothing else, answered like a patient engine would.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use flow_core::diag::Diagnostics;
use flow_core::event::{AttemptCreated, CancelScope, Event, EventKind, Reuse};
use flow_core::expr::HostCall;
use flow_core::model::{
    AttemptId, BakeId, CacheEntry, CacheKey, Exit, FullId, GitInfo, LaunchKey, LogRef, ProjectId, RawId, Reason,
    Subject, TaskStatus, Timestamp, UnitSpec,
};
use flow_core::plan;
use flow_core::port::{ActionRef, ExecutorError, Report, Request, RequestKind, SourceRef, What};
use flow_core::resolve::{ResolvedFlow, Workspace};
use flow_core::sched::{AttemptState, Decision, Effect, Fact, Timed, Told, apply, decide};
use flow_core::value::Value;
use indexmap::IndexMap;

/// How many ticks a fact may need at most; more means that the bake runs in circles.
const MAX_TICKS: usize = 1000;

/// The texts of a flow and of the actions that it calls: each of these begins with a line `=== ws:NAME`.
pub(crate) fn texts(text: &str) -> (&str, Vec<(ActionRef, &str)>) {
    let mut parts = text.split("\n=== ");
    let flow = parts.next().unwrap_or_default();
    let actions = parts.filter_map(|part| part.split_once('\n'));
    (flow, actions.map(|(name, text)| (ActionRef::parse(name).expect("an action"), text)).collect())
}

/// The flow of a text, with all that is wrong with it.
pub(crate) fn resolved(text: &str) -> (Option<ResolvedFlow>, Diagnostics, Workspace) {
    let (text, actions) = texts(text);
    let mut workspace = Workspace::new("main");
    workspace.supply(SourceRef::Project, None);
    workspace.supply(SourceRef::Flow("main".into()), Some((".apolo/main.yml".to_owned(), Arc::from(text))));
    for (reference, text) in actions {
        workspace.supply(SourceRef::Action(reference.clone()), Some((reference.to_string(), Arc::from(text))));
    }
    let (flow, diags) = workspace.resolve("my-ws");
    (flow, diags, workspace)
}

/// The flow of a text that has no mistake.
pub(crate) fn flow(text: &str) -> ResolvedFlow {
    let (flow, diags, _) = resolved(text);
    flow.unwrap_or_else(|| panic!("{diags:#?}"))
}

/// A full id of the top graph.
pub(crate) fn id(name: &str) -> FullId {
    FullId::root().child(name)
}

/// A bake under way.
pub(crate) struct Sim {
    pub(crate) flow: ResolvedFlow,
    pub(crate) state: AttemptState,
    pub(crate) events: Vec<Event>,
    /// Milliseconds since the epoch.
    pub(crate) now: u64,
    /// Every start in order.
    pub(crate) launched: Vec<(LaunchKey, UnitSpec, bool)>,
    /// Every kill in order.
    pub(crate) killed: Vec<LaunchKey>,
    pub(crate) wakes: Vec<Timestamp>,
    pub(crate) asked: Vec<HostCall>,
    pub(crate) lookups: usize,
    /// Results of earlier bakes.
    pub(crate) cache: BTreeMap<CacheKey, CacheEntry>,
    pub(crate) answers: BTreeMap<HostCall, Result<Value, String>>,
    /// Whether every start is taken at once and told to run.
    pub(crate) eager: bool,
    requests: u64,
}

impl Sim {
    pub(crate) fn new(text: &str) -> Self {
        Self::with(flow(text), &[])
    }

    /// A bake of a flow that has not begun.
    pub(crate) fn with(flow: ResolvedFlow, given: &[(&str, &str)]) -> Self {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (params, diags) = plan::params(&flow, &given);
        assert!(!diags.has_errors(), "{diags:#?}");
        let mut sim = Sim {
            flow,
            state: AttemptState::new(),
            events: Vec::new(),
            now: 1_000_000,
            launched: Vec::new(),
            killed: Vec::new(),
            wakes: Vec::new(),
            asked: Vec::new(),
            lookups: 0,
            cache: BTreeMap::new(),
            answers: BTreeMap::new(),
            eager: true,
            requests: 0,
        };
        sim.write(Timestamp::from_unix_millis(sim.now), EventKind::AttemptCreated(Box::new(created(params))));
        sim
    }

    pub(crate) fn begin(mut self) -> Self {
        self.fact(Fact::Begin);
        self
    }

    /// Writes an event that nobody has decided.
    pub(crate) fn write(&mut self, at: Timestamp, kind: EventKind) {
        let seq = self.events.len() as u64 + 1;
        let subject = Subject::Attempt(AttemptId::new("attempt-1"));
        let event = Event { position: seq, seq, at, subject, kind };
        apply(&mut self.state, &event);
        self.events.push(event);
    }

    fn decided(&mut self, fact: Fact) -> Decision {
        let timed = Timed { at: Timestamp::from_unix_millis(self.now), fact };
        let decision = decide(&self.flow, &self.state, &timed);
        assert_eq!(decision, decide(&self.flow, &self.state, &timed), "deciding twice gives the same");
        for kind in &decision.events {
            self.write(decision.at, kind.clone());
        }
        decision
    }

    /// One fact with all that follows from it.
    pub(crate) fn fact(&mut self, fact: Fact) {
        let mut queue = VecDeque::from([fact]);
        for _ in 0..MAX_TICKS {
            let is_new = !queue.is_empty();
            let decision = self.decided(queue.pop_front().unwrap_or(Fact::Tick));
            let is_quiet = decision.events.is_empty() && !is_new;
            let mut open = BTreeSet::new();
            for effect in decision.effects {
                let answers = self.carry_out(effect);
                queue.extend(answers.into_iter().filter(|answer| open.insert(format!("{answer:?}"))));
            }
            if is_quiet && queue.is_empty() {
                return;
            }
        }
        panic!("no rest after {MAX_TICKS} ticks: {:#?}", self.events.iter().rev().take(5).collect::<Vec<_>>());
    }

    fn carry_out(&mut self, effect: Effect) -> Vec<Fact> {
        match effect {
            Effect::Launch { key, spec, resuming } => {
                self.launched.push((key.clone(), *spec, resuming));
                if !self.eager {
                    return Vec::new();
                }
                let running = What::Running { address: String::new() };
                vec![taken(&key), Fact::Report(Report { key, at: Timestamp::default(), raw: None, what: running })]
            }
            Effect::Kill { key, .. } => {
                self.killed.push(key);
                Vec::new()
            }
            Effect::Ask { node, calls } => {
                self.asked.extend(calls.iter().cloned());
                let known = calls.into_iter().filter_map(|call| Some((call.clone(), self.answers.get(&call)?.clone())));
                let answers: Vec<_> = known.collect();
                if answers.is_empty() { Vec::new() } else { vec![Fact::Answered { node, answers }] }
            }
            Effect::LookUpCache { node, key, not_before } => {
                self.lookups += 1;
                let entry = self.cache.get(&key).filter(|entry| entry.created_at > not_before);
                let entry = entry.cloned().map(Box::new);
                vec![Fact::CacheAnswer { node, key, entry }]
            }
            Effect::WakeAt(moment) => {
                self.wakes.push(moment);
                Vec::new()
            }
        }
    }

    /// The key of the last start of a task.
    pub(crate) fn key(&self, name: &str) -> LaunchKey {
        let mine = |key: &&LaunchKey| key.node().is_some_and(|id| id.to_string() == name);
        self.launched.iter().map(|(key, ..)| key).rfind(mine).unwrap_or_else(|| panic!("`{name}` not started")).clone()
    }

    /// What a task was last started with.
    pub(crate) fn spec(&self, name: &str) -> &UnitSpec {
        let mine = |one: &&(LaunchKey, UnitSpec, bool)| one.0.node().is_some_and(|id| id.to_string() == name);
        &self.launched.iter().rfind(mine).unwrap_or_else(|| panic!("`{name}` not started")).1
    }

    pub(crate) fn ended(&mut self, name: &str, exit: Exit, reason: Reason, outputs: &[(&str, &str)]) {
        let fact = end_of(self.key(name), exit, reason, outputs);
        self.fact(fact);
    }

    /// A task succeeds and has saved this.
    pub(crate) fn saved(&mut self, name: &str, saved: &[(&str, &str)]) {
        let mut fact = end_of(self.key(name), Exit::Code(0), Reason::Finished, &[]);
        if let Fact::Ended { state, .. } = &mut fact {
            state.extend(saved.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        }
        self.fact(fact);
    }

    pub(crate) fn succeed(&mut self, name: &str) {
        self.ended(name, Exit::Code(0), Reason::Finished, &[]);
    }

    pub(crate) fn fail(&mut self, name: &str) {
        self.ended(name, Exit::Code(1), Reason::Finished, &[]);
    }

    pub(crate) fn die(&mut self, name: &str) {
        self.ended(name, Exit::Signal(15), Reason::Killed, &[]);
    }

    pub(crate) fn report(&mut self, name: &str, what: What) {
        let key = self.key(name);
        self.fact(Fact::Report(Report { key, at: Timestamp::default(), raw: None, what }));
    }

    pub(crate) fn refuse(&mut self, name: &str, error: ExecutorError) {
        let key = self.key(name);
        self.fact(Fact::StartResult { key, result: Err(error) });
    }

    pub(crate) fn cancel(&mut self, scope: CancelScope) {
        self.requests += 1;
        let at = Timestamp::from_unix_millis(self.now);
        let kind = RequestKind::Cancel { scope };
        self.fact(Fact::Request(Request { id: self.requests, at, by: "ann".to_owned(), kind }));
    }

    pub(crate) fn cancel_all(&mut self) {
        self.cancel(CancelScope::Attempt);
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, millis: u64) {
        self.now += millis;
        self.fact(Fact::Tick);
    }

    pub(crate) fn status(&self, name: &str) -> TaskStatus {
        self.state.status(&self.full_id(name)).unwrap_or_else(|| panic!("no task `{name}`"))
    }

    /// The id of a task that is known, by its dotted text.
    pub(crate) fn full_id(&self, name: &str) -> FullId {
        let found = self.ids().into_iter().find(|id| id.to_string() == name);
        found.unwrap_or_else(|| panic!("no task `{name}`"))
    }

    /// The ids of all tasks in the order in which they became known.
    pub(crate) fn ids(&self) -> Vec<FullId> {
        let known = self.events.iter().filter_map(|event| match &event.kind {
            EventKind::Expanded { prefix, nodes, .. } => Some((prefix, nodes)),
            _ => None,
        });
        known.flat_map(|(prefix, nodes)| nodes.iter().map(|node| prefix.child(&node.id))).collect()
    }

    /// All tasks as `name status`, in the order in which they became known.
    pub(crate) fn statuses(&self) -> String {
        let ids = self.ids().into_iter().map(|id| id.to_string());
        ids.map(|id| format!("{id} {}", self.status(&id))).collect::<Vec<_>>().join(", ")
    }

    /// What a task has given, as its last event says.
    pub(crate) fn outputs(&self, name: &str) -> Vec<(String, String)> {
        let found = self.events.iter().rev().find_map(|event| match &event.kind {
            EventKind::Ended { key, outputs, .. } if key.node().is_some_and(|id| id.to_string() == name) => {
                Some(outputs.clone())
            }
            _ => None,
        });
        found.into_iter().flatten().collect()
    }

    /// The ids of the tasks that were started, in order.
    pub(crate) fn starts(&self) -> Vec<String> {
        self.launched.iter().filter_map(|(key, ..)| Some(key.node()?.to_string())).collect()
    }

    /// The ids of the tasks that were killed, in order.
    pub(crate) fn kills(&self) -> Vec<String> {
        self.killed.iter().filter_map(|key| Some(key.node()?.to_string())).collect()
    }

    pub(crate) fn result(&self) -> Option<TaskStatus> {
        self.state.result()
    }

    /// The state as a fresh engine would load it.
    pub(crate) fn loaded(&self) -> AttemptState {
        let mut state = AttemptState::new();
        for event in &self.events {
            let stored = serde_json::to_string(event).expect("an event is data");
            apply(&mut state, &serde_json::from_str(&stored).expect("it reads what it writes"));
        }
        state
    }

    /// How the task ended, as its last `Ended` event says.
    pub(crate) fn reason(&self, name: &str) -> Option<Reason> {
        self.events.iter().rev().find_map(|event| match &event.kind {
            EventKind::Ended { key, outcome, .. } if key.node().is_some_and(|id| id.to_string() == name) => {
                Some(outcome.reason.clone())
            }
            _ => None,
        })
    }

    /// Keeps the results of this bake for later ones, as a store would.
    pub(crate) fn cached_results(&self) -> BTreeMap<CacheKey, CacheEntry> {
        let mut entries = BTreeMap::new();
        for event in &self.events {
            let EventKind::Ended { key, outputs, state, cache: Some(cache), .. } = &event.kind else { continue };
            let entry = CacheEntry {
                project: ProjectId::new("project-1"),
                batch: "main".into(),
                task: key.node().cloned().unwrap_or_default(),
                key: cache.clone(),
                created_at: event.at,
                attempt: AttemptId::new("attempt-1"),
                outputs: outputs.clone(),
                state: state.clone(),
            };
            entries.insert(cache.clone(), entry);
        }
        entries
    }
}

/// The executor took a start.
pub(crate) fn taken(key: &LaunchKey) -> Fact {
    Fact::StartResult { key: key.clone(), result: Ok(RawId::new(format!("pid-{}", key.r#try))) }
}

/// A unit ended.
pub(crate) fn end_of(key: LaunchKey, exit: Exit, reason: Reason, outputs: &[(&str, &str)]) -> Fact {
    let outputs = outputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Fact::Ended {
        key,
        exit,
        reason,
        outputs,
        state: IndexMap::new(),
        log: LogRef::default(),
        problem: None,
        told: Told::default(),
    }
}

fn created(params: IndexMap<String, String>) -> AttemptCreated {
    AttemptCreated {
        version: 1,
        project: ProjectId::new("project-1"),
        project_name: "my_ws".to_owned(),
        bake: BakeId::new("bake-1"),
        number: 1,
        batch: "main".to_owned(),
        name: None,
        tags: Vec::new(),
        params,
        executor: "local".to_owned(),
        sources: Vec::new(),
        workspace: "/home/ann/my-ws".to_owned(),
        git: Some(GitInfo { sha: "abc".to_owned(), branch: "main".to_owned(), tags: Vec::new() }),
        by: "ann".to_owned(),
        from: None,
        reuse: Reuse::Cache,
        max_rows: None,
        storage: None,
        engine_version: "0".to_owned(),
    }
}
