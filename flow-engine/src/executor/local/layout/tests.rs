//! Names of files.

use std::collections::BTreeSet;
use std::path::Path;

use flow_core::model::{AttemptId, FullId, LaunchKey, LiveJobId, UnitOwner};

use super::{Layout, place};

fn task(attempt: &str, parts: &[&str], number: u32) -> LaunchKey {
    let node = parts.iter().fold(FullId::root(), |id, part| id.child(part));
    LaunchKey::task(&AttemptId::new(attempt), &node, number)
}

#[test]
fn keys_have_places_of_their_own() {
    let long = "x".repeat(500);
    let longer = format!("{long}y");
    let keys = [
        task("attempt-1", &["train"], 1),
        task("attempt-1", &["train"], 2),
        task("attempt-1", &["train", "1"], 1),
        task("attempt-1", &["train.1"], 1),
        task("attempt-1", &["train%2E1"], 1),
        task("attempt-1", &["..", "..", "etc"], 1),
        task("attempt-1", &["a/b"], 1),
        task("attempt-1", &[""], 1),
        task("attempt-1", &[], 1),
        task("attempt-1", &["ümlaut 🦀"], 1),
        task("attempt-1", &[&long], 1),
        task("attempt-1", &[&longer], 1),
        task("../../etc", &["a"], 1),
        LaunchKey { owner: UnitOwner::Live { job: LiveJobId::new("train") }, r#try: 1 },
        LaunchKey {
            owner: UnitOwner::Build { attempt: AttemptId::new("attempt-1"), image: "image:x:v1".into() },
            r#try: 1,
        },
    ];
    let places: BTreeSet<String> = keys.iter().map(place).collect();
    assert_eq!(places.len(), keys.len(), "{places:#?}");
    for name in places.iter().flat_map(|place| place.split('/')) {
        assert!(!name.starts_with('.') && name.len() < 255 && name.is_ascii(), "{name}");
    }
    assert_eq!(keys.first().map(place).as_deref(), Some("units/attempt-1/train.1"));
}

#[test]
fn a_long_folder_still_has_a_socket() {
    let short = Layout::new(Path::new("/s")).expect("absolute");
    assert_eq!(short.socket().expect("no folder is opened").path, Path::new("/s/supervisor.sock"));
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let deep = scratch.path().join("d".repeat(120));
    std::fs::create_dir(&deep).expect("made");
    let socket = Layout::new(&deep).expect("absolute").socket().expect("opened");
    let listener = std::os::unix::net::UnixListener::bind(&socket.path).expect("bound");
    assert!(deep.join("supervisor.sock").exists(), "{listener:?}");
}
