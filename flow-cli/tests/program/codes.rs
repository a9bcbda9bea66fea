//! Exit codes, and what is said with them. Source: DEC-27.

use std::process::Command;

use crate::kit::{PROGRAM, Place};

const FINE: &str = "  - {id: a, image: any, bash: echo x}\n";

#[test]
fn usage_help_and_version_need_no_workspace() {
    // CLI-1, DEC-21.
    let run = |arguments: &[&str]| {
        let output = Command::new(PROGRAM).args(arguments).current_dir("/").env_clear().output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(run(&["--version"]).1, format!("apolo-flow package version: {}\n", env!("CARGO_PKG_VERSION")));
    let (code, out, _) = run(&["bake", "--help"]);
    assert!(code == Some(0) && out.contains("Examples:"), "{out}");
    let (code, out, err) = run(&[]);
    assert!(code == Some(2) && out.is_empty() && err.contains("Exit codes:"), "{err}");
    assert_eq!(run(&["nosuch"]).0, Some(2));
    assert_eq!(run(&["bake"]).0, Some(2));
}

#[test]
fn lists_need_no_workspace_and_bakes_do() {
    let place = Place::new(FINE);
    std::fs::remove_dir_all(place.path(".apolo")).unwrap();
    assert!(place.run("bakes").expect(0).err.contains("no bakes yet"));
    let ran = place.run("bake b").expect(1);
    assert!(ran.err.contains("no `.apolo` folder in") && ran.err.contains("--config"), "{}", ran.err);
}

#[test]
fn all_errors_of_all_files_are_told_at_once() {
    // DEC-22.
    let place = Place::new("  - {id: a, image: any, bsh: echo x}\n  - {id: a, image: any, bash: '${{ nosuch }}'}\n");
    place.write(".apolo/c.yml", "kind: batch\ntaks: []\n");
    let ran = place.run("check").expect(4);
    for part in ["did you mean `bash`?", ".apolo/b.yml:4:", ".apolo/c.yml:2:1", "nosuch", "in 2 flows"] {
        assert!(ran.err.contains(part), "{part} is missing:\n{}", ran.err);
    }
    let ran = place.run("bake b").expect(4);
    assert!(ran.err.contains("nothing was started") && ran.out.is_empty(), "{}", ran.err);
    assert_eq!(place.standings(), []);
    let seen = place.run("check b --json").expect(4).json();
    let first = &seen["flows"][0]["diagnostics"][0];
    assert_eq!((seen["version"].as_u64(), seen["ok"].as_bool()), (Some(1), Some(false)));
    assert_eq!((first["file"].as_str(), first["line"].as_u64()), (Some(".apolo/b.yml"), Some(4)));
}

#[test]
fn a_file_that_is_no_text_hides_no_other_errors() {
    // DEC-22.
    let place = Place::new("  - {id: a, image: any, bsh: echo x}\n");
    std::fs::write(place.path(".apolo/a.yml"), b"kind: batch\n# caf\xe9\n").unwrap();
    let ran = place.run("check").expect(4);
    for part in ["F0003", "cannot read `.apolo/a.yml`: not UTF-8 text (byte 17)", "did you mean `bash`?", "in 2 flows"]
    {
        assert!(ran.err.contains(part), "{part} is missing:\n{}", ran.err);
    }
    assert!(place.run("bake a").expect(4).err.contains("nothing was started"));
}

#[test]
fn a_flow_that_is_fine_is_said_to_be() {
    let place = Place::new(FINE);
    let ran = place.run("check").expect(0);
    assert_eq!(ran.err, "1 flow checked, no errors\n");
    assert!(place.run("check nosuch").expect(1).err.contains("F0002"));
    assert_eq!(place.run("check b --json").expect(0).json()["ok"], true);
}

#[test]
fn what_does_not_exist_is_guessed() {
    let place = Place::new(FINE);
    place.run("bake b -n nightly").expect(0);
    assert!(place.run("inspect nihgtly").expect(1).err.contains("did you mean `nightly`?"));
    assert!(place.run("show nightly b").expect(1).err.contains("no task `b` in this attempt"));
    assert!(place.run("inspect nightly -a 7").expect(1).err.contains("has no attempt 7"));
    assert!(place.run("cancel nightly").expect(1).err.contains("has ended: succeeded"));
    assert!(place.run("logs nightly a --try 2").expect(1).err.contains("has no try 2"));
    assert!(place.run("bake b --meta-from-file nosuch.yml").expect(2).err.contains("nosuch.yml"));
}
