//! [`ManualClock`] and [`CountingIds`]: time and chance that a test decides.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use flow_core::model::Timestamp;
use flow_core::port::{Clock, Ids};
use tokio::sync::watch;

use crate::sys::uuid_text;

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct ManualClock {
    state: watch::Sender<ClockState>,
}

#[derive(Debug)]
struct ClockState {
    now: Timestamp,
    /// How many sleep until which moment.
    sleepers: BTreeMap<Timestamp, usize>,
}

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        ManualClock { state: watch::Sender::new(ClockState { now, sleepers: BTreeMap::new() }) }
    }

    /// Moves the clock forward.
    pub fn advance(&self, span: Duration) {
        self.state.send_modify(|state| state.now = state.now.after(span));
    }

    /// Sets the clock, also backwards.
    pub fn set(&self, now: Timestamp) {
        self.state.send_modify(|state| state.now = now);
    }

    /// The earliest moment that somebody sleeps for.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.state.borrow().sleepers.keys().next().copied()
    }

    /// Returns when somebody sleeps until `moment`, so that a test moves the clock only after that.
    pub async fn slept_for(&self, moment: Timestamp) {
        let mut states = self.state.subscribe();
        // The sender is in `self`, so the wait cannot fail.
        let _ = states.wait_for(|state| state.sleepers.contains_key(&moment)).await;
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.state.borrow().now
    }

    async fn sleep_until(&self, moment: Timestamp) {
        let mut states = self.state.subscribe();
        let _sleeper = Sleeper::new(&self.state, moment);
        let _ = states.wait_for(|state| state.now >= moment).await;
    }
}

/// Somebody who sleeps; taken off the list when it wakes or is dropped.
struct Sleeper<'a> {
    state: &'a watch::Sender<ClockState>,
    moment: Timestamp,
}

impl<'a> Sleeper<'a> {
    fn new(state: &'a watch::Sender<ClockState>, moment: Timestamp) -> Self {
        state.send_modify(|state| *state.sleepers.entry(moment).or_default() += 1);
        Sleeper { state, moment }
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.state.send_modify(|state| {
            let left = state.sleepers.get(&self.moment).copied().unwrap_or(0).saturating_sub(1);
            if left == 0 {
                state.sleepers.remove(&self.moment);
            } else {
                state.sleepers.insert(self.moment, left);
            }
        });
    }
}

/// Ids that count from 1, over all prefixes.
#[derive(Debug, Default)]
pub struct CountingIds {
    last: AtomicU64,
}

impl CountingIds {
    /// Starts with 1.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Ids for CountingIds {
    fn fresh(&self, prefix: &str) -> String {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        uuid_text(prefix, u128::from(number))
    }
}

#[cfg(test)]
mod tests;
