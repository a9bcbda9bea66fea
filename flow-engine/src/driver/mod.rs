//! The driver: one for each attempt, one line that all news go through.
//!
//! Per turn: drain the news, decide and apply each fact on the working state, ONE append, carry the
//! effects out. Append before effect: what is not stored did not happen, so nothing is started that
//! a later engine would not know of. Everything asynchronous is in `carry`.

mod carry;
mod host;
pub(crate) mod load;
mod report;

pub use host::hash_files;
pub(crate) use host::{Volumes, answer};
pub(crate) use report::listen;

use std::sync::Arc;
use std::time::Duration;

use flow_core::event::{Event, EventKind};
use flow_core::model::{AttemptId, Epoch, Subject, TaskStatus, Timestamp};
use flow_core::port::{Append, NewEvent, StoreError};
use flow_core::sched::{Decision, Effect, Fact, Timed, apply, decide};
use tokio::sync::mpsc;

use crate::EngineError;
use crate::driver::carry::Carrier;
use crate::driver::load::Loaded;
use crate::engine::Inner;

/// How long a claim holds unless renewed; after that the attempt is *stalled*.
pub const LEASE: Duration = Duration::from_secs(9);
/// How often it is renewed: two may fail before the lease ends.
pub(crate) const RENEWAL: Duration = Duration::from_secs(3);
/// How many facts wait at most; whoever brings more waits.
pub(crate) const INBOX: usize = 1024;
/// Pauses between tries of a failing append, in milliseconds.
pub(crate) const APPEND_PAUSES: [u64; 6] = [50, 100, 200, 500, 1000, 2000];

/// Drives one attempt until it ends.
#[derive(Debug)]
pub(crate) struct Driver {
    inner: Arc<Inner>,
    subject: Subject,
    epoch: Epoch,
    loaded: Loaded,
    /// The time of the last fact: time never runs backwards within an attempt.
    last: Timestamp,
    carrier: Carrier,
    inbox: mpsc::Receiver<Fact>,
    last_request: u64,
}

/// What one turn is about to write and do.
#[derive(Default)]
struct Turn {
    events: Vec<NewEvent>,
    texts: Vec<(flow_core::model::Digest, Arc<str>)>,
    effects: Vec<Effect>,
}

impl Driver {
    /// Claims the attempt and loads it.
    ///
    /// Errors: `Store(Held)` while another engine drives it.
    pub(crate) async fn new(inner: Arc<Inner>, attempt: &AttemptId) -> Result<Self, EngineError> {
        let subject = Subject::Attempt(attempt.clone());
        let epoch = inner.claim(&subject).await?;
        let loaded = match load::load(&inner, attempt).await {
            Ok(loaded) => loaded,
            Err(error) => {
                inner.store.release(&subject, epoch).await?;
                return Err(error);
            }
        };
        let (outbox, inbox) = mpsc::channel(INBOX);
        let carrier = Carrier::new(Arc::clone(&inner), loaded.facts(attempt), outbox);
        let (last, last_request) = (loaded.state.last_at(), loaded.state.last_request());
        Ok(Driver { inner, subject, epoch, loaded, last, carrier, inbox, last_request })
    }

    /// Runs until the attempt has ended, and gives its result.
    pub(crate) async fn run(mut self) -> Result<TaskStatus, EngineError> {
        let result = self.run_to_end().await;
        self.carrier.stop().await;
        // A claim that was lost is not ours to give back; `release` then changes nothing.
        self.inner.store.release(&self.subject, self.epoch).await?;
        result
    }

    async fn run_to_end(&mut self) -> Result<TaskStatus, EngineError> {
        if let Some(result) = self.loaded.state.result() {
            return Ok(result);
        }
        self.begin().await?;
        let mut renewal = self.inner.clock.now().after(RENEWAL);
        while self.loaded.state.result().is_none() {
            let facts = self.news(&mut renewal).await?;
            self.turn(facts).await?;
        }
        self.loaded.state.result().ok_or_else(|| EngineError::Unrunnable {
            attempt: self.subject.to_string(),
            message: "it ended without a result".to_owned(),
        })
    }

    /// The first turn: takes the attempt over, takes up what an earlier engine left, begins.
    async fn begin(&mut self) -> Result<(), EngineError> {
        let at = self.now();
        let claimed = EventKind::Claimed { epoch: self.epoch, owner: self.inner.owner.clone() };
        let mut turn = Turn::default();
        self.take(&mut turn, Decision { at, events: vec![claimed], ..Decision::default() });
        self.commit(turn).await?;
        for effect in load::revive(&self.inner, &self.loaded).await? {
            self.carrier.carry(vec![effect]);
        }
        self.carrier.listen();
        let first = match &self.loaded.created.from {
            _ if self.loaded.state.is_expanded() => Fact::Tick,
            Some(base) => Fact::BeginFrom(Arc::new(load::state(&self.inner, base).await?.0)),
            None => Fact::Begin,
        };
        self.turn(vec![first]).await
    }

    /// Waits for news; keeps the lease meanwhile.
    async fn news(&mut self, renewal: &mut Timestamp) -> Result<Vec<Fact>, EngineError> {
        let store = Arc::clone(&self.inner.store);
        let clock = Arc::clone(&self.inner.clock);
        let wake = self.carrier.next_wake();
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
                self.requests().await
            }
            () = clock.sleep_until(*renewal) => {
                let until = clock.now().after(LEASE);
                store.renew(&self.subject, self.epoch, until).await?;
                *renewal = clock.now().after(RENEWAL);
                Ok(Vec::new())
            }
            () = sleep_or_never(clock.as_ref(), wake) => {
                self.carrier.woken(clock.now());
                Ok(vec![Fact::Tick])
            }
        }
    }

    async fn requests(&mut self) -> Result<Vec<Fact>, EngineError> {
        let requests = self.inner.store.requests(&self.subject, self.last_request).await?;
        self.last_request = requests.last().map_or(self.last_request, |last| last.id);
        Ok(requests.into_iter().map(Fact::Request).collect())
    }

    /// Decides, stores, carries out. On a failed append the state is loaded again and the same facts
    /// are decided anew.
    async fn turn(&mut self, facts: Vec<Fact>) -> Result<(), EngineError> {
        for fact in &facts {
            self.carrier.answered(fact);
        }
        let mut pauses = APPEND_PAUSES.iter();
        loop {
            let turn = self.decide_all(&facts);
            let effects = match self.commit(turn).await {
                Ok(effects) => effects,
                Err(StoreError::Io { place, message }) => {
                    let Some(pause) = pauses.next() else { return Err(StoreError::Io { place, message }.into()) };
                    let until = self.inner.clock.now().after(Duration::from_millis(*pause));
                    self.inner.clock.sleep_until(until).await;
                    self.reload().await?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            self.carrier.carry(effects);
            return Ok(());
        }
    }

    async fn reload(&mut self) -> Result<(), EngineError> {
        let Some(attempt) = self.subject.attempt().cloned() else { return Ok(()) };
        (self.loaded.state, self.loaded.seq) = load::state(&self.inner, &attempt).await?;
        Ok(())
    }

    fn decide_all(&mut self, facts: &[Fact]) -> Turn {
        let mut turn = Turn::default();
        for fact in facts {
            let at = self.now();
            let decision = decide(&self.loaded.flow, &self.loaded.state, &Timed { at, fact: fact.clone() });
            self.take(&mut turn, decision);
        }
        loop {
            let at = self.now();
            let decision = decide(&self.loaded.flow, &self.loaded.state, &Timed { at, fact: Fact::Tick });
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
            self.loaded.seq += 1;
            let seq = self.loaded.seq;
            // The place in the store is not known yet and means nothing to the state.
            let event = Event { position: 0, seq, at, subject: self.subject.clone(), kind };
            apply(&mut self.loaded.state, &event);
            turn.events.push(NewEvent { at, kind: event.kind });
        }
        turn.texts.extend(decision.texts);
        turn.effects.extend(decision.effects);
    }

    async fn commit(&mut self, turn: Turn) -> Result<Vec<Effect>, StoreError> {
        if turn.events.is_empty() {
            return Ok(turn.effects);
        }
        let expected_seq = self.loaded.seq - turn.events.len() as u64;
        let append = Append {
            subject: self.subject.clone(),
            epoch: self.epoch,
            expected_seq,
            events: turn.events,
            texts: turn.texts,
        };
        self.inner.store.append(append).await?;
        Ok(turn.effects)
    }

    fn now(&mut self) -> Timestamp {
        self.last = self.last.max(self.inner.clock.now());
        self.last
    }
}

/// Returns at a moment; never without one.
pub(crate) async fn sleep_or_never(clock: &dyn flow_core::port::Clock, moment: Option<Timestamp>) {
    match moment {
        Some(moment) => clock.sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
