//! Sections of the page.

use super::{names, section};

#[test]
fn every_section_can_be_printed() {
    let expected = ["files", "batch", "live", "actions", "keys", "expressions", "functions", "contexts", "codes"];
    assert_eq!(names().collect::<Vec<_>>(), expected);
    for name in names() {
        let text = section(name).unwrap_or_default();
        assert!(text.starts_with(&format!("## {name}\n")) && text.lines().count() > 3, "{text}");
        assert!(!text.contains("<!--"), "{text}");
    }
    assert!(section("codes").is_some_and(|text| text.contains("F0501")));
    assert_eq!(section("nosuch"), None);
}
