//! Places in texts: files, byte spans, and their translation into lines and columns for people.
//!
//! Main types: [`Span`], [`Text`], [`SourceMap`]. Only [`LineIndex`] turns byte offsets into lines
//! and columns. Reading files does not belong here: texts come in through `port::ConfigSource`.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Names one text of a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileId(pub u32);

/// A range of bytes in one file.
///
/// Shape: `start <= end`, both on character boundaries of that file's text; may be empty.
/// Units: byte offsets from the start of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// The file that the range lies in.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span of `range` in `file`.
    pub fn new(file: FileId, range: Range<u32>) -> Self {
        Span { file, start: range.start, end: range.end.max(range.start) }
    }

    /// The smallest span that covers both; `self` if they lie in different files.
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Its first byte: shows where a long thing begins.
    pub fn head(self) -> Span {
        Span { end: self.end.min(self.start + 1), ..self }
    }
}

/// A value together with the place it was written at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Ties `value` to `span`.
    pub fn new(value: T, span: Span) -> Self {
        Spanned { value, span }
    }
}

/// The decoded content of a scalar, with the way back to its bytes in the file.
///
/// Content and file differ where quotes, escapes, folding or indentation were removed; `segments`
/// says at which file offset each piece of the content stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The decoded content.
    pub content: Arc<str>,
    /// The whole scalar in the file, quotes and block markers included.
    pub span: Span,
    /// `(offset in content, offset in file)`, ascending, the first at content offset 0; between
    /// two entries content and file run in step. Empty: in step from `span.start`.
    pub segments: Arc<[(u32, u32)]>,
}

impl Text {
    /// A text that stands in the file exactly as it reads.
    pub fn plain(content: impl Into<Arc<str>>, span: Span) -> Self {
        Text { content: content.into(), span, segments: Arc::from([]) }
    }

    /// The file offset of a byte of the content.
    pub fn place(&self, offset: u32) -> u32 {
        let after = self.segments.partition_point(|(content, _)| *content <= offset);
        let found = after.checked_sub(1).and_then(|last| self.segments.get(last));
        let (content, file) = found.copied().unwrap_or((0, self.span.start));
        (file + (offset - content)).min(self.span.end)
    }

    /// The span in the file of a byte range of the content.
    pub fn span_of(&self, range: Range<u32>) -> Span {
        let start = self.place(range.start);
        if range.is_empty() {
            return Span::new(self.span.file, start..start);
        }
        // The end is one past the last byte that is meant, so that a folded line does not add to it.
        // A line break that YAML adds at the end of a block stands nowhere.
        let end = (self.place(range.end - 1) + 1).min(self.span.end);
        Span::new(self.span.file, start..end.max(start))
    }
}

/// A place for people.
///
/// Units: line and column count from 1; columns count Unicode code points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in code points, from 1.
    pub column: u32,
}

/// In what editors count columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Bytes of UTF-8.
    Utf8,
    /// Units of UTF-16.
    Utf16,
}

/// The starts of the lines of one text.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Indexes `text`. A line ends after `\n` (a lone `\r` is no line end, as editors show it).
    pub fn new(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at as u32 + 1)).collect();
        LineIndex { starts }
    }

    /// Line and column of a byte offset of the same text; past the end gives the end.
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0) as usize;
        let end = (offset as usize).min(text.len());
        let column = text.get(start..end).map_or(0, |before| before.chars().count());
        Position { line: line as u32, column: column as u32 + 1 }
    }

    /// Line and column of a byte offset as editors count: both from 0; past the end gives the end.
    pub fn cursor(&self, text: &str, offset: u32, columns: Columns) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1) - 1;
        let start = self.starts.get(line).copied().unwrap_or(0) as usize;
        let before = text.get(start..(offset as usize).min(text.len())).unwrap_or_default();
        let column = match columns {
            Columns::Utf8 => before.len(),
            Columns::Utf16 => before.encode_utf16().count(),
        };
        (line as u32, column as u32)
    }

    /// The byte offset of a line and column as editors count; past an end gives that end, inside of a character its
    /// begin.
    pub fn offset(&self, text: &str, (line, column): (u32, u32), columns: Columns) -> u32 {
        let Some(start) = self.starts.get(line as usize).copied() else { return text.len() as u32 };
        let end = self.starts.get(line as usize + 1).map_or(text.len(), |next| *next as usize);
        let line = text.get(start as usize..end).unwrap_or_default().trim_end_matches(['\n', '\r']);
        let mut left = column as usize;
        let mut at = 0;
        for letter in line.chars() {
            let width = match columns {
                Columns::Utf8 => letter.len_utf8(),
                Columns::Utf16 => letter.len_utf16(),
            };
            if left < width {
                break;
            }
            left -= width;
            at += letter.len_utf8();
        }
        start + at as u32
    }
}

/// One text with its name.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The name for people, such as `.apolo/train.yml`.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
    lines: LineIndex,
}

/// All texts of a workspace, by [`FileId`].
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text and returns its id; ids count from 0 in the order of adding.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        let text = text.into();
        let lines = LineIndex::new(&text);
        self.files.push(SourceFile { name: name.into(), text, lines });
        FileId(self.files.len() as u32 - 1)
    }

    /// The text of an id that this map gave out.
    pub fn get(&self, file: FileId) -> Option<&SourceFile> {
        self.files.get(file.0 as usize)
    }

    /// All files in the order of adding.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(at, file)| (FileId(at as u32), file))
    }

    /// Where a span begins, for people. `None` if its file is not of this map.
    pub fn position(&self, span: Span) -> Option<Position> {
        let file = self.get(span.file)?;
        Some(file.lines.position(&file.text, span.start))
    }
}

#[cfg(test)]
mod tests;
