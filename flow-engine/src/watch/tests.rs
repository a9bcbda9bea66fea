//! What wakes who waits for a file.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::{Change, FileWatch, Patience};

const PATIENCE: Patience = Patience { watched: Duration::from_mins(1), blind: Duration::ZERO };

#[tokio::test]
async fn writing_and_closing_are_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let mut watch = FileWatch::new([path.clone()], PATIENCE);
    assert_eq!(watch.changed().await, Change::Unknown, "it is not there yet");
    let mut log = std::fs::File::create(&path).expect("a file");
    assert_eq!(watch.changed().await, Change::Seen, "what happened before is not known");
    log.write_all(b"x").expect("written");
    assert_eq!(watch.changed().await, Change::Seen);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).expect("closed");
    assert_eq!(watch.changed().await, Change::Seen);
}

#[tokio::test]
async fn a_file_that_is_replaced_is_found_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    std::fs::write(&path, "one").expect("written");
    let mut watch = FileWatch::new([path.clone()], PATIENCE);
    assert_eq!(watch.changed().await, Change::Seen);
    std::fs::remove_file(&path).expect("removed");
    while watch.changed().await == Change::Seen {}
    std::fs::write(&path, "two").expect("written");
    assert_eq!(watch.changed().await, Change::Seen);
}
