//! Where pieces of logs are cut.

use super::whole_lines;

#[test]
fn pieces_hold_whole_lines() {
    assert_eq!(whole_lines(b"one\ntwo\nthr", false, true), (0, &b"one\ntwo\n"[..]));
    assert_eq!(whole_lines(b"one\ntwo\nthr", false, false), (0, &b"one\ntwo\nthr"[..]));
    assert_eq!(whole_lines(b"ne\ntwo\n", true, true), (3, &b"two\n"[..]));
    assert_eq!(whole_lines(b"", true, false), (0, &b""[..]));
}

#[test]
fn a_line_without_end_is_cut_between_characters() {
    let text = "ää".as_bytes();
    assert_eq!(whole_lines(&text[..3], false, true), (0, &text[..2]));
    assert_eq!(whole_lines(text, false, true), (0, text));
    // Bytes that are no text at all go through, else nothing ever would.
    assert_eq!(whole_lines(b"\x80\x80", false, true), (0, &b"\x80\x80"[..]));
}
