//! Words for times.

use std::time::Duration;

use flow_core::model::Timestamp;

use super::{Zone, roughly, span};

#[test]
fn spans_have_two_units_at_most() {
    let cases = [(0, "0.0s"), (449, "0.4s"), (9_999, "9.9s"), (10_000, "10s"), (185_000, "3m 05s")];
    let long = [(7_620_000, "2h 07m"), (100_800_000, "1d 04h")];
    for (millis, text) in cases.into_iter().chain(long) {
        assert_eq!(span(Duration::from_millis(millis)), text);
    }
}

#[test]
fn guesses_have_no_more_digits_than_they_deserve() {
    let cases = [(0, "1s"), (7_200, "8s"), (23_000, "25s"), (57_500, "1m"), (230_000, "4m"), (3_569_000, "59m")];
    for (millis, text) in cases.into_iter().chain([(3_570_000, "1h 00m"), (7_620_000, "2h 10m")]) {
        assert_eq!(roughly(Duration::from_millis(millis)), text);
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

/// CLI-22, ODD-8.2.
#[test]
fn times_are_read_with_a_zone_without_one_and_back_from_now() {
    let zone = Zone::of(Some("Europe/Paris"));
    let now = Timestamp::from_unix_millis(1_000_000_000);
    let read = |text: &str| zone.read(text, now).map(|at| at.to_string()).ok();
    assert_eq!(read("2020-01-01").as_deref(), Some("2019-12-31T23:00:00.000Z"), "local time");
    assert_eq!(read("2020-07-01 12:00").as_deref(), Some("2020-07-01T10:00:00.000Z"));
    assert_eq!(read("2020-01-01T00:00:00Z").as_deref(), Some("2020-01-01T00:00:00.000Z"));
    assert_eq!(read("2020-01-01T00:00:00+05:30").as_deref(), Some("2019-12-31T18:30:00.000Z"));
    let millis = |text: &str| zone.read(text, now).ok().map(|at| now.unix_millis - at.unix_millis);
    assert_eq!(millis("1d2h3m4s"), Some(93_784_000));
    assert_eq!(millis("10m"), Some(600_000));
    assert_eq!(millis("0s"), Some(0));
    assert_eq!(zone.read("999999d", now).ok().map(|at| at.unix_millis), Some(0), "there is nothing before 1970");
    for wrong in ["", "yesterday", "1m2h", "5", "m", "1d1d", "99999999999999999999d", "12:00"] {
        assert!(zone.read(wrong, now).is_err(), "{wrong}");
    }
}
