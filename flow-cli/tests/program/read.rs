//! Reading what was baked: logs, `show`, lists; hostile texts among it.

use crate::kit::Place;

const TELLING: &str = r#"
  - id: a
    image: any
    bash: |
      echo visible
      echo "::set-output name=path::/m"
      printf '\033]0;owned\007red\033[31m\n'
  - {id: b, image: any, enable: "${{ False }}", bash: echo never}
"#;

#[test]
fn show_tells_all_and_leaves_commands_out() {
    // CLI-25, CMD-1.
    let place = Place::new(TELLING);
    place.run("bake b -n x").expect(0);
    let shown = place.run("show x a").expect(0).out;
    for part in ["Attempt #1 succeeded", "Task a succeeded", "Outputs\n  path: /m", "visible"] {
        assert!(shown.contains(part), "{part} is missing:\n{shown}");
    }
    assert!(!shown.contains("::set-output"), "{shown}");
    assert!(place.run("show x a --raw").expect(0).out.contains("::set-output name=path::/m"));
    assert!(place.run("show x b").expect(0).out.contains("Task b skipped: not enabled"));
    assert!(place.run("logs x b").expect(1).err.contains("task `b` has no log: skipped (not enabled)"));
    let seen = place.run("show x a --json").expect(0).json();
    assert_eq!((seen["version"].as_u64(), seen["outputs"]["path"].as_str()), (Some(1), Some("/m")));
    assert_eq!(seen["tries"][0]["exit_code"], 0);
}

#[test]
fn logs_to_a_pipe_are_the_bytes_as_written() {
    let place = Place::new(TELLING);
    place.run("bake b -n x").expect(0);
    let log = place.run("logs x a").expect(0).out;
    assert_eq!(log, "visible\n::set-output name=path::/m\n\u{1b}]0;owned\u{7}red\u{1b}[31m\n");
    assert_eq!(place.run("logs x/a -f").expect(0).out, log);
}

#[test]
fn events_are_replayed_from_a_position_and_followed_to_the_end() {
    let place = Place::new("  - {id: a, image: any, bash: read go < gate}\n");
    let gate = place.gate("gate");
    let mut bake = place.start("bake b -n x");
    bake.hear(&["a  running"]);
    let early = place.run("events x --json").expect(0).out;
    assert!(early.contains("\"stage\":\"running\"") && !early.contains("attempt_ended"), "{early}");
    let follower = place.start("events x --json -f");
    let beyond = place.start("events x --json -f --after 1000");
    gate.open();
    bake.end().expect(0);
    assert_eq!(beyond.end().expect(0).out, "", "the end lies before its position");
    let all = follower.end().expect(0).out;
    let events: Vec<serde_json::Value> = all.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seqs: Vec<u64> = events.iter().map(|line| line["event"]["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=events.len() as u64).collect::<Vec<_>>());
    assert!(events.iter().all(|line| line["version"] == 1));
    assert_eq!(events.last().unwrap()["event"]["kind"]["event"], "attempt_ended");
    assert_eq!(place.run("events x --json").expect(0).out, all, "a replay is the same");
    let third = events[2]["event"]["position"].as_u64().unwrap();
    let rest = place.run(&format!("events x --json -f --after {third}")).expect(0).out;
    assert_eq!(rest.lines().collect::<Vec<_>>(), all.lines().skip(3).collect::<Vec<_>>());
    let last = events.last().unwrap()["event"]["position"].as_u64().unwrap();
    assert_eq!(place.run(&format!("events x -f --after {last}")).expect(0).out, "", "nothing more will come");
    let plain = place.run("events x").expect(0).out;
    assert_eq!(plain.lines().count(), events.len());
    assert!(plain.contains("  launching        a") && plain.contains("  attempt_ended"), "{plain}");
}

#[test]
fn why_names_what_has_changed() {
    // EXT-6.
    let place = Place::new("");
    let flow = "kind: batch\nparams: {rate: '1'}\ntasks:\n  - {id: a, image: any, bash: echo x, env: {RATE: '${{ params.rate }}'}}\n";
    place.write(".apolo/b.yml", flow);
    place.run("bake b -n x").expect(0);
    assert!(place.run("why x a").expect(0).out.contains("it had not succeeded in this batch before"));
    place.run("bake b -n x").expect(0);
    let told = place.run("why x a").expect(0).out;
    assert!(told.starts_with("a cached\nits result is cached: attempt #1 of bake-"), "{told}");
    place.run("bake b -n x -p rate 2").expect(0);
    let told = place.run("why x a").expect(0).out;
    assert!(told.contains("it has changed: 1 difference to") && told.ends_with("  env.RATE: 1 → 2\n"), "{told}");
    let seen = place.run("why x a --json").expect(0).json();
    assert_eq!((seen["because"].as_str(), seen["changes"][0]["new"].as_str()), (Some("changed"), Some("2")));
    place.run("why x nosuch").expect(1);
}

#[test]
fn a_name_means_its_newest_bake() {
    // DEC-31.
    let place = Place::new("  - {id: a, image: any, bash: echo x}\n");
    let [first, second] = ["bake b -n x", "bake b -n x"].map(|line| place.run(line).expect(0).out);
    assert_ne!(first, second);
    assert_eq!(place.run("inspect x --json").expect(0).json()["bake"]["id"].as_str(), Some(second.trim_end()));
    let list = place.run("bakes").expect(0).out;
    let lines: Vec<&str> = list.lines().collect();
    assert!(
        lines.len() == 3 && lines[1].starts_with(first.trim_end()) && lines[2].starts_with(second.trim_end()),
        "{list}"
    );
    assert_eq!(place.run("bakes --limit 1 --json").expect(0).json()["bakes"].as_array().unwrap().len(), 1);
}

#[test]
fn a_task_that_was_never_started_can_be_shown() {
    // What could not be evaluated was never given to the executor, which knows no log of it.
    let place = Place::new(
        r#"
  - {id: a, image: any, bash: 'echo "::set-output name=j::{bad"'}
  - {id: b, needs: [a], image: any, env: {J: "${{ from_json(needs.a.outputs.j) }}"}, bash: echo never}
"#,
    );
    place.run("bake b -n x").expect(1);
    let shown = place.run("show x b").expect(0);
    assert!(
        shown.out.contains("Task b failed: malformed JSON") && shown.out.contains("F0404 .apolo/b.yml:6:"),
        "{shown:?}"
    );
    assert_eq!(shown.err, "");
    let said = place.run("logs x b").expect(1).err;
    assert!(said.contains("task `b` has no log: failed (malformed JSON"), "{said}");
    assert_eq!(place.run("logs x b -f").expect(1).err, said);
}
