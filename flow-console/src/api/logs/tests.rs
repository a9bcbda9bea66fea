//! Where pieces of logs are cut.

use flow_core::model::Timestamp;
use flow_core::port::LogTime;

use super::{line_times, whole_lines};

#[test]
fn pieces_hold_whole_lines() {
    assert_eq!(whole_lines(b"one\ntwo\nthr", false, true), (0, &b"one\ntwo\n"[..]));
    assert_eq!(whole_lines(b"one\ntwo\nthr", false, false), (0, &b"one\ntwo\nthr"[..]));
    assert_eq!(whole_lines(b"ne\ntwo\n", true, true), (3, &b"two\n"[..]));
    assert_eq!(whole_lines(b"", true, false), (0, &b""[..]));
}

#[test]
fn lines_are_as_old_as_the_first_look_that_saw_them() {
    let at = Timestamp::from_unix_millis;
    let note = |bytes, millis| LogTime { bytes, at: at(millis) };
    let times = line_times(&[0, 5, 10, 11, 30], &[note(10, 1000), note(20, 2000)], at(2500));
    assert_eq!(times, [at(1000), at(1000), at(2000), at(2000), at(2500)]);
    assert_eq!(line_times(&[0, 4], &[], at(7)), [at(7), at(7)]);
}

#[test]
fn a_line_without_end_is_cut_between_characters() {
    let text = "ää".as_bytes();
    assert_eq!(whole_lines(&text[..3], false, true), (0, &text[..2]));
    assert_eq!(whole_lines(text, false, true), (0, text));
    // Bytes that are no text at all go through, else nothing ever would.
    assert_eq!(whole_lines(b"\x80\x80", false, true), (0, &b"\x80\x80"[..]));
}
