//! [`SourceFile`]: a Rust file, with its code, its comments and its literals told apart.
//!
//! What the texts mean does not belong here: the scanners say it.

use flow_tests::{files_below, repository};

/// The folders whose Rust files are ours.
const FOLDERS: &[&str] = &["flow-core", "flow-engine", "flow-cli", "flow-py", "tests", "benches"];

/// One Rust file.
///
/// Shape: `code` and `comments` have as many characters and the same lines as `text`; what does not
/// belong to them is blank. The quotes of a literal are code, its inside is not.
#[derive(Clone, Debug)]
pub(crate) struct SourceFile {
    /// Relative to the repository, with `/`.
    pub path: String,
    pub text: String,
    pub code: String,
    pub comments: String,
}

impl SourceFile {
    pub(crate) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let (code, comments) = split(&text);
        SourceFile { path: path.into(), text, code, comments }
    }

    /// The crate's folder.
    pub(crate) fn package(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }

    /// Whether it holds tests only.
    pub(crate) fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// Its module path below the crate root; empty for the root itself.
    pub(crate) fn module(&self) -> Vec<&str> {
        let Some((_, inside)) = self.path.split_once("/src/") else { return Vec::new() };
        let inside = inside.trim_end_matches(".rs");
        let inside = inside.strip_suffix("/mod").unwrap_or(inside);
        inside.split('/').filter(|part| !matches!(*part, "lib" | "main")).collect()
    }
}

/// All Rust files of the workspace, sorted by path.
pub(crate) fn sources() -> Vec<SourceFile> {
    let root = repository();
    let paths = FOLDERS.iter().flat_map(|folder| files_below(&root.join(folder)));
    let rust = paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    rust.map(|path| {
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let relative = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        SourceFile::new(relative, text)
    })
    .collect()
}

/// What a character belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Code,
    Comment,
    Literal,
}

/// Code and comments of a Rust text, each blank where the other stands; literals are blank in both.
fn split(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let mut parts: Vec<Part> = Vec::with_capacity(chars.len());
    while parts.len() < chars.len() {
        let rest = chars.get(parts.len()..).unwrap_or_default();
        let before = parts.len().checked_sub(1).and_then(|at| chars.get(at)).copied();
        let (part, length) = next(rest, before);
        match part {
            // Opening and closing quote stay: a literal is still an operand.
            Part::Literal if length > 1 => {
                parts.push(Part::Code);
                parts.extend(std::iter::repeat_n(Part::Literal, length - 2));
                parts.push(Part::Code);
            }
            part => parts.extend(std::iter::repeat_n(part, length)),
        }
    }
    let only = |wanted: Part| {
        let pairs = chars.iter().zip(&parts);
        pairs.map(|(&letter, &part)| if part == wanted || letter == '\n' { letter } else { ' ' }).collect()
    };
    (only(Part::Code), only(Part::Comment))
}

/// The next piece of a text and its length in characters, at least one.
fn next(rest: &[char], before: Option<char>) -> (Part, usize) {
    let word = before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    match rest {
        ['/', '/', ..] => (Part::Comment, rest.iter().position(|&letter| letter == '\n').unwrap_or(rest.len())),
        ['/', '*', ..] => (Part::Comment, block_comment(rest)),
        ['"', ..] => (Part::Literal, quoted(rest, '"')),
        ['r', '"' | '#', ..] if !word => raw(rest, 1),
        ['b' | 'c', 'r', '"' | '#', ..] if !word => raw(rest, 2),
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => (Part::Literal, quoted(rest, '\'')),
        _ => (Part::Code, 1),
    }
}

/// The length of a nested block comment, or of the rest.
fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(pair) = rest.get(at..at + 2) {
        match pair {
            ['/', '*'] => (depth, at) = (depth + 1, at + 2),
            ['*', '/'] if depth == 1 => return at + 2,
            ['*', '/'] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a literal between quotes with backslash escapes, or of the rest.
fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while let Some(&letter) = rest.get(at) {
        match letter {
            '\\' => at += 2,
            letter if letter == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// A raw literal whose prefix has `prefix` letters; code where it is a raw identifier.
fn raw(rest: &[char], prefix: usize) -> (Part, usize) {
    let hashes = rest.iter().skip(prefix).take_while(|&&letter| letter == '#').count();
    let open = prefix + hashes;
    if rest.get(open) != Some(&'"') {
        return (Part::Code, 1);
    }
    let mut end: Vec<char> = vec!['"'];
    end.extend(std::iter::repeat_n('#', hashes));
    let inside = rest.get(open + 1..).unwrap_or_default();
    let length = inside.windows(end.len()).position(|window| window == end.as_slice());
    (Part::Literal, length.map_or(rest.len(), |length| open + 1 + length + end.len()))
}

/// The words (identifiers and numbers) of code, each with the text right behind it.
pub(crate) fn words(code: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut rest = code;
    std::iter::from_fn(move || {
        let start = rest.find(is_word)?;
        let tail = rest.get(start..)?;
        let length = tail.find(|letter| !is_word(letter)).unwrap_or(tail.len());
        let (word, behind) = tail.split_at(length);
        rest = behind;
        Some((word, behind))
    })
}

#[test]
fn code_comments_and_literals_are_told_apart() {
    let cases = [
        ("a // b", "a     ", "  // b"),
        ("a /* b /* c */ d */ e", "a                   e", "  /* b /* c */ d */  "),
        (r#"f("x // y", 'z')"#, r#"f("      ", ' ')"#, "                "),
        (r#"f("a\"b") // c"#, r#"f("    ")     "#, "          // c"),
        (r##"r#"a"b"# + r"c""##, r"r      # + r  ", ""),
        ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}", ""),
        ("'\\'' + b'x'", "'  ' + b' '", ""),
        ("for_r\"a\"", "for_r\" \"", ""),
        ("r#type", "r#type", ""),
    ];
    for (text, code, comments) in cases {
        let file = SourceFile::new("x.rs", text);
        assert_eq!(file.code.replace('"', "").trim_end(), code.replace('"', "").trim_end(), "code of {text}");
        assert_eq!(file.comments.trim_end(), comments.trim_end(), "comments of {text}");
        assert_eq!(file.code.chars().count(), text.chars().count(), "length of {text}");
    }
}

#[test]
fn a_path_says_its_module() {
    let cases: [(&str, &[&str]); 5] = [
        ("flow-core/src/lib.rs", &[]),
        ("flow-core/src/text.rs", &["text"]),
        ("flow-core/src/diag/mod.rs", &["diag"]),
        ("flow-core/src/diag/code.rs", &["diag", "code"]),
        ("flow-cli/tests/kill.rs", &[]),
    ];
    for (path, module) in cases {
        assert_eq!(SourceFile::new(path, "").module(), module, "{path}");
    }
}
