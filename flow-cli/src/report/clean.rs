//! Texts that others wrote, made safe for a terminal: [`line`] for names and messages, [`block`]
//! for texts of several lines, [`LogCleaner`] for task output. Source: MCH-6.
//!
//! A control character can move the cursor, rename the window or hide text, and a bidirectional
//! override can make text read as what it is not; none reaches a terminal from here.

use std::fmt::Write as _;

/// Whether a character acts on the terminal, or on how its neighbours are read.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2028}' | '\u{2029}')
        || ('\u{202a}'..='\u{202e}').contains(&character)
        || ('\u{2066}'..='\u{2069}').contains(&character)
}

/// One line: every acting character is shown as its escape, line feeds too.
pub(crate) fn line(text: &str) -> String {
    shown(text, |_| false)
}

/// Several lines: line feeds and tabs stay.
pub(crate) fn block(text: &str) -> String {
    shown(text, |character| matches!(character, '\n' | '\t'))
}

fn shown(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        if acts(character) && !stays(character) {
            clean.extend(character.escape_default());
        } else {
            clean.push(character);
        }
    }
    clean
}

/// The same text with every acting character replaced by one of the same length in bytes, so that
/// spans into it stay true. Line feeds and tabs stay.
pub(crate) fn same_length(text: &str) -> String {
    let replace = |character: char| match character {
        '\n' | '\t' | '\r' => character,
        acting if acts(acting) => match acting.len_utf8() {
            1 => '?',
            2 => '¿',
            _ => '\u{fffd}',
        },
        other => other,
    };
    text.chars().map(replace).collect()
}

/// JSON text in which no acting character is left; they can only stand in strings there.
pub(crate) fn json(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        if acts(character) && character != '\n' {
            // Acting characters all lie in the first plane, so one unit says them.
            // Writing to a string cannot fail.
            let _ = write!(clean, "\\u{:04x}", character as u32);
        } else {
            clean.push(character);
        }
    }
    clean
}

/// At most `limit` columns or so, the cut marked.
pub(crate) fn short(text: &str, limit: usize) -> String {
    let clean = line(text);
    if clean.chars().count() <= limit {
        return clean;
    }
    let kept: String = clean.chars().take(limit.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Where a [`LogCleaner`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// Behind an escape character.
    Escape,
    /// In a control sequence such as a colour.
    Control,
    /// In a string that the terminal would take for itself: a title, a link.
    Quoted,
    /// Behind an escape character in such a string: perhaps its end.
    QuotedEscape,
}

/// Task output for a terminal: sequences are left out, other acting characters are shown.
///
/// Takes bytes in pieces cut anywhere; broken UTF-8 becomes U+FFFD. A sequence that never ends is
/// over at the end of its line, so it can hide no more than that.
#[derive(Debug, Default)]
pub(crate) struct LogCleaner {
    state: State,
    /// The beginning of a character whose rest is still to come.
    rest: Vec<u8>,
    /// Whether a carriage return waits for what comes behind it.
    returned: bool,
}

impl LogCleaner {
    /// Cleans the next piece.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> String {
        let mut all = std::mem::take(&mut self.rest);
        all.extend_from_slice(bytes);
        let mut clean = String::with_capacity(all.len());
        for chunk in all.utf8_chunks() {
            chunk.valid().chars().for_each(|character| self.take(character, &mut clean));
            let broken = chunk.invalid();
            let at_end = std::ptr::eq(broken.as_ptr_range().end, all.as_ptr_range().end);
            if at_end && broken.len() < 4 && may_go_on(broken) {
                self.rest = broken.to_vec();
            } else if !broken.is_empty() {
                self.take('\u{fffd}', &mut clean);
            }
        }
        clean
    }

    /// The end: what waited for more will not get it.
    pub(crate) fn finish(&mut self) -> String {
        let mut clean = String::new();
        if !std::mem::take(&mut self.rest).is_empty() {
            self.take('\u{fffd}', &mut clean);
        }
        if std::mem::take(&mut self.returned) {
            clean.push('\n');
        }
        clean
    }

    fn take(&mut self, character: char, clean: &mut String) {
        self.state = match self.state {
            State::Text => match character {
                '\u{1b}' => State::Escape,
                '\u{9b}' => State::Control,
                '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => State::Quoted,
                other => {
                    self.text(other, clean);
                    State::Text
                }
            },
            // Whatever it was, it is over at the end of its line.
            State::Escape | State::Control | State::Quoted | State::QuotedEscape
                if matches!(character, '\n' | '\r') =>
            {
                self.text(character, clean);
                State::Text
            }
            State::Escape => match character {
                '[' => State::Control,
                ']' | 'P' | 'X' | '^' | '_' => State::Quoted,
                ' '..='/' => State::Escape,
                _ => State::Text,
            },
            State::Control if (' '..='?').contains(&character) => State::Control,
            State::Quoted | State::QuotedEscape if character == '\u{1b}' => State::QuotedEscape,
            State::Quoted if !matches!(character, '\u{7}' | '\u{9c}') => State::Quoted,
            State::QuotedEscape if character != '\\' => State::Quoted,
            State::Control | State::Quoted | State::QuotedEscape => State::Text,
        };
    }

    fn text(&mut self, character: char, clean: &mut String) {
        // A lone return would write over what stands there; a progress bar becomes lines.
        if std::mem::take(&mut self.returned) && character != '\n' {
            clean.push('\n');
        }
        match character {
            '\r' => self.returned = true,
            '\n' | '\t' => clean.push(character),
            acting if acts(acting) => clean.extend(acting.escape_default()),
            other => clean.push(other),
        }
    }
}

/// What task output passes on its way out.
#[derive(Debug)]
pub(crate) enum LogFilter {
    /// To a pipe or a file: the bytes as they are.
    Raw,
    /// To a terminal.
    Clean(LogCleaner),
}

impl LogFilter {
    /// Lets the next piece through.
    pub(crate) fn feed(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        match self {
            LogFilter::Raw => bytes,
            LogFilter::Clean(cleaner) => cleaner.feed(&bytes).into_bytes(),
        }
    }

    /// The end.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        match self {
            LogFilter::Raw => Vec::new(),
            LogFilter::Clean(cleaner) => cleaner.finish().into_bytes(),
        }
    }
}

/// Whether more bytes could make these the beginning of a character.
fn may_go_on(bytes: &[u8]) -> bool {
    matches!(std::str::from_utf8(bytes), Err(error) if error.valid_up_to() == 0 && error.error_len().is_none())
}

#[cfg(test)]
mod tests;
