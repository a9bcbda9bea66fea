//! [`Board`]: what a watcher knows of an attempt, folded from its events by the one fold that the
//! stores use too, so that the terminal and `inspect` can never differ.

use std::convert::Infallible;

use flow_core::event::fold::{Rows, fold};
use flow_core::event::{Event, EventKind};
use flow_core::model::{
    Attempt, AttemptId, Bake, CacheEntry, Counts, FullId, LiveJob, LiveJobId, Task, in_graph_order,
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
        Counts::of(self.tasks.values().map(|task| task.status))
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
