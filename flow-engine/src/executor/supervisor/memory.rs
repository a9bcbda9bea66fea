//! [`Memory`]: what a journal's lines say together, one entry for each unit.

use std::collections::HashMap;

use flow_core::model::{Exit, LaunchKey, RawId, Reason, Timestamp};

use crate::executor::local::layout::Layout;
use crate::executor::supervisor::journal::Line;

/// A process, told from others that have its pid at another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The pid, which is also the group's id.
    pub(super) pid: i32,
    /// When it started, in clock ticks since boot.
    pub(super) ticks: u64,
}

/// How a unit ended, as the journal has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    /// We saw it.
    Ended {
        /// How the process ended.
        exit: Exit,
        /// Why.
        reason: Reason,
        /// Whether it left output files.
        files: bool,
    },
    /// A supervisor died first.
    Lost {
        /// Whether nothing of it runs any more.
        proof_dead: bool,
    },
}

/// What is known of a unit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// Which.
    pub(super) key: LaunchKey,
    /// Its tags.
    pub(super) tags: Vec<String>,
    /// When it was taken.
    pub(super) taken_at: Timestamp,
    /// Whether it has secrets.
    pub(super) secret: bool,
    /// Its process, and when it was started.
    pub(super) started: Option<(Mark, Timestamp)>,
    /// Its end.
    pub(super) end: Option<(End, Timestamp)>,
}

/// All units of a journal.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// In the order of taking; forgotten ones are absent.
    pub(super) entries: Vec<Entry>,
    /// The boot of the machine under which open units ran.
    pub(super) boot: String,
}

impl Memory {
    /// Reads the lines in order.
    pub(super) fn of(lines: Vec<Line>) -> Self {
        let mut slots: Vec<Option<Entry>> = Vec::new();
        let mut places: HashMap<RawId, usize> = HashMap::new();
        let mut boot = String::new();
        for line in lines {
            match line {
                Line::Opened { boot: opened } => boot = opened,
                Line::Taken { key, tags, at, secret } => {
                    let raw = Layout::raw_id(&key);
                    let entry = Some(Entry { key, tags, taken_at: at, secret, started: None, end: None });
                    // A line stands twice if the disk was full while it was first written.
                    if let Some(slot) = places.get(&raw).and_then(|&place| slots.get_mut(place)) {
                        *slot = entry;
                    } else {
                        places.insert(raw, slots.len());
                        slots.push(entry);
                    }
                }
                Line::Removed { raw } => {
                    if let Some(slot) = places.remove(&raw).and_then(|place| slots.get_mut(place)) {
                        *slot = None;
                    }
                }
                Line::Started { raw, pid, ticks, at } => {
                    with(&places, &mut slots, &raw, |entry| entry.started = Some((Mark { pid, ticks }, at)));
                }
                Line::Ended { raw, at, exit, reason, files } => {
                    let end = End::Ended { exit, reason, files };
                    with(&places, &mut slots, &raw, |entry| entry.end = Some((end, at)));
                }
                Line::Lost { raw, at, proof_dead } => {
                    with(&places, &mut slots, &raw, |entry| entry.end = Some((End::Lost { proof_dead }, at)));
                }
            }
        }
        Memory { entries: slots.into_iter().flatten().collect(), boot }
    }

    /// The fewest lines that say the same, under a new boot.
    pub(super) fn lines(&self, boot: &str) -> Vec<Line> {
        let mut lines = vec![Line::Opened { boot: boot.to_owned() }];
        for entry in &self.entries {
            let raw = Layout::raw_id(&entry.key);
            let (key, tags, at) = (entry.key.clone(), entry.tags.clone(), entry.taken_at);
            lines.push(Line::Taken { key, tags, at, secret: entry.secret });
            if let Some((Mark { pid, ticks }, at)) = entry.started {
                lines.push(Line::Started { raw: raw.clone(), pid, ticks, at });
            }
            if let Some((end, at)) = entry.end.clone() {
                lines.push(end.line(raw, at));
            }
        }
        lines
    }
}

impl End {
    /// The line that notes this end.
    pub(super) fn line(self, raw: RawId, at: Timestamp) -> Line {
        match self {
            End::Ended { exit, reason, files } => Line::Ended { raw, at, exit, reason, files },
            End::Lost { proof_dead } => Line::Lost { raw, at, proof_dead },
        }
    }
}

/// Changes the entry of a unit that was not forgotten.
fn with(places: &HashMap<RawId, usize>, slots: &mut [Option<Entry>], raw: &RawId, change: impl FnOnce(&mut Entry)) {
    let place = places.get(raw).and_then(|&place| slots.get_mut(place));
    if let Some(entry) = place.and_then(Option::as_mut) {
        change(entry);
    }
}

#[cfg(test)]
mod tests;
