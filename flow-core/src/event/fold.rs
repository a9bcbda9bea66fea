//! [`fold`]: events into the records that people list and inspect.
//!
//! Every store folds with this one function, so all stores show the same.

mod live;

use std::sync::Arc;

use indexmap::IndexMap;

use crate::event::{AttemptCreated, CancelScope, EndedTry, Event, EventKind, SkipReason, Stage};
use crate::model::{
    Attempt, AttemptId, Bake, BuiltImage, CacheEntry, CacheKey, CancelMark, Exit, FullId, LaunchKey, LiveJob,
    LiveJobId, LogRef, Need, NextTry, NodeRecord, Outcome, Reason, StatusItem, Subject, Task, TaskStatus, Timestamp,
    Try,
};

/// The rows that a store keeps; reads see the writes of the same fold.
pub trait Rows {
    /// What a failing store says.
    type Error;
    /// Adds or replaces a bake.
    fn put_bake(&mut self, bake: &Bake) -> Result<(), Self::Error>;
    /// The bake that an attempt belongs to.
    fn bake_of(&mut self, attempt: &Attempt) -> Result<Option<Bake>, Self::Error>;
    /// One attempt.
    fn attempt(&mut self, id: &AttemptId) -> Result<Option<Attempt>, Self::Error>;
    /// Adds or replaces an attempt.
    fn put_attempt(&mut self, attempt: &Attempt) -> Result<(), Self::Error>;
    /// One task.
    fn task(&mut self, attempt: &AttemptId, id: &FullId) -> Result<Option<Task>, Self::Error>;
    /// Adds or replaces a task; a new one goes behind all others of its attempt.
    fn put_task(&mut self, task: &Task) -> Result<(), Self::Error>;
    /// Adds a cache entry; the newest of a key counts.
    fn put_cache_entry(&mut self, entry: &CacheEntry) -> Result<(), Self::Error>;
    /// One live job.
    fn live_job(&mut self, id: &LiveJobId) -> Result<Option<LiveJob>, Self::Error>;
    /// Adds or replaces a live job.
    fn put_live_job(&mut self, job: &LiveJob) -> Result<(), Self::Error>;
}

/// Folds one event into the rows.
///
/// Events about rows that do not exist change nothing.
pub fn fold<R: Rows>(rows: &mut R, event: &Event) -> Result<(), R::Error> {
    let attempt = match &event.subject {
        Subject::Attempt(attempt) => attempt,
        Subject::Live(job) => return live::fold_live(rows, job, event),
    };
    match &event.kind {
        EventKind::AttemptCreated(created) => create(rows, attempt, created, event.at),
        EventKind::Expanded { prefix, nodes, edges, .. } => {
            expand(rows, (attempt, prefix), (nodes, edges), event.at)?;
            edit_attempt(rows, attempt, |row| row.status = TaskStatus::Running)
        }
        EventKind::CancelAsked { scope: CancelScope::Attempt, by, .. } => {
            let mark = CancelMark { by: by.clone(), at: event.at };
            edit_attempt(rows, attempt, |row| row.cancel = Some(mark))
        }
        EventKind::AttemptEnded { result } => edit_attempt(rows, attempt, |row| {
            row.status = *result;
            row.ended_at = Some(event.at);
        }),
        EventKind::Claimed { .. }
        | EventKind::LocalsEnded { .. }
        | EventKind::Answered { .. }
        | EventKind::CancelAsked { .. }
        | EventKind::LiveCreated(_)
        | EventKind::LiveEnded { .. } => Ok(()),
        EventKind::Launching { .. }
        | EventKind::Launched { .. }
        | EventKind::Progress { .. }
        | EventKind::Ended { .. }
        | EventKind::RetryAt { .. }
        | EventKind::Skipped { .. }
        | EventKind::CacheHit { .. }
        | EventKind::TakenOver { .. } => match event.kind.image() {
            Some(image) => edit_attempt(rows, attempt, |row| edit_image(row, image, event)),
            None => fold_task(rows, attempt, event),
        },
    }
}

type Edges = IndexMap<Arc<str>, Vec<Need>>;

/// Adds the tasks of a graph below the call that opened it.
fn expand<R: Rows>(
    rows: &mut R,
    (attempt, prefix): (&AttemptId, &FullId),
    (nodes, edges): (&[NodeRecord], &Edges),
    at: Timestamp,
) -> Result<(), R::Error> {
    if let Some(mut call) = rows.task(attempt, prefix)? {
        call.opened = true;
        enter(&mut call, TaskStatus::Pending, at);
        rows.put_task(&call)?;
    }
    for node in nodes {
        rows.put_task(&new_task(attempt, prefix, node))?;
    }
    for (id, needs) in edges {
        if let Some(mut task) = rows.task(attempt, &prefix.child(id))? {
            task.node.needs.clone_from(needs);
            rows.put_task(&task)?;
        }
    }
    Ok(())
}

fn new_task(attempt: &AttemptId, prefix: &FullId, node: &NodeRecord) -> Task {
    Task {
        attempt: attempt.clone(),
        id: prefix.child(&node.id),
        node: node.clone(),
        opened: false,
        status: TaskStatus::Pending,
        history: Vec::new(),
        note: None,
        tries: Vec::new(),
        next_try: None,
        outcome: None,
        outputs: IndexMap::new(),
        state: IndexMap::new(),
        spec: None,
        cached_from: None,
        taken_from: None,
        cache_key: None,
    }
}

fn create<R: Rows>(rows: &mut R, id: &AttemptId, created: &AttemptCreated, at: Timestamp) -> Result<(), R::Error> {
    let attempt = Attempt {
        id: id.clone(),
        bake: created.bake.clone(),
        number: created.number,
        created_at: at,
        ended_at: None,
        status: TaskStatus::Pending,
        params: created.params.clone(),
        executor: created.executor.clone(),
        sources: created.sources.clone(),
        from: created.from.clone(),
        engine_version: created.engine_version.clone(),
        cancel: None,
        images: Vec::new(),
    };
    // Whoever reads a later attempt alone has not seen the bake.
    if rows.bake_of(&attempt)?.is_none() {
        rows.put_bake(&Bake {
            id: created.bake.clone(),
            project: created.project.clone(),
            batch: created.batch.clone(),
            name: created.name.clone(),
            tags: created.tags.clone(),
            created_at: at,
            by: created.by.clone(),
            git: created.git.clone(),
            workspace: created.workspace.clone(),
        })?;
    }
    rows.put_attempt(&attempt)
}

fn edit_attempt<R: Rows>(rows: &mut R, id: &AttemptId, edit: impl FnOnce(&mut Attempt)) -> Result<(), R::Error> {
    let Some(mut row) = rows.attempt(id)? else { return Ok(()) };
    edit(&mut row);
    rows.put_attempt(&row)
}

fn fold_task<R: Rows>(rows: &mut R, attempt: &AttemptId, event: &Event) -> Result<(), R::Error> {
    let Some(node) = event.kind.task() else { return Ok(()) };
    let Some(mut task) = rows.task(attempt, node)? else { return Ok(()) };
    edit_task(&mut task, event);
    if let EventKind::Ended { cache: Some(key), outcome, .. } = &event.kind
        && outcome.status == TaskStatus::Succeeded
    {
        put_cache(rows, &task, key, event.at)?;
    }
    rows.put_task(&task)
}

fn put_cache<R: Rows>(rows: &mut R, task: &Task, key: &CacheKey, at: Timestamp) -> Result<(), R::Error> {
    let Some(attempt) = rows.attempt(&task.attempt)? else { return Ok(()) };
    let Some(bake) = rows.bake_of(&attempt)? else { return Ok(()) };
    rows.put_cache_entry(&CacheEntry {
        project: bake.project,
        batch: bake.batch.into(),
        task: task.id.clone(),
        key: key.clone(),
        created_at: at,
        attempt: attempt.id,
        outputs: task.outputs.clone(),
        state: task.state.clone(),
    })
}

/// Changes the record of an image's build by one event that is about it.
fn edit_image(attempt: &mut Attempt, image: &Arc<str>, event: &Event) {
    if let EventKind::Launching { .. } = &event.kind {
        attempt.images.push(BuiltImage {
            image: image.clone(),
            status: TaskStatus::Pending,
            started_at: event.at,
            ended_at: None,
            reason: None,
        });
    }
    let Some(row) = attempt.images.iter_mut().rfind(|one| one.image == *image) else { return };
    match &event.kind {
        EventKind::Progress { stage: Stage::Running, .. } => row.status = TaskStatus::Running,
        EventKind::Ended { outcome, .. } => {
            row.status = outcome.status;
            row.ended_at = Some(event.at);
            row.reason = Some(outcome.reason.clone());
        }
        _ => {}
    }
}

/// Changes one task by one event that is about it.
fn edit_task(task: &mut Task, event: &Event) {
    match &event.kind {
        EventKind::Launching { key, spec, cache } => {
            task.spec = Some(spec.clone());
            task.cache_key.clone_from(cache);
            add_try(task, key, event.at);
            enter(task, TaskStatus::Pending, event.at);
        }
        EventKind::Launched { raw, .. } => {
            if let Some(last) = task.tries.last_mut() {
                last.raw = Some(raw.clone());
            }
        }
        EventKind::Progress { stage, why, happened_at, .. } => {
            progress(task, stage, why.as_deref(), happened(task.tries.last(), *happened_at, event.at));
        }
        EventKind::Ended { key, outcome, outputs, state, log, happened_at, .. } => {
            if !task.opened && !task.node.late && task.tries.last().is_none_or(|last| last.number < key.r#try) {
                add_try(task, key, event.at);
            }
            end(task, (outcome, log), happened(task.tries.last(), *happened_at, event.at));
            task.outputs.clone_from(outputs);
            task.state.clone_from(state);
        }
        EventKind::RetryAt { key, at, ended } => {
            end_before(task, key, ended.as_deref(), event.at);
            task.next_try = ended.as_ref().map(|ended| NextTry { number: key.r#try, last: ended.last, at: *at });
            task.note = Some(match &task.next_try {
                Some(next) => format!("{} comes at {at}", next.place()),
                None => format!("will be started again at {at}"),
            });
        }
        EventKind::Skipped { because, .. } => {
            task.note = Some(skip_note(because));
            enter(task, TaskStatus::Skipped, event.at);
        }
        EventKind::CacheHit { entry, .. } => {
            task.outputs.clone_from(&entry.outputs);
            task.state.clone_from(&entry.state);
            task.cached_from = Some(entry.attempt.clone());
            task.cache_key = Some(entry.key.clone());
            enter(task, TaskStatus::Cached, event.at);
        }
        EventKind::TakenOver { from, outputs, state, cache, .. } => {
            task.outputs.clone_from(outputs);
            task.state.clone_from(state);
            task.taken_from = Some(from.clone());
            task.cache_key.clone_from(cache);
            enter(task, TaskStatus::Succeeded, event.at);
        }
        EventKind::AttemptCreated(_)
        | EventKind::Claimed { .. }
        | EventKind::Expanded { .. }
        | EventKind::LocalsEnded { .. }
        | EventKind::Answered { .. }
        | EventKind::CancelAsked { .. }
        | EventKind::AttemptEnded { .. }
        | EventKind::LiveCreated(_)
        | EventKind::LiveEnded { .. } => {}
    }
}

fn add_try(task: &mut Task, key: &LaunchKey, at: Timestamp) {
    task.note = None;
    task.tries.push(new_try(key, at));
}

/// A start that was just decided.
fn new_try(key: &LaunchKey, at: Timestamp) -> Try {
    Try {
        number: key.r#try,
        launched_at: at,
        started_at: None,
        ended_at: None,
        raw: None,
        outcome: None,
        log: LogRef::default(),
    }
}

/// When something happened to a start: when the executor says so, but never before what is known of it, nor after it
/// was told. Clocks of other machines may be wrong.
fn happened(last: Option<&Try>, by_executor: Option<Timestamp>, told: Timestamp) -> Timestamp {
    let first = last.map_or(told, |last| last.started_at.unwrap_or(last.launched_at));
    by_executor.map_or(told, |at| at.max(first).min(told))
}

/// Ends the last try if another one is to follow it; where nobody has told how it ended, it was lost.
fn end_before(task: &mut Task, next: &LaunchKey, ended: Option<&EndedTry>, at: Timestamp) {
    let open = |one: &&mut Try| one.number < next.r#try && one.outcome.is_none();
    let Some(last) = task.tries.last_mut().filter(open) else { return };
    let unsaid = || Outcome { status: TaskStatus::Failed, exit: Exit::None, reason: Reason::Lost };
    let at = happened(Some(last), ended.and_then(|ended| ended.happened_at), at);
    last.ended_at = Some(at);
    last.outcome = Some(ended.map_or_else(unsaid, |ended| ended.outcome.clone()));
    last.log = ended.map(|ended| ended.log.clone()).unwrap_or_default();
    enter(task, TaskStatus::Pending, at);
}

fn progress(task: &mut Task, stage: &Stage, why: Option<&str>, at: Timestamp) {
    task.note = why.map(str::to_owned);
    match stage {
        Stage::Running => {
            if let Some(last) = task.tries.last_mut() {
                last.started_at.get_or_insert(at);
            }
            enter(task, TaskStatus::Running, at);
        }
        Stage::Queued | Stage::Starting | Stage::Suspended => {}
    }
}

/// The end of a task: that of its last try, unless that has ended before and no other one followed.
fn end(task: &mut Task, (outcome, log): (&Outcome, &LogRef), at: Timestamp) {
    task.note = None;
    match task.tries.last_mut().filter(|last| last.outcome.is_none()) {
        Some(last) => {
            last.ended_at = Some(at);
            last.outcome = Some(outcome.clone());
            last.log = log.clone();
        }
        None => task.outcome = Some(outcome.clone()),
    }
    enter(task, outcome.status, at);
}

/// Enters a status once; a repeated one adds nothing to the history.
fn enter(task: &mut Task, status: TaskStatus, at: Timestamp) {
    if task.history.last().is_none_or(|last| last.status != status) {
        task.history.push(StatusItem { at, status });
    }
    task.status = status;
}

fn skip_note(because: &SkipReason) -> String {
    match because {
        SkipReason::Disabled { needs } if needs.is_empty() => "not enabled".to_owned(),
        SkipReason::Disabled { needs } => {
            let list: Vec<_> = needs.iter().map(|(id, status)| format!("{id} {status}")).collect();
            format!("needs did not succeed: {}", list.join(", "))
        }
        SkipReason::WindingDown => "the bake was winding down".to_owned(),
        SkipReason::Cancelled => "cancelled before it started".to_owned(),
        SkipReason::Locals => "the local actions before it did not end well".to_owned(),
    }
}
