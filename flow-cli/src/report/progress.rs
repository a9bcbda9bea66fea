//! [`picture`]: progress on a terminal, redrawn in place; and [`Screen`], which redraws it.
//!
//! Calm with any number of tasks: one line for each task or matrix while they fit, else what runs
//! and what failed, and counts of the rest.

use std::time::Duration;

use flow_core::model::{Counts, Task, TaskStatus, Timestamp};
use flow_core::plan::{Group, groups};

use crate::io::{Output, Size};
use crate::report::board::Board;
use crate::report::clean;
use crate::report::look::Look;
use crate::report::table::{Strip, width};
use crate::report::time::{roughly, span};
use crate::report::words;

/// Columns of a bar.
const BAR: usize = 24;
/// The widest that the column of names gets.
const NAMES: usize = 32;
/// More lines than this are too much to look at.
const ROWS: usize = 20;

/// One line of the picture.
struct Row<'a> {
    title: String,
    tasks: Vec<&'a Task>,
    counts: Counts,
}

impl Row<'_> {
    /// The status that the whole row shows.
    fn status(&self) -> TaskStatus {
        self.counts.overall()
    }

    /// What is looked at first where not all rows fit.
    fn rank(&self) -> u8 {
        match self.status() {
            TaskStatus::Failed | TaskStatus::Unknown => 0,
            TaskStatus::Running => 1,
            TaskStatus::Cancelled => 2,
            TaskStatus::Pending => 3,
            TaskStatus::Succeeded | TaskStatus::Skipped | TaskStatus::Cached => 4,
        }
    }
}

/// The picture of a board, as lines that fit the terminal; `left` is how much longer it will take, where history
/// tells.
pub(crate) fn picture(board: &Board, now: Timestamp, look: Look, size: Size, left: Option<Duration>) -> Vec<String> {
    let tasks: Vec<&Task> = board.tasks.values().collect();
    let grouped = groups(tasks.iter().map(|task| (task.id.prefix(), &task.node)));
    let mut rows: Vec<Row> = grouped.iter().map(|group| row(group, &tasks, look)).collect();
    // One line is the total's, one is left to the cursor, one tells of the rest.
    let room = size.height.saturating_sub(3).clamp(1, ROWS);
    let hidden = if rows.len() > room {
        rows.sort_by_key(Row::rank);
        rows.split_off(room)
    } else {
        Vec::new()
    };
    let columns = rows.iter().map(|row| width(&row.title)).max().unwrap_or(0).min(NAMES);
    let mut lines: Vec<String> = rows.iter().map(|row| row_line(row, columns, now, look, size)).collect();
    if !hidden.is_empty() {
        let counts = Counts::of(hidden.iter().flat_map(|row| &row.tasks).map(|task| task.status));
        let mut strip = Strip::new(size.width.saturating_sub(1));
        strip.push(&format!("  {} more tasks: ", counts.total()), |text| look.faint(text));
        push_counts(&mut strip, counts, look);
        lines.push(strip.finish());
    }
    lines.push(total(board, now, look, size, left));
    lines
}

fn row<'a>(group: &Group, tasks: &[&'a Task], look: Look) -> Row<'a> {
    let own: Vec<&Task> = group.members.iter().filter_map(|at| tasks.get(*at).copied()).collect();
    let counts = Counts::of(own.iter().map(|task| task.status));
    Row { title: clean::line(&group.title(look.pick("×", "x"))), tasks: own, counts }
}

fn row_line(row: &Row<'_>, columns: usize, now: Timestamp, look: Look, size: Size) -> String {
    let status = row.status();
    let mut strip = Strip::new(size.width.saturating_sub(1));
    strip.push(look.mark(status), |text| look.status(status.word(), text));
    strip.push(" ", str::to_owned);
    strip.push_padded(&row.title, columns, str::to_owned);
    strip.push("  ", str::to_owned);
    if let [task] = row.tasks.as_slice() {
        push_task(&mut strip, task, now, look);
    } else {
        push_bar(&mut strip, row.counts, look);
        strip.push("  ", str::to_owned);
        push_counts(&mut strip, row.counts, look);
        push_running(&mut strip, row, now, look);
    }
    strip.finish()
}

/// A task alone: its word, its time, and what it waits for or gave.
fn push_task(strip: &mut Strip, task: &Task, now: Timestamp, look: Look) {
    let word = task.status.word();
    strip.push_padded(word, 9, |text| look.status(word, text));
    strip.push("  ", str::to_owned);
    let last = task.tries.last();
    let took = last.and_then(|last| Some(last.ended_at.unwrap_or(now).since(last.started_at?)));
    strip.push_padded(&took.map(span).unwrap_or_default(), 7, str::to_owned);
    strip.push("  ", str::to_owned);
    let outputs: Vec<String> = task.outputs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let said = words::note_now(task, now).unwrap_or_else(|| outputs.join("  "));
    strip.push(&clean::line(&said), |text| look.faint(text));
}

/// Which tasks of a matrix run, and since when.
fn push_running(strip: &mut Strip, row: &Row<'_>, now: Timestamp, look: Look) {
    let running = row.tasks.iter().filter(|task| task.status == TaskStatus::Running);
    for task in running {
        let since = task.tries.last().and_then(|last| last.started_at);
        let took = since.map(|since| format!(" {}", span(now.since(since)))).unwrap_or_default();
        strip.push(&format!("  {}{took}", clean::line(task.id.local())), |text| look.faint(text));
    }
}

fn total(board: &Board, now: Timestamp, look: Look, size: Size, left: Option<Duration>) -> String {
    let counts = board.counts();
    let mut strip = Strip::new(size.width.saturating_sub(1));
    push_bar(&mut strip, counts, look);
    strip.push(&format!("  {}/{}", counts.finished(), counts.total()), |text| look.strong(text));
    if let Some(attempt) = &board.attempt {
        strip.push(&format!("  {}", span(now.since(attempt.created_at))), str::to_owned);
    }
    // Nothing left by history, yet not at its end: it takes longer than ever, and nobody knows how long.
    if let Some(left) = left.filter(|left| !left.is_zero()) {
        strip.push_whole(&format!("  about {} left", roughly(left)), str::to_owned);
    }
    strip.push("  ", str::to_owned);
    push_counts(&mut strip, counts, look);
    strip.finish()
}

fn push_bar(strip: &mut Strip, counts: Counts, look: Look) {
    let of = |part: usize| part * BAR / counts.total().max(1);
    let bad = counts.get(TaskStatus::Failed) + counts.get(TaskStatus::Cancelled);
    // A failure is seen, however few they are.
    let red = of(bad).max(usize::from(bad > 0));
    let green = of(counts.finished()).saturating_sub(red);
    let (full, empty) = (look.pick("━", "#"), look.pick("─", "."));
    strip.push(&full.repeat(green), |text| look.status("succeeded", text));
    strip.push(&full.repeat(red), |text| look.status("failed", text));
    strip.push(&empty.repeat(BAR.saturating_sub(green + red)), |text| look.faint(text));
}

/// `3 succeeded, 1 running`.
pub(crate) fn push_counts(strip: &mut Strip, counts: Counts, look: Look) {
    for (at, (status, count)) in counts.present().enumerate() {
        if at > 0 {
            strip.push(", ", str::to_owned);
        }
        strip.push(&format!("{count} {}", status.word()), |text| look.status(status.word(), text));
    }
}

/// Draws pictures over each other line by line, and lets lines scroll away above them.
///
/// Nothing is erased before something else stands in its place, so that nothing flickers.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    drawn: Vec<String>,
    /// How wide the terminal was then.
    columns: Option<usize>,
}

impl Screen {
    /// Replaces the picture; draws nothing if it is the same.
    pub(crate) fn draw(&mut self, output: &mut Output, lines: Vec<String>) {
        if lines != self.drawn {
            self.replace(output, &[], lines);
        }
    }

    /// Puts lines above the picture, for good.
    pub(crate) fn keep(&mut self, output: &mut Output, lines: &[String]) {
        // A picture made for another width would wrap; the next one is drawn soon.
        let fits = self.columns == columns_of(output);
        let drawn = if fits { self.drawn.clone() } else { Vec::new() };
        self.replace(output, lines, drawn);
    }

    /// Takes the picture away.
    pub(crate) fn clear(&mut self, output: &mut Output) {
        self.replace(output, &[], Vec::new());
    }

    fn replace(&mut self, output: &mut Output, kept: &[String], lines: Vec<String>) {
        let columns = columns_of(output);
        let mut text = self.to_the_top(columns);
        for line in kept {
            push_kept(&mut text, line, columns);
        }
        let is_in_place = kept.is_empty() && columns == self.columns;
        for (at, line) in lines.iter().enumerate() {
            if !is_in_place || self.drawn.get(at) != Some(line) {
                text.push_str(line);
                text.push_str(ERASE_LINE);
            }
            text.push('\n');
        }
        if self.drawn.len() > kept.len() + lines.len() {
            text.push_str(ERASE_BELOW);
        }
        (self.drawn, self.columns) = (lines, columns);
        // A terminal that is gone is no reason to stop.
        let _ = output.write(text.as_bytes());
    }

    /// Moves to the picture's first row. A terminal that became narrower has wrapped the lines, so there they take
    /// more rows; what it made of them is erased.
    fn to_the_top(&self, columns: Option<usize>) -> String {
        if self.drawn.is_empty() {
            return String::new();
        }
        let rows: usize = self.drawn.iter().map(|line| rows(line, columns)).sum();
        let erase = if columns == self.columns { "" } else { ERASE_BELOW };
        format!("\r\u{1b}[{rows}A{erase}")
    }
}

/// From the cursor to the end of its row.
const ERASE_LINE: &str = "\u{1b}[K";
/// From the cursor to the end of the screen.
const ERASE_BELOW: &str = "\u{1b}[J";

fn push_kept(text: &mut String, line: &str, columns: Option<usize>) {
    // Behind a row's last column the cursor stands on it, and erasing would take a letter.
    let is_whole = columns.is_none_or(|columns| painted_width(line) < columns);
    let (before, behind) = if is_whole { ("", ERASE_LINE) } else { (ERASE_BELOW, "") };
    for piece in [before, line, behind, "\n"] {
        text.push_str(piece);
    }
}

fn columns_of(output: &Output) -> Option<usize> {
    output.size().map(|size| size.width.max(1))
}

/// How many rows a painted line takes.
fn rows(line: &str, columns: Option<usize>) -> usize {
    columns.map_or(1, |columns| painted_width(line).div_ceil(columns).max(1))
}

/// How many columns a line takes: its paint, `ESC [ … m`, takes none.
fn painted_width(line: &str) -> usize {
    let mut pieces = line.split("\u{1b}[");
    let first = pieces.next().map_or(0, width);
    first + pieces.map(|piece| width(piece.split_once('m').map_or("", |(_, text)| text))).sum::<usize>()
}

#[cfg(test)]
mod tests;
