//! [`Timers`]: what is to be done at which time.

use std::collections::BTreeSet;
use std::time::Instant;

/// What a moment is for; the number is a unit's, or a connection's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// The unit has waited long enough for its start.
    ScheduleTimeout(u64),
    /// The unit has run long enough.
    LifeSpan(u64),
    /// The unit was asked to end, and had time to.
    Grace(u64),
    /// See whether the rest of the unit's group is gone.
    Stragglers(u64),
    /// See how large logs are, and how full the disk.
    Look,
    /// The connection's answer can be put off no longer.
    Answer(u64),
}

/// Moments and their purposes.
#[derive(Debug, Default)]
pub(super) struct Timers {
    set: BTreeSet<(Instant, Timer)>,
}

impl Timers {
    /// Adds one.
    pub(super) fn add(&mut self, at: Instant, timer: Timer) {
        self.set.insert((at, timer));
    }

    /// Takes one back.
    pub(super) fn remove(&mut self, at: Instant, timer: Timer) {
        self.set.remove(&(at, timer));
    }

    /// The next moment.
    pub(super) fn next(&self) -> Option<Instant> {
        self.set.first().map(|&(at, _)| at)
    }

    /// Takes the first that is due.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let &(at, timer) = self.set.first()?;
        (at <= now).then(|| {
            self.set.remove(&(at, timer));
            timer
        })
    }
}
