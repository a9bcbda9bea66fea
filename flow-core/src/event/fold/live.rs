//! [`fold_live`]: the events of a live job into its record.

use crate::event::fold::{Rows, happened, new_try};
use crate::event::{Event, EventKind, Stage};
use crate::model::{
    CancelMark, Exit, LaunchKey, LiveJob, LiveJobId, LogRef, Outcome, Reason, StatusItem, TaskStatus, Timestamp,
};

/// Folds one event of a live job.
pub(super) fn fold_live<R: Rows>(rows: &mut R, id: &LiveJobId, event: &Event) -> Result<(), R::Error> {
    if let EventKind::LiveCreated(created) = &event.kind {
        return rows.put_live_job(&LiveJob::new(id.clone(), created.order.clone(), event.at));
    }
    let Some(mut job) = rows.live_job(id)? else { return Ok(()) };
    edit(&mut job, event);
    rows.put_live_job(&job)
}

/// Changes the record by one event that is about it.
fn edit(job: &mut LiveJob, event: &Event) {
    match &event.kind {
        EventKind::Launching { key, .. } => {
            job.note = None;
            job.tries.push(new_try(key, event.at));
            enter(job, TaskStatus::Pending, event.at);
        }
        EventKind::Launched { raw, .. } => {
            if let Some(last) = job.tries.last_mut() {
                last.raw = Some(raw.clone());
            }
        }
        EventKind::Progress { stage, why, happened_at, .. } => {
            progress(job, (stage, why.as_deref()), (*happened_at, event.at));
        }
        EventKind::Ended { outcome, log, happened_at, .. } => end(job, (outcome, log), (*happened_at, event.at)),
        EventKind::RetryAt { key, at, .. } => {
            lose_before(job, key, event.at);
            job.note = Some(format!("will be started again at {at}"));
            enter(job, TaskStatus::Pending, event.at);
        }
        EventKind::CancelAsked { by, .. } => job.cancel = Some(CancelMark { by: by.clone(), at: event.at }),
        EventKind::LiveEnded { result } => {
            job.note = None;
            job.ended_at = Some(event.at);
            enter(job, *result, event.at);
        }
        EventKind::AttemptCreated(_)
        | EventKind::LiveCreated(_)
        | EventKind::Claimed { .. }
        | EventKind::Expanded { .. }
        | EventKind::LocalsEnded { .. }
        | EventKind::Answered { .. }
        | EventKind::Skipped { .. }
        | EventKind::CacheHit { .. }
        | EventKind::TakenOver { .. }
        | EventKind::AttemptEnded { .. } => {}
    }
}

fn end(job: &mut LiveJob, (outcome, log): (&Outcome, &LogRef), (by_executor, told): (Option<Timestamp>, Timestamp)) {
    let at = happened(job.tries.last(), by_executor, told);
    job.note = None;
    job.outcome = Some(outcome.clone());
    if let Some(last) = job.tries.last_mut() {
        last.ended_at = Some(at);
        last.outcome = Some(outcome.clone());
        last.log = log.clone();
    }
}

fn progress(
    job: &mut LiveJob,
    (stage, why): (&Stage, Option<&str>),
    (by_executor, told): (Option<Timestamp>, Timestamp),
) {
    let at = happened(job.tries.last(), by_executor, told);
    job.note = why.map(str::to_owned);
    if *stage == Stage::Running {
        job.started_at.get_or_insert(at);
        if let Some(last) = job.tries.last_mut() {
            last.started_at.get_or_insert(at);
        }
        enter(job, TaskStatus::Running, at);
    }
}

/// Ends the last start if another one is to follow it and nobody has told its end: then it was lost.
fn lose_before(job: &mut LiveJob, next: &LaunchKey, at: Timestamp) {
    let Some(last) = job.tries.last_mut() else { return };
    if last.number < next.r#try && last.outcome.is_none() {
        last.ended_at = Some(at);
        last.outcome = Some(Outcome { status: TaskStatus::Failed, exit: Exit::None, reason: Reason::Lost });
    }
}

/// Enters a status once; a repeated one adds nothing to the history.
fn enter(job: &mut LiveJob, status: TaskStatus, at: Timestamp) {
    if job.history.last().is_none_or(|last| last.status != status) {
        job.history.push(StatusItem { at, status });
    }
    job.status = status;
}
