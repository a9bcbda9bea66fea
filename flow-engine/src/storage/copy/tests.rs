//! Copies of real trees.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use super::{CopyProgress, CopyReport, copy};
use crate::storage::file::copy_file;
use crate::storage::scan::{FileFacts, PART};
use crate::storage::{Ignore, StorageError};

fn run(from: &Path, to: &Path) -> Result<CopyReport, StorageError> {
    copy(from, to, Ignore::Rules, &|_| {})
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The names of all files below a folder with their texts, but for links.
fn tree(top: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![top.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(top).unwrap().display().to_string();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn age(path: &Path, seconds: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

#[test]
fn only_what_changed_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("deep/to"));
    write(&from.join("a"), "one");
    write(&from.join("b/c"), "two");
    fs::create_dir(from.join("empty")).unwrap();
    let report = run(&from, &to).unwrap();
    assert_eq!((report.copied, report.bytes, report.unchanged), (2, 6, 0));
    assert_eq!(tree(&to), tree(&from));
    assert!(to.join("empty").is_dir());
    let report = run(&from, &to).unwrap();
    assert_eq!((report.copied, report.unchanged), (0, 2));
    // Same size, another time.
    write(&from.join("a"), "ONE");
    age(&to.join("a"), 1000);
    let report = run(&from, &to).unwrap();
    assert_eq!((report.copied, report.unchanged), (1, 1));
    assert_eq!(tree(&to), tree(&from));
}

#[test]
fn what_is_newer_in_the_target_is_kept_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    write(&from.join("a"), "old");
    age(&from.join("a"), 1000);
    write(&to.join("a"), "mine, and longer");
    write(&to.join("other"), "stays");
    let report = run(&from, &to).unwrap();
    assert_eq!((report.copied, report.newer), (0, vec!["a".into()]));
    assert_eq!(fs::read_to_string(to.join("a")).unwrap(), "mine, and longer");
    assert!(to.join("other").exists());
}

#[test]
fn rules_leave_things_out() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    write(&from.join(".apoloignore"), "*.tmp\n/data\n!keep.tmp\n");
    for name in ["a.tmp", "keep.tmp", "data/x", "sub/data/x", "sub/b.tmp", ".hidden", ".git/config"] {
        write(&from.join(name), name);
    }
    write(&from.join("sub/.apoloignore"), "!b.tmp\n");
    run(&from, &to).unwrap();
    let names: Vec<String> = tree(&to).into_iter().map(|(name, _)| name).collect();
    let expected =
        [".apoloignore", ".git/config", ".hidden", "keep.tmp", "sub/.apoloignore", "sub/b.tmp", "sub/data/x"];
    assert_eq!(names, expected);
    copy(&from, &folder.path().join("all"), Ignore::Nothing, &|_| {}).unwrap();
    assert!(folder.path().join("all/data/x").exists());
}

#[test]
fn links_and_permissions_come_along() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    write(&from.join("bin/run"), "#!/bin/sh\n");
    fs::set_permissions(from.join("bin/run"), fs::Permissions::from_mode(0o4755)).unwrap();
    write(&from.join("locked"), "read only");
    fs::set_permissions(from.join("locked"), fs::Permissions::from_mode(0o444)).unwrap();
    std::os::unix::fs::symlink("bin/run", from.join("link")).unwrap();
    std::os::unix::fs::symlink("../nowhere-yet", from.join("bin/dangling")).unwrap();
    let report = run(&from, &to).unwrap();
    assert_eq!(report.links, 2);
    let mode = |name: &str| fs::metadata(to.join(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("bin/run"), mode("locked")), (0o755, 0o644));
    assert_eq!(fs::read_link(to.join("link")).unwrap(), Path::new("bin/run"));
    assert_eq!(run(&from, &to).unwrap().unchanged, 2);
}

#[test]
fn what_must_not_be_copied_is_told_at_once_and_nothing_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    write(&from.join("a"), "x");
    std::os::unix::fs::symlink("/etc/passwd", from.join("absolute")).unwrap();
    std::os::unix::fs::symlink("../../outside", from.join("escapes")).unwrap();
    let Err(StorageError::Obstacles(obstacles)) = run(&from, &to) else { panic!("copied") };
    assert_eq!(obstacles.len(), 2);
    assert!(!to.exists());
}

#[test]
fn nothing_is_written_through_a_link_of_the_target() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to, outside) = (folder.path().join("from"), folder.path().join("to"), folder.path().join("outside"));
    write(&from.join("sub/a"), "x");
    write(&from.join("b"), "x");
    write(&outside.join("b"), "kept");
    fs::create_dir(&to).unwrap();
    std::os::unix::fs::symlink(&outside, to.join("sub")).unwrap();
    let Err(StorageError::Obstacles(obstacles)) = run(&from, &to) else { panic!("copied") };
    assert_eq!(obstacles.len(), 1);
    fs::remove_file(to.join("sub")).unwrap();
    // A link in place of a file is replaced, never followed.
    std::os::unix::fs::symlink(outside.join("b"), to.join("b")).unwrap();
    run(&from, &to).unwrap();
    assert_eq!(fs::read_to_string(outside.join("b")).unwrap(), "kept");
    assert!(!to.join("b").is_symlink());
}

#[test]
fn a_broken_copy_goes_on_and_shows_no_half_file() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    let text = "0123456789".repeat(2_000_000);
    write(&from.join("big"), &text);
    fs::create_dir(&to).unwrap();
    let facts = FileFacts::of(&fs::metadata(from.join("big")).unwrap());
    // The process dies in the middle: the panic stands for it.
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let told = |bytes: u64| assert!(bytes == 0, "dies after the first step");
        copy_file(&from.join("big"), &to.join("big"), facts, &told)
    }));
    assert!(died.is_err());
    assert!(!to.join("big").exists());
    let report = run(&from, &to).unwrap();
    assert_eq!((report.copied, report.bytes), (1, 20_000_000 - (8 << 20)));
    assert_eq!(tree(&to), [("big".to_owned(), text)]);
}

#[test]
fn parts_of_a_file_that_changed_are_not_used_and_go_away() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    write(&from.join("a"), "new");
    write(&to.join(format!("{PART}0123")), "half of an old one");
    run(&from, &to).unwrap();
    assert_eq!(tree(&to), [("a".to_owned(), "new".to_owned())]);
    // Remains are no part of a volume.
    write(&from.join(format!("{PART}0456")), "half");
    run(&from, &to).unwrap();
    assert_eq!(tree(&to).len(), 1);
}

#[test]
fn two_copies_at_once_do_not_mix() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    let text = "0123456789".repeat(2_000_000);
    write(&from.join("big"), &text);
    let inner = Mutex::new(None);
    let facts = FileFacts::of(&fs::metadata(from.join("big")).unwrap());
    fs::create_dir(&to).unwrap();
    let told = |bytes: u64| {
        let mut inner = inner.lock().unwrap();
        if bytes > 0 && inner.is_none() {
            *inner = Some(run(&from, &to));
        }
    };
    copy_file(&from.join("big"), &to.join("big"), facts, &told).unwrap();
    let second = inner.into_inner().unwrap().unwrap();
    assert!(matches!(second, Err(StorageError::Busy(_))));
    assert_eq!(tree(&to), [("big".to_owned(), text)]);
}

#[test]
fn one_file_is_a_tree_too_and_progress_ends_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("model.bin"), folder.path().join("v/model.bin"));
    write(&from, "weights");
    let last = Mutex::new(CopyProgress::default());
    let report = copy(&from, &to, Ignore::Rules, &|now| {
        let mut last = last.lock().unwrap();
        if now.bytes + now.files as u64 >= last.bytes + last.files as u64 {
            *last = now;
        }
    });
    assert_eq!(report.unwrap().copied, 1);
    assert_eq!(fs::read_to_string(&to).unwrap(), "weights");
    let last = last.into_inner().unwrap();
    assert_eq!(last, CopyProgress { files: 1, all_files: 1, bytes: 7, all_bytes: 7 });
    assert!(matches!(run(&folder.path().join("no"), &to), Err(StorageError::Missing(_))));
}
