use super::*;

#[test]
fn names_match_their_patterns() {
    let table = [
        ("a.txt", "*.txt", true),
        ("a.txt", "a?txt", true),
        (".hidden", "*", true),
        ("ab", "a", false),
        ("b1", "[a-c][0-9]", true),
        ("d1", "[a-c][0-9]", false),
        ("d", "[!a-c]", true),
        ("]", "[]]", true),
        ("[x", "[x", true),
        ("-", "[a-]", true),
    ];
    for (name, pattern, expected) in table {
        assert_eq!(name_matches(name, pattern), expected, "{name} {pattern}");
    }
}
