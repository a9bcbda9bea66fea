//! Workflow commands in task output (`::set-output …::`), and the files that tasks write outputs to.
//!
//! Main types: [`Scanner`] (a byte scanner that survives split chunks), [`parse_output_file`].
//! Source: spec 07, EXT-4. Where output comes from and goes to does not belong here.

mod output_file;

use indexmap::IndexMap;

pub use output_file::{BadLine, OutputFileError, parse_output_file};

/// The longest line that is held back to see whether it is a command; a longer one is plain text.
/// Units: bytes. The reference has no such bound (CMD-11), and so none for its memory.
pub const MAX_HELD: usize = 16 * 1024 * 1024;

/// Names and values that a task has told.
///
/// Shape: in the order of first telling; a later value of a name has replaced the earlier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// From `set-output`.
    pub outputs: IndexMap<String, String>,
    /// From `save-state`.
    pub states: IndexMap<String, String>,
}

/// Finds the commands in a stream of output bytes.
///
/// The stream is fed in chunks that may end anywhere, also within a command or a character, and
/// what is found does not depend on where. Each line that is no command is handed to `echo` byte
/// for byte, its terminator included. A line ends after LF, and after CR if an LF follows at some
/// time (CMD-4). Unknown commands are echoed and an empty value is allowed, which the reference
/// does otherwise (DEC-23). Source: CMD-3…CMD-13.
#[derive(Debug, Default)]
pub struct Scanner {
    told: Told,
    /// What came behind the last LF.
    held: Vec<u8>,
    /// The line that ends a stop, while commands are stopped.
    end_marker: Option<Vec<u8>>,
    /// Whether the rest of an overlong line is being passed on.
    passing: bool,
    /// Whether anything was decided, so that the end of an empty stream shows.
    begun: bool,
}

impl Scanner {
    /// A scanner at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was told so far.
    pub fn told(&self) -> &Told {
        &self.told
    }

    /// Takes the next bytes of the stream.
    pub fn feed(&mut self, chunk: &[u8], echo: &mut dyn FnMut(&[u8])) {
        let Some(last) = chunk.iter().rposition(|byte| *byte == b'\n') else {
            self.hold(chunk, echo);
            return;
        };
        let (complete, rest) = chunk.split_at(last + 1);
        let complete = if self.passing { self.pass_line_end(complete, echo) } else { complete };
        let mut lines = std::mem::take(&mut self.held);
        lines.extend_from_slice(complete);
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            self.lines(line, echo);
        }
        self.hold(rest, echo);
    }

    /// Ends the stream: what is held is one line, CRs or not (CMD-5).
    pub fn finish(mut self, echo: &mut dyn FnMut(&[u8])) -> Told {
        let line = std::mem::take(&mut self.held);
        if !line.is_empty() || !self.begun {
            self.line(&line, echo);
        }
        self.told
    }

    /// Keeps the start of a line; passes it on if it grows too long to be a command.
    fn hold(&mut self, piece: &[u8], echo: &mut dyn FnMut(&[u8])) {
        if self.passing && !piece.is_empty() {
            echo(piece);
            return;
        }
        self.held.extend_from_slice(piece);
        if self.held.len() > MAX_HELD {
            echo(&std::mem::take(&mut self.held));
            self.passing = true;
            self.begun = true;
        }
    }

    /// Passes on the end of an overlong line; gives what follows it.
    fn pass_line_end<'a>(&mut self, bytes: &'a [u8], echo: &mut dyn FnMut(&[u8])) -> &'a [u8] {
        let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
        let (line, rest) = bytes.split_at(end);
        echo(line);
        self.passing = false;
        rest
    }

    /// Takes what stands up to an LF: one line, or several that end in CRs.
    fn lines(&mut self, mut lines: &[u8], echo: &mut dyn FnMut(&[u8])) {
        if lines.len() > MAX_HELD {
            self.begun = true;
            echo(lines);
            return;
        }
        while !lines.is_empty() {
            let (line, others) = lines.split_at(line_end(lines));
            self.line(line, echo);
            lines = others;
        }
    }

    fn line(&mut self, line: &[u8], echo: &mut dyn FnMut(&[u8])) {
        self.begun = true;
        let stripped = strip(line);
        if let Some(marker) = &self.end_marker {
            if stripped == marker.as_slice() {
                self.end_marker = None;
            } else {
                echo(line);
            }
            return;
        }
        match command(stripped) {
            Some(Command::SetOutput(name, value)) => {
                self.told.outputs.insert(name, value);
            }
            Some(Command::SaveState(name, value)) => {
                self.told.states.insert(name, value);
            }
            Some(Command::Stop(marker)) => self.end_marker = Some(marker),
            None => echo(line),
        }
    }
}

/// What a line can say.
enum Command {
    SetOutput(String, String),
    SaveState(String, String),
    /// The whole line that ends the stop.
    Stop(Vec<u8>),
}

/// Reads a stripped line by the forms of CMD-9.
fn command(line: &[u8]) -> Option<Command> {
    let body = trim_start(line.strip_prefix(b"::")?);
    if let Some(rest) = body.strip_prefix(b"stop-commands") {
        let token = trim_start(rest).strip_prefix(b"::").filter(|token| !token.is_empty())?;
        return Some(Command::Stop([b"::", token, b"::"].concat()));
    }
    let (make, rest): (fn(String, String) -> Command, _) = if let Some(rest) = body.strip_prefix(b"set-output") {
        (Command::SetOutput, rest)
    } else {
        (Command::SaveState, body.strip_prefix(b"save-state")?)
    };
    let (name, value) = assignment(rest)?;
    Some(make(name, String::from_utf8_lossy(value).into_owned()))
}

/// `WS+ "name" WS* "=" WS* NAME WS* "::" VALUE`, the value possibly empty (DEC-23).
fn assignment(rest: &[u8]) -> Option<(String, &[u8])> {
    let attribute = trim_start(rest);
    if attribute.len() == rest.len() {
        return None;
    }
    let name = trim_start(trim_start(attribute.strip_prefix(b"name")?).strip_prefix(b"=")?);
    let end = name.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_')).unwrap_or(name.len());
    let (name, rest) = name.split_at(end);
    let value = trim_start(rest).strip_prefix(b"::")?;
    // Names are ASCII, so nothing is lost here.
    is_name(name).then(|| (String::from_utf8_lossy(name).into_owned(), value))
}

/// `NAME` of CMD-9.
fn is_name(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_alphabetic)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// ASCII whitespace of CMD-7, to which VT belongs.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn trim_start(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !is_blank(*byte)).unwrap_or(bytes.len());
    bytes.split_at(start).1
}

fn strip(bytes: &[u8]) -> &[u8] {
    let bytes = trim_start(bytes);
    let end = bytes.iter().rposition(|byte| !is_blank(*byte)).map_or(0, |last| last + 1);
    bytes.split_at(end).0
}

/// Where the first line ends: behind LF, CR LF, or a lone CR.
fn line_end(bytes: &[u8]) -> usize {
    let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(bytes.len());
    let rest = bytes.split_at(end).1;
    end + if rest.starts_with(b"\r\n") { 2 } else { rest.len().min(1) }
}

#[cfg(test)]
mod tests;
