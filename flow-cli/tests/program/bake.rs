//! Bakes from their start to their end.

use crate::kit::Place;

const CHAIN: &str = r#"
  - id: load
    image: any
    bash: |
      echo loading
      echo "::set-output name=rows::12"
  - id: train
    image: any
    strategy: {matrix: {seed: [1, 2]}}
    bash: echo "seed ${{ matrix.seed }} of ${{ needs.load.outputs.rows }}"
  - id: report
    image: any
    needs: [train]
    bash: echo "done=yes" >> $APOLO_FLOW_OUTPUT
"#;

const FAILING: &str = "
  - {id: a, image: any, bash: echo first; echo last words; exit 3}
  - {id: b, image: any, bash: echo never}
";

const GATED: &str = "
  - {id: a, image: any, bash: echo started >> a.starts; echo hello; read go < gate; echo bye}
  - {id: b, image: any, bash: echo second}
";

#[test]
fn the_engine_in_this_process() {
    let place = Place::new(CHAIN);
    let ran = place.run("bake b --local-executor -n mine -t nightly").expect(0);
    for part in [
        "● load",
        "● train ×2",
        "● report",
        "load  succeeded",
        "rows: 12",
        "b succeeded in ",
        "apolo-flow inspect bake-",
    ] {
        assert!(ran.err.contains(part), "{part} is missing:\n{}", ran.err);
    }
    let id = ran.out.trim_end();
    assert!(id.starts_with("bake-") && !id.contains('\n'), "{id}");
    let seen = place.run("inspect mine --json").expect(0).json();
    assert_eq!((seen["version"].as_u64(), seen["bake"]["id"].as_str()), (Some(1), Some(id)));
    assert_eq!((seen["bake"]["by"].as_str(), seen["bake"]["tags"][0].as_str()), (Some("ada"), Some("nightly")));
    assert_eq!(seen["tasks"].as_array().unwrap().len(), 4);
    assert_eq!(seen["tasks"][3]["outputs"]["done"], "yes");
    assert_eq!(place.standings(), [("ended".to_owned(), "succeeded".to_owned())]);
}

#[test]
fn the_engine_in_the_background() {
    let place = Place::new(CHAIN);
    let ran = place.run("bake b").expect(0);
    assert!(ran.err.contains("train-2  succeeded") && ran.err.contains("4 succeeded"), "{}", ran.err);
    assert_eq!(
        place.run("bake b --json").expect(0).out.lines().last().map(|line| line.contains("\"result\":\"succeeded\"")),
        Some(true)
    );
    // MCH-5: what is kept is its owner's alone.
    let log = place.path("../data/apolo-flow/engine.log").metadata().unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&log.permissions()) & 0o777, 0o600);
}

#[test]
fn a_failure_is_told_with_the_end_of_its_log() {
    let place = Place::new(FAILING);
    let ran = place.run("bake b").expect(1);
    for part in ["a failed: exit code 3", "│ last words", "apolo-flow logs bake-", "1 failed, 1 skipped"] {
        assert!(ran.err.contains(part), "{part} is missing:\n{}", ran.err);
    }
}

#[test]
fn quiet_says_nothing_and_still_tells_the_result() {
    let place = Place::new(FAILING);
    let ran = place.run("-q bake b").expect(1);
    assert!(ran.err.is_empty() && ran.out.starts_with("bake-"), "{ran:?}");
}

#[test]
fn params_come_from_a_file_and_from_the_line() {
    // CLI-20, OBS-8.6.
    let place = Place::new("");
    place.write(".apolo/p.yml", "kind: batch\nparams: {x: '', y: ''}\ntasks: [{id: a, image: any, bash: 'echo ${{ params.x }} ${{ params.y }}'}]\n");
    place.write("params.yml", "x: 007\ny: file\n");
    place.run("bake p -n n --meta-from-file params.yml -p y one -p y two").expect(0);
    assert_eq!(place.run("logs n a").expect(0).out, "007 two\n");
}

#[test]
fn a_bake_is_cancelled_from_another_process() {
    let place = Place::new(GATED);
    let _gate = place.gate("gate");
    let mut bake = place.start("bake b -n x");
    bake.hear(&["a  running"]);
    // It waits at the gate for good, so only the cancel ends both.
    let logs = place.start("logs x/a -f");
    assert!(place.run("cancel x").expect(0).err.contains("asked to cancel attempt #1"));
    let ran = bake.end().expect(130);
    assert!(ran.err.contains("ada asked to cancel the bake") && ran.err.contains("b cancelled in"), "{}", ran.err);
    assert_eq!(logs.end().expect(0).out, "hello\n");
    assert_eq!(place.statuses("x"), ["a cancelled", "b skipped"]);
}

#[test]
fn one_task_is_cancelled_alone() {
    let place = Place::new(
        "
  - {id: a, image: any, needs: [], bash: read go < gate-a}
  - {id: b, image: any, needs: [], bash: read go < gate-b}
",
    );
    let (_a, b) = (place.gate("gate-a"), place.gate("gate-b"));
    let mut bake = place.start("bake b -n x");
    bake.hear(&["a  running"]);
    let said = place.run("cancel x a").expect(0).err;
    assert!(said.contains("asked to cancel task `a`") && said.contains("only this task is stopped"), "{said}");
    bake.hear(&["a  cancelled"]);
    assert!(place.run("cancel x a").expect(1).err.contains("task `a` has ended: cancelled"));
    b.open();
    bake.end();
    assert_eq!(place.statuses("x"), ["a cancelled", "b succeeded"]);
}

#[test]
fn an_engine_that_is_killed_is_missed_and_the_bake_resumed() {
    let place = Place::new(GATED);
    let gate = place.gate("gate");
    let mut bake = place.start("bake b -n x");
    bake.hear(&["a  running"]);
    place.run("resume x").expect(5);
    kill_engine(&place);
    let ran = bake.end().expect(1);
    assert!(ran.err.contains("the bake is stalled") && ran.err.contains("`apolo-flow resume bake-"), "{}", ran.err);
    assert_eq!(place.standings(), [("stalled".to_owned(), "running".to_owned())]);
    assert!(place.run("inspect x").expect(0).out.contains("Attempt   #1 stalled"));
    let resumed = place.start("resume x");
    gate.open();
    let ran = resumed.end().expect(0);
    assert!(ran.err.contains("resuming bake-") && ran.err.contains("2 succeeded"), "{}", ran.err);
    // The task went on while nobody drove it.
    assert_eq!(place.read("a.starts"), "started\n");
    assert_eq!(place.run("logs x a").expect(0).out, "hello\nbye\n");
    assert!(place.run("resume x").expect(1).err.contains("has ended: succeeded"));
}

#[test]
fn a_bake_is_restarted_from_its_failure() {
    // BAT-130, BAT-135, DEC-24.
    let place = Place::new(
        r#"
  - {id: a, image: any, bash: echo started >> a.starts; echo "::set-output name=n::1"}
  - {id: b, image: any, bash: test -e mended}
"#,
    );
    place.run("bake b -n x").expect(1);
    place.write("mended", "");
    place.write(".apolo/b.yml", "kind: nonsense");
    let ran = place.run("restart x").expect(0);
    for part in ["Attempt #2 is created", "a  succeeded  (taken over)", "n: 1", "2 succeeded", "b succeeded in"] {
        assert!(ran.err.contains(part), "{part} is missing:\n{}", ran.err);
    }
    assert_eq!(place.read("a.starts"), "started\n");
    let seen = place.run("show x a --json").expect(0).json();
    let first = place.run("inspect x -a 1 --json").expect(0).json()["bake"]["attempt"]["id"].clone();
    assert_eq!((&seen["taken_from"], &seen["status"], &seen["attempt"]), (&first, &"succeeded".into(), &2.into()));
    assert!(place.run("show x a").expect(0).out.contains("Task a succeeded: taken over from attempt-"));
    assert_eq!(place.run("logs x a").expect(0).out, place.run("logs x a -a 1").expect(0).out);
    assert!(place.run("inspect x").expect(0).out.contains("Restarts  #1"));
    let ran = place.run("restart x").expect(2);
    assert!(ran.err.contains("it succeeded") && ran.err.contains("--no-from-failed"), "{}", ran.err);
    place.run("restart x --from-failed --no-from-failed --local-executor").expect(0);
    assert_eq!(place.read("a.starts"), "started\nstarted\n");
    place.run("restart x -a 1 -p nosuch 1").expect(4);
    place.run("restart nosuch").expect(1);
    assert_eq!(place.standings(), [("ended".to_owned(), "succeeded".to_owned())], "one bake, three attempts");
}

#[test]
fn a_cleared_result_is_made_again() {
    // CLI-28.
    let place = Place::new("");
    place.write(
        ".apolo/b.yml",
        "kind: batch\ntasks:\n  - {id: a, image: any, bash: echo x}\n  - {id: b, image: any, bash: echo y}\n",
    );
    place.run("bake b -n x").expect(0);
    let ran = place.run("clear-cache b a").expect(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", "1 cached result forgotten\n"));
    place.run("bake b -n x").expect(0);
    assert_eq!(place.statuses("x"), ["a succeeded", "b cached"]);
    assert_eq!(place.run("clear-cache ALL ignored --json").expect(0).json()["cleared"], 2);
    assert_eq!(place.run("clear-cache b").expect(0).err, "0 cached results forgotten\n");
    place.run("clear-cache").expect(2);
}

/// Kills the engine that was started in the background, and nobody else.
pub(crate) fn kill_engine(place: &Place) {
    let attempt = place.run("inspect x --json").expect(0).json()["bake"]["attempt"]["id"].as_str().unwrap().to_owned();
    let of_engine = |path: &std::path::Path| {
        let line = std::fs::read(path.join("cmdline")).unwrap_or_default();
        let arguments: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        arguments.contains(&b"__engine".as_slice()) && arguments.contains(&attempt.as_bytes())
    };
    let processes = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let pid = processes.filter(|path| of_engine(path)).find_map(|path| path.file_name()?.to_str()?.parse().ok());
    let pid = rustix::process::Pid::from_raw(pid.unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[test]
fn rows_are_made_from_a_result() {
    let place = Place::new(
        "
  - {id: split, image: any, bash: 'echo parts=\"[1, 2]\" >> $APOLO_FLOW_OUTPUT'}
  - id: part
    image: any
    strategy: {matrix: {n: '${{ from_json(needs.split.outputs.parts) }}'}}
    bash: 'test ! -f broken && echo double=$((2 * ${{ matrix.n }})) >> $APOLO_FLOW_OUTPUT'
  - {id: sum, needs: [part], image: any, bash: \"echo '${{ to_json([row.outputs.double for row in needs.part.rows]) }}'\"}
",
    );
    let plan = place.run("plan b").expect(0).out;
    assert!(plan.contains("part") && plan.contains("later"), "{plan}");
    place.write("broken", "");
    place.run("bake b -n mine").expect(1);
    std::fs::remove_file(place.path("broken")).unwrap();
    let ran = place.run("restart mine").expect(0);
    let split_again = ran.err.lines().any(|line| line.contains("split") && line.contains("running"));
    assert!(!split_again, "what had succeeded is taken over: {}", ran.err);
    let ends = ["split succeeded", "part succeeded", "part-1 succeeded", "part-2 succeeded", "sum succeeded"];
    assert_eq!(place.statuses("mine"), ends);
    assert!(place.run("logs mine sum").expect(0).out.contains("[\"2\", \"4\"]"));
    assert!(place.run("why mine part").expect(0).out.contains("rows of its matrix"), "of the entry");
}
