//! The block in a start file. Source: CLI-41, OBS-8.9.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn text(before: &str, line: &str) -> Option<String> {
    patched(before.as_bytes(), line).map(|bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn a_block_is_added_once_and_replaced_in_place() {
    let block = |line: &str| format!("{BEGIN}\n{line}\n{END}\n");
    assert_eq!(text("", "one"), Some(block("one")));
    assert_eq!(text("alias x=y", "one"), Some(format!("alias x=y\n\n{}", block("one"))));
    let first = text("alias x=y\n", "one").unwrap();
    assert_eq!(first, format!("alias x=y\n\n{}", block("one")));
    assert_eq!(text(&first, "one").as_deref(), Some(first.as_str()));
    assert_eq!(text(&format!("{first}tail"), "two"), Some(format!("alias x=y\n\n{}tail", block("two"))));
    let foreign = [b"caf\xe9\n".as_slice(), first.as_bytes()].concat();
    assert_eq!(patched(&foreign, "one").as_deref(), Some(foreign.as_slice()), "other bytes are not looked at");
}

#[test]
fn a_block_without_an_end_is_refused() {
    assert_eq!(text(&format!("a\n{BEGIN}\nb\n"), "one"), None);
    assert_eq!(text(&format!("{END}\n{BEGIN}\nb\n"), "one"), None);
}

#[test]
fn a_file_is_replaced_behind_its_link_with_its_permissions() {
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real"), folder.path().join("link"));
    std::fs::write(&real, "old").unwrap();
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink("real", &link).unwrap();
    replace(&link, b"new").unwrap();
    assert_eq!(std::fs::read_to_string(&real).unwrap(), "new");
    assert!(link.is_symlink());
    assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside it");
}
