//! Lines in pieces.

use super::Finder;

fn found(finder: &Finder) -> Vec<(u64, &str)> {
    finder.hits.iter().map(|hit| (hit.at, hit.line.as_str())).collect()
}

#[test]
fn lines_are_found_across_pieces() {
    let mut finder = Finder::new("n\u{e4}dle", 10, 9).unwrap();
    finder.feed("hay\nhay with a N\u{c4}".as_bytes());
    finder.feed(b"DLE\nhay");
    finder.finish();
    assert_eq!(found(&finder), [(14, "hay with a N\u{c4}DLE")]);
    assert_eq!(finder.at, 10 + 4 + 18 + 3);
}

#[test]
fn a_line_is_one_hit_and_enough_is_enough() {
    let mut finder = Finder::new("x", 0, 2).unwrap();
    finder.feed(b"xx\r\nno\nx x\nx\nx");
    assert_eq!(found(&finder), [(0, "xx"), (7, "x x")]);
    // Whoever goes on begins behind the last hit's line.
    assert_eq!(finder.at, 11);
    let mut rest = Finder::new("x", finder.at, 9).unwrap();
    rest.feed(b"x\nx");
    rest.finish();
    assert_eq!(found(&rest), [(11, "x"), (13, "x")]);
}

#[test]
fn what_is_gone_is_passed_over() {
    let mut finder = Finder::new("x", 0, 9).unwrap();
    finder.feed(b"x\nbegun x");
    finder.skip(100);
    finder.feed(b"behind x\n");
    assert_eq!(found(&finder), [(0, "x"), (2, "begun x"), (109, "behind x")]);
}

#[test]
fn a_line_without_end_is_looked_at_in_pieces() {
    let mut finder = Finder::new("needle", 0, 9).unwrap();
    for _ in 0..120 {
        finder.feed(&[b'-'; 16_000]);
    }
    assert!(finder.kept.len() < 1024 * 1024 + 100_000, "it takes no memory without end");
    finder.feed(b"needle");
    finder.finish();
    assert_eq!(finder.hits.len(), 1);
}
