use super::*;

#[test]
fn near_names_are_found_and_far_ones_are_not() {
    assert_eq!(nearest("imgae", ["image", "id"]), Some("image"));
    assert_eq!(nearest("Needs", ["needs"]), Some("needs"));
    assert_eq!(nearest("banana", ["image", "id"]), None);
}

#[test]
fn help_lists_names_when_none_is_near() {
    assert_eq!(help("x", "tasks", ["prepare"]), Some("tasks here: `prepare`".into()));
    assert_eq!(help("x", "tasks", []), None);
}
