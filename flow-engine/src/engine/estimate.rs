//! [`Expectation`]: how long an attempt will take, from how long its tasks took before.

use std::collections::BTreeMap;
use std::time::Duration;

use flow_core::model::{Attempt, FullId, NeedsLevel, Task, TaskStatus, Timestamp};
use flow_core::port::BakeFilter;

use crate::EngineError;
use crate::engine::{Engine, Inspection};

/// How many earlier bakes are asked.
const BAKES: u32 = 100;
/// How many attempts are learnt from, the newest.
const LEARNT: usize = 5;

/// How long the tasks of a batch took when it went well; empty where it never did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The middle of the times that a task took, by its full id.
    tasks: BTreeMap<FullId, Duration>,
    /// The middle of the times that the whole took where nothing came from the cache.
    whole: Option<Duration>,
}

/// What is to be expected of an attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// How much longer it will take; `None` where nothing is known, or where it has ended.
    pub remaining: Option<Duration>,
    /// The tasks that decide how long it takes, each needing the one before.
    pub path: Vec<FullId>,
}

impl Engine {
    /// Learns from the newest successes of the same batch. Cost: reads the tasks of a few attempts.
    ///
    /// Errors: `Store`.
    pub async fn expectation(&self, found: &Inspection) -> Result<Expectation, EngineError> {
        let own = &found.row.bake;
        let (project, batch) = (Some(own.project.clone()), Some(own.batch.clone()));
        let filter = BakeFilter { project, batch, limit: BAKES, ..BakeFilter::default() };
        let rows = self.inner.store.bakes(&filter).await?.into_iter();
        let is_wanted = |one: &Attempt| {
            // What a restart took over took no time: it teaches nothing.
            one.status == TaskStatus::Succeeded && one.id != found.attempt.id && one.from.is_none()
        };
        let attempts = rows.map(|row| row.attempt).filter(is_wanted).take(LEARNT);
        let (mut tasks, mut wholes): (BTreeMap<FullId, Vec<Duration>>, Vec<Duration>) = Default::default();
        for attempt in attempts {
            let own = self.inner.store.tasks(&attempt.id).await?;
            // What came from the cache took no time, so the whole was shorter than its tasks make it.
            if own.iter().all(|task| task.status != TaskStatus::Cached) {
                wholes.extend(attempt.ended_at.map(|end| end.since(attempt.created_at)));
            }
            for task in own {
                if let Some(took) = took(&task) {
                    tasks.entry(task.id).or_default().push(took);
                }
            }
        }
        let tasks = tasks.into_iter().filter_map(|(id, times)| Some((id, middle(times)?))).collect();
        Ok(Expectation { tasks, whole: middle(wholes) })
    }

    /// What is to be expected of an attempt now.
    pub fn estimate(&self, expectation: &Expectation, found: &Inspection) -> Estimate {
        let tasks: Vec<&Task> = found.tasks.iter().collect();
        expectation.estimate(&tasks, &found.attempt, self.inner.clock.now())
    }
}

impl Expectation {
    /// What is to be expected at a moment.
    ///
    /// The longest way through what is left, stretched by how much longer than its own longest way the whole took
    /// before: so the bound of tasks at once counts, without knowing it.
    pub fn estimate(&self, tasks: &[&Task], attempt: &Attempt, now: Timestamp) -> Estimate {
        let expected = |task: &Task| self.tasks.get(&task.id).copied().unwrap_or_default();
        let known = |task: &Task| took(task).unwrap_or_else(|| expected(task).max(elapsed(task, now)));
        let path = Ways::new(tasks, known).longest();
        if attempt.status.is_finished() || self.tasks.is_empty() {
            return Estimate { remaining: None, path };
        }
        let left = |task: &Task| {
            let rest = expected(task).saturating_sub(elapsed(task, now));
            if task.status.is_finished() { Duration::ZERO } else { rest }
        };
        let usual = Ways::new(tasks, expected).length();
        let stretch = self.whole.filter(|_| !usual.is_zero()).map(|whole| whole.as_secs_f64() / usual.as_secs_f64());
        let remaining = Ways::new(tasks, left).length().mul_f64(stretch.unwrap_or(1.0).max(1.0));
        Estimate { remaining: Some(remaining), path }
    }
}

/// How long a task took from its first start to its end.
fn took(task: &Task) -> Option<Duration> {
    let first = task.tries.first()?.launched_at;
    Some(task.tries.last()?.ended_at?.since(first)).filter(|_| task.status.is_finished())
}

fn elapsed(task: &Task, now: Timestamp) -> Duration {
    task.tries.first().map_or(Duration::ZERO, |first| now.since(first.launched_at))
}

fn middle(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

/// The longest ways through a graph of tasks; calls begin before and end behind what they hold.
struct Ways<'a> {
    tasks: &'a [&'a Task],
    /// How long the way to the start (even) and to the end (odd) of each task is.
    lengths: Vec<Duration>,
    /// The step before on that way.
    before: Vec<Option<usize>>,
}

impl<'a> Ways<'a> {
    fn new(tasks: &'a [&'a Task], length: impl Fn(&Task) -> Duration) -> Self {
        let (steps, mut open) = steps(tasks, length);
        let count = tasks.len() * 2;
        let mut ways = Ways { tasks, lengths: vec![Duration::ZERO; count], before: vec![None; count] };
        let mut ready: Vec<usize> = (0..count).filter(|at| open.get(*at) == Some(&0)).collect();
        while let Some(at) = ready.pop() {
            let here = ways.length_to(at);
            for (to, more) in steps.get(at).into_iter().flatten() {
                ways.reach(*to, here + *more, at);
                if let Some(left) = open.get_mut(*to) {
                    *left -= 1;
                    ready.extend((*left == 0).then_some(*to));
                }
            }
        }
        ways
    }

    fn length_to(&self, at: usize) -> Duration {
        self.lengths.get(at).copied().unwrap_or_default()
    }

    fn reach(&mut self, at: usize, length: Duration, from: usize) {
        if let (Some(known), Some(before)) = (self.lengths.get_mut(at), self.before.get_mut(at))
            && (before.is_none() || *known < length)
        {
            (*known, *before) = (length, Some(from));
        }
    }

    fn length(&self) -> Duration {
        self.lengths.iter().copied().max().unwrap_or_default()
    }

    /// The tasks on the longest way that take time themselves.
    fn longest(&self) -> Vec<FullId> {
        let mut at = (0..self.lengths.len()).max_by_key(|at| self.length_to(*at));
        let mut path = Vec::new();
        while let Some(step) = at {
            let task = self.tasks.get(step / 2).filter(|task| step % 2 == 1 && !task.opened && !task.node.late);
            path.extend(task.map(|task| task.id.clone()));
            at = self.before.get(step).copied().flatten();
        }
        path.reverse();
        path
    }
}

/// From each step to the next ones with the time between, and how many steps each waits for.
type Steps = (Vec<Vec<(usize, Duration)>>, Vec<usize>);

fn steps(tasks: &[&Task], length: impl Fn(&Task) -> Duration) -> Steps {
    let places: BTreeMap<&FullId, usize> = tasks.iter().enumerate().map(|(at, task)| (&task.id, at)).collect();
    let (mut steps, mut open) = (vec![Vec::new(); tasks.len() * 2], vec![0_usize; tasks.len() * 2]);
    let mut add = |from: usize, to: usize, time: Duration| {
        if let (Some(list), Some(count)) = (steps.get_mut(from), open.get_mut(to)) {
            list.push((to, time));
            *count += 1;
        }
    };
    for (at, task) in tasks.iter().enumerate() {
        let (start, end) = (at * 2, at * 2 + 1);
        add(start, end, if task.opened { Duration::ZERO } else { length(task) });
        let prefix = task.id.prefix();
        if let Some(call) = places.get(&prefix) {
            add(call * 2, start, Duration::ZERO);
            add(end, call * 2 + 1, Duration::ZERO);
        }
        for need in &task.node.needs {
            let Some(needed) = places.get(&prefix.child(&need.id)) else { continue };
            let from = if need.level == NeedsLevel::Running { needed * 2 } else { needed * 2 + 1 };
            add(from, start, Duration::ZERO);
        }
    }
    (steps, open)
}

#[cfg(test)]
mod tests;
