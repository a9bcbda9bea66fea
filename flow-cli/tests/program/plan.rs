//! `plan`: what a bake would do, told before it does it. Source: EXT-6.

use serde_json::Value;

use crate::kit::Place;

const FLOW: &str = "kind: batch
params: {rate: {default: '1'}}
tasks:
  - {id: load, image: any, bash: 'echo \"::set-output name=rows::5\"'}
  - id: train
    needs: [load]
    image: any
    strategy: {matrix: {kind: [x, y]}}
    env: {RATE: '${{ params.rate }}'}
    bash: 'echo ${{ matrix.kind }} ${{ needs.load.outputs.rows }}'
  - {id: pick, needs: [train], image: any, bash: echo picked}
  - {id: never, needs: [], image: any, enable: false, bash: echo never}
  - {id: fresh, needs: [], image: any, cache: {strategy: none}, bash: echo fresh}
";

fn place() -> Place {
    let place = Place::new("  - {id: a, image: any, bash: echo}\n");
    place.write(".apolo/f.yml", FLOW);
    place
}

/// `id plan because`, task by task.
fn told(place: &Place, line: &str) -> Vec<String> {
    let seen = place.run(&format!("{line} --json")).expect(0).json();
    let word = |task: &Value, key: &str| task[key].as_str().unwrap().to_owned();
    let tasks = seen["tasks"].as_array().unwrap().iter();
    tasks.map(|task| ["id", "plan", "because"].map(|key| word(task, key)).join(" ")).collect()
}

#[test]
fn before_the_first_bake_all_is_to_be_done_and_nothing_is_kept() {
    let place = place();
    let expected = [
        "load run first",
        "train-x later depends_on_results",
        "train-y later depends_on_results",
        "pick later depends_on_results",
        "never skipped disabled",
        "fresh run cache_off",
    ];
    assert_eq!(told(&place, "plan f"), expected);
    assert!(!place.path("../data").exists(), "a plan keeps nothing");
}

#[test]
fn after_a_bake_the_cache_and_the_changes_are_seen() {
    let place = place();
    place.run("bake f --local-executor").expect(0);
    let cached = |id: &str| format!("{id} cached cached");
    let (never, fresh) = ("never skipped disabled".to_owned(), "fresh run cache_off".to_owned());
    let all = ["load", "train-x", "train-y", "pick"].map(cached);
    assert_eq!(told(&place, "plan f"), [&all[..], &[never.clone(), fresh.clone()]].concat());
    // Through the cached `load` its result is known, so the rows of `train` can be told.
    let told_now = told(&place, "plan f -p rate 2");
    let trained = ["train-x run changed".to_owned(), "train-y run changed".to_owned()];
    let later = "pick later depends_on_results".to_owned();
    assert_eq!(told_now, [&[cached("load")], &trained[..], &[later, never, fresh]].concat());
    let seen = place.run("plan f -p rate 2 --json").expect(0).json();
    let change = &seen["tasks"][1]["changes"];
    assert_eq!(
        (&change[0]["field"], &change[0]["old"], &change[0]["new"]),
        (&"env.RATE".into(), &"1".into(), &"2".into())
    );
    assert_eq!((change.as_array().unwrap().len(), &seen["params"]["rate"]), (1, &"2".into()));
    let ran = place.run("plan f -p rate 2").expect(0);
    for part in ["env.RATE: 1 -> 2", "ran the same", "depends on results of train\n"] {
        assert!(ran.out.contains(part), "{part} is missing:\n{}", ran.out);
    }
    assert!(ran.err.ends_with("6 tasks: 3 run, 1 cached, 1 skipped, 1 depend on results\n"), "{}", ran.err);
    assert_eq!(place.standings().len(), 1, "a plan is no bake");
}

#[test]
fn what_cannot_be_baked_cannot_be_planned() {
    let place = place();
    place.write(".apolo/bad.yml", "kind: batch\ntasks:\n  - {id: a, image: any, needs: [b]}\n");
    assert!(place.run("plan bad").expect(4).err.contains("F0501"));
    assert!(place.run("plan f -p rat 2").expect(4).err.contains("did you mean `rate`?"));
    let late = "kind: batch\ntasks:\n  - {id: a, image: any, env: {A: \"${{ hash_files('/x') }}\"}}\n  - {id: b, image: any}\n";
    place.write(".apolo/late.yml", late);
    assert_eq!(told(&place, "plan late"), ["a failed not_evaluated", "b skipped winding_down"]);
    assert!(place.run("plan late").expect(0).out.contains("is no pattern below a folder"));
}
