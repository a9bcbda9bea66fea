//! Pictures, and how they come onto a terminal.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::{Screen, picture};
use crate::io::{Output, Size};
use crate::report::look::Look;
use crate::report::sample::{Story, Written, group_rows, node};
use crate::report::table::width;

const SIZE: Size = Size { width: 80, height: 24 };

fn text(story: &Story, size: Size) -> String {
    let look = Look { unicode: true, ..Look::default() };
    let lines = picture(&story.board, story.last.at, look, size, None);
    assert!(lines.len() < size.height && lines.iter().all(|line| width(line) < size.width), "{lines:#?}");
    lines.join("\n")
}

#[test]
fn every_task_has_its_line() {
    let mut story = Story::new(vec![node("load", 0, &[]), node("train", 1, &["load"]), node("report", 2, &["train"])]);
    story.run("load");
    story.end("load", 0, &[("rows", "12")]);
    story.run("train");
    let expected = "✓ load    succeeded  1.0s     rows=12
▸ train   running    0.0s
· report  pending
━━━━━━━━────────────────  1/3  6.0s  1 succeeded, 1 running, 1 pending";
    assert_eq!(text(&story, SIZE), expected);
    let narrow = text(&story, Size { width: 40, height: 24 });
    assert!(narrow.ends_with("  1/3  6.0s  1"), "{narrow}");
}

#[test]
fn a_matrix_is_one_line() {
    let mut story = Story::new(group_rows("fit", 4, 0, &[]));
    story.run("fit-0");
    story.end("fit-0", 0, &[]);
    story.run("fit-1");
    story.run("fit-2");
    story.end("fit-2", 1, &[]);
    let text = text(&story, Size { width: 120, height: 24 });
    let first = text.lines().next().unwrap();
    assert_eq!(first, "✗ fit ×4  ━━━━━━━━━━━━────────────  1 succeeded, 1 failed, 1 running, 1 pending  fit-1 3.0s");
}

#[test]
fn a_thousand_tasks_stay_calm() {
    let nodes = (0..1000).map(|at| node(&format!("task-{at}"), at, &[])).collect();
    let mut story = Story::new(nodes);
    for at in 0..500 {
        story.run(&format!("task-{at}"));
        story.end(&format!("task-{at}"), i32::from(at == 400), &[]);
    }
    story.run("task-777");
    let text = text(&story, Size { width: 100, height: 12 });
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 11);
    // What failed and what runs is seen first, the rest is counted.
    assert!(lines[0].starts_with("✗ task-400  failed") && lines[1].starts_with("▸ task-777  running"), "{text}");
    assert_eq!(lines[9], "  991 more tasks: 499 succeeded, 492 pending");
    assert!(lines[10].contains("  500/1000  ") && lines[10].contains("1 failed"), "{text}");
}

#[test]
fn what_is_left_is_told_where_it_is_known() {
    let mut story = Story::new(vec![node("load", 0, &[]), node("train", 1, &["load"])]);
    story.run("load");
    let total_of = |left: Option<u64>, width: usize| {
        let left = left.map(Duration::from_secs);
        picture(&story.board, story.last.at, Look::default(), Size { width, height: 24 }, left).pop().unwrap()
    };
    let total = |left: Option<u64>| total_of(left, 80);
    assert!(total(Some(230)).contains("  0/2  3.0s  about 4m left  1 running"), "{}", total(Some(230)));
    assert!(total_of(Some(230), 45).ends_with("  0/2  3.0s  1 runni"), "half of it would say something else");
    // Without history, and where it takes longer than ever.
    assert_eq!(total(None), total(Some(0)));
    assert!(!total(None).contains("left"), "{}", total(None));
}

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn pictures_replace_each_other_and_lines_stay() {
    let (mut screen, written) = (Screen::default(), Written::default());
    let mut output = Output::pipe(written.clone());
    screen.draw(&mut output, lines(&["one", "two"]));
    assert_eq!(written.take(), "one\u{1b}[K\ntwo\u{1b}[K\n");
    screen.draw(&mut output, lines(&["one", "two"]));
    assert_eq!(written.take(), "");
    screen.draw(&mut output, lines(&["one", "TWO"]));
    assert_eq!(written.take(), "\r\u{1b}[2A\nTWO\u{1b}[K\n", "what is the same is left alone");
    screen.keep(&mut output, &lines(&["stays"]));
    assert_eq!(written.take(), "\r\u{1b}[2Astays\u{1b}[K\none\u{1b}[K\nTWO\u{1b}[K\n");
    screen.clear(&mut output);
    assert_eq!(written.take(), "\r\u{1b}[2A\u{1b}[J");
}

/// A terminal as far as pictures need one; it wraps, and wraps anew when its width changes.
#[derive(Debug, Default)]
struct Glass {
    columns: usize,
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Glass {
    fn read(&mut self, text: &str) {
        let mut pieces = text.split("\u{1b}[");
        let plain = pieces.next().unwrap();
        plain.chars().for_each(|letter| self.letter(letter));
        for piece in pieces {
            let end = piece.find(|letter: char| letter.is_ascii_alphabetic()).unwrap();
            self.obey(&piece[..=end]);
            piece[end + 1..].chars().for_each(|letter| self.letter(letter));
        }
    }

    fn letter(&mut self, letter: char) {
        match letter {
            '\r' => self.column = 0,
            '\n' => (self.row, self.column) = (self.row + 1, 0),
            _ => self.put(letter),
        }
    }

    fn obey(&mut self, code: &str) {
        let (row, column) = (self.row, self.column);
        match code.split_at(code.len() - 1) {
            (count, "A") => self.row -= count.parse::<usize>().unwrap(),
            (_, "K") => self.row_mut(row).truncate(column),
            (_, "J") => {
                self.row_mut(row).truncate(column);
                self.rows.truncate(row + 1);
            }
            (_, "m") => {}
            (_, other) => panic!("{other:?} is not known"),
        }
    }

    /// What terminals do with long rows when they become narrower; the cursor stands behind the last.
    fn narrow(&mut self, columns: usize) {
        let rows = std::mem::take(&mut self.rows);
        for row in &rows {
            let pieces = row.chunks(columns).map(<[char]>::to_vec);
            self.rows.extend(if row.is_empty() { vec![Vec::new()] } else { pieces.collect() });
        }
        (self.columns, self.row, self.column) = (columns, self.rows.len(), 0);
    }

    fn put(&mut self, letter: char) {
        if self.column == self.columns {
            (self.row, self.column) = (self.row + 1, 0);
        }
        let (row, column) = (self.row, self.column);
        let row = self.row_mut(row);
        row.resize(row.len().max(column + 1), ' ');
        row[column] = letter;
        self.column += 1;
    }

    fn row_mut(&mut self, row: usize) -> &mut Vec<char> {
        self.rows.resize(self.rows.len().max(row + 1), Vec::new());
        &mut self.rows[row]
    }

    fn text(&self) -> Vec<String> {
        let rows = self.rows.iter().map(|row| row.iter().collect::<String>().trim_end().to_owned());
        let mut rows: Vec<String> = rows.collect();
        while rows.last().is_some_and(String::is_empty) {
            rows.pop();
        }
        rows
    }
}

/// A screen on a glass whose width the test sets.
struct Bench {
    screen: Screen,
    output: Output,
    written: Written,
    width: Arc<AtomicUsize>,
    glass: Glass,
}

impl Bench {
    fn new(columns: usize) -> Self {
        let (written, width) = (Written::default(), Arc::new(AtomicUsize::new(columns)));
        let asked = Arc::clone(&width);
        let size = move || Size { width: asked.load(Ordering::Relaxed), height: 24 };
        let output = Output::terminal(written.clone(), Box::new(size));
        let glass = Glass { columns, ..Glass::default() };
        Bench { screen: Screen::default(), output, written, width, glass }
    }

    fn draw(&mut self, texts: &[&str]) -> Vec<String> {
        self.screen.draw(&mut self.output, lines(texts));
        self.glass.read(&self.written.take());
        self.glass.text()
    }

    fn keep(&mut self, text: &str) -> Vec<String> {
        self.screen.keep(&mut self.output, &lines(&[text]));
        self.glass.read(&self.written.take());
        self.glass.text()
    }

    fn narrow(&mut self, columns: usize) {
        self.width.store(columns, Ordering::Relaxed);
        self.glass.narrow(columns);
    }
}

#[test]
fn shorter_lines_and_smaller_pictures_leave_nothing_behind() {
    let mut bench = Bench::new(20);
    bench.draw(&["a long line", "\u{1b}[32mgreen\u{1b}[0m", "third"]);
    assert_eq!(bench.draw(&["short", "green"]), ["short", "green"]);
    assert_eq!(bench.keep("this stays"), ["this stays", "short", "green"]);
    let wide = "wider than the glass is, so it wraps";
    let expected = ["this stays", "wider than the glass", " is, so it wraps", "short", "green"];
    assert_eq!(bench.keep(wide), expected);
    bench.screen.clear(&mut bench.output);
    bench.glass.read(&bench.written.take());
    assert_eq!(bench.glass.text(), expected[..3]);
}

#[test]
fn a_terminal_that_becomes_narrower_keeps_one_picture() {
    let mut bench = Bench::new(20);
    bench.keep("begun");
    bench.draw(&["\u{1b}[32ma line of 19 columns\u{1b}[0m", "b"]);
    bench.narrow(8);
    assert_eq!(bench.glass.text(), ["begun", "a line o", "f 19 col", "umns", "b"], "it has wrapped");
    assert_eq!(bench.draw(&["a line", "b"]), ["begun", "a line", "b"]);
    bench.narrow(4);
    assert_eq!(bench.keep("x"), ["begu", "n", "x"], "the picture is not drawn for another width");
    assert_eq!(bench.draw(&["a", "b"]), ["begu", "n", "x", "a", "b"]);
}

#[test]
fn what_does_not_change_is_never_away() {
    let mut bench = Bench::new(20);
    bench.draw(&["same", "1 of 9", "end"]);
    bench.screen.draw(&mut bench.output, lines(&["same", "2 of 9", "end"]));
    let written = bench.written.take();
    for (at, _) in written.match_indices(|letter: char| letter.is_ascii_alphanumeric() || letter == '\n') {
        // Cut where no code is torn apart.
        let whole = written[..at].rfind('\u{1b}').is_none_or(|code| written[code..at].contains(['A', 'K', 'J']));
        if whole {
            let mut glass = Glass { columns: 20, rows: bench.glass.rows.clone(), row: bench.glass.row, column: 0 };
            glass.read(&written[..at]);
            let text = glass.text();
            assert!(text[0] == "same" && text[1].ends_with("of 9") && text[2] == "end", "{text:?}");
        }
    }
    bench.glass.read(&written);
    assert_eq!(bench.glass.text(), ["same", "2 of 9", "end"]);
}
