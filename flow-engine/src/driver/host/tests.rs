use std::fs;

use flow_core::model::Digest;

use super::*;

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    root
}

fn hash(root: &tempfile::TempDir, patterns: &[&str]) -> String {
    let patterns: Vec<String> = patterns.iter().map(|one| (*one).to_owned()).collect();
    hash_files(root.path(), &patterns).unwrap()
}

fn of(text: &str) -> String {
    Digest::of(text.as_bytes()).to_string()
}

#[test]
fn names_and_contents_in_sorted_order() {
    // EXP-50, as observed there.
    let root = tree(&[("a.txt", "A"), ("d/b.txt", "B"), ("d/e/c.txt", "C"), (".apolo/x", "")]);
    assert_eq!(hash(&root, &["a.txt"]), of("a.txtA"));
    assert_eq!(hash(&root, &["*"]), of(".apoloa.txtAd"));
    assert_eq!(hash(&root, &["**/*.txt"]), of("a.txtAd/b.txtBd/e/c.txtC"));
    assert_eq!(hash(&root, &["**"]), of("..apolodd/e"));
    assert_eq!(hash(&root, &["nosuch"]), of(""));
    assert_eq!(hash(&root, &["a.txt", "a.*"]), of("a.txtAa.txtA"));
    assert_eq!(hash(&root, &["[!b].tx?"]), of("a.txtA"));
}

#[test]
fn odd_patterns_are_refused() {
    let root = tree(&[]);
    let error = |pattern: &str| hash_files(root.path(), &[pattern.to_owned()]).unwrap_err();
    assert_eq!(error(""), "a file pattern must not be empty");
    assert_eq!(error("/etc/*"), "the file pattern `/etc/*` must be relative");
}

#[test]
fn a_link_out_of_the_folder_is_refused() {
    let root = tree(&[]);
    std::os::unix::fs::symlink("/etc/hostname", root.path().join("out")).unwrap();
    let error = hash_files(root.path(), &["out".to_owned()]).unwrap_err();
    assert!(error.contains("is a link that leaves"), "{error}");
}
