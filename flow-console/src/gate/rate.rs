//! [`Bucket`]: a bound of how often something may happen.

use std::sync::{Arc, Mutex, PoisonError};

use flow_core::model::Timestamp;
use flow_core::port::Clock;

/// Holds so many permits, and gets some back each second.
#[derive(Debug)]
pub(crate) struct Bucket {
    clock: Arc<dyn Clock>,
    size: u64,
    per_second: u64,
    /// Thousandths of permits, and when they were counted.
    left: Mutex<(u64, Timestamp)>,
}

impl Bucket {
    pub(crate) fn new(clock: Arc<dyn Clock>, size: u64, per_second: u64) -> Self {
        let now = clock.now();
        Bucket { clock, size, per_second, left: Mutex::new((size * 1000, now)) }
    }

    /// Takes a permit if there is one.
    pub(crate) fn take(&self) -> bool {
        let now = self.clock.now();
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        // A thousandth each millisecond, for each permit a second.
        let gained = u64::try_from(now.since(left.1).as_millis()).unwrap_or(u64::MAX).saturating_mul(self.per_second);
        left.0 = left.0.saturating_add(gained).min(self.size * 1000);
        left.1 = left.1.max(now);
        let is_there = left.0 >= 1000;
        if is_there {
            left.0 -= 1000;
        }
        is_there
    }
}

#[cfg(test)]
mod tests;
