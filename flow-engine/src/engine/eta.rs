//! [`History`]: how long tasks of a batch took in earlier bakes; [`Eta`]: how much longer one will take.
//!
//! The estimate is the longest way through what is left, each task by its median of earlier bakes; it is never less
//! than all that is left, shared among as many as run now.

use std::collections::BTreeMap;
use std::time::Duration;

use flow_core::model::{Bake, FullId, Task, TaskStatus, Timestamp};
use flow_core::port::BakeFilter;

use crate::EngineError;
use crate::engine::Engine;

/// How many earlier bakes are looked at.
const BAKES: u32 = 8;

/// How long tasks of a batch took.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The median of each task.
    tasks: BTreeMap<FullId, Duration>,
    /// The median of all rows of a matrix: the prefix of its graph, and its entry.
    entries: BTreeMap<(FullId, u32), Duration>,
}

/// How much longer an attempt will take, if all goes as before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eta {
    /// That long.
    pub remaining: Duration,
    /// What it waits for longest: tasks that have not ended, each needing the one before.
    pub path: Vec<FullId>,
}

impl Engine {
    /// How long the tasks of a bake's batch took in the bakes before it.
    pub async fn history(&self, bake: &Bake) -> Result<History, EngineError> {
        let filter = BakeFilter {
            project: Some(bake.project.clone()),
            batch: Some(bake.batch.clone()),
            until: Some(bake.created_at),
            limit: BAKES + 1,
            ..BakeFilter::default()
        };
        let mut tasks = Vec::new();
        for row in self.inner.store.bakes(&filter).await?.into_iter().filter(|row| row.bake.id != bake.id) {
            for attempt in self.inner.store.attempts(&row.bake.id).await? {
                tasks.extend(self.inner.store.tasks(&attempt.id).await?);
            }
        }
        Ok(History::of(&tasks))
    }
}

impl History {
    /// The history that these tasks make, of however many attempts.
    pub fn of(tasks: &[Task]) -> Self {
        let mut by_task: BTreeMap<FullId, Vec<Duration>> = BTreeMap::new();
        let mut by_entry: BTreeMap<(FullId, u32), Vec<Duration>> = BTreeMap::new();
        for task in tasks.iter().filter(|task| task.status == TaskStatus::Succeeded) {
            let Some(took) = took(task) else { continue };
            by_task.entry(task.id.clone()).or_default().push(took);
            by_entry.entry(entry_of(task)).or_default().push(took);
        }
        History {
            tasks: by_task.into_iter().map(|(id, spans)| (id, median(spans))).collect(),
            entries: by_entry.into_iter().map(|(entry, spans)| (entry, median(spans))).collect(),
        }
    }

    /// How much longer an attempt with these tasks will take; they stand in graph order.
    ///
    /// What has ended in it counts for the other rows of its matrix. `None` once all have ended, and while a task is
    /// left of which nobody knows how long it takes.
    pub fn eta(&self, tasks: &[Task], now: Timestamp) -> Option<Eta> {
        let own = History::of(tasks);
        let mut left: Vec<Left<'_>> = Vec::new();
        for task in tasks.iter().filter(|task| !task.status.is_finished()) {
            // An open call takes as long as what it holds, and the node of late rows ends with its needs.
            let span = if task.opened || task.node.late { Duration::ZERO } else { self.left_of(task, &own, now)? };
            left.push(Left { task, span });
        }
        let way = longest(&left)?;
        let running = left.iter().filter(|left| left.task.status == TaskStatus::Running && !left.task.opened).count();
        let work: Duration = left.iter().map(|left| left.span).sum();
        let shared = work / u32::try_from(running.max(1)).unwrap_or(u32::MAX);
        // Before anything runs nobody knows how many will run at once.
        let remaining = if running > 0 { way.span.max(shared) } else { way.span };
        Some(Eta { remaining, path: way.path })
    }

    /// How much of a task is left.
    fn left_of(&self, task: &Task, own: &History, now: Timestamp) -> Option<Duration> {
        let entry = entry_of(task);
        let known = self.tasks.get(&task.id).or_else(|| own.entries.get(&entry)).or_else(|| self.entries.get(&entry));
        let begun = task.tries.last().and_then(|last| last.started_at);
        Some(known?.saturating_sub(begun.map_or(Duration::ZERO, |begun| now.since(begun))))
    }
}

/// How long a task ran, or all that a call opened.
fn took(task: &Task) -> Option<Duration> {
    if task.opened {
        return Some(task.history.last()?.at.since(task.history.first()?.at));
    }
    let last = task.tries.last()?;
    Some(last.ended_at?.since(last.started_at.unwrap_or(last.launched_at)))
}

fn entry_of(task: &Task) -> (FullId, u32) {
    (task.id.prefix(), task.node.entry)
}

fn median(mut spans: Vec<Duration>) -> Duration {
    spans.sort_unstable();
    spans.get(spans.len() / 2).copied().unwrap_or_default()
}

/// A task that has not ended.
#[derive(Debug)]
struct Left<'a> {
    task: &'a Task,
    span: Duration,
}

/// A way through what is left.
#[derive(Clone, Debug, Default)]
struct Way {
    span: Duration,
    path: Vec<FullId>,
}

/// When a task will have ended, and which it waited for last.
type End = (Duration, Option<usize>);

/// The longest way; `None` if nothing is left.
fn longest(left: &[Left<'_>]) -> Option<Way> {
    let before = waits(left);
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); left.len()];
    for (at, places) in before.iter().enumerate() {
        for place in places {
            after.get_mut(*place)?.push(at);
        }
    }
    let mut missing: Vec<usize> = before.iter().map(Vec::len).collect();
    let mut ready: Vec<usize> = (0..left.len()).filter(|at| missing.get(*at) == Some(&0)).collect();
    let mut ends: Vec<Option<End>> = vec![None; left.len()];
    while let Some(at) = ready.pop() {
        let known = before.get(at)?.iter().filter_map(|place| Some((ends.get(*place).copied()??.0, *place)));
        let last = known.max();
        let end = last.map_or(Duration::ZERO, |(end, _)| end) + left.get(at)?.span;
        *ends.get_mut(at)? = Some((end, last.map(|(_, place)| place)));
        for next in after.get(at)? {
            let open = missing.get_mut(*next)?;
            *open -= 1;
            if *open == 0 {
                ready.push(*next);
            }
        }
    }
    walk_back(left, &ends)
}

/// What each waits for: its needs; an open call for what it holds. The tasks of a call need not wait for the needs of
/// the call: it was opened when these were met.
fn waits(left: &[Left<'_>]) -> Vec<Vec<usize>> {
    let index: BTreeMap<&FullId, usize> = left.iter().enumerate().map(|(at, left)| (&left.task.id, at)).collect();
    let mut inside: BTreeMap<FullId, Vec<usize>> = BTreeMap::new();
    for (at, one) in left.iter().enumerate() {
        inside.entry(one.task.id.prefix()).or_default().push(at);
    }
    let of = |task: &Task| {
        let prefix = task.id.prefix();
        let needs = task.node.needs.iter().filter_map(|need| index.get(&prefix.child(&need.id)).copied());
        needs.chain(inside.get(&task.id).into_iter().flatten().copied()).collect()
    };
    left.iter().map(|one| of(one.task)).collect()
}

fn walk_back(left: &[Left<'_>], ends: &[Option<End>]) -> Option<Way> {
    let known = ends.iter().enumerate().filter_map(|(at, end)| Some((end.as_ref()?.0, at)));
    // Of those that end last the first in graph order.
    let (span, last) = known.max_by_key(|(span, at)| (*span, std::cmp::Reverse(*at)))?;
    let mut way = Way { span, path: Vec::new() };
    let mut at = Some(last);
    while let Some(place) = at
        && way.path.len() < left.len()
    {
        let one = left.get(place)?;
        if !one.task.opened && !one.task.node.late {
            way.path.push(one.task.id.clone());
        }
        at = ends.get(place).copied().flatten().and_then(|(_, before)| before);
    }
    way.path.reverse();
    Some(way)
}

#[cfg(test)]
mod tests;
