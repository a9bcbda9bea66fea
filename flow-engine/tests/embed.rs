//! The embedding example of the documentation runs and says what it promises.

use std::process::Command;

#[test]
fn the_example_runs() {
    // Cargo builds examples together with tests, in the folder beside them.
    let own = std::env::current_exe().unwrap();
    let example = own.parent().and_then(|deps| deps.parent()).unwrap().join("examples/embed");
    let output = Command::new(&example).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "succeeded: answer question\n");
    let source = include_str!("../examples/embed.rs");
    assert!(source.lines().count() < 60, "the documentation promises under 60 lines");
}
