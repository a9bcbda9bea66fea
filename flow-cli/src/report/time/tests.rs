//! Words for times.

use std::time::Duration;

use flow_core::model::Timestamp;

use super::{Zone, span};

#[test]
fn spans_have_two_units_at_most() {
    let cases = [(0, "0.0s"), (449, "0.4s"), (9_999, "9.9s"), (10_000, "10s"), (185_000, "3m 05s")];
    let long = [(7_620_000, "2h 07m"), (100_800_000, "1d 04h")];
    for (millis, text) in cases.into_iter().chain(long) {
        assert_eq!(span(Duration::from_millis(millis)), text);
    }
}

#[test]
fn times_are_local_and_relative_below_a_day() {
    let at = Timestamp::from_unix_millis(1_795_392_181_004);
    let (utc, kyiv) = (Zone::of(Some("UTC")), Zone::of(Some("EET-2")));
    assert_eq!(utc.clock(at), "00:03:01");
    assert_eq!(kyiv.clock(at), "02:03:01");
    assert_eq!(kyiv.full(at), "2026-11-23 02:03:01 +02:00");
    assert_eq!(utc.when(at, at.after(Duration::from_secs(1))), "just now");
    assert_eq!(utc.when(at, at.after(Duration::from_secs(301))), "5m ago");
    assert_eq!(utc.when(at, at.after(Duration::from_secs(7_300))), "2h ago");
    assert_eq!(kyiv.when(at, at.after(Duration::from_hours(24))), "2026-11-23 02:03");
}
