//! [`Carrier`]: effects become calls to ports, answers become facts.
//!
//! Carrying an effect out twice does it once: starts have their key, questions are asked once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use flow_core::expr::HostCall;
use flow_core::model::{AttemptId, BakeId, CacheKey, FullId, LaunchKey, ProjectId, Timestamp, UnitSpec};
use flow_core::port::{ExecutorError, Launch, Scope, Stdin};
use flow_core::sched::{Effect, Fact};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::driver::{host, report};
use crate::engine::Inner;

/// What every launch and look-up of one attempt has in common.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub attempt: AttemptId,
    pub bake: BakeId,
    pub number: u32,
    pub project: ProjectId,
    pub project_name: String,
    pub batch: String,
    pub workspace: String,
}

/// Carries effects out; owns every task that it spawns, and ends them with itself.
#[derive(Debug)]
pub(crate) struct Carrier {
    inner: Arc<Inner>,
    facts: Arc<Facts>,
    outbox: mpsc::Sender<Fact>,
    work: JoinSet<()>,
    /// Questions that are under way.
    looked_up: BTreeSet<(FullId, CacheKey)>,
    asked: BTreeSet<(FullId, Vec<HostCall>)>,
    wakes: BTreeSet<Timestamp>,
}

/// One look-up in the cache.
struct LookUp {
    node: FullId,
    key: CacheKey,
    not_before: Timestamp,
}

impl Carrier {
    pub(crate) fn new(inner: Arc<Inner>, facts: Facts, outbox: mpsc::Sender<Fact>) -> Self {
        Carrier {
            inner,
            facts: Arc::new(facts),
            outbox,
            work: JoinSet::new(),
            looked_up: BTreeSet::new(),
            asked: BTreeSet::new(),
            wakes: BTreeSet::new(),
        }
    }

    /// Begins to listen to the executor.
    pub(crate) fn listen(&mut self) {
        let scope = Scope::Attempt(self.facts.attempt.clone());
        self.work.spawn(report::listen(Arc::clone(&self.inner), scope, self.outbox.clone()));
    }

    /// Carries out what one turn decided; the starts of a turn go to the executor as one batch.
    pub(crate) fn carry(&mut self, effects: Vec<Effect>) {
        let mut launches = Vec::new();
        let mut lookups = Vec::new();
        for effect in effects {
            match effect {
                Effect::Launch { key, spec, resuming } => launches.extend(self.launch(key, *spec, resuming)),
                Effect::Kill { key, grace } => self.kill(key, grace),
                Effect::WakeAt(moment) => {
                    self.wakes.insert(moment);
                }
                Effect::LookUpCache { node, key, not_before } => {
                    if self.looked_up.insert((node.clone(), key.clone())) {
                        lookups.push(LookUp { node, key, not_before });
                    }
                }
                Effect::Ask { node, calls } => {
                    if self.asked.insert((node.clone(), calls.clone())) {
                        self.ask(node, calls);
                    }
                }
            }
        }
        if !launches.is_empty() {
            self.start(launches);
        }
        if !lookups.is_empty() {
            self.work.spawn(look_up(Arc::clone(&self.inner), Arc::clone(&self.facts), lookups, self.outbox.clone()));
        }
        // Finished tasks are let go of here, so that a long bake keeps none of them.
        while self.work.try_join_next().is_some() {}
    }

    /// Notes that an answer has come: the same question may be asked again.
    pub(crate) fn answered(&mut self, fact: &Fact) {
        match fact {
            Fact::CacheAnswer { node, key, .. } => {
                self.looked_up.remove(&(node.clone(), key.clone()));
            }
            Fact::Answered { node, answers } => {
                let calls = answers.iter().map(|(call, _)| call.clone()).collect();
                self.asked.remove(&(node.clone(), calls));
            }
            Fact::Begin
            | Fact::BeginFrom(_)
            | Fact::StartResult { .. }
            | Fact::Report(_)
            | Fact::Ended { .. }
            | Fact::Request(_)
            | Fact::Interrupted { .. }
            | Fact::Tick => {}
        }
    }

    /// When the next timer ends.
    pub(crate) fn next_wake(&self) -> Option<Timestamp> {
        self.wakes.first().copied()
    }

    /// Forgets the timers that have ended.
    pub(crate) fn woken(&mut self, now: Timestamp) {
        self.wakes.retain(|moment| *moment > now);
    }

    /// Ends all work under way.
    pub(crate) async fn stop(&mut self) {
        self.work.shutdown().await;
    }

    /// The start of a unit; one whose preset nobody declares is refused at once.
    fn launch(&mut self, key: LaunchKey, spec: UnitSpec, resuming: bool) -> Option<Launch> {
        let claim = match self.inner.presets.claim(spec.preset.as_deref()) {
            Ok(claim) => claim,
            Err(message) => {
                self.refuse(key, message);
                return None;
            }
        };
        let facts = &self.facts;
        let node = key.node().map(ToString::to_string).unwrap_or_default();
        let mut env = BTreeMap::from([
            ("APOLO_FLOW_BAKE_ID".to_owned(), facts.bake.to_string()),
            ("APOLO_FLOW_ATTEMPT".to_owned(), facts.number.to_string()),
            ("APOLO_FLOW_TASK_ID".to_owned(), node),
            ("APOLO_FLOW_TRY".to_owned(), key.r#try.to_string()),
            ("APOLO_FLOW_PROJECT".to_owned(), facts.project_name.clone()),
        ]);
        env.extend(self.inner.connection(&spec, &facts.workspace));
        Some(Launch { key, spec, claim, env, workspace: facts.workspace.clone(), resuming, stdin: Stdin::Closed })
    }

    /// Answers for the executor that a unit cannot be started.
    fn refuse(&mut self, key: LaunchKey, message: String) {
        let outbox = self.outbox.clone();
        self.work.spawn(async move {
            let result = Err(ExecutorError::Refused { message });
            // A closed inbox means that the driver has ended, and nobody waits for the answer.
            let _ = outbox.send(Fact::StartResult { key, result }).await;
        });
    }

    fn start(&mut self, launches: Vec<Launch>) {
        let (inner, outbox) = (Arc::clone(&self.inner), self.outbox.clone());
        self.work.spawn(async move {
            let results = inner.executor.start(&launches).await;
            for (launch, result) in launches.into_iter().zip(results) {
                if outbox.send(Fact::StartResult { key: launch.key, result }).await.is_err() {
                    return;
                }
            }
        });
    }

    fn kill(&mut self, key: LaunchKey, grace: Duration) {
        let inner = Arc::clone(&self.inner);
        self.work.spawn(async move {
            let mut pause = Duration::from_millis(100);
            while let Err(error) = inner.executor.kill(&key, grace).await
                && error.is_retryable()
            {
                inner.clock.sleep_until(inner.clock.now().after(pause)).await;
                pause = (pause * 2).min(Duration::from_secs(10));
            }
        });
    }

    fn ask(&mut self, node: FullId, calls: Vec<HostCall>) {
        let (outbox, volumes) = (self.outbox.clone(), self.inner.volumes());
        self.work.spawn(async move {
            let mut answers = Vec::new();
            for call in calls {
                answers.push((call.clone(), host::answer(call, &volumes).await));
            }
            // A closed inbox means that the driver has ended, and nobody waits for the answer.
            let _ = outbox.send(Fact::Answered { node, answers }).await;
        });
    }
}

/// Answers look-ups in their order; a failing store counts as a miss: the task then runs.
async fn look_up(inner: Arc<Inner>, facts: Arc<Facts>, lookups: Vec<LookUp>, outbox: mpsc::Sender<Fact>) {
    for LookUp { node, key, not_before } in lookups {
        let found = inner.store.cache_entry(&facts.project, &facts.batch, &node, &key).await;
        let entry = found.ok().flatten().filter(|entry| entry.created_at >= not_before).map(Box::new);
        if outbox.send(Fact::CacheAnswer { node, key, entry }).await.is_err() {
            return;
        }
    }
}
