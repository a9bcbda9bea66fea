//! Secrets of tasks: found before anything starts, seen by the task alone (MCH-3).

use std::os::unix::fs::PermissionsExt;

use crate::kit::Place;

const TASKS: &str = r#"
  - id: a
    image: any
    env: {TOKEN: "secret:hub-token"}
    bash: |
      test "${#TOKEN}" = 14 && echo "::set-output name=said::it is $TOKEN"
"#;

#[test]
fn a_missing_secret_is_told_with_its_place_before_anything_starts() {
    let place = Place::new(TASKS);
    let ran = place.run("bake b").expect(4);
    for part in ["F0518", "the secret `hub-token` is not there", "b.yml:7:18", "`APOLO_FLOW_SECRET_HUB_TOKEN`"] {
        assert!(ran.err.contains(part), "{part} is missing:\n{}", ran.err);
    }
    assert!(place.standings().is_empty(), "nothing was kept");
    // It may be there when the flow is baked.
    let ran = place.run("check b").expect(0);
    assert!(ran.err.contains("F0518") || ran.out.contains("F0518"), "{ran:?}");
}

#[test]
fn a_secret_is_masked_in_all_that_is_shown_and_kept() {
    let place = Place::new(TASKS);
    let mut command = place.command("bake b -n b");
    let ran = command.env("APOLO_FLOW_SECRET_HUB_TOKEN", "hunter2hunter2").output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let seen = place.run("inspect b --json").expect(0).json();
    assert_eq!(seen["tasks"][0]["outputs"]["said"], "it is ***");
    let said: Vec<String> = ["logs b/a", "show b a --raw", "why b a", "events b --json", "inspect b --json"]
        .map(|line| place.run(line).expect(0))
        .map(|ran| ran.out + &ran.err)
        .into();
    assert!(said.iter().any(|text| text.contains("it is ***")));
    let grep = std::process::Command::new("grep").args(["-rlaF", "hunter2hunter2"]).arg(place.path("..")).output();
    assert_eq!(String::from_utf8(grep.unwrap().stdout).unwrap(), "", "no file holds it");
    assert!(said.iter().all(|text| !text.contains("hunter2hunter2")), "{said:#?}");
}

#[test]
fn a_file_of_secrets_must_be_its_owners_alone() {
    let place = Place::new(TASKS);
    place.write("s.env", "hub-token=hunter2hunter2\n");
    place.write(".apolo/engine.toml", &format!("[secrets]\nfile = '{}'\n", place.path("s.env").display()));
    let mode = |mode| {
        std::fs::set_permissions(place.path("s.env"), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o644);
    let ran = place.run("bake b").expect(4);
    assert!(ran.err.contains("F0518") && ran.err.contains("chmod 600"), "{}", ran.err);
    mode(0o600);
    place.run("bake b").expect(0);
}
