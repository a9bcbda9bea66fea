//! [`LineCutter`]: a log in lines with their offsets; [`Sink`]: how they are printed.

use flow_core::model::{Task, Try};

use crate::error::CliError;
use crate::report::clean;
use crate::report::json::{self, LogLineView};
use crate::session::Session;

/// A longer line is cut, so that one without an end takes no memory.
const LONGEST: usize = 64 * 1024;

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cmd) struct Line {
    /// Where it begins, in bytes.
    pub offset: u64,
    /// Where the next one begins.
    pub next: u64,
    /// Its bytes, without the line feed.
    pub bytes: Vec<u8>,
}

/// Cuts what is read into lines.
#[derive(Debug)]
pub(in crate::cmd) struct LineCutter {
    offset: u64,
    open: Vec<u8>,
}

impl LineCutter {
    /// For a log that is read from this byte on.
    pub(in crate::cmd) fn new(offset: u64) -> Self {
        LineCutter { offset, open: Vec::new() }
    }

    /// The lines that end with these bytes.
    pub(in crate::cmd) fn feed(&mut self, bytes: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.open.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.open.len() >= LONGEST {
                lines.extend(self.finish());
            }
        }
        lines
    }

    /// What is left at the end, if anything is.
    pub(in crate::cmd) fn finish(&mut self) -> Vec<Line> {
        let mut bytes = std::mem::take(&mut self.open);
        if bytes.is_empty() {
            return Vec::new();
        }
        let (offset, next) = (self.offset, self.offset + bytes.len() as u64);
        self.offset = next;
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        vec![Line { offset, next, bytes }]
    }
}

/// Prints lines with the task that they are of.
#[derive(Debug)]
pub(in crate::cmd) struct Sink {
    task: String,
    number: u32,
    is_json: bool,
}

impl Sink {
    /// As JSON.
    pub(super) fn json(task: &Task, one: Option<&Try>) -> Self {
        Sink { task: task.id.to_string(), number: one.map_or(0, |one| one.number), is_json: true }
    }

    /// As JSON, of a start of a live job.
    pub(in crate::cmd) fn of_job(name: String, number: u32) -> Self {
        Sink { task: name, number, is_json: true }
    }

    /// With the task's id before each line.
    pub(super) fn prefixed(task: &Task) -> Self {
        Sink { task: task.id.to_string(), number: 0, is_json: false }
    }

    pub(in crate::cmd) fn print(&self, session: &mut Session, lines: Vec<Line>) -> Result<(), CliError> {
        lines.into_iter().try_for_each(|line| self.print_line(session, line))
    }

    fn print_line(&self, session: &mut Session, line: Line) -> Result<(), CliError> {
        if self.is_json {
            let text = String::from_utf8_lossy(&line.bytes);
            let view = LogLineView {
                version: json::VERSION,
                task: &self.task,
                r#try: self.number,
                offset: line.offset,
                next: line.next,
                text: &text,
            };
            return session.print(&json::text(&view));
        }
        let look = session.out_look;
        let mut bytes = look.accent(&format!("{} | ", clean::line(&self.task))).into_bytes();
        if session.io.out.is_terminal() {
            bytes.extend(clean::line(&String::from_utf8_lossy(&line.bytes)).into_bytes());
        } else {
            bytes.extend(line.bytes);
        }
        bytes.push(b'\n');
        session.print_bytes(&bytes)
    }
}

#[cfg(test)]
mod tests;
