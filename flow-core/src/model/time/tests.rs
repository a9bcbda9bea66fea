use super::*;

#[test]
fn moments_read_as_iso_8601() {
    let text = |millis| Timestamp::from_unix_millis(millis).to_string();
    assert_eq!(text(0), "1970-01-01T00:00:00.000Z");
    assert_eq!(text(951_782_400_123), "2000-02-29T00:00:00.123Z");
    assert_eq!(text(1_795_385_601_004), "2026-11-22T22:13:21.004Z");
}
