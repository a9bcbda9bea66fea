//! What a claim allows: pure rules that every store keeps, so that all refuse the same.

use flow_core::event::{AttemptCreated, Event};
use flow_core::model::{Epoch, LiveJobId, LiveOrder, OwnerId, Subject, Timestamp};
use flow_core::port::{ClaimState, NewEvent, StoreError};

/// The state of a subject that nobody ever claimed.
pub(super) fn unclaimed() -> ClaimState {
    ClaimState { epoch: Epoch(0), owner: None, until: Timestamp::default() }
}

/// Whether a writer may append to a subject whose last claim and last `seq` are these.
///
/// An epoch that was never given out is as good as a stale one. A claim that ran out still counts
/// until somebody else claims.
pub(super) fn check_append(
    subject: &Subject,
    writer: (Epoch, u64),
    claim: &ClaimState,
    found: u64,
) -> Result<(), StoreError> {
    let (epoch, expected) = writer;
    check_epoch(subject, epoch, claim)?;
    if expected != found {
        return Err(StoreError::Conflict { subject: subject.to_string(), expected, found });
    }
    Ok(())
}

/// Whether an attempt may be added to a bake whose last attempt has the number `last`, 0 without one.
///
/// Of two restarts at the same time the second is refused.
pub(super) fn check_number(created: &AttemptCreated, last: u32) -> Result<(), StoreError> {
    if created.number > last {
        return Ok(());
    }
    let expected = u64::from(created.number.saturating_sub(1));
    Err(StoreError::Conflict { subject: created.bake.to_string(), expected, found: last.into() })
}

/// Whether a live job may be added while `found`, the unfinished one of the same job and suffix, is there.
///
/// Of two `run`s at the same time the second finds the job of the first (LIV-20).
pub(super) fn check_single(order: &LiveOrder, found: Option<LiveJobId>) -> Result<(), StoreError> {
    match found {
        None => Ok(()),
        Some(id) => Err(StoreError::Unfinished { job: order.job.to_string(), id }),
    }
}

/// The claim after `owner` took the subject over.
pub(super) fn take(
    subject: &Subject,
    owner: &OwnerId,
    (now, until): (Timestamp, Timestamp),
    last: &ClaimState,
) -> Result<ClaimState, StoreError> {
    if let Some(holder) = &last.owner
        && holder != owner
        && last.until > now
    {
        return Err(StoreError::Held { subject: subject.to_string(), owner: holder.clone(), until: last.until });
    }
    Ok(ClaimState { epoch: Epoch(last.epoch.0 + 1), owner: Some(owner.clone()), until })
}

/// The claim after its holder moved the end. A claim that was given back cannot be renewed.
pub(super) fn renew(
    subject: &Subject,
    epoch: Epoch,
    until: Timestamp,
    last: &ClaimState,
) -> Result<ClaimState, StoreError> {
    check_epoch(subject, epoch, last)?;
    if last.owner.is_none() {
        return Err(StoreError::StaleEpoch { subject: subject.to_string() });
    }
    Ok(ClaimState { until, ..last.clone() })
}

/// The claim after it was given back; `None` if there is nothing to give back.
pub(super) fn release(epoch: Epoch, last: &ClaimState) -> Option<ClaimState> {
    let own = last.epoch == epoch && last.owner.is_some();
    own.then(|| ClaimState { epoch, owner: None, until: Timestamp::default() })
}

/// The events as they are stored, the first at `first_position` and behind `last_seq`.
pub(super) fn number(subject: &Subject, events: Vec<NewEvent>, first_position: u64, last_seq: u64) -> Vec<Event> {
    let stored = |(at, event): (u64, NewEvent)| Event {
        position: first_position + at,
        seq: last_seq + 1 + at,
        at: event.at,
        subject: subject.clone(),
        kind: event.kind,
    };
    (0..).zip(events).map(stored).collect()
}

fn check_epoch(subject: &Subject, epoch: Epoch, claim: &ClaimState) -> Result<(), StoreError> {
    if epoch == claim.epoch {
        return Ok(());
    }
    Err(StoreError::StaleEpoch { subject: subject.to_string() })
}
