//! [`Feed`]: what happens, read from the store once for all viewers.
//!
//! The newest changes are kept as they are sent; who is further behind reads the store by position. So a
//! viewer costs no reading of its own, a slow one misses nothing, and nobody is held up.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flow_core::event::Event;
use flow_core::model::AttemptId;
use flow_core::port::StoreError;
use flow_engine::Engine;
use tokio::sync::{Semaphore, watch};

use crate::view::Change;

/// How many changes are kept ready.
const KEPT: usize = 16_384;
/// The most changes that are given at once.
const AT_ONCE: usize = 512;
/// How many viewers that are further behind are read for at once: this bounds memory.
const BEHIND: usize = 2;
/// How many attempts are remembered with their bakes.
const OWNERS: usize = 1024;

/// A change as it is sent: its id is the position, its data the JSON.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) position: u64,
    /// The bake that it is about.
    pub(crate) bake: Option<String>,
    /// The live job that it is about.
    pub(crate) live: Option<String>,
    /// The JSON, on one line.
    text: Box<str>,
}

impl Message {
    /// The message as it goes over the wire.
    pub(crate) fn frame(&self) -> Vec<u8> {
        format!("id: {}\nevent: change\ndata: {}\n\n", self.position, self.text).into_bytes()
    }
}

#[derive(Debug, Default)]
struct Kept {
    /// All changes behind this position, up to the tip, are in `messages`.
    floor: u64,
    messages: VecDeque<Arc<Message>>,
}

/// What happens, for all viewers.
#[derive(Debug)]
pub(crate) struct Feed {
    engine: Engine,
    kept: Mutex<Kept>,
    /// The position up to which all is read.
    tip: watch::Sender<u64>,
    owners: Mutex<BTreeMap<AttemptId, (String, u32)>>,
    behind: Semaphore,
}

impl Feed {
    /// A feed that begins at the newest event.
    pub(crate) async fn new(engine: Engine) -> Result<Self, flow_engine::EngineError> {
        let tip = engine.last_position().await?;
        let kept = Mutex::new(Kept { floor: tip, messages: VecDeque::new() });
        Ok(Feed {
            engine,
            kept,
            tip: watch::Sender::new(tip),
            owners: Mutex::default(),
            behind: Semaphore::new(BEHIND),
        })
    }

    /// Reads on until the store fails; the caller tries again.
    pub(crate) async fn run(&self) -> StoreError {
        let mut follow = self.engine.follow_all(*self.tip.borrow());
        loop {
            let events = match follow.next().await {
                Ok(events) => events,
                Err(error) => return error,
            };
            let messages = self.messages(&events).await;
            self.keep(messages);
            self.tip.send_replace(follow.position());
        }
    }

    /// Some changes behind a position, at once, with the position to go on from.
    pub(crate) async fn after(&self, position: u64) -> Result<(Vec<Arc<Message>>, u64), StoreError> {
        if let Some(messages) = self.ready(position) {
            let next = messages.last().map_or(position, |last| last.position);
            return Ok((messages, next));
        }
        let _permit = self.behind.acquire().await;
        let mut follow = self.engine.follow_all(position);
        let events = follow.ready().await?;
        Ok((self.messages(&events).await, follow.position()))
    }

    /// Tells when there is more.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.tip.subscribe()
    }

    /// The kept changes behind a position; `None` where they do not reach back so far.
    fn ready(&self, position: u64) -> Option<Vec<Arc<Message>>> {
        let kept = self.kept();
        let first = kept.messages.partition_point(|message| message.position <= position);
        (position >= kept.floor).then(|| kept.messages.range(first..).take(AT_ONCE).cloned().collect())
    }

    fn keep(&self, messages: Vec<Arc<Message>>) {
        let mut kept = self.kept();
        kept.messages.extend(messages);
        while kept.messages.len() > KEPT {
            kept.floor = kept.messages.pop_front().map_or(kept.floor, |gone| gone.position);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn messages(&self, events: &[Event]) -> Vec<Arc<Message>> {
        let mut messages = Vec::with_capacity(events.len());
        for event in events {
            let owner = match event.subject.attempt() {
                Some(attempt) => self.owner(attempt).await,
                None => None,
            };
            let change = Change::new(event, owner.as_ref().map(|(bake, number)| (bake.as_str(), *number)));
            let text = serde_json::to_string(&change).expect("a change holds texts and numbers only");
            messages.push(Arc::new(Message {
                position: event.position,
                bake: change.bake,
                live: change.live,
                text: text.into(),
            }));
        }
        messages
    }

    /// The bake and the number of an attempt.
    async fn owner(&self, id: &AttemptId) -> Option<(String, u32)> {
        let lock = || self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().get(id).cloned();
        if known.is_some() {
            return known;
        }
        let attempt = self.engine.attempt(id).await.ok().flatten()?;
        let owner = (attempt.bake.to_string(), attempt.number);
        let mut owners = lock();
        if owners.len() >= OWNERS {
            owners.pop_first();
        }
        owners.insert(id.clone(), owner.clone());
        Some(owner)
    }
}
