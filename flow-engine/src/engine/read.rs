//! Reading: bakes, attempts, tasks, events, logs. Works the same in every process.

use std::collections::BTreeSet;
use std::sync::Arc;

use flow_core::model::{
    Attempt, AttemptId, BakeId, Digest, FullId, LaunchKey, Subject, Task, TaskStatus, Timestamp, UnitSpec,
};
use flow_core::port::{BakeFilter, BakeRow, ClaimState, EventScope};

use crate::engine::Engine;
use crate::{EngineError, Follow, LEASE, LogReader, owner};

/// Up to so many tasks are read one by one, more with their whole attempt.
const FEW: usize = 64;

/// How an attempt stands, as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Made, and an engine is about to take it.
    Waiting,
    /// An engine drives it.
    Driven,
    /// Not ended, and no engine drives it: `resume` takes it up again.
    Stalled,
    /// Over.
    Ended,
}

/// All about one attempt.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The bake, its last attempt and who drives that.
    pub row: BakeRow,
    /// The attempt that was asked for.
    pub attempt: Attempt,
    /// The number of the attempt whose results it took over.
    pub restarts: Option<u32>,
    /// How it stands.
    pub standing: Standing,
    /// Its tasks in graph order; empty while the graph is not known.
    pub tasks: Vec<Task>,
}

impl Engine {
    /// Bakes with their last attempts, newest first.
    pub async fn bakes(&self, filter: &BakeFilter) -> Result<Vec<(BakeRow, Standing)>, EngineError> {
        let rows = self.inner.store.bakes(filter).await?;
        Ok(rows.into_iter().map(|row| self.with_standing(row)).collect())
    }

    /// The bake of an id, or the newest of a name (DEC-31).
    ///
    /// Errors: `UnknownBake`.
    pub async fn find_bake(&self, text: &str) -> Result<BakeRow, EngineError> {
        if let Some(row) = self.inner.store.bake(&BakeId::new(text)).await? {
            return Ok(row);
        }
        let filter = BakeFilter { name: Some(text.to_owned()), limit: 1, ..BakeFilter::default() };
        let newest = self.inner.store.bakes(&filter).await?.into_iter().next();
        newest.ok_or_else(|| EngineError::UnknownBake(text.to_owned()))
    }

    /// All about an attempt of a bake; number -1 is the last.
    ///
    /// Errors: `UnknownBake`, `UnknownAttempt`.
    pub async fn inspect(&self, bake: &str, number: i64) -> Result<Inspection, EngineError> {
        let row = self.find_bake(bake).await?;
        let attempt = self.attempt_of(&row, number).await?;
        let claim = self.inner.store.claim_state(&Subject::Attempt(attempt.id.clone())).await?;
        let standing = self.standing(&attempt, &claim);
        let tasks = self.inner.store.tasks(&attempt.id).await?;
        let restarts = match &attempt.from {
            Some(from) => self.inner.store.attempt(from).await?.map(|from| from.number),
            None => None,
        };
        Ok(Inspection { row, attempt, restarts, standing, tasks })
    }

    async fn attempt_of(&self, row: &BakeRow, number: i64) -> Result<Attempt, EngineError> {
        if number == -1 || number == i64::from(row.attempt.number) {
            return Ok(row.attempt.clone());
        }
        let attempts = self.inner.store.attempts(&row.bake.id).await?;
        let found = attempts.into_iter().find(|attempt| i64::from(attempt.number) == number);
        found.ok_or_else(|| EngineError::UnknownAttempt { bake: row.bake.id.to_string(), number })
    }

    /// A task of an attempt by its dotted id.
    ///
    /// Errors: `UnknownTask` with all ids that exist.
    pub async fn task(&self, attempt: &Attempt, text: &str) -> Result<Task, EngineError> {
        // Hardly an id holds dots itself: then this is it, and an attempt of many tasks need not be read.
        let id = FullId(text.split('.').map(Arc::from).collect());
        if let Some(task) = self.inner.store.task(&attempt.id, &id).await? {
            return Ok(task);
        }
        // Else looked up among the known ids: an id may itself hold dots (DEC-17).
        let tasks = self.inner.store.tasks(&attempt.id).await?;
        let known = || tasks.iter().map(|task| task.id.to_string()).collect();
        let found = tasks.iter().find(|task| task.id.to_string() == text).cloned();
        found.ok_or_else(|| EngineError::UnknownTask { task: text.to_owned(), known: known() })
    }

    /// The tasks that a task needs, as they are.
    pub async fn needed(&self, task: &Task) -> Result<Vec<Task>, EngineError> {
        let prefix = task.id.prefix();
        let ids: BTreeSet<FullId> = task.node.needs.iter().map(|need| prefix.child(&need.id)).collect();
        if ids.len() > FEW {
            let all = self.inner.store.tasks(&task.attempt).await?;
            return Ok(all.into_iter().filter(|one| ids.contains(&one.id)).collect());
        }
        let mut needed = Vec::with_capacity(ids.len());
        for id in ids {
            needed.extend(self.inner.store.task(&task.attempt, &id).await?);
        }
        Ok(needed)
    }

    /// The task as it was run: where its result was taken over, that of the attempt that ran it.
    pub async fn as_run(&self, task: &Task) -> Result<Task, EngineError> {
        let Some(from) = &task.taken_from else { return Ok(task.clone()) };
        let found = self.inner.store.task(from, &task.id).await?;
        Ok(found.unwrap_or_else(|| task.clone()))
    }

    /// What a task was last started with; `None` if it never was.
    pub async fn spec(&self, task: &Task) -> Result<Option<UnitSpec>, EngineError> {
        let Some(digest) = &task.spec else { return Ok(None) };
        let text = self.inner.store.text(digest).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// The attempts of a bake, by number.
    pub async fn attempts(&self, bake: &BakeId) -> Result<Vec<Attempt>, EngineError> {
        Ok(self.inner.store.attempts(bake).await?)
    }

    /// An attempt by its own id; `None` if there is none.
    pub async fn attempt(&self, id: &AttemptId) -> Result<Option<Attempt>, EngineError> {
        Ok(self.inner.store.attempt(id).await?)
    }

    /// A text of an attempt, such as one of its sources.
    pub async fn text(&self, digest: &Digest) -> Result<Option<Arc<str>>, EngineError> {
        Ok(self.inner.store.text(digest).await?)
    }

    /// The position of the newest event: whoever reads records and then follows from here misses nothing.
    pub async fn last_position(&self) -> Result<u64, EngineError> {
        Ok(self.inner.store.last_position().await?)
    }

    /// The events of everything after a position, then as they come.
    pub fn follow_all(&self, after: u64) -> Follow {
        Follow::new(Arc::clone(&self.inner.store), EventScope::All, after)
    }

    /// The events of an attempt after a position, then as they come.
    pub fn follow(&self, attempt: &Attempt, after: u64) -> Follow {
        let scope = EventScope::Subject(Subject::Attempt(attempt.id.clone()));
        Follow::new(Arc::clone(&self.inner.store), scope, after)
    }

    /// The log of a try of a task from a byte on; `number` 0 is the last try.
    ///
    /// `None` if that try never was, as for skipped, cached and waiting tasks, or if it ended before the
    /// executor took it, as by an expression without a value: they have no log.
    pub fn log(&self, task: &Task, number: u32, from: u64) -> Option<LogReader> {
        let found = task.tries.iter().rfind(|one| number == 0 || one.number == number)?;
        if found.outcome.is_some() && found.raw.is_none() && found.log.bytes == 0 {
            return None;
        }
        let key = LaunchKey::task(&task.attempt, &task.id, found.number);
        Some(LogReader::new(Arc::clone(&self.inner.executor), key, from))
    }

    /// How an attempt stands now.
    pub async fn standing_of(&self, attempt: &Attempt) -> Result<Standing, EngineError> {
        let claim = self.inner.store.claim_state(&Subject::Attempt(attempt.id.clone())).await?;
        Ok(self.standing(attempt, &claim))
    }

    fn with_standing(&self, row: BakeRow) -> (BakeRow, Standing) {
        let standing = self.standing(&row.attempt, &row.claim);
        (row, standing)
    }

    pub(super) fn standing(&self, attempt: &Attempt, claim: &ClaimState) -> Standing {
        self.stands((attempt.status, attempt.created_at), claim)
    }

    /// How something of this status, made at this moment and driven so, stands now.
    pub(super) fn stands(&self, (status, created_at): (TaskStatus, Timestamp), claim: &ClaimState) -> Standing {
        if status.is_finished() {
            return Standing::Ended;
        }
        let now = self.inner.clock.now();
        match &claim.owner {
            Some(holder) if claim.until > now && !owner::is_dead(holder) => Standing::Driven,
            // Never claimed: an engine process needs a moment to come up.
            None if claim.epoch.0 == 0 && created_at.after(LEASE) > now => Standing::Waiting,
            Some(_) | None => Standing::Stalled,
        }
    }
}

impl Standing {
    /// `stalled` for an attempt whose engine is gone, else the attempt's own status.
    pub fn word(self, status: TaskStatus) -> &'static str {
        match self {
            Standing::Stalled => "stalled",
            Standing::Waiting | Standing::Driven | Standing::Ended => status.word(),
        }
    }
}
