//! [`Table`] and [`Strip`]: columns that line up, and lines that fit the terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::report::look::Look;

/// How many columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The longest beginning that takes at most `columns`.
pub(crate) fn cut(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += character.width().unwrap_or(0);
        if used > columns {
            return text.get(..at).unwrap_or(text);
        }
    }
    text
}

/// A text cut to `columns`, the cut marked.
fn fitted(text: &str, columns: usize, look: Look) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mark = look.pick("…", "~");
    format!("{}{mark}", cut(text, columns.saturating_sub(1)))
}

/// One line made of painted pieces, never wider than its terminal.
#[derive(Debug)]
pub(crate) struct Strip {
    painted: String,
    left: usize,
}

impl Strip {
    pub(crate) fn new(columns: usize) -> Self {
        Strip { painted: String::new(), left: columns }
    }

    /// Adds a piece; what does not fit is left out.
    pub(crate) fn push(&mut self, text: &str, paint: impl FnOnce(&str) -> String) {
        let piece = cut(text, self.left);
        if !piece.is_empty() {
            self.left -= width(piece);
            self.painted.push_str(&paint(piece));
        }
    }

    /// Adds a piece that says nothing, or something else, without its end: if it does not fit, it is left out.
    pub(crate) fn push_whole(&mut self, text: &str, paint: impl FnOnce(&str) -> String) {
        if width(text) <= self.left {
            self.push(text, paint);
        }
    }

    /// Adds a piece that takes exactly `columns`.
    pub(crate) fn push_padded(&mut self, text: &str, columns: usize, paint: impl FnOnce(&str) -> String) {
        let piece = cut(text, columns);
        let blanks = columns.saturating_sub(width(piece));
        self.push(piece, paint);
        self.push(&" ".repeat(blanks), str::to_owned);
    }

    /// The line.
    pub(crate) fn finish(self) -> String {
        self.painted.trim_end().to_owned()
    }
}

/// One cell: a clean text, and the status word whose colour it takes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    pub text: String,
    pub status: Option<&'static str>,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell { text, status: None }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// Rows under a heading.
#[derive(Debug)]
pub(crate) struct Table {
    heading: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn new(heading: &[&'static str]) -> Self {
        Table { heading: heading.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; it has as many cells as the heading.
    pub(crate) fn push(&mut self, row: Vec<Cell>) {
        self.rows.push(row);
    }

    /// The lines; on a terminal of `columns` the widest columns give way, elsewhere nothing is cut.
    pub(crate) fn draw(&self, look: Look, columns: Option<usize>) -> Vec<String> {
        let widths = self.widths(columns);
        let draw = |cells: &mut dyn Iterator<Item = (String, Option<String>)>| {
            let mut line = String::new();
            for ((text, painted), columns) in cells.zip(&widths) {
                let blanks = " ".repeat(columns.saturating_sub(width(&text)) + 2);
                line.push_str(painted.as_deref().unwrap_or(&text));
                line.push_str(&blanks);
            }
            line.trim_end().to_owned()
        };
        let heading = draw(&mut self.heading.iter().zip(&widths).map(|(text, columns)| {
            let text = fitted(text, *columns, look);
            let painted = look.strong(&text);
            (text, Some(painted))
        }));
        let rows = self.rows.iter().map(|row| {
            draw(&mut row.iter().zip(&widths).map(|(cell, columns)| {
                let text = fitted(&cell.text, *columns, look);
                let painted = cell.status.map(|word| look.status(word, &text));
                (text, painted)
            }))
        });
        std::iter::once(heading).chain(rows).collect()
    }

    fn widths(&self, columns: Option<usize>) -> Vec<usize> {
        let widest = |at: usize, heading: &str| {
            let cells = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| width(&cell.text));
            cells.max().unwrap_or(0).max(width(heading))
        };
        let mut widths: Vec<usize> = self.heading.iter().enumerate().map(|(at, text)| widest(at, text)).collect();
        let Some(columns) = columns else { return widths };
        let room = columns.saturating_sub(2 * self.heading.len().saturating_sub(1));
        while widths.iter().sum::<usize>() > room {
            // The last of the widest, so that ids in front stay whole longest.
            match widths.iter_mut().max_by_key(|width| **width) {
                Some(widest) if *widest > 6 => *widest -= 1,
                _ => break,
            }
        }
        widths
    }
}

#[cfg(test)]
mod tests;
