//! Reading the kernel's words.

use super::{Stat, parse_stat, stat};

#[test]
fn names_may_hold_anything() {
    let rest = "S 1 77 5 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 9 9";
    for name in ["sh", "a b", ") S 1 2", "x)(", "\u{fffd}"] {
        let line = format!("42 ({name}) {rest}");
        assert_eq!(
            parse_stat(line.as_bytes()),
            Some(Stat { alive: true, group: 77, session: 5, ticks: 123_456 }),
            "{name}"
        );
    }
    assert_eq!(parse_stat(b"42 (sh) S 1"), None);
    assert_eq!(parse_stat(b""), None);
}

#[test]
fn the_dead_are_known() {
    let line = b"42 (sh) Z 1 77 5 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 9 9";
    assert_eq!(parse_stat(line), Some(Stat { alive: false, group: 77, session: 5, ticks: 123_456 }));
    assert!(stat(std::process::id() as i32).expect("we are there").alive);
}
