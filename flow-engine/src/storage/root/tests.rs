//! URIs and the folders they name.

use std::path::Path;

use super::{StorageRoot, stays_inside};

#[test]
fn uris_name_folders_below_the_root() {
    let root = StorageRoot::new("/srv/storage");
    let cases = [
        ("storage:a", "a"),
        ("storage:a/b%20c/", "a/b c"),
        ("storage:/project/a", ".projects/project/a"),
        ("storage://cluster/org/project/a", ".clusters/cluster/org/project/a"),
        ("disk:fast", ".disks/fast"),
    ];
    for (uri, below) in cases {
        assert_eq!(root.path_of(uri).unwrap(), Path::new("/srv/storage").join(below), "{uri}");
    }
}

#[test]
fn no_uri_leaves_the_root() {
    let folder = tempfile::tempdir().unwrap();
    let root = StorageRoot::new(folder.path());
    std::os::unix::fs::symlink("/etc", folder.path().join("link")).unwrap();
    let cases = [
        "storage:",
        "storage:.",
        "storage:..",
        "storage:a/../b",
        "storage:a/%2e%2e/b",
        "storage:a//b",
        "storage:/",
        "storage:a%zz",
        "storage:a%00",
        "storage:link",
        "storage:link/passwd",
        "storage:.projects/p",
        "disk:/a",
        "disk:",
        "blob:a",
        "a/b",
        "",
    ];
    for uri in cases {
        assert!(root.path_of(uri).is_err(), "{uri}");
    }
}

#[test]
fn links_that_stay_inside_a_tree() {
    let cases = [
        ("link", "file", true),
        ("a/link", "../file", true),
        ("a/link", "./../b/file", true),
        ("a/link", "b/../file", false),
        ("link", "../file", false),
        ("a/link", "../../file", false),
        ("a/link", "../a/../../a", false),
        ("a/link", "/file", false),
    ];
    for (at, target, stays) in cases {
        assert_eq!(stays_inside(Path::new(at), Path::new(target)), stays, "{at} -> {target}");
    }
}

#[test]
fn removing_takes_links_away_and_follows_none() {
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("kept"), "x").unwrap();
    let root = StorageRoot::new(folder.path());
    let volume = root.make("storage:a/v").unwrap();
    std::os::unix::fs::symlink(outside.path(), volume.join("link")).unwrap();
    assert!(root.remove("storage:a/v").unwrap());
    assert!(!root.remove("storage:a/v").unwrap());
    assert!(outside.path().join("kept").exists());
    assert!(folder.path().join("a").exists());
}
