//! [`Args`]: the command line as typed. Meaning is in `cmd`. Source: spec 08, EXT-5, EXT-6.

mod batch;
#[cfg(feature = "console")]
mod console;
mod keep;
mod live;
mod tool;
mod update;
mod volume;

use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::exit::Exit;

pub(crate) use batch::{
    Bake, Bakes, Cancel, Check, ClearCache, Drive, Events, Graph, Inspect, Logs, OnInterrupt, Plan, Restart, Resume,
    Show, Why,
};
#[cfg(feature = "console")]
pub(crate) use console::Console;
pub(crate) use keep::{DeleteFlow, Gc};
pub(crate) use live::{Exec, Kill, Ps, Run, Status, WhichJob};
pub(crate) use tool::{
    Completion, CompletionWhat, Doctor, Engine, Init, Man, Reference, Schema, SchemaOf, Supervisor, Terminal,
};
pub(crate) use update::{Fetching, Update};
pub(crate) use volume::{Clean, Download, Mkvolumes, OfFlow, Upload, Volumes};

/// Pipelines for machine learning teams: check flows, bake them, see what happened.
#[derive(Debug, Parser)]
#[command(
    name = "apolo-flow",
    version,
    arg_required_else_help = true,
    after_help = Exit::table(),
    disable_help_flag = true,
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of all commands. Source: CLI-2.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Global {
    /// Where the search for the `.apolo` folder begins [default: the current folder]
    #[arg(long, global = true, value_name = "PATH", help_heading = GLOBAL)]
    pub config: Option<PathBuf>,
    /// Say more: how each command ended; may be repeated
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = GLOBAL)]
    pub verbose: u8,
    /// Say less; twice, not even errors
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = GLOBAL)]
    pub quiet: u8,
    /// With an error, show all that the program knows of it
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub show_traceback: bool,
    /// When to use colours; `auto` obeys NO_COLOR
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN", help_heading = GLOBAL)]
    pub color: Color,
    /// Print help
    #[arg(short, long, global = true, action = ArgAction::Help, help_heading = GLOBAL)]
    pub help: Option<bool>,
}

/// The heading under which the help of each command lists what all commands have, behind its own options.
const GLOBAL: &str = "Global options";

impl Global {
    /// 0 is usual, more says more, less says less.
    pub(crate) fn verbosity(&self) -> i16 {
        i16::from(self.verbose) - i16::from(self.quiet)
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    // Doc comments here would make the help of every command a page long.
    Auto,
    Always,
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check flows and show all errors of all files at once; starts nothing
    Check(Check),
    /// Show what a bake would do: which tasks would run, are cached or skipped, and why; starts nothing
    Plan(Plan),
    /// Run a batch and follow it
    Bake(Bake),
    /// List bakes, the newest last
    Bakes(Bakes),
    /// Show a bake and its tasks
    Inspect(Inspect),
    /// Show a task: what happened to it, its outputs, its log
    Show(Show),
    /// Print the log of a task or of a live job as it was written
    Logs(Logs),
    /// Say why a task ran, was cached, skipped or failed, or what it waits for
    Why(Why),
    /// Print the events of a bake, one a line: all that happened to it
    Events(Events),
    /// Cancel a bake, one task of it, or one call with all its tasks
    Cancel(Cancel),
    /// Forget cached results, so that their tasks run again
    ClearCache(ClearCache),
    /// Run a live job and attach to it, or attach to the one that runs already
    Run(Run),
    /// List live jobs
    Ps(Ps),
    /// Show a live job: how it stands, what it was started with
    Status(Status),
    /// End a live job, or all of them
    Kill(Kill),
    /// Run a command beside a live job, in its environment
    Exec(Exec),
    /// Pin remote actions to what their versions name now
    Update(Update),
    /// Copy volumes to the storage: what changed, and nothing is removed
    Upload(Upload),
    /// Copy volumes from the storage: what changed, and nothing is removed
    Download(Download),
    /// Remove all that the storage holds of volumes
    Clean(Clean),
    /// Make the folders of all volumes that have a `local` part
    Mkvolumes(Mkvolumes),
    /// Take up a bake again whose engine is gone
    Resume(Resume),
    /// Run a bake again as a new attempt; what succeeded is taken over
    Restart(Restart),
    /// Serve the web console: watch and steer bakes and live jobs in a browser
    #[cfg(feature = "console")]
    Console(Console),
    /// Begin a new project from a template; overwrites nothing
    Init(Init),
    /// Remove old bakes and live jobs with their logs, and old cached results
    Gc(Gc),
    /// Remove all that is kept of a flow: its bakes, live jobs, logs and cached results
    DeleteFlow(DeleteFlow),
    /// Say what this machine can do for flows, and how to mend what it cannot
    Doctor(Doctor),
    /// Complete commands, names and ids in your shell as you type
    Completion(Completion),
    /// Print the manual page, or write those of all commands
    Man(Man),
    /// Print the reference of the language, or one section of it
    Reference(Reference),
    /// Print the JSON Schema of the files, for editors
    Schema(Schema),
    /// Answer an editor: problems, completion, meanings, definitions, renames
    #[command(
        after_help = "Example:\n  apolo-flow lsp\n\nEditors start it and speak the language server protocol with it; docs/editors.md says how."
    )]
    Lsp,
    /// Drive an attempt or a live job (started by `bake`, `restart`, `resume` and `run`)
    #[command(name = "__engine", hide = true)]
    Engine(Engine),
    /// Own the processes of tasks (started by engines)
    #[command(name = "__supervisor", hide = true)]
    Supervisor(Supervisor),
    /// Put a program on the terminal at its input (started by supervisors)
    #[command(name = "__terminal", hide = true)]
    Terminal(Terminal),
}

#[cfg(test)]
mod tests;
