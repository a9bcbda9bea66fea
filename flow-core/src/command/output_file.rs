//! [`parse_output_file`]: outputs that a task appended to a file. Source: EXT-4.

use std::fmt;

use indexmap::IndexMap;
use thiserror::Error;

use crate::command::is_name;

/// A line of an output file that says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Units: counts from 1.
    pub line: u32,
    /// What is wrong, a lower-case fragment.
    pub message: String,
}

/// All bad lines of an output file, in order; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct OutputFileError {
    /// The bad lines.
    pub lines: Vec<BadLine>,
}

impl fmt::Display for OutputFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, bad) in self.lines.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}line {}: {}", bad.line, bad.message)?;
        }
        Ok(())
    }
}

/// Reads the file named by `$APOLO_FLOW_OUTPUT` or `$APOLO_FLOW_STATE`.
///
/// A line is `name=value`, the value to the end of the line as it stands; or `name<<DELIMITER`, and
/// the value is all lines up to one that is the delimiter and nothing else, joined by LF. Blank
/// lines between them are skipped, CR LF counts as LF. Names are those of printed commands (CMD-9).
/// Shape: in the order of first writing; a later value of a name replaces the earlier.
/// Errors: all lines that are neither, bad names, and blocks without their end.
pub fn parse_output_file(text: &str) -> Result<IndexMap<String, String>, OutputFileError> {
    let mut found = IndexMap::new();
    let mut bad = Vec::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((line, content)) = lines.next() {
        if content.trim().is_empty() {
            continue;
        }
        let (name, value) = match split(content) {
            Some((name, Value::Line(value))) => (name, Some(value.to_owned())),
            Some((name, Value::Block(delimiter))) => (name, block(&mut lines, delimiter)),
            None => {
                bad.push(BadLine { line, message: "expected `name=value` or `name<<DELIMITER`".to_owned() });
                continue;
            }
        };
        match value {
            None => bad.push(BadLine { line, message: format!("the block of `{}` has no end", shown(name)) }),
            Some(_) if !is_name(name.as_bytes()) => {
                let rule = "a letter, then letters, digits and `_`";
                bad.push(BadLine { line, message: format!("`{}` is no name: {rule}", shown(name)) });
            }
            Some(value) => {
                found.insert(name.to_owned(), value);
            }
        }
    }
    if bad.is_empty() { Ok(found) } else { Err(OutputFileError { lines: bad }) }
}

enum Value<'a> {
    Line(&'a str),
    /// The delimiter.
    Block(&'a str),
}

/// A name and what follows it, by whichever of `=` and `<<` comes first.
fn split(line: &str) -> Option<(&str, Value<'_>)> {
    let equals = line.split_once('=');
    let block = line.split_once("<<").map(|(name, rest)| (name, rest.trim()));
    match (equals, block) {
        (Some((name, value)), Some((block_name, _))) if name.len() < block_name.len() => {
            Some((name.trim(), Value::Line(value)))
        }
        (_, Some((name, delimiter))) if !delimiter.is_empty() => Some((name.trim(), Value::Block(delimiter))),
        (Some((name, value)), _) => Some((name.trim(), Value::Line(value))),
        (None, _) => None,
    }
}

/// The lines up to the delimiter; `None`, and no line left, if it never comes.
fn block<'a>(lines: &mut impl Iterator<Item = (u32, &'a str)>, delimiter: &str) -> Option<String> {
    let mut value: Vec<&str> = Vec::new();
    for (_, line) in lines {
        if line == delimiter {
            return Some(value.join("\n"));
        }
        value.push(line);
    }
    None
}

/// A name for people: no control characters, not too long.
fn shown(name: &str) -> String {
    name.chars().take(60).flat_map(char::escape_debug).collect()
}
