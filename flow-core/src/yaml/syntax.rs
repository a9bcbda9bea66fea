//! [`explain`]: what is wrong with a text that is not well-formed, and how to mend it.
//!
//! Which error the parser found is the reader's knowledge; here are the words and the true places.

use std::ops::Range;

use crate::diag::{Code, Diagnostic};
use crate::text::{FileId, Span};
use crate::yaml::MAX_DEPTH;

/// Ways in which a text is not well-formed.
pub(super) enum Flaw {
    /// `: ` where no mapping may begin.
    Colon,
    /// A character that begins no value.
    Character(char),
    /// A quote without its partner.
    OpenQuote,
    /// A bracket without its partner.
    OpenBracket(char),
    /// A closing bracket that closes nothing.
    StrayBracket,
    /// No comma between the items in brackets.
    Separator,
    /// A tab where the indentation counts.
    Tab,
    /// A line among the keys of a mapping that is no key.
    KeyExpected,
    /// A line among the items of a list that is no item.
    DashExpected,
    /// `- ` where no list may begin.
    DashHere,
    /// Text behind a closing quote.
    AfterQuote,
    /// A backslash with a letter that means nothing.
    Escape,
    /// A line indented like nothing around it.
    Indentation,
    /// A `%YAML` directive of another version.
    Version,
    /// Too many levels.
    TooDeep,
    /// Anything rarer, in the parser's words.
    Other(String),
}

/// A diagnostic whose places are still bytes.
pub(super) struct Explanation {
    code: Code,
    message: String,
    labels: Vec<(Range<usize>, &'static str)>,
    help: Option<String>,
}

impl Explanation {
    /// Ties it to its file.
    pub(super) fn in_file(self, file: FileId) -> Diagnostic {
        let mut found = Diagnostic::error(self.code, self.message);
        for (range, text) in self.labels {
            found = found.at(Span::new(file, range.start as u32..range.end as u32), text);
        }
        Diagnostic { help: self.help, ..found }
    }
}

/// Explains the flaw found at byte `at`; `bracket` is the innermost `[` or `{` that is still open.
pub(super) fn explain(flaw: &Flaw, at: usize, text: &str, bracket: Option<usize>) -> Explanation {
    if matches!(flaw, Flaw::Colon | Flaw::Separator)
        && let Some(found) = expression(at, text, bracket)
    {
        return found;
    }
    let above = bracket.filter(|open| text.get(*open..at).is_some_and(|between| between.contains('\n')));
    let (message, help) = match (flaw, above) {
        (Flaw::Colon, Some(_)) => (
            "a key begins here, and a bracket above is still open".to_owned(),
            "close the bracket, or put the value into quotes if the `:` belongs to it",
        ),
        _ => words(flaw),
    };
    let place = match flaw {
        Flaw::KeyExpected => line_rest(text, dash_before(text, at)),
        Flaw::DashExpected | Flaw::AfterQuote | Flaw::Indentation => line_rest(text, at),
        Flaw::StrayBracket => one_character(text, stray_bracket(text, at)),
        Flaw::Escape => bad_escape(text, at),
        Flaw::Tab => tab(text, at),
        _ => one_character(text, at),
    };
    let mut labels = vec![(place, label(flaw))];
    if let (Flaw::Colon | Flaw::Separator, Some(open)) = (flaw, bracket) {
        labels.push((one_character(text, open), "the bracket is still open"));
    }
    let code = if matches!(flaw, Flaw::TooDeep) { Code::YamlTooLarge } else { Code::YamlSyntax };
    Explanation { code, message, labels, help: (!help.is_empty()).then(|| help.to_owned()) }
}

/// An expression that plain YAML text cannot hold (YML-15).
fn expression(at: usize, text: &str, bracket: Option<usize>) -> Option<Explanation> {
    let line = line_of(text, at);
    let before = text.get(line.start..at)?;
    // Within brackets the value ends before its brace, so the marker may reach behind the place.
    let marker = [text.get(line.start..line.end)?.rfind("${{"), before.rfind("${{"), before.rfind("$[[")];
    let start = line.start + marker.into_iter().flatten().find(|found| line.start + found < at)?;
    let (message, place, label, help) = if bracket.is_some() {
        let braces = start + 1..start + 3;
        ("an expression within brackets needs quotes", braces, "read as YAML", "put the whole item into quotes")
    } else {
        let colon = one_character(text, at);
        ("this expression needs quotes", colon, "read as the end of a key", "put the whole value into quotes")
    };
    Some(Explanation {
        code: Code::YamlSyntax,
        message: message.to_owned(),
        labels: vec![(place, label)],
        help: Some(format!("{help}: \"${{{{ … }}}}\"")),
    })
}

fn words(flaw: &Flaw) -> (String, &'static str) {
    let (message, help) = match flaw {
        Flaw::Colon => (
            "a `:` with a blank behind it cannot stand here",
            "put the value into quotes if the `:` belongs to it, else put the key on a line of its own",
        ),
        Flaw::Character(one) => {
            return (format!("a value cannot begin with `{}`", one.escape_debug()), "put the value into quotes");
        }
        Flaw::OpenQuote => ("this quote is never closed", "add the closing quote"),
        Flaw::OpenBracket(one) => {
            let help = if *one == '[' { "add the closing `]`" } else { "add the closing `}`" };
            return (format!("the bracket `{one}` is never closed"), help);
        }
        Flaw::StrayBracket => ("this bracket closes nothing", "remove it, or put the value it belongs to into quotes"),
        Flaw::Separator => (
            "expected a `,` or the closing bracket",
            "separate the items by commas, and put items that hold brackets or braces into quotes",
        ),
        Flaw::Tab => ("a tab cannot indent", "indent with spaces"),
        Flaw::KeyExpected => {
            ("expected a key and a `:`", "write `key: value`, and indent the line like the keys it belongs to")
        }
        Flaw::DashExpected => {
            ("expected an item of the list above", "begin the line with `- `, or indent it like the key it belongs to")
        }
        Flaw::DashHere => ("a list cannot begin here", "put its first `- ` on a line of its own, below the key"),
        Flaw::AfterQuote => {
            ("text behind the closing quote", "put the whole value into one pair of quotes, or remove the quotes")
        }
        Flaw::Escape => ("an unknown escape in double quotes", "write `\\\\` for a backslash, or use single quotes"),
        Flaw::Indentation => ("this line is indented like nothing around it", "indent it like the lines it belongs to"),
        Flaw::Version => ("this version of YAML is not known", "remove the `%YAML` line"),
        Flaw::TooDeep => return (too_deep(), "flatten the lists and mappings"),
        Flaw::Other(text) => return (text.clone(), "check this line, and the one above it, against the YAML rules"),
    };
    (message.to_owned(), help)
}

/// The message for more levels than the reader follows.
pub(super) fn too_deep() -> String {
    format!("lists and mappings are nested more than {MAX_DEPTH} deep")
}

fn label(flaw: &Flaw) -> &'static str {
    match flaw {
        Flaw::Colon => "a mapping cannot begin here",
        Flaw::OpenQuote | Flaw::OpenBracket(_) => "opened here",
        Flaw::KeyExpected => "no key",
        Flaw::DashExpected => "no item",
        Flaw::Tab => "a tab",
        Flaw::Character(_)
        | Flaw::StrayBracket
        | Flaw::Separator
        | Flaw::DashHere
        | Flaw::AfterQuote
        | Flaw::Escape
        | Flaw::Indentation
        | Flaw::Version
        | Flaw::TooDeep
        | Flaw::Other(_) => "",
    }
}

fn one_character(text: &str, at: usize) -> Range<usize> {
    let width = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    at..at + width
}

/// The line that byte `at` lies in, without its line break.
fn line_of(text: &str, at: usize) -> Range<usize> {
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |found| found + 1);
    let end = text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |found| at + found);
    start..end
}

/// From `at` to the last visible character of its line, a comment left out.
fn line_rest(text: &str, at: usize) -> Range<usize> {
    let rest = text.get(at..line_of(text, at).end).unwrap_or("");
    let rest = rest.split_once(" #").map_or(rest, |(content, _)| content);
    at..at + rest.trim_end().len()
}

/// Where the item begins whose content begins at `at`, if a dash stands before it.
fn dash_before(text: &str, at: usize) -> usize {
    let start = line_of(text, at).start;
    let before = text.get(start..at).unwrap_or("");
    let blanks = before.len() - before.trim_start().len();
    if before.trim() == "-" { start + blanks } else { at }
}

/// The parser may point at the bracket that is open; the one that closes another stands behind it.
fn stray_bracket(text: &str, at: usize) -> usize {
    let mut open = Vec::new();
    for (offset, one) in text.get(at..).unwrap_or("").char_indices() {
        match one {
            '[' => open.push(']'),
            '{' => open.push('}'),
            ']' | '}' if open.pop() != Some(one) => return at + offset,
            _ => {}
        }
    }
    at
}

/// The parser points at or behind the tab.
fn tab(text: &str, at: usize) -> Range<usize> {
    let line = line_of(text, at);
    let found = text.get(line.clone()).and_then(|line| line.find('\t'));
    one_character(text, found.map_or(at, |found| line.start + found))
}

/// The parser points at the opening quote; the first escape that means nothing lies behind it.
fn bad_escape(text: &str, quote: usize) -> Range<usize> {
    let rest = text.get(quote..).unwrap_or("");
    let mut characters = rest.char_indices();
    while let Some((at, one)) = characters.next() {
        let Some((_, letter)) = (one == '\\').then(|| characters.next()).flatten() else { continue };
        if !"0abt\tnvfre \"/\\N_LPxuU\r\n".contains(letter) {
            return quote + at..quote + at + 1 + letter.len_utf8();
        }
    }
    one_character(text, quote)
}
