//! Volumes on this machine: tasks read and write them, and they are copied to and fro. Source: MCH-2, LIV-40, LIV-41.

use crate::kit::Place;

const FLOW: &str = "kind: batch
volumes:
  data: {remote: 'storage:my/data', mount: /data, local: files}
  out: {remote: 'disk:results', mount: /out}
tasks:
  - id: count
    image: any
    volumes: ['${{ upload(volumes.data).ref_ro }}', '${{ volumes.out.ref }}']
    workdir: /data
    bash: |
      test \"$(cat words)\" = \"$(cat ${{ volumes.data.mount }}/words)\"
      wc -w < words > ${{ volumes.out.mount }}/count
  - id: show
    image: any
    needs: [count]
    volumes: ['${{ volumes.out.ref }}']
    bash: echo \"count=$(tr -d ' ' < ${{ volumes.out.mount }}/count)\" >> $APOLO_FLOW_OUTPUT
";

#[test]
fn tasks_read_and_write_volumes() {
    let place = Place::new("  - {id: a, image: any, bash: echo x}\n");
    place.write(".apolo/v.yml", FLOW);
    place.write("files/words", "one two three");
    place.run("check v").expect(0);
    assert!(!place.path("../data").exists(), "checking copies nothing");
    place.run("bake v -n v --local-executor").expect(0);
    let seen = place.run("inspect v --json").expect(0).json();
    assert_eq!(seen["tasks"][1]["outputs"]["count"], "3");
    assert_eq!(place.read("../data/apolo-flow/storage/my/data/words"), "one two three");
    assert_eq!(place.read("../data/apolo-flow/storage/.disks/results/count").trim(), "3");
    // Elsewhere the same results are found: the key holds mounts, no folders.
    place.write(".apolo/engine.toml", &format!("[storage]\nroot = '{}'\n", place.path("../else").display()));
    place.run("bake v -n again --local-executor").expect(0);
    assert_eq!(place.statuses("again"), ["count cached", "show cached"]);
    place.write(".apolo/engine.toml", "[storage]\nroot = 'else'\n");
    let wrong = place.run("bake v").expect(1).err;
    assert!(wrong.contains("storage.root") && wrong.contains("absolute"), "{wrong}");
}
