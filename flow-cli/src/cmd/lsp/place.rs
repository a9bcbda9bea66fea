//! [`path_of`], [`uri_of`] and [`range`]: files and places as editors name them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use flow_core::text::{Columns, LineIndex, Span};
use lsp_types::{Position, Range, Uri};

/// The file of an address; `None` if it is no file of this machine.
pub(super) fn path_of(uri: &Uri) -> Option<PathBuf> {
    let is_file = uri.scheme().is_some_and(|scheme| scheme.as_str().eq_ignore_ascii_case("file"));
    let path = uri.path().as_estr().decode().into_string().ok()?;
    (is_file && path.starts_with('/')).then(|| PathBuf::from(path.into_owned()))
}

/// The address of a file.
pub(super) fn uri_of(path: &Path) -> Option<Uri> {
    let mut text = "file://".to_owned();
    for byte in path.to_str()?.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => text.push(char::from(byte)),
            other => {
                let _ = write!(text, "%{other:02X}");
            }
        }
    }
    Uri::from_str(&text).ok()
}

/// A span of a text as editors count.
pub(super) fn range(text: &str, span: Span, columns: Columns) -> Range {
    let lines = LineIndex::new(text);
    let position = |offset| {
        let (line, character) = lines.cursor(text, offset, columns);
        Position { line, character }
    };
    Range { start: position(span.start), end: position(span.end) }
}

/// The byte offset of a place.
pub(super) fn offset(text: &str, position: Position, columns: Columns) -> u32 {
    LineIndex::new(text).offset(text, (position.line, position.character), columns)
}

#[cfg(test)]
mod tests;
