//! The tool itself: what the machine can do, manual pages, the own log. Source: CLI-4, CLI-5.

use std::os::unix::fs::PermissionsExt as _;

use crate::kit::Place;

const FINE: &str = "  - {id: a, image: any, bash: echo x}\n";

#[test]
fn the_doctor_finds_what_can_be_used_and_what_cannot() {
    let place = Place::new(FINE);
    let seen = place.run("doctor --json").expect(0).json();
    assert_eq!((seen["version"].as_u64(), seen["ok"].as_bool()), (Some(1), Some(true)));
    let subjects: Vec<&str> =
        seen["findings"].as_array().unwrap().iter().map(|one| one["subject"].as_str().unwrap()).collect();
    for subject in
        ["workspace", "settings", "data folder", "disk", "storage", "store", "supervisor", "executor local", "git"]
    {
        assert!(subjects.contains(&subject), "{subject}: {subjects:?}");
    }
    assert!(!place.path("../data").exists(), "looking makes nothing");
    let told = place.run("doctor").expect(0);
    assert!(told.out.contains("executor local") && told.err.contains("flows can be run here"), "{told:?}");
    place.write(".apolo/engine.toml", "[executr]\n");
    let told = place.run("doctor").expect(1);
    let line = told.out.lines().find(|line| line.starts_with("problem")).unwrap();
    assert!(line.contains("settings") && line.contains("engine.toml:1:2"), "{line}");
    assert!(told.out.contains("mend:") && told.err.contains("no flow can be run"), "{told:?}");
}

#[test]
fn manual_pages_come_from_the_help() {
    let place = Place::new(FINE);
    let page = place.run("man").expect(0).out;
    assert!(page.contains(".TH apolo-flow 1") && page.contains("apolo\\-flow\\-bake(1)"), "{page}");
    let written = place.run("man --dir pages/man1").expect(0).out;
    assert!(written.lines().any(|line| line.ends_with("pages/man1/apolo-flow-bake.1")), "{written}");
    assert!(!written.contains("__engine") && !written.contains("-help"), "{written}");
    let page = place.read("pages/man1/apolo-flow-completion-patch.1");
    assert!(page.contains("start file of the shell"), "{page}");
}

#[test]
fn schemas_are_printed_and_written() {
    // EXT-6. What they take is for the suite's `schema` to say.
    let place = Place::new(FINE);
    let flow = place.run("schema").expect(0).json();
    assert_eq!(flow["$schema"], "http://json-schema.org/draft-07/schema#");
    assert!(flow["definitions"]["a-task"]["properties"]["bash"]["description"].is_string(), "{flow}");
    assert_eq!(place.run("schema project").expect(0).json()["title"], "The project file of Apolo Flow");
    let written = place.run("schema --dir editor").expect(0).out;
    assert_eq!(written.lines().count(), 3, "{written}");
    assert!(place.read("editor/action.schema.json").contains("a-stateful-action"));
    place.run("schema flow --dir editor").expect(2);
    assert!(!place.path("../data").exists(), "it keeps nothing");
}

#[test]
fn the_own_log_tells_what_ran_and_no_values() {
    let place = Place::new("  - {id: a, image: any, bash: 'echo x'}\n");
    place.run("bakes").expect(0);
    assert!(!place.path("../data").exists(), "a command that only looks makes no log");
    place.run("bake b -t s3cret-tag -n s3cret-name").expect(0);
    place.run("inspect nosuch").expect(1);
    let log = place.read("../data/apolo-flow/logs/apolo-flow.log");
    for part in ["bake ended after ", "exit code 0", "inspect begins: ", "error: no bake `nosuch`", "exit code 1"] {
        assert!(log.contains(part), "{part} is missing:\n{log}");
    }
    assert!(!log.contains("s3cret"), "{log}");
    let mode = place.path("../data/apolo-flow/logs/apolo-flow.log").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn how_much_is_said_can_be_chosen() {
    // CLI-4, OBS-8.3.
    let place = Place::new(FINE);
    assert_eq!(place.run("-q -q inspect nosuch").expect(1).err, "");
    assert!(place.run("-q inspect nosuch").expect(1).err.contains("no bake `nosuch`"));
    assert!(place.run("-v bakes").expect(0).err.contains("bakes ended after "));
    let told = place.run("inspect nosuch --show-traceback").expect(1).err;
    assert!(told.contains("UnknownBake {") && told.contains("error: no bake `nosuch`"), "{told}");
}
