//! What is left of a log that was too long.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::*;
use crate::executor::local::log;

const MAX: u64 = 64 << 10;

fn files(folder: &Path) -> UnitFiles {
    let path = |name: &str| folder.join(name);
    UnitFiles { log: path("log"), output: path("output"), state: path("state"), cut: path("cut"), times: path("times") }
}

/// Bytes that tell where they stand.
fn numbered(count: usize) -> Vec<u8> {
    (0..count as u64 / 8).flat_map(u64::to_be_bytes).collect()
}

#[test]
fn head_and_tail_stay_at_their_offsets() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    bound(&files, MAX).unwrap();
    let text = numbered(1 << 20);
    let size = text.len() as u64;
    std::fs::write(&files.log, &text).unwrap();
    bound(&files, MAX).unwrap();
    let cut = Cut::read(&files.cut).unwrap().expect("a cut");
    let used = std::fs::metadata(&files.log).unwrap().blocks() * 512;
    assert!(used <= MAX, "{used} bytes are on the disk");
    assert_eq!(std::fs::metadata(&files.log).unwrap().len(), size);
    let piece = |from: u64| log::read(&files, from, 1000).unwrap().expect("a log");
    let at = |from: u64, count: usize| text[from as usize..from as usize + count].to_vec();
    assert_eq!((piece(0).skipped, piece(0).bytes), (0, at(0, 1000)));
    let edge = piece(cut.from - 10);
    assert_eq!((edge.skipped, edge.bytes), (0, at(cut.from - 10, 10)), "it does not lead into the hole");
    for from in [cut.from, cut.from + 7, cut.to - 1] {
        let behind = piece(from);
        assert_eq!((behind.skipped, behind.bytes), (cut.to - from, at(cut.to, 1000)), "{from}");
    }
    assert_eq!(piece(size - 5).bytes, at(size - 5, 5));
    assert!(size - cut.to >= MAX / 4, "a quarter is kept");
}

#[test]
fn a_log_that_goes_on_is_cut_again_and_a_short_one_never() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    std::fs::write(&files.log, numbered(MAX as usize)).unwrap();
    bound(&files, MAX).unwrap();
    assert_eq!(Cut::read(&files.cut).unwrap(), None);
    let mut ends = Vec::new();
    for size in [2 * MAX, 2 * MAX + 8, 4 * MAX] {
        std::fs::OpenOptions::new().write(true).open(&files.log).unwrap().set_len(size).unwrap();
        bound(&files, MAX).unwrap();
        ends.push(Cut::read(&files.cut).unwrap().expect("a cut").to);
    }
    assert_eq!(ends, [2 * MAX - MAX / 4, 2 * MAX - MAX / 4, 4 * MAX - MAX / 4], "a little more is no reason");
}
