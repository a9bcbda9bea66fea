//! Tasks that are tried again. Source: EXT-3.

use crate::bake::kill_engine;
use crate::kit::Place;

const THIRD: &str = r#"
  - id: a
    image: any
    retry: {attempts: 3, on: [failed, lost]}
    bash: |
      echo "this is try $APOLO_FLOW_TRY"
      echo "::set-output name=try::$APOLO_FLOW_TRY"
      test $APOLO_FLOW_TRY = 3
  - {id: b, image: any, bash: 'echo ${{ needs.a.outputs.try }}'}
"#;

const WAITING: &str = "
  - {id: a, image: any, retry: {delay: DELAY, on: failed}, bash: echo $APOLO_FLOW_TRY >> starts; test $APOLO_FLOW_TRY = 2}
  - {id: b, image: any, bash: echo after}
";

#[test]
fn each_try_has_its_own_log_and_record() {
    let place = Place::new(THIRD);
    let ran = place.run("bake b -n x").expect(0);
    for part in ["a  failed (exit code 1): try 2 of 3, next in 0.0s", "try 3 of 3", "a  succeeded", "2 succeeded"] {
        assert!(ran.err.contains(part), "{part} is missing:\n{}", ran.err);
    }
    let seen = place.run("show x a --json").expect(0).json();
    let codes: Vec<_> = seen["tries"].as_array().unwrap().iter().map(|one| one["exit_code"].as_i64()).collect();
    assert_eq!(codes, [Some(1), Some(1), Some(0)]);
    assert_eq!(seen["outputs"]["try"], "3");
    for number in 1..=3 {
        let log = place.run(&format!("logs x a --try {number}")).expect(0).out;
        assert!(log.starts_with(&format!("this is try {number}\n")), "{log}");
    }
    assert_eq!(place.run("logs x b").expect(0).out, "3\n");
    let why = place.run("why x a").expect(0).out;
    assert!(why.contains("it was tried 3 times"), "{why}");
}

#[test]
fn a_wait_is_told_and_can_be_cancelled() {
    let place = Place::new(&WAITING.replace("DELAY", "1h"));
    let mut bake = place.start("bake b -n x");
    bake.hear(&["a  failed (exit code 1): try 2 of 2, next in 1h 00m"]);
    for line in ["show x a", "why x a", "inspect x"] {
        let out = place.run(line).expect(0).out;
        assert!(out.contains("try 2 of 2, next in 59m"), "{line}:\n{out}");
    }
    let seen = place.run("show x a --json").expect(0).json();
    assert_eq!((seen["status"].as_str(), seen["next_try"]["number"].as_u64()), (Some("pending"), Some(2)));
    assert_eq!(place.run("why x a --json").expect(0).json()["because"], "waits_for_its_next_start");
    place.run("cancel x a").expect(0);
    bake.end().expect(130);
    assert_eq!(place.statuses("x"), ["a cancelled", "b skipped"]);
    let seen = place.run("show x a --json").expect(0).json();
    assert_eq!(seen["tries"].as_array().unwrap().len(), 1);
    assert_eq!((seen["tries"][0]["exit_code"].as_i64(), seen["note"].as_str()), (Some(1), Some("stopped on request")));
}

#[test]
fn an_engine_that_is_killed_in_a_wait_is_followed_by_one_that_waits_on() {
    let place = Place::new(&WAITING.replace("DELAY", "1s"));
    let mut bake = place.start("bake b -n x");
    bake.hear(&["try 2 of 2"]);
    kill_engine(&place);
    bake.end().expect(1);
    place.run("resume x").expect(0);
    assert_eq!(place.statuses("x"), ["a succeeded", "b succeeded"]);
    assert_eq!(place.read("starts"), "1\n2\n");
}

#[test]
fn a_task_that_serves_says_where() {
    // MCH-1.
    let place = Place::new("  - {id: a, image: any, http_port: 8123, http_auth: true, bash: read go < gate}\n");
    let gate = place.gate("gate");
    let checked = place.run("check b").expect(0);
    assert!(checked.err.contains("`http_auth` has no effect"), "{}", checked.err);
    let mut bake = place.start("bake b -n x");
    bake.hear(&["a  running"]);
    let out = place.run("show x a").expect(0).out;
    assert!(out.contains("http://localhost:8123"), "{out}");
    gate.open();
    bake.end().expect(0);
}
