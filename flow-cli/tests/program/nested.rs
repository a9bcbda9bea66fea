//! Bakes with calls: what a person sees of what they opened.

use crate::kit::Place;

const CALLS: &str = "
  - {id: hold, action: 'ws:tools/lock'}
  - {id: sub, action: 'ws:tools/fit', args: {rate: '0.1'}}
  - {id: last, image: any, bash: 'echo got ${{ needs.sub.outputs.loss }}'}
";
const FIT: &str = "
kind: batch
inputs: {rate: {}}
outputs: {loss: {value: '${{ needs.train.outputs.loss }}'}}
tasks:
  - {id: train, image: any, bash: 'test ! -f broken && echo \"loss=7 at ${{ inputs.rate }}\" >> $APOLO_FLOW_OUTPUT'}
";
const LOCK: &str = "
kind: stateful
main: {image: any, bash: 'echo token=T >> $APOLO_FLOW_STATE'}
post: {image: any, bash: 'echo ${{ state.token }} >> given-back'}
";

fn place() -> Place {
    let place = Place::new(CALLS);
    place.write("tools/fit.yml", FIT);
    place.write("tools/lock.yml", LOCK);
    place
}

#[test]
fn calls_stand_above_their_tasks() {
    let place = place();
    place.run("bake b -n mine").expect(0);
    let seen = place.run("inspect mine --json").expect(0).json();
    let tasks = seen["tasks"].as_array().unwrap();
    let ids: Vec<_> = tasks.iter().map(|task| task["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["hold", "sub", "sub.train", "last", "post-hold"]);
    assert_eq!(tasks[1]["outputs"]["loss"], "7 at 0.1");
    assert_eq!(place.read("given-back"), "T\n");
    assert!(place.run("logs mine last").expect(0).out.contains("got 7 at 0.1"));
    let refused = place.run("logs mine sub").expect(1);
    assert!(refused.err.contains("its tasks have logs"), "{}", refused.err);
    let why = place.run("why mine sub").expect(0);
    assert!(why.out.contains("its tasks tell more"), "{}", why.out);
}

#[test]
fn a_failure_below_a_call_is_told_and_mended() {
    let place = place();
    place.write("broken", "");
    let ran = place.run("bake b -n mine").expect(1);
    assert!(ran.err.contains("sub  failed  (`sub.train` failed)"), "{}", ran.err);
    let shown = place.run("show mine sub").expect(0);
    assert!(shown.out.contains("`sub.train` failed"), "{}", shown.out);
    assert_eq!(place.read("given-back"), "T\n", "the post task ran");
    std::fs::remove_file(place.path("broken")).unwrap();
    place.run("restart mine").expect(0);
    let seen = place.run("inspect mine --json").expect(0).json();
    let tasks = seen["tasks"].as_array().unwrap();
    let taken: Vec<_> = tasks.iter().filter(|task| !task["taken_from"].is_null()).map(|task| &task["id"]).collect();
    assert_eq!(taken, ["hold"]);
    assert_eq!(place.read("given-back"), "T\nT\n", "with the state that was taken over");
}

#[test]
fn a_plan_looks_into_calls() {
    let place = place();
    let seen = place.run("plan b --json").expect(0).json();
    let tasks = seen["tasks"].as_array().unwrap();
    let fates: Vec<_> =
        tasks.iter().map(|task| (task["id"].as_str().unwrap(), task["plan"].as_str().unwrap())).collect();
    assert_eq!(fates, [("hold", "run"), ("sub", "later"), ("last", "later"), ("post-hold", "later")]);
    let cached = "
  - {id: sub, action: 'ws:tools/fit', args: {rate: '0.1'}, cache: {strategy: default}}
  - {id: last, image: any, bash: 'echo got ${{ needs.sub.outputs.loss }}'}
";
    let place = Place::new(cached);
    place.write("tools/fit.yml", FIT);
    let fates = || {
        let seen = place.run("plan b --json").expect(0).json();
        let tasks = seen["tasks"].as_array().unwrap().clone();
        let fate = |task: &serde_json::Value| format!("{} {}", task["id"], task["plan"]).replace('"', "");
        tasks.iter().map(fate).collect::<Vec<_>>()
    };
    assert_eq!(fates(), ["sub opens", "sub.train run", "last later"]);
    place.run("bake b").expect(0);
    assert_eq!(fates(), ["sub opens", "sub.train cached", "last run"], "the outputs of the call are known then");
}
