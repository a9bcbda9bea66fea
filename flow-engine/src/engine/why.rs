//! [`Explanation`]: why a task is where it is. Source: EXT-6.
//!
//! Told from what was recorded, nothing is decided anew. What makes two units differ is in `difference`.

use std::sync::Arc;

use flow_core::event::{AttemptCreated, Event, EventKind, Reuse, SkipReason};
use flow_core::model::{
    Attempt, AttemptId, BakeId, CacheKey, FullId, NeedsLevel, Outcome, Subject, Task, TaskStatus, Timestamp,
};
use flow_core::port::{BakeFilter, EventScope};

use crate::engine::Engine;
use crate::engine::difference::{Change, differences};
use crate::{EngineError, Follow};

/// How many bakes an earlier result is looked for in.
const BAKES: u32 = 200;

/// Why a task is where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What was decided about it, and why.
    pub because: Because,
    /// How its last start ended, if it has.
    pub outcome: Option<Outcome>,
}

/// What was decided about a task.
#[derive(Clone, Debug, PartialEq)]
pub enum Because {
    /// It was started.
    Started(Start),
    /// An expression failed before it could be started; the outcome tells which.
    NotEvaluated,
    /// It is a call and its graph was opened: its tasks tell more.
    Opened,
    /// It stood for the rows of a matrix, which were made from the results that it needed (EXT-2).
    Grown,
    /// Its result came from the cache.
    Cached(Origin),
    /// Its result was taken over from the attempt that was restarted.
    TakenOver(Origin),
    /// It was not started.
    Skipped(SkipReason),
    /// It waits.
    Waits(Wait),
}

impl Because {
    /// One word for it, as all faces have it in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Because::Started(Start::CacheOff) => "cache_off",
            Because::Started(Start::CacheNotRead) => "cache_not_read",
            Because::Started(Start::First) => "first",
            Because::Started(Start::Changed(..)) => "changed",
            Because::Started(Start::Different(_)) => "different",
            Because::Started(Start::Gone(_)) => "gone",
            Because::Opened => "opened",
            Because::Grown => "rows_made",
            Because::NotEvaluated => "not_evaluated",
            Because::Cached(_) => "cached",
            Because::TakenOver(_) => "taken_over",
            Because::Skipped(SkipReason::Disabled { .. }) => "disabled",
            Because::Skipped(SkipReason::WindingDown) => "winding_down",
            Because::Skipped(SkipReason::Cancelled) => "cancelled",
            Because::Skipped(SkipReason::Locals) => "locals_failed",
            Because::Waits(Wait::Needs(_)) => "waits_for_needs",
            Because::Waits(Wait::Turn) => "waits_for_its_turn",
            Because::Waits(Wait::Until(_)) => "waits_for_its_next_start",
            Because::Waits(Wait::Executor(_)) => "waits_for_the_executor",
        }
    }

    /// The earlier result that was taken, or that is nearest.
    pub fn origin(&self) -> Option<&Origin> {
        match self {
            Because::Cached(origin)
            | Because::TakenOver(origin)
            | Because::Started(Start::Changed(origin, _) | Start::Different(origin) | Start::Gone(origin)) => {
                Some(origin)
            }
            Because::Started(Start::CacheOff | Start::CacheNotRead | Start::First)
            | Because::Opened
            | Because::Grown
            | Because::NotEvaluated
            | Because::Skipped(_)
            | Because::Waits(_) => None,
        }
    }

    /// What differs from [`Self::origin`]; empty where that does not matter.
    pub fn changes(&self) -> &[Change] {
        match self {
            Because::Started(Start::Changed(_, changes)) => changes,
            _ => &[],
        }
    }
}

/// Why a task was started and did not take an earlier result.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// Its cache is off.
    CacheOff,
    /// The attempt was to read no cache.
    CacheNotRead,
    /// It had never succeeded in this batch.
    First,
    /// It differs from each earlier success; these are the differences to the nearest one.
    Changed(Origin, Vec<Change>),
    /// It differs from each earlier success, of which no text is kept.
    Different(Origin),
    /// There was an equal success, but its result was cleared from the cache or too old.
    Gone(Origin),
}

/// Where a result was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The bake.
    pub bake: BakeId,
    /// The attempt's number.
    pub number: u32,
    /// When the attempt was made.
    pub at: Timestamp,
}

/// What a task waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum Wait {
    /// For these needs, each with the level it must reach and where it is.
    Needs(Vec<(String, NeedsLevel, TaskStatus)>),
    /// For its turn: not more tasks may run at once.
    Turn,
    /// For the moment of its next start.
    Until(Timestamp),
    /// For the executor; what that says, if anything.
    Executor(Option<String>),
}

/// Whether only the events say why a task is as it is: others tell it themselves.
fn is_told_by_events(task: &Task) -> bool {
    let tells_itself = task.status == TaskStatus::Cached || task.taken_from.is_some() || task.opened;
    task.status == TaskStatus::Pending || (task.tries.is_empty() && !tells_itself)
}

impl Engine {
    /// Why a task of an attempt ran, was cached, skipped or failed, or what it waits for.
    ///
    /// Cost: reads the attempt's events where the task did not start; for a task that ran, also its records in the last bakes.
    /// Errors: `Store`.
    pub async fn why(&self, attempt: &Attempt, task: &Task) -> Result<Explanation, EngineError> {
        let events = if is_told_by_events(task) { self.events_of(attempt, task).await? } else { Vec::new() };
        let last = || task.tries.last().and_then(|last| last.outcome.clone());
        let outcome = task.outcome.clone().or_else(last);
        let skipped = events.iter().find_map(|event| match &event.kind {
            EventKind::Skipped { because, .. } => Some(because.clone()),
            _ => None,
        });
        let because = match (task.status, skipped) {
            (_, Some(because)) => Because::Skipped(because),
            (TaskStatus::Cached, None) => Because::Cached(self.origin(task.cached_from.as_ref(), attempt).await?),
            _ if task.taken_from.is_some() => Because::TakenOver(self.origin(task.taken_from.as_ref(), attempt).await?),
            _ if task.opened => Because::Opened,
            (TaskStatus::Succeeded, None) if task.node.late => Because::Grown,
            (TaskStatus::Pending, None) => Because::Waits(self.wait(attempt, task, events.last()).await?),
            _ if task.spec.is_none() => Because::NotEvaluated,
            _ => Because::Started(self.start(attempt, task).await?),
        };
        Ok(Explanation { because, outcome })
    }

    /// The events that are about a task.
    async fn events_of(&self, attempt: &Attempt, task: &Task) -> Result<Vec<Event>, EngineError> {
        let mut follow: Follow = self.follow(attempt, 0);
        let mut own = Vec::new();
        loop {
            let events = follow.ready().await?;
            if events.is_empty() {
                return Ok(own);
            }
            own.extend(events.into_iter().filter(|event| event.kind.task() == Some(&task.id)));
        }
    }

    /// Where an attempt belongs; the attempt itself where it cannot be found any more.
    async fn origin(&self, id: Option<&AttemptId>, own: &Attempt) -> Result<Origin, EngineError> {
        let found = match id {
            Some(id) => self.inner.store.attempt(id).await?,
            None => None,
        };
        Ok(origin_of(found.as_ref().unwrap_or(own)))
    }

    async fn wait(&self, attempt: &Attempt, task: &Task, last: Option<&Event>) -> Result<Wait, EngineError> {
        match last.map(|event| &event.kind) {
            Some(EventKind::RetryAt { at, .. }) => return Ok(Wait::Until(*at)),
            _ if !task.tries.is_empty() => return Ok(Wait::Executor(task.note.clone())),
            _ => {}
        }
        let prefix = task.id.prefix();
        let mut open = Vec::new();
        for need in &task.node.needs {
            let needed = self.inner.store.task(&attempt.id, &prefix.child(&need.id)).await?;
            let status = needed.map_or(TaskStatus::Unknown, |needed| needed.status);
            let met = status.is_finished() || need.level == NeedsLevel::Running && status == TaskStatus::Running;
            if !met {
                open.push((need.id.to_string(), need.level, status));
            }
        }
        Ok(if open.is_empty() { Wait::Turn } else { Wait::Needs(open) })
    }

    /// Why a task was started and took no earlier result.
    async fn start(&self, attempt: &Attempt, task: &Task) -> Result<Start, EngineError> {
        let Some(key) = &task.cache_key else { return Ok(Start::CacheOff) };
        let Some(created) = self.created(attempt).await? else { return Ok(Start::First) };
        if created.reuse == Reuse::Nothing {
            return Ok(Start::CacheNotRead);
        }
        let Some(begun) = task.tries.first().map(|first| first.launched_at) else { return Ok(Start::First) };
        let own = self.inner.store.text(&key.0).await?;
        self.miss(&created, (&task.id, key), (begun, &task.attempt), own).await
    }

    /// Why the cache had nothing for a task of this key, whose canonical text is `own`, at a moment in an attempt.
    pub(super) async fn miss(
        &self,
        created: &AttemptCreated,
        (task, key): (&FullId, &CacheKey),
        moment: (Timestamp, &AttemptId),
        own: Option<Arc<str>>,
    ) -> Result<Start, EngineError> {
        let earlier = self.earlier(created, task, moment).await?;
        if let Some((equal, _)) = earlier.iter().find(|(_, other)| other == key) {
            return Ok(Start::Gone(origin_of(equal)));
        }
        let mut nearest: Option<(Origin, Vec<Change>)> = None;
        for (other, key) in &earlier {
            let text = self.inner.store.text(&key.0).await?;
            let Some(changes) = text.zip(own.as_ref()).and_then(|(old, new)| differences(&old, new)) else { continue };
            // The newest comes first and stays where others are as near.
            if nearest.as_ref().is_none_or(|(_, best)| changes.len() < best.len()) {
                nearest = Some((origin_of(other), changes));
            }
        }
        Ok(match (nearest, earlier.first()) {
            (Some((origin, changes)), _) => Start::Changed(origin, changes),
            (None, Some((newest, _))) => Start::Different(origin_of(newest)),
            (None, None) => Start::First,
        })
    }

    async fn created(&self, attempt: &Attempt) -> Result<Option<AttemptCreated>, EngineError> {
        let scope = EventScope::Subject(Subject::Attempt(attempt.id.clone()));
        let first = self.inner.store.events(&scope, 0, 1).await?.into_iter().next();
        Ok(first.and_then(|event| match event.kind {
            EventKind::AttemptCreated(created) => Some(*created),
            _ => None,
        }))
    }

    /// The successes of a task that ended before a moment, not in that attempt; the newest first, with their keys.
    async fn earlier(
        &self,
        own: &AttemptCreated,
        task: &FullId,
        (moment, own_attempt): (Timestamp, &AttemptId),
    ) -> Result<Vec<(Attempt, CacheKey)>, EngineError> {
        let filter = BakeFilter { project: Some(own.project.clone()), limit: BAKES, ..BakeFilter::default() };
        let mut found = Vec::new();
        for row in self.inner.store.bakes(&filter).await?.into_iter().filter(|row| row.bake.batch == own.batch) {
            for attempt in self.inner.store.attempts(&row.bake.id).await?.into_iter().rev() {
                let Some(other) = self.inner.store.task(&attempt.id, task).await? else { continue };
                let ended = other.tries.last().and_then(|last| last.ended_at).filter(|ended| *ended <= moment);
                let good = other.status == TaskStatus::Succeeded && other.attempt != *own_attempt;
                if let (Some(key), Some(_), true) = (other.cache_key, ended, good) {
                    found.push((attempt, key));
                }
            }
        }
        Ok(found)
    }
}

pub(super) fn origin_of(attempt: &Attempt) -> Origin {
    Origin { bake: attempt.bake.clone(), number: attempt.number, at: attempt.created_at }
}
