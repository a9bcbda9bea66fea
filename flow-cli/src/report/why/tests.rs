//! What differs between two values is seen, however far behind it stands.

use super::values;

#[test]
fn long_values_are_cut_around_their_difference() {
    let long = "x".repeat(500);
    let (old, new) = values(Some(&format!("{long}one")), Some(&format!("{long}two")));
    assert!(old.starts_with("…xxx") && old.ends_with("xone"), "{old}");
    assert!(new.ends_with("xtwo"), "{new}");
    assert_eq!(values(Some("a"), None), ("a".to_owned(), "(not there)".to_owned()));
    assert_eq!(values(Some("lr=1"), Some("lr=2")), ("lr=1".to_owned(), "lr=2".to_owned()));
}
