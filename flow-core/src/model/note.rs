//! [`note`] and [`outcome`]: what there is to say of a task beside its status, in words that all faces share.

use crate::model::{Exit, Outcome, Reason, Task, TaskStatus};

/// Why a unit ended as it did; `None` where the status says it all.
pub fn outcome(outcome: &Outcome) -> Option<String> {
    match &outcome.reason {
        Reason::Finished | Reason::Killed if outcome.status == TaskStatus::Succeeded => None,
        Reason::Finished => exit(outcome.exit),
        Reason::Killed => Some("stopped on request".to_owned()),
        Reason::NotStarted { message } => Some(format!("could not be started: {message}")),
        Reason::LifeSpan => Some("ran longer than its life_span".to_owned()),
        Reason::ScheduleTimeout => Some("waited longer than its schedule_timeout".to_owned()),
        Reason::Lost => Some("lost: the machine or the supervisor is gone".to_owned()),
        Reason::BadOutputs { message } => Some(format!("its outputs cannot be read: {message}")),
        Reason::Inside { task } => Some(format!("`{task}` {}", outcome.status)),
        Reason::Evaluation { message, place } if place.is_empty() => Some(message.clone()),
        Reason::Evaluation { message, place } => Some(format!("{message} ({place})")),
    }
}

/// How a process ended.
fn exit(exit: Exit) -> Option<String> {
    match exit {
        Exit::Code(code) => Some(format!("exit code {code}")),
        Exit::Signal(signal) => Some(match signal_name(signal) {
            Some(name) => format!("killed by signal {signal} ({name})"),
            None => format!("killed by signal {signal}"),
        }),
        Exit::None => None,
    }
}

/// Names of the signals that end programs in practice; the same on every Linux and macOS.
fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL, often for want of memory",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        _ => return None,
    })
}

/// What there is to say of a task beside its status: the note, how its last try ended, or that
/// another attempt ran it.
pub fn note(task: &Task) -> Option<String> {
    let last = || task.tries.last().and_then(|last| last.outcome.as_ref());
    let ended = || task.outcome.as_ref().or_else(last).and_then(outcome);
    let taken = || task.taken_from.as_ref().map(|from| format!("taken over from {from}"));
    task.note.clone().or_else(ended).or_else(taken)
}

#[cfg(test)]
mod tests;
