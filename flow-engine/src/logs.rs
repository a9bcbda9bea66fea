//! Task output: [`LogReader`] for people, and [`harvest`], which finds the outputs in it.

use std::sync::Arc;

use flow_core::command::{Scanner, parse_output_file};
use flow_core::model::{LaunchKey, OutputFiles, bytes_text};
use flow_core::port::{Chunk, Executor, ExecutorError, LogTime};
use indexmap::IndexMap;

/// Bytes of one read.
const PIECE: u32 = 256 * 1024;

/// Reads the log of one try from an offset on.
#[derive(Debug)]
pub struct LogReader {
    executor: Arc<dyn Executor>,
    key: LaunchKey,
    offset: u64,
}

impl LogReader {
    pub(crate) fn new(executor: Arc<dyn Executor>, key: LaunchKey, from: u64) -> Self {
        LogReader { executor, key, offset: from }
    }

    /// The next piece, at once; empty if there is no more yet.
    ///
    /// Where a part of the output is gone, the piece begins with a line that says how much.
    pub async fn read(&mut self) -> Result<Chunk, ExecutorError> {
        let mut chunk = self.executor.logs(&self.key, self.offset, PIECE).await?;
        self.offset += chunk.skipped + chunk.bytes.len() as u64;
        if chunk.skipped > 0 {
            let mark = format!("\n[apolo-flow: {} of output are gone here]\n", bytes_text(chunk.skipped));
            chunk.bytes.splice(..0, mark.into_bytes());
        }
        Ok(chunk)
    }

    /// The same log, from so many lines before its end on; a last line without a line feed counts as one.
    ///
    /// Cost: reads those lines and a few bytes to find the end. A unit that the executor does not know has no lines.
    pub async fn last_lines(mut self, lines: u64) -> Result<Self, ExecutorError> {
        let start = self.offset;
        let end = match self.end().await {
            Err(ExecutorError::UnknownUnit) => return Ok(self),
            other => other?,
        };
        let (mut from, mut missing) = (end, lines);
        let mut is_end = true;
        while from > start && missing > 0 {
            let piece = (from - start).min(u64::from(PIECE));
            let bytes = self.executor.logs(&self.key, from - piece, piece as u32).await?.bytes;
            for (at, _) in bytes.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n') {
                let behind = from - piece + at as u64 + 1;
                // The line feed at the very end closes the last line.
                if !(is_end && behind == end) {
                    missing -= 1;
                }
                if missing == 0 {
                    self.offset = behind;
                    return Ok(self);
                }
            }
            (is_end, from) = (false, from - piece);
        }
        self.offset = if lines == 0 { end } else { start };
        Ok(self)
    }

    /// The next piece of at most `max` bytes, at once; empty if there is no more yet. Its `skipped` bytes are gone.
    pub async fn read_at_most(&mut self, max: u32) -> Result<Chunk, ExecutorError> {
        let chunk = self.executor.logs(&self.key, self.offset, max.min(PIECE)).await?;
        self.offset += chunk.skipped + chunk.bytes.len() as u64;
        Ok(chunk)
    }

    /// When the bytes up to `to` were written, from where the next piece begins on; see [`Executor::log_times`].
    pub async fn times(&self, to: u64) -> Result<Option<Vec<LogTime>>, ExecutorError> {
        self.executor.log_times(&self.key, self.offset, to).await
    }

    /// How many bytes there are now. Reads a byte here and there, however long the log is.
    pub async fn end(&self) -> Result<u64, ExecutorError> {
        let (mut some, mut none) = (0_u64, 1_u64);
        while self.has_byte(none - 1).await? {
            (some, none) = (none, none.saturating_mul(2));
        }
        // There are at least `some` bytes and fewer than `none`.
        while none - some > 1 {
            let middle = some + (none - some) / 2;
            if self.has_byte(middle - 1).await? {
                some = middle;
            } else {
                none = middle;
            }
        }
        Ok(some)
    }

    async fn has_byte(&self, at: u64) -> Result<bool, ExecutorError> {
        Ok(!self.executor.logs(&self.key, at, 1).await?.bytes.is_empty())
    }

    /// Where the next piece begins, in bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }
}

/// What a task told through its output.
#[derive(Debug, Default)]
pub(crate) struct Harvest {
    pub outputs: IndexMap<String, String>,
    pub state: IndexMap<String, String>,
    pub bytes: u64,
    pub problem: Option<String>,
}

/// Reads an ended unit's whole log and its output files.
///
/// A name that both give takes the file's value: it was written on purpose, a line may be chance.
pub(crate) async fn harvest(executor: Arc<dyn Executor>, key: &LaunchKey, files: &OutputFiles) -> Harvest {
    let mut scanner = Scanner::new();
    let mut reader = LogReader::new(executor, key.clone(), 0);
    let mut harvest = Harvest::default();
    loop {
        match reader.read().await {
            Ok(chunk) => {
                scanner.feed(&chunk.bytes, &mut |_| {});
                // The unit has ended, so an empty piece is the end whatever else it says.
                if chunk.bytes.is_empty() || (chunk.complete && chunk.bytes.len() < PIECE as usize) {
                    break;
                }
            }
            Err(error) => {
                harvest.problem = Some(format!("its log cannot be read: {error}"));
                break;
            }
        }
    }
    let found = scanner.finish(&mut |_| {});
    harvest.bytes = reader.offset();
    harvest.outputs = found.outputs;
    harvest.state = found.states;
    take_file(&mut harvest.outputs, &files.output, "APOLO_FLOW_OUTPUT", &mut harvest.problem);
    take_file(&mut harvest.state, &files.state, "APOLO_FLOW_STATE", &mut harvest.problem);
    harvest
}

fn take_file(into: &mut IndexMap<String, String>, text: &str, variable: &str, problem: &mut Option<String>) {
    match parse_output_file(text) {
        Ok(entries) => into.extend(entries),
        Err(error) => {
            problem.get_or_insert(format!("the file named by {variable} is malformed: {error}"));
        }
    }
}
