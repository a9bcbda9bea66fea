//! [`LiveDriver`]: one for each live job, as `driver` is for an attempt: all news in one line, one append a turn,
//! then the effects. Also what lies beside it: forwarded ports (`forward`).
//!
//! Starting and finding jobs belongs to `engine`, deciding to `flow_core::sched`.

pub(crate) mod forward;
mod start;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use flow_core::event::{Event, EventKind};
use flow_core::model::{Digest, Epoch, LaunchKey, LiveJobId, Subject, TaskStatus, Timestamp, UnitSpec};
use flow_core::port::{Append, EventScope, NewEvent, Scope, StoreError};
use flow_core::sched::{Decision, Effect, Fact, LiveState, Revive, Timed, apply_live, decide_live, revive_live};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::driver::{APPEND_PAUSES, INBOX, LEASE, RENEWAL, listen, sleep_or_never};
use crate::engine::Inner;
use crate::{EngineError, live::forward::Forwards};

/// How many events one read gives at most.
const PAGE: u32 = 2000;

/// Drives one live job until it ends.
#[derive(Debug)]
pub(crate) struct LiveDriver {
    inner: Arc<Inner>,
    job: LiveJobId,
    subject: Subject,
    epoch: Epoch,
    spec: UnitSpec,
    state: LiveState,
    /// The last event that the state has seen.
    seq: u64,
    /// The time of the last fact: time never runs backwards within a job.
    last: Timestamp,
    last_request: u64,
    outbox: mpsc::Sender<Fact>,
    inbox: mpsc::Receiver<Fact>,
    /// Owns every task that is spawned, and ends them with itself.
    work: JoinSet<()>,
    wakes: BTreeSet<Timestamp>,
    /// The start that is under way, for those who forward ports to it.
    current: watch::Sender<Option<LaunchKey>>,
}

/// What one turn is about to write and do.
#[derive(Default)]
struct Turn {
    events: Vec<NewEvent>,
    texts: Vec<(Digest, Arc<str>)>,
    effects: Vec<Effect>,
}

impl LiveDriver {
    /// Claims the job and loads it.
    ///
    /// Errors: `Store(Held)` while another engine drives it, `Unrunnable` if there is no such job.
    pub(crate) async fn new(inner: Arc<Inner>, job: &LiveJobId) -> Result<Self, EngineError> {
        let subject = Subject::Live(job.clone());
        let epoch = inner.claim(&subject).await?;
        let (state, seq, spec) = match load(&inner, job).await {
            Ok(loaded) => loaded,
            Err(error) => {
                inner.store.release(&subject, epoch).await?;
                return Err(error);
            }
        };
        let (outbox, inbox) = mpsc::channel(INBOX);
        let (last, last_request) = (state.last_at(), state.last_request());
        Ok(LiveDriver {
            inner,
            job: job.clone(),
            subject,
            epoch,
            spec,
            state,
            seq,
            last,
            last_request,
            outbox,
            inbox,
            work: JoinSet::new(),
            wakes: BTreeSet::new(),
            current: watch::Sender::new(None),
        })
    }

    /// Runs until the job has ended, and gives its result.
    pub(crate) async fn run(mut self) -> Result<TaskStatus, EngineError> {
        let result = self.run_to_end().await;
        self.work.shutdown().await;
        // A claim that was lost is not ours to give back; `release` then changes nothing.
        self.inner.store.release(&self.subject, self.epoch).await?;
        result
    }

    async fn run_to_end(&mut self) -> Result<TaskStatus, EngineError> {
        if let Some(result) = self.state.result() {
            return Ok(result);
        }
        self.begin().await?;
        let mut renewal = self.inner.clock.now().after(RENEWAL);
        loop {
            if let Some(result) = self.state.result() {
                return Ok(result);
            }
            let facts = self.news(&mut renewal).await?;
            self.turn(facts).await?;
        }
    }

    /// The first turn: takes the job over, takes up what an earlier engine left, begins.
    async fn begin(&mut self) -> Result<(), EngineError> {
        let at = self.now();
        let claimed = EventKind::Claimed { epoch: self.epoch, owner: self.inner.owner.clone() };
        let mut turn = Turn::default();
        self.take(&mut turn, Decision { at, events: vec![claimed], ..Decision::default() });
        self.commit(turn).await?;
        for item in revive_live(&self.state) {
            let effect = match item {
                Revive::Launch { key, spec } => Effect::Launch {
                    key,
                    spec: Box::new(spec_of(&self.inner, &self.job, &spec).await?),
                    resuming: true,
                },
                Revive::Kill { key, grace } => Effect::Kill { key, grace },
                Revive::WakeAt(moment) => Effect::WakeAt(moment),
            };
            self.carry(vec![effect]);
        }
        self.work.spawn(listen(Arc::clone(&self.inner), Scope::Live(self.job.clone()), self.outbox.clone()));
        self.forward();
        self.turn(vec![Fact::Begin]).await
    }

    /// Begins to forward ports; who cannot be listened for is told in the engine's own log.
    fn forward(&mut self) {
        let pairs = self.state.order().map(|order| order.port_forward.clone()).unwrap_or_default();
        let forwards = Forwards { inner: Arc::clone(&self.inner), current: self.current.subscribe() };
        for pair in forward::wanted(&pairs, self.inner.executor.shares_host()) {
            self.work.spawn(forwards.clone().run(pair));
        }
    }

    /// Waits for news; keeps the lease meanwhile.
    async fn news(&mut self, renewal: &mut Timestamp) -> Result<Vec<Fact>, EngineError> {
        let (store, clock) = (Arc::clone(&self.inner.store), Arc::clone(&self.inner.clock));
        let wake = self.wakes.first().copied();
        tokio::select! {
            fact = self.inbox.recv() => {
                let mut facts: Vec<Fact> = fact.into_iter().collect();
                while let Ok(more) = self.inbox.try_recv() {
                    facts.push(more);
                }
                Ok(facts)
            }
            waited = store.wait_requests(&self.subject, self.last_request) => {
                waited?;
                let requests = store.requests(&self.subject, self.last_request).await?;
                self.last_request = requests.last().map_or(self.last_request, |last| last.id);
                Ok(requests.into_iter().map(Fact::Request).collect())
            }
            () = clock.sleep_until(*renewal) => {
                store.renew(&self.subject, self.epoch, clock.now().after(LEASE)).await?;
                *renewal = clock.now().after(RENEWAL);
                Ok(Vec::new())
            }
            () = sleep_or_never(clock.as_ref(), wake) => {
                let now = clock.now();
                self.wakes.retain(|moment| *moment > now);
                Ok(vec![Fact::Tick])
            }
        }
    }

    /// Decides, stores, carries out. On a failed append the state is loaded again and the same facts are decided
    /// anew.
    async fn turn(&mut self, facts: Vec<Fact>) -> Result<(), EngineError> {
        let mut pauses = APPEND_PAUSES.iter();
        loop {
            let turn = self.decide_all(&facts);
            match self.commit(turn).await {
                Ok(effects) => {
                    self.carry(effects);
                    return Ok(());
                }
                Err(StoreError::Io { place, message }) => {
                    let Some(pause) = pauses.next() else { return Err(StoreError::Io { place, message }.into()) };
                    let until = self.inner.clock.now().after(Duration::from_millis(*pause));
                    self.inner.clock.sleep_until(until).await;
                    (self.state, self.seq, _) = load(&self.inner, &self.job).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn decide_all(&mut self, facts: &[Fact]) -> Turn {
        let mut turn = Turn::default();
        for fact in facts {
            let at = self.now();
            let decision = decide_live(&self.spec, &self.state, &Timed { at, fact: fact.clone() });
            self.take(&mut turn, decision);
        }
        loop {
            let at = self.now();
            let decision = decide_live(&self.spec, &self.state, &Timed { at, fact: Fact::Tick });
            let settled = decision.events.is_empty();
            self.take(&mut turn, decision);
            if settled {
                return turn;
            }
        }
    }

    /// Applies a decision to the working state and keeps it for the append.
    fn take(&mut self, turn: &mut Turn, decision: Decision) {
        let at = decision.at;
        for kind in decision.events {
            self.seq += 1;
            // The place in the store is not known yet and means nothing to the state.
            let event = Event { position: 0, seq: self.seq, at, subject: self.subject.clone(), kind };
            apply_live(&mut self.state, &event);
            turn.events.push(NewEvent { at, kind: event.kind });
        }
        turn.texts.extend(decision.texts);
        turn.effects.extend(decision.effects);
    }

    async fn commit(&mut self, turn: Turn) -> Result<Vec<Effect>, StoreError> {
        if !turn.events.is_empty() {
            let expected_seq = self.seq - turn.events.len() as u64;
            let (subject, epoch) = (self.subject.clone(), self.epoch);
            let append = Append { subject, epoch, expected_seq, events: turn.events, texts: turn.texts };
            self.inner.store.append(append).await?;
        }
        self.current.send_replace(self.state.current());
        Ok(turn.effects)
    }

    fn now(&mut self) -> Timestamp {
        self.last = self.last.max(self.inner.clock.now());
        self.last
    }
}

/// The state of a job, its last `seq`, and what it runs.
async fn load(inner: &Inner, job: &LiveJobId) -> Result<(LiveState, u64, UnitSpec), EngineError> {
    let scope = EventScope::Subject(Subject::Live(job.clone()));
    let mut state = LiveState::new();
    let (mut after, mut seq) = (0, 0);
    loop {
        let events = inner.store.events(&scope, after, PAGE).await?;
        let Some(last) = events.last() else { break };
        (after, seq) = (last.position, last.seq);
        for event in &events {
            apply_live(&mut state, event);
        }
    }
    let Some(digest) = state.order().map(|order| order.spec.clone()) else {
        return Err(EngineError::UnknownLiveJob { job: job.to_string(), known: Vec::new() });
    };
    let spec = spec_of(inner, job, &digest).await?;
    Ok((state, seq, spec))
}

/// The spec of a digest.
pub(crate) async fn spec_of(inner: &Inner, job: &LiveJobId, digest: &Digest) -> Result<UnitSpec, EngineError> {
    let text = inner.store.text(digest).await?;
    text.and_then(|text| serde_json::from_str(&text).ok()).ok_or_else(|| EngineError::Unrunnable {
        attempt: job.to_string(),
        message: format!("the spec {digest} is not in the store"),
    })
}
