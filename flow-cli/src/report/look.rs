//! [`Look`]: colours and line drawing, or their absence; understandable without either.

use anstyle::{AnsiColor, Style};
use flow_core::model::TaskStatus;

/// How one output looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Whether to colour.
    pub color: bool,
    /// Whether there are characters beyond ASCII.
    pub unicode: bool,
    /// Whether the terminal can do nothing but lines.
    pub dumb: bool,
}

impl Look {
    /// Puts a text into a style.
    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// What is wrong.
    pub(crate) fn bad(self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default().bold(), text)
    }

    /// What wants attention.
    pub(crate) fn accent(self, text: &str) -> String {
        self.paint(AnsiColor::Cyan.on_default(), text)
    }

    /// What is less important.
    pub(crate) fn faint(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    /// What is most important.
    pub(crate) fn strong(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    /// A text in the colour of a status word.
    pub(crate) fn status(self, word: &str, text: &str) -> String {
        self.paint(status_style(word), text)
    }

    /// One character for a status; the word stands beside it where there is room.
    pub(crate) fn mark(self, status: TaskStatus) -> &'static str {
        let (fancy, plain) = match status {
            TaskStatus::Pending => ("·", "."),
            TaskStatus::Running => ("▸", ">"),
            TaskStatus::Succeeded => ("✓", "+"),
            TaskStatus::Failed => ("✗", "x"),
            TaskStatus::Cancelled => ("◼", "!"),
            TaskStatus::Skipped => ("–", "-"),
            TaskStatus::Cached => ("≡", "="),
            TaskStatus::Unknown => ("?", "?"),
        };
        self.pick(fancy, plain)
    }

    /// The first where there are characters beyond ASCII, else the second.
    pub(crate) fn pick<'a>(self, fancy: &'a str, plain: &'a str) -> &'a str {
        if self.unicode { fancy } else { plain }
    }
}

fn status_style(word: &str) -> Style {
    match word {
        "succeeded" => AnsiColor::Green.on_default(),
        "cached" => AnsiColor::Green.on_default().dimmed(),
        "running" => AnsiColor::Cyan.on_default(),
        "failed" => AnsiColor::Red.on_default().bold(),
        "cancelled" | "stalled" => AnsiColor::Yellow.on_default(),
        "skipped" | "pending" => Style::new().dimmed(),
        _ => Style::new(),
    }
}
