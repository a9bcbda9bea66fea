//! [`Forecast`]: what a bake would do, without doing it. Source: EXT-6.
//!
//! The scheduler itself decides, on a state that is thrown away: what it would start is noted and set aside, what it
//! finds in the cache is taken, and so on until only tasks are left that depend on results nobody has yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use flow_core::diag::Diagnostics;
use flow_core::event::{AttemptCreated, Event, EventKind, SkipReason};
use flow_core::expr::HostCall;
use flow_core::model::{
    AttemptId, CacheKey, Digest, Exit, FullId, LogRef, NodeRecord, Outcome, Reason, Subject, TaskStatus, Timestamp,
    UnitSpec, sort_graphs,
};
use flow_core::plan::Plan;
use flow_core::port::ConfigSource;
use flow_core::resolve::ResolvedFlow;
use flow_core::sched::{AttemptState, Decision, Effect, Fact, Timed, Told, apply, decide, pending, set_aside};
use flow_core::text::SourceMap;
use indexmap::IndexMap;

use crate::EngineError;
use crate::driver::answer;
use crate::engine::why::{Origin, Start, origin_of};
use crate::engine::{BakeRequest, Engine};

/// What a bake would do.
#[derive(Clone, Debug)]
pub struct Forecast {
    /// The batch.
    pub batch: String,
    /// Evaluated params.
    pub params: IndexMap<String, String>,
    /// The graph of the flow itself.
    pub plan: Plan,
    /// All tasks that are known before anything runs, in graph order.
    pub tasks: Vec<ForecastTask>,
    /// Warnings.
    pub diagnostics: Diagnostics,
    /// The texts that they point into.
    pub sources: SourceMap,
}

/// What would become of one task.
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastTask {
    /// Its full id.
    pub id: FullId,
    /// Its place in its graph.
    pub node: NodeRecord,
    /// What would become of it.
    pub fate: Fate,
    /// What would run, where that is known.
    pub spec: Option<Box<UnitSpec>>,
}

/// What would become of a task.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// It would run, and why it takes no earlier result.
    Run(Start),
    /// It would take an earlier result.
    Cached {
        /// Who made it; `None` where that attempt is not kept any more.
        from: Option<Origin>,
        /// When it was made.
        at: Timestamp,
    },
    /// It is a call that would be opened: its tasks tell more.
    Opens,
    /// It stands for the rows of a matrix, which are made from results that are known already (EXT-2).
    Grows,
    /// It would not be started.
    Skipped(SkipReason),
    /// It would fail before it could start.
    Fails(Outcome),
    /// It would ask for a copy to the storage first, which a forecast does not make.
    Asks(Vec<HostCall>),
    /// It depends on results of these, which are to be made first.
    Later(Vec<FullId>),
}

impl Engine {
    /// What a bake would do now: starts nothing, keeps nothing but the project's id in the store.
    ///
    /// Files are hashed and the cache is read, both as the bake would. Errors: as [`Engine::create_bake`].
    pub async fn forecast(&self, source: &dyn ConfigSource, request: BakeRequest) -> Result<Forecast, EngineError> {
        let ready = self.checker().ready(source, &request.batch, &request.params).await?;
        let created = self.attempt_created(source.workspace(), request, &ready).await?;
        let mut seer = Seer::new(self, &ready.flow, created);
        seer.run().await?;
        let tasks = seer.tasks();
        Ok(Forecast {
            batch: seer.created.batch,
            params: ready.params,
            tasks,
            plan: ready.plan,
            diagnostics: ready.diagnostics.sorted(),
            sources: ready.workspace.sources().clone(),
        })
    }
}

/// Drives a state that is thrown away.
struct Seer<'a> {
    engine: &'a Engine,
    flow: &'a ResolvedFlow,
    created: AttemptCreated,
    attempt: AttemptId,
    now: Timestamp,
    state: AttemptState,
    nodes: IndexMap<FullId, NodeRecord>,
    fates: BTreeMap<FullId, Fate>,
    specs: BTreeMap<FullId, Box<UnitSpec>>,
}

impl<'a> Seer<'a> {
    fn new(engine: &'a Engine, flow: &'a ResolvedFlow, created: AttemptCreated) -> Self {
        let mut seer = Seer {
            engine,
            flow,
            attempt: AttemptId::new("forecast"),
            now: engine.inner.clock.now(),
            state: AttemptState::new(),
            nodes: IndexMap::new(),
            fates: BTreeMap::new(),
            specs: BTreeMap::new(),
            created: created.clone(),
        };
        seer.apply(EventKind::AttemptCreated(Box::new(created)));
        seer
    }

    /// Ticks until nothing new comes of it.
    async fn run(&mut self) -> Result<(), EngineError> {
        let mut fact = Fact::Begin;
        loop {
            let decision = self.decide(fact);
            if !self.follow(decision).await? {
                return Ok(());
            }
            fact = Fact::Tick;
        }
    }

    fn decide(&self, fact: Fact) -> Decision {
        decide(self.flow, &self.state, &Timed { at: self.now, fact })
    }

    fn apply(&mut self, kind: EventKind) {
        if let EventKind::Expanded { prefix, nodes, .. } = &kind {
            self.nodes.extend(nodes.iter().map(|node| (prefix.child(&node.id), node.clone())));
        }
        let subject = Subject::Attempt(self.attempt.clone());
        apply(&mut self.state, &Event { position: 0, seq: 0, at: self.now, subject, kind });
    }

    /// Takes over what was decided, but for starts. Whether that was anything.
    async fn follow(&mut self, decision: Decision) -> Result<bool, EngineError> {
        if decision.events.iter().any(|event| matches!(event, EventKind::AttemptEnded { .. })) {
            return Ok(false);
        }
        let mut is_news = self.take(decision.events);
        for effect in decision.effects {
            is_news |= self.meet(effect, &decision.texts).await?;
        }
        Ok(is_news)
    }

    /// Notes and applies events, but for starts. Whether there were any.
    fn take(&mut self, events: Vec<EventKind>) -> bool {
        let mut is_news = false;
        for event in events {
            match &event {
                EventKind::Launching { key, .. } if key.image().is_none() => continue,
                EventKind::Expanded { prefix, .. } if *prefix != FullId::root() => {
                    self.fates.insert(prefix.clone(), Fate::Opens);
                }
                EventKind::Skipped { node, because } => {
                    self.fates.insert(node.clone(), Fate::Skipped(because.clone()));
                }
                EventKind::Ended { key, outcome, .. }
                    if outcome.status == TaskStatus::Succeeded && key.node().is_some_and(|node| self.is_late(node)) =>
                {
                    self.fates.extend(key.node().map(|node| (node.clone(), Fate::Grows)));
                }
                // A call may come to its end here: all below it is cached or skipped.
                EventKind::Ended { key, outcome, .. } if outcome.status != TaskStatus::Succeeded => {
                    self.fates.extend(key.node().map(|node| (node.clone(), Fate::Fails(outcome.clone()))));
                }
                _ => {}
            }
            is_news = true;
            self.apply(event);
        }
        is_news
    }

    /// Does what a driver would, as far as it changes nothing. Whether there is news.
    async fn meet(&mut self, effect: Effect, texts: &[(Digest, Arc<str>)]) -> Result<bool, EngineError> {
        match effect {
            Effect::Launch { key, .. } if key.image().is_some() => {
                // A build is taken to end well, so that what waits for the image is looked at too.
                let decision = self.decide(Fact::Ended {
                    key,
                    exit: Exit::Code(0),
                    reason: Reason::Finished,
                    outputs: IndexMap::new(),
                    state: IndexMap::new(),
                    log: LogRef::default(),
                    problem: None,
                    told: Told::default(),
                });
                Ok(self.take(decision.events))
            }
            Effect::Launch { key, spec, .. } => {
                let Some(node) = key.node().cloned() else { return Ok(false) };
                self.note_start(node, None, spec, texts).await?;
                Ok(true)
            }
            Effect::LookUpCache { node, key, .. } => {
                let store = &self.engine.inner.store;
                let entry = store.cache_entry(&self.created.project, &self.created.batch, &node, &key).await?;
                let entry = entry.map(Box::new);
                let decision = self.decide(Fact::CacheAnswer { node: node.clone(), key: key.clone(), entry });
                self.cache_answered(node, key, decision).await
            }
            Effect::Ask { node, calls } => self.ask(node, calls).await,
            Effect::Kill { .. } | Effect::WakeAt(_) => Ok(false),
        }
    }

    async fn cache_answered(&mut self, node: FullId, key: CacheKey, decision: Decision) -> Result<bool, EngineError> {
        let mut is_news = false;
        for effect in decision.effects {
            if let Effect::Launch { spec, .. } = effect {
                self.note_start(node.clone(), Some(key.clone()), spec, &decision.texts).await?;
                is_news = true;
            }
        }
        for event in &decision.events {
            if let EventKind::CacheHit { node, entry } = event {
                let from = self.engine.inner.store.attempt(&entry.attempt).await?.as_ref().map(origin_of);
                self.fates.insert(node.clone(), Fate::Cached { from, at: entry.created_at });
                is_news = true;
            }
        }
        Ok(self.take(decision.events) || is_news)
    }

    async fn note_start(
        &mut self,
        node: FullId,
        key: Option<CacheKey>,
        spec: Box<UnitSpec>,
        texts: &[(Digest, Arc<str>)],
    ) -> Result<(), EngineError> {
        let start = match &key {
            None => Start::CacheOff,
            Some(key) => {
                let own = texts.iter().find(|(digest, _)| *digest == key.0).map(|(_, text)| text.clone());
                self.engine.miss(&self.created, (&node, key), (self.now, &self.attempt), own).await?
            }
        };
        set_aside(&mut self.state, &node);
        self.specs.insert(node.clone(), spec);
        self.fates.insert(node, Fate::Run(start));
        Ok(())
    }

    /// Answers what only reads; a node that wants something changed is set aside.
    async fn ask(&mut self, node: FullId, calls: Vec<HostCall>) -> Result<bool, EngineError> {
        if calls.iter().any(|call| matches!(call, HostCall::Upload { .. })) {
            set_aside(&mut self.state, &node);
            self.fates.insert(node, Fate::Asks(calls));
            return Ok(true);
        }
        let (mut answers, volumes) = (Vec::new(), self.engine.inner.volumes());
        for call in calls {
            let given = answer(call.clone(), &volumes).await;
            answers.push((call, given));
        }
        let decision = self.decide(Fact::Answered { node, answers });
        Ok(self.take(decision.events))
    }

    fn is_late(&self, node: &FullId) -> bool {
        self.nodes.get(node).is_some_and(|node| node.late)
    }

    fn tasks(&mut self) -> Vec<ForecastTask> {
        let unmet = pending(&self.state).into_iter().map(|one| (one.id, Fate::Later(one.unmet)));
        let unmet: BTreeMap<FullId, Fate> = unmet.collect();
        let nodes = std::mem::take(&mut self.nodes);
        let tasks = nodes.into_iter().map(|(id, node)| {
            let fate = self.fates.get(&id).or_else(|| unmet.get(&id)).cloned();
            let fate = fate.unwrap_or_else(|| Fate::Later(Vec::new()));
            ForecastTask { spec: self.specs.remove(&id), id, node, fate }
        });
        sort_graphs(tasks.collect(), |task| (&task.id, task.node.entry))
    }
}
