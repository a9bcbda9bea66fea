//! [`Questions`]: what Ctrl-C should mean, asked on a terminal.

use tokio::signal::unix::Signal;
use tokio::sync::mpsc;

use crate::session::Session;

/// What the person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Leave; the bake goes on.
    Detach,
    /// Stop the bake.
    Cancel,
    /// Go on watching.
    Watch,
}

/// Asks, and waits for a line of the person's.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    lines: Option<mpsc::Receiver<String>>,
}

impl Questions {
    /// Asks once; a second Ctrl-C is an answer too. Nobody there means detach.
    pub(crate) async fn ask(&mut self, session: &mut Session, interrupt: &mut Signal) -> Answer {
        let question = "detach and let it run, cancel it, or keep watching? [d/c/K] ";
        // A terminal that is gone gives no answer either, which is one.
        let _ = session.io.err.write(question.as_bytes());
        let lines = self.lines.get_or_insert_with(|| read_lines(session));
        tokio::select! {
            line = lines.recv() => line.map_or(Answer::Detach, |line| meaning(&line)),
            _ = interrupt.recv() => {
                session.say("");
                Answer::Cancel
            }
        }
    }
}

/// What a line says; whatever is not understood changes nothing.
fn meaning(line: &str) -> Answer {
    match line.trim().to_lowercase().as_str() {
        "d" | "detach" => Answer::Detach,
        "c" | "cancel" => Answer::Cancel,
        _ => Answer::Watch,
    }
}

/// Reads lines on a thread of its own: a read that waits for a person cannot be broken off, so it
/// ends with the process, and the runtime must not wait for it.
fn read_lines(session: &mut Session) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(1);
    if let Some(mut input) = session.io.input.take() {
        std::thread::spawn(move || {
            let mut line = String::new();
            while matches!(input.reader.read_line(&mut line), Ok(1..)) {
                if sender.blocking_send(std::mem::take(&mut line)).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

#[cfg(test)]
mod tests;
