//! [`segments`]: the way from the decoded content of a scalar back to its bytes in the file.
//!
//! The event parser decodes; this only walks both texts side by side. Where they disagree against
//! expectation the walk stops, and places behind it count on from the last known one.

use std::ops::Range;

use crate::yaml::Style;

/// Where the pieces of `content` stand: `(offset in content, offset in file)` as `Text::segments`.
///
/// `text` is the whole file and `mark` the first byte of the scalar in it: a quote, `|` or `>`.
/// `range` is what the parser reports: for block scalars it begins at the first line that is not
/// blank, behind the indentation.
pub(super) fn segments(content: &str, text: &str, mark: usize, range: Range<usize>, style: Style) -> Vec<(u32, u32)> {
    let line = text.get(..range.start).and_then(|before| before.rfind('\n')).map_or(0, |found| found + 1);
    let block = matches!(style, Style::Literal | Style::Folded);
    let indent = block.then_some(range.start - line);
    let raw = text.get(..range.end).unwrap_or("");
    let mut walk = Walk { raw, at: mark, kept: 0, style, indent, found: Vec::new() };
    match style {
        Style::Plain => {}
        Style::SingleQuoted | Style::DoubleQuoted => walk.at += 1,
        Style::Literal | Style::Folded => walk.skip_header(),
    }
    for (offset, one) in content.char_indices() {
        if !walk.step(offset, one) {
            break;
        }
    }
    walk.found
}

struct Walk<'a> {
    /// The file up to the scalar's end.
    raw: &'a str,
    /// Where in it the walk stands.
    at: usize,
    /// The end of the last run of blanks that is content, so that each run is looked at once.
    kept: usize,
    style: Style,
    /// Blanks to skip at the start of a line; `None`: all of them.
    indent: Option<usize>,
    found: Vec<(u32, u32)>,
}

impl Walk<'_> {
    /// Finds the place of one character of the content; `false` if it is not where it should be.
    fn step(&mut self, offset: usize, one: char) -> bool {
        loop {
            self.skip_trailing_blanks();
            let rest = self.raw.get(self.at..).unwrap_or("");
            if let Some(width) = line_break(rest) {
                let place = self.at;
                self.next_line(width);
                if matches!(one, ' ' | '\n') {
                    self.record(offset, place);
                    return true;
                }
            } else if self.style == Style::DoubleQuoted && rest.starts_with('\\') {
                if let Some(width) = rest.get(1..).and_then(line_break) {
                    self.next_line(width + 1);
                } else {
                    self.escape(offset, one);
                    return true;
                }
            } else {
                return self.same(offset, one, rest.chars().next());
            }
        }
    }

    /// To the first line of a block scalar.
    fn skip_header(&mut self) {
        let rest = self.raw.get(self.at..).unwrap_or("");
        let Some(header) = rest.find(['\r', '\n']) else { return };
        self.at += header;
        let width = self.raw.get(self.at..).and_then(line_break).unwrap_or(0);
        self.next_line(width);
    }

    /// Blanks before a line break are no content of flow scalars.
    fn skip_trailing_blanks(&mut self) {
        if self.indent.is_some() || self.at < self.kept {
            return;
        }
        let rest = self.raw.get(self.at..).unwrap_or("");
        let trimmed = rest.trim_start_matches([' ', '\t']);
        let end = self.at + rest.len() - trimmed.len();
        if line_break(trimmed).is_some() {
            self.at = end;
        } else {
            self.kept = end;
        }
    }

    fn next_line(&mut self, width: usize) {
        self.at += width;
        let rest = self.raw.get(self.at..).unwrap_or("");
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let spaces = rest.len() - rest.trim_start_matches(' ').len();
        self.at += self.indent.map_or(blanks, |indent| spaces.min(indent));
    }

    fn same(&mut self, offset: usize, one: char, found: Option<char>) -> bool {
        if found != Some(one) {
            return false;
        }
        self.record(offset, self.at);
        // A quote within single quotes is written twice.
        let twice = self.style == Style::SingleQuoted && one == '\'';
        self.at += one.len_utf8() + usize::from(twice);
        true
    }

    /// An escape such as `\n` or `\u00e9`: every byte of what it means has its place inside of it.
    fn escape(&mut self, offset: usize, one: char) {
        let rest = self.raw.get(self.at..).unwrap_or("");
        let letter = rest.get(1..).and_then(|rest| rest.chars().next()).unwrap_or('\\');
        let width = match letter {
            'x' => 4,
            // Characters beyond the basic plane may be written as two surrogates.
            'u' if one.len_utf8() == 4 => 12,
            'u' => 6,
            'U' => 10,
            other => 1 + other.len_utf8(),
        };
        for byte in 0..one.len_utf8() {
            self.record(offset + byte, self.at + byte.min(width - 1));
        }
        self.at += width;
    }

    fn record(&mut self, offset: usize, place: usize) {
        let (offset, place) = (offset as u32, place as u32);
        let in_step =
            self.found.last().is_some_and(|(content, file)| place.checked_sub(*file) == Some(offset - content));
        if !in_step {
            self.found.push((offset, place));
        }
    }
}

/// The width of the line break that `text` begins with.
fn line_break(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [b'\r', b'\n', ..] => Some(2),
        [b'\n' | b'\r', ..] => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
