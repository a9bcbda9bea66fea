//! Permits by a clock that the test moves.

use std::sync::Arc;
use std::time::Duration;

use flow_core::model::Timestamp;
use flow_engine::testing::ManualClock;

use super::Bucket;

#[test]
fn permits_are_bounded_and_come_back() {
    let clock = Arc::new(ManualClock::new(Timestamp::from_unix_millis(1_000)));
    let bucket = Bucket::new(clock.clone(), 2000, 500);
    let taken = || (0..5000).take_while(|_| bucket.take()).count();
    assert_eq!(taken(), 2000);
    clock.advance(Duration::from_millis(1));
    assert_eq!(taken(), 0, "half a permit is none");
    clock.advance(Duration::from_millis(1));
    assert_eq!(taken(), 1);
    clock.advance(Duration::from_secs(1));
    assert_eq!(taken(), 500);
    clock.advance(Duration::from_hours(1));
    assert_eq!(taken(), 2000, "never more than it holds");
}
