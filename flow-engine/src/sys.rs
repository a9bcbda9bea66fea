//! [`SystemClock`] and [`SystemIds`]: the only readers of the real clock and of randomness.
//!
//! Plain threads, which have no runtime, measure and wait by [`monotonic`] and [`pause`].

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use flow_core::model::Timestamp;
use flow_core::port::{Clock, Ids};

/// After so long a sleeper looks at the clock again: it may have been set, or the machine slept.
const LONGEST_NAP: Duration = Duration::from_secs(15);

/// The clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A clock that stands before 1970 is wrong anyway; the epoch is then as good as any moment.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::default().after(since_epoch)
    }

    async fn sleep_until(&self, moment: Timestamp) {
        loop {
            let left = moment.since(self.now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LONGEST_NAP)).await;
        }
    }
}

/// Now, for measuring spans: never runs backwards, and means nothing outside of this process.
pub(crate) fn monotonic() -> Instant {
    Instant::now()
}

/// Keeps a plain thread waiting before it tries again what has no event to wait for.
pub(crate) fn pause(span: Duration) {
    std::thread::sleep(span);
}

/// Random ids, as UUIDs of version 4.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn fresh(&self, prefix: &str) -> String {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the system has random bytes once it is up");
        let random = u128::from_be_bytes(bytes);
        let version = (random & !(0xF << 76)) | (0x4 << 76);
        uuid_text(prefix, (version & !(0x3 << 62)) | (0x2 << 62))
    }
}

/// A fresh secret that nobody can guess: 256 random bits.
pub fn secret() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system has random bytes once it is up");
    bytes
}

/// `<prefix>-` and the number as five groups of 8, 4, 4, 4 and 12 hex digits.
pub(crate) fn uuid_text(prefix: &str, number: u128) -> String {
    let groups = [(96, 8), (80, 4), (64, 4), (48, 4), (0, 12)];
    groups.iter().fold(prefix.to_owned(), |text, (shift, digits)| {
        let group = (number >> shift) & ((1 << (4 * digits)) - 1);
        format!("{text}-{group:0digits$x}")
    })
}

#[cfg(test)]
mod tests;
