//! Lines keep their offsets, however the log comes in pieces.

use super::{LONGEST, Line, LineCutter};

fn cut(pieces: &[&[u8]]) -> Vec<Line> {
    let mut cutter = LineCutter::new(100);
    let mut lines: Vec<Line> = pieces.iter().flat_map(|piece| cutter.feed(piece)).collect();
    lines.extend(cutter.finish());
    lines
}

#[test]
fn pieces_do_not_matter() {
    let text = b"one\n\ntwo\r\nlast";
    let whole = cut(&[text]);
    let offsets: Vec<(u64, u64)> = whole.iter().map(|line| (line.offset, line.next)).collect();
    assert_eq!(offsets, [(100, 104), (104, 105), (105, 110), (110, 114)]);
    assert_eq!(whole[2].bytes, b"two\r");
    for at in 0..text.len() {
        let (left, right) = text.split_at(at);
        assert_eq!(cut(&[left, right]), whole);
    }
}

#[test]
fn a_line_without_an_end_takes_no_memory() {
    let lines = cut(&[&vec![b'x'; LONGEST], &vec![b'x'; LONGEST], b"y"]);
    let lengths: Vec<usize> = lines.iter().map(|line| line.bytes.len()).collect();
    assert_eq!(lengths, [LONGEST, LONGEST, 1]);
    assert_eq!(lines[2].next, 100 + 2 * LONGEST as u64 + 1);
}
