//! What wakes who waits for a log.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use super::{Change, LogWatch};

#[tokio::test]
async fn output_and_the_end_are_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let mut watch = LogWatch::new(&path);
    let mut log = std::fs::File::create(&path).expect("a file");
    while watch.changed().await == Change::Unknown {}
    log.write_all(b"x").expect("written");
    assert_eq!(watch.changed().await, Change::Seen);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).expect("closed");
    assert_eq!(watch.changed().await, Change::Seen);
}
