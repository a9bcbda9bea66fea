use super::*;

#[test]
fn decorations_give_branch_and_tags() {
    let info = parse("abc\nHEAD -> refs/heads/main, tag: refs/tags/v1, tag: refs/tags/v2, refs/heads/other\n").unwrap();
    assert_eq!(info.branch, "main");
    assert_eq!(info.tags, ["v1", "v2"]);
}

#[test]
fn detached_and_untagged() {
    let info = parse("abc\nHEAD\n").unwrap();
    assert_eq!((info.sha.as_str(), info.branch.as_str()), ("abc", "HEAD"));
    assert!(info.tags.is_empty());
}
