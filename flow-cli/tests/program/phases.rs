//! Bakes with local actions: they run first, as the user, and the user sees what they print.

use crate::kit::Place;

const FLOW: &str = "
  - {id: count, action: 'ws:tools/count'}
  - {id: use, image: any, bash: 'echo got ${{ needs.count.outputs.n }} ${MINE:-nothing}'}
";

fn place(command: &str) -> Place {
    let place = Place::new(FLOW);
    place.write("tools/count.yml", &format!("kind: local\noutputs: {{n: {{}}}}\nbash: |\n  {command}\n"));
    place
}

#[test]
fn a_local_action_runs_first_and_as_the_user() {
    let place = place("echo looking as $MINE; echo \"::set-output name=n::7\"; echo ran > seen");
    let mut command = place.command("bake b -n mine");
    let output = command.env("MINE", "ada").output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("count: looking as ada"), "{told}");
    assert_eq!(place.read("seen"), "ran\n");
    let log = place.run("logs mine use").expect(0).out;
    assert!(log.contains("got 7 nothing"), "a task has a clean environment (MCH-1): {log}");
    assert_eq!(place.statuses("mine"), ["count succeeded", "use succeeded"]);
    let plan = place.run("plan b --json").expect(0).json();
    assert_eq!(plan["tasks"][0]["id"], "count");
}

#[test]
fn a_failed_local_action_ends_the_bake_with_1() {
    let place = place("echo no luck; exit 3");
    let ran = place.run("bake b -n mine").expect(1);
    assert!(ran.err.contains("count: no luck"), "{}", ran.err);
    assert!(ran.err.contains("nothing else is started"), "{}", ran.err);
    assert_eq!(place.statuses("mine"), ["count failed", "use skipped"]);
    let why = place.run("why mine use").expect(0).out;
    assert!(why.contains("the local actions before it did not end well"), "{why}");
}
