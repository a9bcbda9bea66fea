//! Notes are found by the bytes that they are about.

use super::*;

#[test]
fn notes_are_found_by_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.times");
    assert_eq!(read(&path, 0, 9).expect("none yet"), []);
    for (bytes, at) in [(10, 1000), (20, 2000), (500, 3000), (501, 4000)] {
        add(&path, bytes, Timestamp::from_unix_millis(at)).expect("noted");
    }
    let times =
        |from, to| read(&path, from, to).expect("read").iter().map(|one| one.at.unix_millis).collect::<Vec<_>>();
    assert_eq!(times(0, 10), [1000]);
    assert_eq!(times(0, 11), [1000, 2000]);
    assert_eq!(times(10, 20), [2000]);
    assert_eq!(times(499, 10_000), [3000, 4000]);
    assert_eq!(times(501, 10_000), [] as [u64; 0], "what was written since is not noted yet");
    // A note that is being written.
    let mut file = File::options().append(true).open(&path).expect("open");
    file.write_all(&[1, 2, 3]).expect("written");
    assert_eq!(times(500, 10_000), [4000]);
}
