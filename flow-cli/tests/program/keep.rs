//! Keeping things small, and pictures of graphs, with the real program.

use crate::kit::Place;

const TASKS: &str = "  - {id: a, image: x, bash: 'echo one; echo two; echo three'}\n  \
    - {id: b, needs: [a], image: x, bash: 'echo four'}\n";

/// Whether it is the log of a unit, and not one of our own programs.
fn is_log(path: &std::path::Path) -> bool {
    let of_units = |part: std::path::Component<'_>| part.as_os_str() == "units" || part.as_os_str() == "live";
    path.extension().is_some_and(|ending| ending == "log") && path.components().any(of_units)
}

/// How many logs of units there are in the data folder.
fn logs(place: &Place) -> usize {
    let mut open = vec![place.path("../data")];
    let mut count = 0;
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            } else {
                count += usize::from(is_log(&entry.path()));
            }
        }
    }
    count
}

#[test]
fn gc_removes_bakes_with_their_logs() {
    let place = Place::new(TASKS);
    for name in ["first", "second", "third"] {
        place.run(&format!("bake b --local-executor -n {name}")).expect(0);
    }
    let before = logs(&place);
    let dry = place.run("gc --keep 1 --dry-run --json").expect(0).json();
    assert_eq!((dry["bakes"].as_array().map(Vec::len), dry["log_bytes"].as_u64()), (Some(2), Some(38)), "{dry}");
    assert_eq!(logs(&place), before);
    let ran = place.run("gc --keep 1").expect(0);
    assert!(ran.out.starts_with("removed 2 bakes and 0 live jobs with 38 B of logs, 0 cached results"), "{}", ran.out);
    assert_eq!(logs(&place), before / 3);
    assert_eq!(place.run("logs third a").expect(0).out, "one\ntwo\nthree\n");
    place.run("inspect first").expect(1);
    place.run("gc").expect(2);
    assert!(place.run("gc --older-than soon").expect(2).err.contains("`soon` is no age"));
}

#[test]
fn gc_removes_live_jobs_that_have_ended() {
    let place = Place::new(TASKS);
    place.write(
        ".apolo/live.yml",
        "kind: live\njobs:\n  quick: {image: any, bash: echo hello}\n  gated: {image: any, bash: 'read go < gate'}\n",
    );
    let gate = place.gate("gate");
    let first = place.run("run gated --detach").expect(0).out.trim().to_owned();
    for _ in 0..3 {
        place.run("run quick").expect(0);
    }
    let dry = place.run("gc --keep 1 --dry-run --json").expect(0).json();
    assert_eq!((dry["live_jobs"].as_array().map(Vec::len), dry["log_bytes"].as_u64()), (Some(2), Some(12)), "{dry}");
    assert_eq!(logs(&place), 4);
    let ran = place.run("gc --keep 1").expect(0);
    assert!(ran.out.starts_with("removed 0 bakes and 2 live jobs with 12 B of logs"), "{}", ran.out);
    assert_eq!(logs(&place), 2, "the newest stays, and what runs");
    assert_eq!(place.run("logs quick").expect(0).out, "hello\n");
    let ran = place.run("gc --older-than 1h").expect(0);
    assert!(ran.out.starts_with("removed 0 bakes and 0 live jobs"), "{}", ran.out);
    let mut attached = place.start("run gated");
    attached.hear(&["connecting"]);
    gate.open();
    attached.end().expect(0);
    let ran = place.run("gc --keep 0 -v").expect(0);
    assert!(ran.out.contains(&first) && ran.out.contains("removed 0 bakes and 2 live jobs"), "{}", ran.out);
    assert_eq!(logs(&place), 0);
}

#[test]
fn delete_flow_removes_all_but_only_when_it_is_meant() {
    // CLI-32.
    let place = Place::new(TASKS);
    place.run("bake b --local-executor -n x").expect(0);
    assert!(place.run("delete-flow nosuch").expect(1).err.contains("nothing is kept of a flow `nosuch`"));
    let refused = place.run("delete-flow w").expect(2);
    assert!(refused.err.contains("was not confirmed") && refused.err.contains("--yes"), "{}", refused.err);
    place.run("inspect x").expect(0);
    let ran = place.run("delete-flow w --yes").expect(0);
    assert!(ran.err.contains("Flow 'w' was successfully removed."), "{}", ran.err);
    place.run("inspect x").expect(1);
    assert_eq!(logs(&place), 0);
    // The files of the flow stay, so it can be baked again.
    place.run("bake b --local-executor").expect(0);
}

#[test]
fn logs_of_a_whole_bake_and_of_its_end() {
    let place = Place::new(TASKS);
    place.run("bake b --local-executor -n x").expect(0);
    assert_eq!(place.run("logs x").expect(0).out, "a | one\na | two\na | three\nb | four\n");
    assert_eq!(place.run("logs x --tail 1").expect(0).out, "a | three\nb | four\n");
    assert_eq!(place.run("logs x/a --tail 2").expect(0).out, "two\nthree\n");
    assert_eq!(place.run("logs x a --tail 0").expect(0).out, "");
    assert_eq!(place.run("logs x a --tail 99 -f").expect(0).out, "one\ntwo\nthree\n");
    assert_eq!(place.run("logs x --since 10m").expect(0).out.lines().count(), 4);
    assert_eq!(place.run("logs x --since 2999-01-01").expect(0).out, "");
    assert!(place.run("logs x --since never").expect(1).err.contains("`never` is no time"));
    let lines = place.run("logs x a --json").expect(0).out;
    let second: serde_json::Value = serde_json::from_str(lines.lines().nth(1).unwrap()).unwrap();
    assert_eq!((second["text"].as_str(), second["offset"].as_u64()), (Some("two"), Some(4)));
    let rest = place.run(&format!("logs x a --offset {}", second["next"])).expect(0).out;
    assert_eq!(rest, "three\n", "a reader goes on where it stopped");
}

#[test]
fn bakes_are_listed_by_time_status_and_batch() {
    let place = Place::new(TASKS);
    for name in ["one", "two"] {
        place.run(&format!("bake b --local-executor -n {name}")).expect(0);
    }
    let names = |line: &str| {
        let ran = place.run(line).expect(0).json();
        let bakes = ran["bakes"].as_array().unwrap().clone();
        bakes.iter().map(|bake| bake["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("bakes --json"), ["two", "one"]);
    assert_eq!(names("bakes --json --since 1h --status succeeded --batch b"), ["two", "one"]);
    assert_eq!(names("bakes --json --status succeeded --limit 1"), ["two"]);
    assert!(names("bakes --json --until 2020-01-01").is_empty());
    assert!(names("bakes --json --status failed").is_empty());
    assert!(names("bakes --json --batch other").is_empty());
    let out = place.run("bakes --recent-first").expect(0).out;
    assert!(out.find("two") < out.find("one"), "{out}");
    place.run("bakes --status nonsense").expect(2);
}

#[test]
fn graphs_are_saved() {
    let place = Place::new(TASKS);
    place.run("bake b --local-executor -n x").expect(0);
    let ran = place.run("inspect x --dot --svg -o graph").expect(0);
    assert!(ran.err.contains("Saving file") && ran.out.contains("Attempt"), "{} {}", ran.err, ran.out);
    assert!(
        place.read("graph.gv").contains("a [label=a color=limegreen];\n    b [label=b color=limegreen];\n    a -> b;")
    );
    assert!(place.read("graph.svg").starts_with("<svg xmlns"));
    place.run("plan b -o plan.svg").expect(0);
    assert!(place.read("plan.svg").contains("class=\"task plain\""));
    let mut command = place.command("inspect x --pdf -o graph");
    let done = command.env("PATH", "/nowhere").output().unwrap();
    let err = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(1), "{err}");
    assert!(err.contains("`dot` cannot be run") && err.contains("hint: PDF is drawn by Graphviz"), "{err}");
}
