//! [`Exit`]: the exit codes, the one table of them. Source: DEC-27.

use std::process::ExitCode;

/// How a run of the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; a followed bake succeeded.
    Well,
    /// Failed: the bake, the world, or something that was named does not exist.
    Failed,
    /// The command line itself is wrong.
    Usage,
    /// The workspace's files have errors; nothing was started.
    BadFiles,
    /// Another engine drives it.
    Held,
    /// An error in this program.
    Bug,
    /// Cancelled or interrupted.
    Cancelled,
    /// `run` and `exec`, attached: the code of the job or the command.
    Own(u8),
}

impl Exit {
    /// All of our own, by code.
    pub const ALL: [Exit; 7] =
        [Exit::Well, Exit::Failed, Exit::Usage, Exit::BadFiles, Exit::Held, Exit::Bug, Exit::Cancelled];

    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Well => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::BadFiles => 4,
            Exit::Held => 5,
            Exit::Bug => 70,
            Exit::Cancelled => 130,
            Exit::Own(code) => code,
        }
    }

    /// What it means, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Exit::Well => "done; the bake succeeded",
            Exit::Failed => "failed, or not found",
            Exit::Usage => "the command line is wrong",
            Exit::BadFiles => "the files have errors; nothing was started",
            Exit::Held => "another engine drives the bake",
            Exit::Bug => "an error in apolo-flow itself",
            Exit::Cancelled => "cancelled or interrupted",
            Exit::Own(_) => "`run` and `exec`: the code of the job or the command itself",
        }
    }

    /// The table as the help shows it.
    pub(crate) fn table() -> String {
        let rows = Exit::ALL.map(|exit| format!("  {:<4} {}", exit.code(), exit.meaning()));
        format!("Exit codes:\n{}\n  other {}", rows.join("\n"), Exit::Own(0).meaning())
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests;
