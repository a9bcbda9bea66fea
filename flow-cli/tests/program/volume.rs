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

const LIVE: &str = "kind: live
volumes:
  data: {remote: 'storage:data', mount: /data, local: files}
  far: {remote: 'storage:far', mount: /far}
  more: {remote: 'disk:more', mount: /more, local: more}
jobs: {}
";

fn live() -> Place {
    let place = Place::new("  - {id: a, image: any, bash: echo x}\n");
    place.write(".apolo/live.yml", LIVE);
    place.write("files/a", "one");
    place.write("files/deep/b", "two");
    place
}

fn stored(place: &Place, name: &str) -> std::path::PathBuf {
    place.path("../data/apolo-flow/storage").join(name)
}

#[test]
fn volumes_go_to_the_storage_and_back() {
    let place = live();
    place.write("files/.apoloignore", "*.log\n!keep.log\ndeep/tmp/\n");
    place.write("files/x.log", "left out");
    place.write("files/keep.log", "kept");
    place.write("files/deep/tmp/y", "left out");
    let said = place.run("upload data --dry-run").expect(0).out;
    assert!(said.starts_with("data: 4 files (") && said.contains("\n  deep/b\n") && !said.contains("tmp"), "{said}");
    assert!(!place.path("../data").exists(), "a dry run copies nothing");
    let done = place.run("upload data --json").expect(0).json();
    assert_eq!((done["volumes"][0]["copied"].as_u64(), done["volumes"][0]["volume"].as_str()), (Some(4), Some("data")));
    assert!(stored(&place, "data/deep/b").exists() && !stored(&place, "data/x.log").exists());
    let again = place.run("upload data").expect(0).out;
    assert!(again.contains("data: 0 files (0 B) copied to storage:data, 4 unchanged"), "{again}");
    std::fs::remove_dir_all(place.path("files")).unwrap();
    let back = place.run("download data").expect(0).out;
    assert!(back.contains("data: 4 files") && back.contains("copied from storage:data"), "{back}");
    assert_eq!((place.read("files/a"), place.read("files/deep/b")), ("one".to_owned(), "two".to_owned()));
    // LIV-40: which volumes can be moved, and how that is told.
    let unknown = place.run("upload nope").expect(1).err;
    assert!(
        unknown.contains("unknown volume `nope`") && unknown.contains("existing volumes: data, far, more"),
        "{unknown}"
    );
    assert!(place.run("upload far").expect(2).err.contains("volume `far` has no `local` part"));
    let missing = place.run("upload ALL").expect(1);
    assert!(missing.out.contains("data: ") && missing.err.contains("/more"), "the first that fails stops: {missing:?}");
    let made = place.run("mkvolumes").expect(0).out;
    assert_eq!(made, "Create volume data\nCreate volume more\n");
    assert!(stored(&place, ".disks/more").is_dir() && !stored(&place, "far").exists());
    // DEC-30: those of batches, too.
    place.write(".apolo/v.yml", FLOW);
    place.write("files/words", "one");
    assert!(place.run("upload ALL --flow v").expect(0).out.contains("copied to storage:my/data"));
}

#[test]
fn nothing_is_copied_where_a_link_leads_out() {
    let place = live();
    std::os::unix::fs::symlink("/etc/passwd", place.path("files/out")).unwrap();
    std::os::unix::fs::symlink("a", place.path("files/in")).unwrap();
    std::os::unix::fs::symlink("deep/../../..", place.path("files/up")).unwrap();
    let refused = place.run("upload data").expect(1).err;
    assert_eq!(refused.matches("error: `").count(), 2, "each has a line of its own: {refused}");
    assert!(
        refused.contains("/files/out") && refused.contains("/files/up") && !refused.contains("/files/in`"),
        "{refused}"
    );
    assert!(!stored(&place, "data").exists());
    place.write("files/.apoloignore", "/out\n/up\n");
    place.run("upload data").expect(0);
    assert_eq!(std::fs::read_link(stored(&place, "data/in")).unwrap(), std::path::Path::new("a"));
    // The storage may not lie in what goes there.
    let root = place.path("files/storage");
    place.write(".apolo/engine.toml", &format!("[storage]\nroot = '{}'\n", root.display()));
    std::fs::create_dir_all(root.join("data")).unwrap();
    let refused = place.run("upload data").expect(1).err;
    assert!(refused.contains("lie in each other"), "{refused}");
}

/// Runs a command under a bound for the size of files, which ends it in the middle of a large one.
fn bounded(place: &Place, line: &str, before: &str) -> std::process::Output {
    let mut shell = std::process::Command::new("sh");
    let script = format!("ulimit -c 0; ulimit -f 2048; {before} exec '{}' {line}", crate::kit::PROGRAM);
    shell.args(["-c", &script]).current_dir(place.path("")).env_clear();
    shell.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", place.path("..")).env("LANG", "C.UTF-8");
    shell.env("XDG_DATA_HOME", place.path("../data")).stdin(std::process::Stdio::null());
    shell.output().unwrap()
}

#[test]
fn a_copy_that_is_killed_leaves_no_half_file_and_goes_on() {
    use std::os::unix::process::ExitStatusExt as _;
    let place = live();
    let large = "0123456789abcdef".repeat(200_000);
    place.write("files/large", &large);
    // Not even a signal that can be caught: the system ends the process inside of a write.
    let killed = bounded(&place, "upload data", "");
    assert_eq!(killed.status.signal(), Some(rustix::process::Signal::XFSZ.as_raw()), "{killed:?}");
    assert!(!stored(&place, "data/large").exists(), "no half file has the name");
    let done = place.run("upload data --json").expect(0).json();
    assert_eq!(std::fs::read_to_string(stored(&place, "data/large")).unwrap(), large);
    let bytes = done["volumes"][0]["bytes"].as_u64().unwrap();
    assert!(bytes < large.len() as u64, "what was there is not copied again: {bytes}");
    let left = std::fs::read_dir(stored(&place, "data")).unwrap().count();
    assert_eq!(left, 3, "nothing else is left behind");
}

#[test]
fn what_cannot_be_written_is_named() {
    let place = live();
    place.write("files/large", &"x".repeat(3_000_000));
    let refused = bounded(&place, "upload data", "trap '' XFSZ;");
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write") && said.contains("/storage/data/large`: File too large"), "{said}");
    // A file where a folder is to be.
    std::fs::remove_dir_all(stored(&place, "data")).unwrap();
    std::fs::write(stored(&place, "data"), "x").unwrap();
    let said = place.run("upload data").expect(1).err;
    assert!(said.contains("is a file where a folder is to be"), "{said}");
}

#[test]
fn cleaning_wants_a_yes() {
    let place = live();
    place.run("upload data").expect(0);
    let refused = place.run("clean data").expect(2).err;
    assert!(refused.contains("nobody is there to be asked") && refused.contains("--yes"), "{refused}");
    let said = place.run("clean data --dry-run").expect(0).out;
    assert_eq!(said, "data: storage:data would be removed\n");
    assert!(stored(&place, "data/a").exists());
    assert_eq!(place.run("clean data --yes").expect(0).out, "data: storage:data removed\n");
    assert!(!stored(&place, "data").exists() && place.path("files/a").exists());
    assert_eq!(place.run("clean data --yes").expect(0).out, "data: there is nothing at storage:data\n");
}
