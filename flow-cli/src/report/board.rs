//! [`Board`]: what a watcher knows of an attempt, folded from its events by the one fold that the
//! stores use too, so that the terminal and `inspect` can never differ.

use std::convert::Infallible;

use flow_core::event::fold::{Rows, fold};
use flow_core::event::{Event, EventKind};
use flow_core::model::{
    Attempt, AttemptId, Bake, CacheEntry, FullId, LiveJob, LiveJobId, Task, TaskStatus, in_graph_order,
};
use indexmap::IndexMap;

/// One attempt.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board {
    pub bake: Option<Bake>,
    pub attempt: Option<Attempt>,
    /// In graph order.
    pub tasks: IndexMap<FullId, Task>,
}

impl Board {
    /// Takes the next event in.
    pub(crate) fn apply(&mut self, event: &Event) {
        let is_more = matches!(event.kind, EventKind::Expanded { .. }) && !self.tasks.is_empty();
        let Ok(()) = fold(self, event);
        if is_more {
            // What becomes known late stands below its call, or with its entry.
            let tasks = in_graph_order(std::mem::take(&mut self.tasks).into_values().collect());
            self.tasks = tasks.into_iter().map(|task| (task.id.clone(), task)).collect();
        }
    }

    /// How many tasks have each status.
    pub(crate) fn counts(&self) -> Counts {
        Counts::of(self.tasks.values())
    }
}

impl Rows for Board {
    type Error = Infallible;

    fn put_bake(&mut self, bake: &Bake) -> Result<(), Infallible> {
        self.bake = Some(bake.clone());
        Ok(())
    }

    fn bake_of(&mut self, _attempt: &Attempt) -> Result<Option<Bake>, Infallible> {
        Ok(self.bake.clone())
    }

    fn attempt(&mut self, id: &AttemptId) -> Result<Option<Attempt>, Infallible> {
        Ok(self.attempt.clone().filter(|attempt| attempt.id == *id))
    }

    fn put_attempt(&mut self, attempt: &Attempt) -> Result<(), Infallible> {
        self.attempt = Some(attempt.clone());
        Ok(())
    }

    fn task(&mut self, _attempt: &AttemptId, id: &FullId) -> Result<Option<Task>, Infallible> {
        Ok(self.tasks.get(id).cloned())
    }

    fn put_task(&mut self, task: &Task) -> Result<(), Infallible> {
        self.tasks.insert(task.id.clone(), task.clone());
        Ok(())
    }

    fn put_cache_entry(&mut self, _entry: &CacheEntry) -> Result<(), Infallible> {
        Ok(())
    }

    // An attempt's events tell of no live job.
    fn live_job(&mut self, _id: &LiveJobId) -> Result<Option<LiveJob>, Infallible> {
        Ok(None)
    }

    fn put_live_job(&mut self, _job: &LiveJob) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Statuses in the order in which people want them counted.
const ORDER: [TaskStatus; 8] = [
    TaskStatus::Succeeded,
    TaskStatus::Cached,
    TaskStatus::Failed,
    TaskStatus::Cancelled,
    TaskStatus::Skipped,
    TaskStatus::Running,
    TaskStatus::Pending,
    TaskStatus::Unknown,
];

/// How many tasks have each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts([usize; ORDER.len()]);

impl Counts {
    pub(crate) fn of<'a>(tasks: impl IntoIterator<Item = &'a Task>) -> Self {
        let mut counts = Counts::default();
        for task in tasks {
            let places = ORDER.iter().zip(&mut counts.0);
            places.filter(|(status, _)| **status == task.status).for_each(|(_, count)| *count += 1);
        }
        counts
    }

    pub(crate) fn get(self, status: TaskStatus) -> usize {
        ORDER.iter().zip(self.0).filter(|(one, _)| **one == status).map(|(_, count)| count).sum()
    }

    pub(crate) fn total(self) -> usize {
        self.0.iter().sum()
    }

    pub(crate) fn finished(self) -> usize {
        ORDER.iter().zip(self.0).filter(|(status, _)| status.is_finished()).map(|(_, count)| count).sum()
    }

    /// Those that are not zero, in order.
    pub(crate) fn present(self) -> impl Iterator<Item = (TaskStatus, usize)> {
        ORDER.into_iter().zip(self.0).filter(|(_, count)| *count > 0)
    }
}
