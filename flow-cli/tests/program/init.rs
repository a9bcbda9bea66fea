//! New projects: they are fine, they bake, and nothing that was there is lost. Source: LIV-60, DEC-21.

use crate::kit::Place;

/// A folder that is no workspace, with a store of its own.
fn nowhere() -> Place {
    let place = Place::new("");
    std::fs::remove_dir_all(place.path(".apolo")).unwrap();
    place
}

#[test]
fn a_barebone_project_checks_and_bakes() {
    let place = nowhere();
    let made = place.run("init barebone").expect(0);
    assert_eq!(made.out, ".apolo/hello.yml\n.apolo/project.yml\n");
    assert!(made.err.contains("apolo-flow bake hello"), "{}", made.err);
    assert_eq!(place.run("check").expect(0).err, "1 flow checked, no errors\n");
    place.run("bake hello -p name Ada -n first").expect(0);
    assert!(place.run("logs first greet").expect(0).out.contains("Hello, Ada!"));
    assert_eq!(place.run("logs first measure").expect(0).out, "The greeting has 11 letters.\n");
}

#[test]
fn the_default_project_checks_and_bakes() {
    let place = nowhere();
    let made = place.run("init --path deep/new-shop").expect(0);
    assert!(made.err.contains("  cd deep/new-shop  "), "{}", made.err);
    assert!(place.read("deep/new-shop/.apolo/project.yml").contains("id: new_shop\n"));
    assert_eq!(place.run("--config deep/new-shop check").expect(0).err, "2 flows checked, no errors\n");
    place.run("--config deep/new-shop bake train -n first").expect(0);
    let chosen = place.run("show first choose --json").expect(0).json();
    // The line it looks for is y = 3 x + 2.
    let model = chosen["outputs"]["model"].as_str().unwrap();
    assert!(model.starts_with("y = 2.9") || model.starts_with("y = 3.0"), "{model}");
    place.run("--config deep/new-shop bake train -n second").expect(0);
    let statuses = place.statuses("second");
    assert!(statuses.iter().all(|status| status.ends_with(" cached")), "{statuses:?}");
}

#[test]
fn the_example_is_a_template() {
    let place = nowhere();
    place.run("init fraud-detection").expect(0);
    place.run("check").expect(0);
}

#[test]
fn nothing_is_overwritten() {
    let place = nowhere();
    place.write("README.md", "mine");
    let refused = place.run("init").expect(1);
    assert!(refused.err.contains("`README.md`") && refused.err.contains("nothing was written"), "{}", refused.err);
    assert!(!place.path("src").exists() && !place.path(".apolo").exists());
    place.run("init barebone").expect(0);
    assert!(place.run("init barebone").expect(1).err.contains("`.apolo`"));
    assert!(place.run("init nosuch").expect(2).err.contains("fraud-detection"));
}
