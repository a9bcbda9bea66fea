//! Hostile strings.

use super::{LogCleaner, json, line, same_length, short};

/// A title, a link, a colour, a one-byte control sequence, an override, a rubout.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}a\u{1b}]8;;http://x\u{1b}\\b\u{1b}[31mc\u{9b}2Jd\u{202e}e\u{7f}f\u{0}";

fn has_acting(text: &str) -> bool {
    text.chars().any(|character| super::acts(character) && character != '\n')
}

fn cleaned(pieces: &[&[u8]]) -> String {
    let mut cleaner = LogCleaner::default();
    let mut all: String = pieces.iter().map(|piece| cleaner.feed(piece)).collect();
    all.push_str(&cleaner.finish());
    all
}

#[test]
fn nothing_hostile_is_left_anywhere() {
    // MCH-6.
    for clean in [line(HOSTILE), json(HOSTILE), same_length(HOSTILE), short(HOSTILE, 9), cleaned(&[HOSTILE.as_bytes()])]
    {
        assert!(!has_acting(&clean), "{clean:?}");
    }
}

#[test]
fn names_show_what_was_in_them() {
    assert_eq!(line("a\u{1b}[2Jb\nc"), r"a\u{1b}[2Jb\nc");
}

#[test]
fn spans_stay_true() {
    assert_eq!(same_length(HOSTILE).len(), HOSTILE.len());
    assert_eq!(same_length("a\tb\n"), "a\tb\n");
}

#[test]
fn json_stays_the_same_json() {
    let text = serde_json::to_string(HOSTILE).unwrap();
    assert_eq!(serde_json::from_str::<String>(&json(&text)).unwrap(), HOSTILE);
}

#[test]
fn logs_lose_their_sequences_wherever_they_are_cut() {
    let bytes = HOSTILE.as_bytes();
    let whole = cleaned(&[bytes]);
    assert_eq!(whole, "abcd\\u{202e}e\\u{7f}f\\u{0}");
    for at in 0..bytes.len() {
        let (one, two) = bytes.split_at(at);
        assert_eq!(cleaned(&[one, two]), whole, "cut at {at}");
    }
}

#[test]
fn a_sequence_without_end_hides_its_line_only() {
    assert_eq!(cleaned(&[b"a\x1b]0;never\nb"]), "a\nb");
}

#[test]
fn returns_become_lines() {
    assert_eq!(cleaned(&[b"10%\r20%\r", b"\nx\r"]), "10%\n20%\nx\n");
}

#[test]
fn broken_text_is_marked() {
    assert_eq!(cleaned(&[b"a\xffb\xc3"]), "a\u{fffd}b\u{fffd}");
}
