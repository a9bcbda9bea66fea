//! Cases of word splitting.

use super::split;

#[test]
fn splits_as_a_shell_does() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        ("  \t\n ", &[]),
        ("a b  c", &["a", "b", "c"]),
        ("bash -c 'echo \"x y\"; exit 3'", &["bash", "-c", "echo \"x y\"; exit 3"]),
        ("a'b c'd", &["ab cd"]),
        ("''", &[""]),
        ("a \"\" b", &["a", "", "b"]),
        (r#""a\"b\\c\$d\`e\nf""#, &[r#"a"b\c$d`e\nf"#]),
        (r"a\ b \'c", &["a b", "'c"]),
        (r"'a\b'", &[r"a\b"]),
        ("a\\\nb", &["ab"]),
        ("\"a\\\nb\"", &["ab"]),
        ("# not a comment", &["#", "not", "a", "comment"]),
        ("$HOME *.py | x && y", &["$HOME", "*.py", "|", "x", "&&", "y"]),
        ("größe 'ß ü'", &["größe", "ß ü"]),
    ];
    for (line, words) in cases {
        assert_eq!(split(line).as_deref(), Ok(words.map_to_owned().as_slice()), "{line}");
    }
}

#[test]
fn says_what_is_open() {
    let cases = [("'a", "`'`"), ("a \"b", "`\"`"), ("\"a\\", "`\"`"), ("a\\", "backslash")];
    for (line, part) in cases {
        let message = split(line).expect_err(line);
        assert!(message.contains(part), "{line}: {message}");
    }
}

/// Owned words, to compare with.
trait MapToOwned {
    fn map_to_owned(&self) -> Vec<String>;
}

impl MapToOwned for &[&str] {
    fn map_to_owned(&self) -> Vec<String> {
        self.iter().map(|&word| word.to_owned()).collect()
    }
}
