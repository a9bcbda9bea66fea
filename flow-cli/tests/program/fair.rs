//! Two equal bakes share the machine: each gets 40 to 60 % of any 20 starts.

use crate::kit::Place;

const ROWS: usize = 40;

#[test]
fn two_equal_bakes_share_the_machine() {
    let place = Place::new(
        "  - {id: a, needs: [], image: any, bash: read go < gate-a}\n  - {id: b, needs: [], image: any, bash: read go < gate-b}\n",
    );
    place.write(".apolo/engine.toml", "[executor]\ncpu = 2\n");
    place.write(
        ".apolo/wide.yml",
        &format!(
            "kind: batch\nparams: {{tag: ''}}\ndefaults: {{max_parallel: {ROWS}, cache: {{strategy: none}}}}\n\
             tasks: [{{id: r, image: any, strategy: {{matrix: {{i: '${{{{ range({ROWS}) }}}}'}}}}, bash: 'echo ${{{{ params.tag }}}} >> order'}}]\n"
        ),
    );
    let (a, b) = (place.gate("gate-a"), place.gate("gate-b"));
    // Both places of the machine are taken until all rows of both bakes stand in its queue.
    let mut holder = place.start("bake b");
    holder.hear(&["running"]);
    holder.hear(&["running"]);
    let start = |tag: &str| {
        let mut bake = place.start(&format!("-v bake wide -n {tag} -p tag {tag}"));
        bake.hear(&[&format!("r-{}", ROWS - 1), "queued"]);
        bake
    };
    let (one, two) = (start("one"), start("two"));
    a.open();
    b.open();
    for bake in [holder, one, two] {
        bake.end().expect(0);
    }
    let order = place.read("order");
    let order: Vec<bool> = order.lines().map(|line| line == "one").collect();
    assert_eq!(order.len(), 2 * ROWS);
    for window in order.windows(20) {
        let count = window.iter().filter(|is_one| **is_one).count();
        assert!((8..=12).contains(&count), "{count} of 20: {order:?}");
    }
}

#[test]
fn commands_and_output_files_of_real_tasks() {
    // CMD-8, CMD-12, CMD-13, EXT-4: what is stopped or unknown is output; blocks hold many lines and any character.
    let place = Place::new(
        r#"
  - id: a
    image: any
    bash: |
      echo "::set-output name=one::  x::y  "
      echo "::stop-commands::tok"
      echo "::set-output name=one::not this"
      echo "::tok::"
      echo "::unknown::z"
      printf 'plain=1=2\nblock<<END\nfirst\n  second = ::set-output\n\nEND\nempty=\n' >> $APOLO_FLOW_OUTPUT
      printf 'id=7\n' >> $APOLO_FLOW_STATE
      echo "::save-state name=kept::yes"
  - {id: b, image: any, env: {BLOCK: '${{ needs.a.outputs.block }}'}, bash: 'echo "$BLOCK"'}
  - {id: c, image: any, needs: [], bash: 'echo "no separator" >> $APOLO_FLOW_OUTPUT'}
"#,
    );
    place.write(".apolo/b.yml", &place.read(".apolo/b.yml").replace("defaults: {", "defaults: {fail_fast: false, "));
    place.run("bake b -n x").expect(1);
    let seen = place.run("show x a --json").expect(0).json();
    let outputs = &seen["outputs"];
    assert_eq!((outputs["one"].as_str(), outputs["plain"].as_str()), (Some("  x::y"), Some("1=2")));
    assert_eq!(
        (outputs["block"].as_str(), outputs["empty"].as_str()),
        (Some("first\n  second = ::set-output\n"), Some(""))
    );
    assert_eq!((seen["state"]["id"].as_str(), seen["state"]["kept"].as_str()), (Some("7"), Some("yes")));
    let shown = place.run("show x a").expect(0).out;
    assert!(shown.ends_with("\n::set-output name=one::not this\n::unknown::z\n"), "{shown}");
    assert_eq!(place.run("logs x b").expect(0).out, "first\n  second = ::set-output\n\n");
    let broken = place.run("show x c").expect(0).out;
    assert!(broken.contains("its outputs cannot be read") && broken.contains("line 1"), "{broken}");
}
