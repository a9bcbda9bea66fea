//! [`Args`]: the command line as typed. Meaning is in `cmd`. Source: spec 08, EXT-5, EXT-6.

use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::exit::Exit;

/// Pipelines for machine learning teams: check flows, bake them, see what happened.
#[derive(Debug, Parser)]
#[command(
    name = "apolo-flow",
    version,
    arg_required_else_help = true,
    after_help = Exit::table(),
    disable_help_subcommand = true,
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
    #[arg(long, global = true, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// Say more; may be repeated
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Say less; may be repeated
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub quiet: u8,
    /// When to use colours; `auto` obeys NO_COLOR
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
}

impl Global {
    /// 0 is usual, more says more, less says less.
    pub(crate) fn verbosity(&self) -> i16 {
        i16::from(self.verbose) - i16::from(self.quiet)
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal
    Auto,
    /// Also into pipes and files
    Always,
    /// Not at all
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check flows and show all errors of all files at once; starts nothing
    #[command(after_help = "Example:\n  apolo-flow check train -p rate 0.1")]
    Check(Check),
    /// Show what a bake would do: which tasks would run, are cached or skipped, and why; starts nothing
    #[command(after_help = "Examples:\n  apolo-flow plan train\n  apolo-flow plan train -p rate 0.2 --json")]
    Plan(Plan),
    /// Run a batch and follow it
    #[command(after_help = "Example:\n  apolo-flow bake train -p rate 0.1 -n nightly")]
    Bake(Bake),
    /// List bakes, the newest last
    #[command(after_help = "Example:\n  apolo-flow bakes --limit 5")]
    Bakes(Bakes),
    /// Show a bake and its tasks
    #[command(after_help = "Example:\n  apolo-flow inspect nightly")]
    Inspect(Inspect),
    /// Show a task: what happened to it, its outputs, its log
    #[command(after_help = "Example:\n  apolo-flow show nightly train-1")]
    Show(Show),
    /// Print the log of a task as it was written
    #[command(after_help = "Examples:\n  apolo-flow logs nightly train-1\n  apolo-flow logs nightly/train-1 -f")]
    Logs(Logs),
    /// Say why a task ran, was cached, skipped or failed, or what it waits for
    #[command(after_help = "Example:\n  apolo-flow why nightly train-1")]
    Why(Why),
    /// Print the events of a bake, one a line: all that happened to it
    #[command(
        after_help = "Examples:\n  apolo-flow events nightly\n  apolo-flow events nightly --json -f --after 812\n\n\
        The JSON is described in docs/events.md."
    )]
    Events(Events),
    /// Cancel a bake, one task of it, or one call with all its tasks
    #[command(after_help = "Examples:\n  apolo-flow cancel nightly\n  apolo-flow cancel nightly train-1")]
    Cancel(Cancel),
    /// Forget cached results, so that their tasks run again
    #[command(after_help = "Examples:\n  apolo-flow clear-cache train\n  apolo-flow clear-cache train load\n  \
        apolo-flow clear-cache ALL")]
    ClearCache(ClearCache),
    /// Print how the platform would be asked to run a live job
    #[command(after_help = "Examples:\n  apolo-flow run jupyter --dry-run\n  \
        apolo-flow run train --dry-run -s small -p rate 0.1")]
    Run(Run),
    /// Take up a bake again whose engine is gone
    #[command(after_help = "Example:\n  apolo-flow resume nightly")]
    Resume(Resume),
    /// Run a bake again as a new attempt; what succeeded is taken over
    #[command(after_help = "Examples:\n  apolo-flow restart nightly\n  apolo-flow restart nightly -p rate 0.2\n  \
        apolo-flow restart nightly --no-from-failed\n\nThe texts of the flow are those that the bake was made from.")]
    Restart(Restart),
    /// Print the reference of the language, or one section of it
    #[command(after_help = "Examples:\n  apolo-flow reference functions\n  apolo-flow reference keys")]
    Reference(Reference),
    /// Drive an attempt (started by `bake`, `restart` and `resume`)
    #[command(name = "__engine", hide = true)]
    Engine(Engine),
    /// Own the processes of tasks (started by engines)
    #[command(name = "__supervisor", hide = true)]
    Supervisor(Supervisor),
}

/// `check`
#[derive(Debug, ClapArgs)]
pub(crate) struct Check {
    /// The flows, batch or live: file names of the config folder without their ending [default: all]
    #[arg(value_name = "FLOW")]
    pub flows: Vec<String>,
    /// A param of the batch
    #[arg(short, long, num_args = 2, value_names = ["NAME", "VALUE"], allow_hyphen_values = true, requires = "flows")]
    pub param: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `plan`. Source: EXT-6.
#[derive(Debug, ClapArgs)]
pub(crate) struct Plan {
    /// The batch, a file name of the config folder without its ending
    pub batch: String,
    /// A param of the batch; the last value of a name counts
    #[arg(short, long, num_args = 2, value_names = ["NAME", "VALUE"], allow_hyphen_values = true)]
    pub param: Vec<String>,
    /// A YAML mapping of params, names to values; `-p` wins over it
    #[arg(long, value_name = "FILE")]
    pub meta_from_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `bake`. Source: CLI-20, MCH-4.
#[derive(Debug, ClapArgs)]
pub(crate) struct Bake {
    /// The batch, a file name of the config folder without its ending
    pub batch: String,
    /// A param of the batch; the last value of a name counts
    #[arg(short, long, num_args = 2, value_names = ["NAME", "VALUE"], allow_hyphen_values = true)]
    pub param: Vec<String>,
    /// A YAML mapping of params, names to values; `-p` wins over it
    #[arg(long, value_name = "FILE")]
    pub meta_from_file: Option<PathBuf>,
    /// A name for the bake, to be used in place of its id
    #[arg(short, long)]
    pub name: Option<String>,
    /// A tag for the bake; may be repeated
    #[arg(short, long)]
    pub tag: Vec<String>,
    #[command(flatten)]
    pub drive: Drive,
}

/// How `bake`, `restart` and `resume` drive.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Drive {
    /// Drive the bake in this process; Ctrl-C cancels it
    #[arg(long)]
    pub local_executor: bool,
    /// Return at once; the bake goes on
    #[arg(long, conflicts_with = "local_executor")]
    pub detach: bool,
    /// What Ctrl-C does [default: ask on a terminal, else detach]
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with = "local_executor")]
    pub on_interrupt: Option<OnInterrupt>,
    /// Print each event and the result as a line of JSON
    #[arg(long)]
    pub json: bool,
}

/// What Ctrl-C does to a bake that is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnInterrupt {
    /// Stop the bake
    Cancel,
    /// Leave it running
    Detach,
}

/// `bakes`
#[derive(Debug, ClapArgs)]
pub(crate) struct Bakes {
    /// At most so many, the newest; 0 for all
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    pub limit: u32,
    /// Only with this tag; may be repeated
    #[arg(short, long)]
    pub tag: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Which attempt.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Which {
    /// The attempt's number; -1 is the last
    #[arg(short, long, default_value_t = -1, value_name = "NUMBER", allow_hyphen_values = true)]
    pub attempt: i64,
}

/// `inspect`. Source: CLI-23.
#[derive(Debug, ClapArgs)]
pub(crate) struct Inspect {
    /// The bake's id or name
    pub bake: String,
    #[command(flatten)]
    pub which: Which,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `show`. Source: CLI-25.
#[derive(Debug, ClapArgs)]
pub(crate) struct Show {
    /// The bake's id or name
    pub bake: String,
    /// The task's id
    pub task: String,
    #[command(flatten)]
    pub which: Which,
    /// Which try of the task; 0 is the last
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    pub r#try: u32,
    /// Show the log with the workflow commands in it
    #[arg(short, long)]
    pub raw: bool,
    /// Print JSON, without the log
    #[arg(long)]
    pub json: bool,
}

/// `logs`. Source: EXT-6.
#[derive(Debug, ClapArgs)]
pub(crate) struct Logs {
    /// The bake's id or name, or BAKE/TASK
    #[arg(value_name = "BAKE[/TASK]")]
    pub bake: String,
    /// The task's id
    pub task: Option<String>,
    #[command(flatten)]
    pub which: Which,
    /// Which try of the task; 0 is the last
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    pub r#try: u32,
    /// Wait for more until the task has ended
    #[arg(short, long)]
    pub follow: bool,
}

/// `why`. Source: EXT-6.
#[derive(Debug, ClapArgs)]
pub(crate) struct Why {
    /// The bake's id or name
    pub bake: String,
    /// The task's id
    pub task: String,
    #[command(flatten)]
    pub which: Which,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `events`. Source: EXT-5.
#[derive(Debug, ClapArgs)]
pub(crate) struct Events {
    /// The bake's id or name
    pub bake: String,
    #[command(flatten)]
    pub which: Which,
    /// Only those behind this position
    #[arg(long, default_value_t = 0, value_name = "POSITION")]
    pub after: u64,
    /// Wait for more until the attempt has ended
    #[arg(short, long)]
    pub follow: bool,
    /// Print each as a line of JSON
    #[arg(long)]
    pub json: bool,
}

/// `cancel`. Source: EXT-6.
#[derive(Debug, ClapArgs)]
pub(crate) struct Cancel {
    /// The bake's id or name
    pub bake: String,
    /// The task's id [default: the whole bake]
    pub task: Option<String>,
    #[command(flatten)]
    pub which: Which,
}

/// `resume`
#[derive(Debug, ClapArgs)]
pub(crate) struct Resume {
    /// The bake's id or name
    pub bake: String,
    #[command(flatten)]
    pub which: Which,
    #[command(flatten)]
    pub drive: Drive,
}

/// `restart`. Source: BAT-130, DEC-24.
#[derive(Debug, ClapArgs)]
pub(crate) struct Restart {
    /// The bake's id or name
    pub bake: String,
    #[command(flatten)]
    pub which: Which,
    /// Take over what succeeded and run the rest; this is the default
    #[arg(long, overrides_with = "no_from_failed")]
    pub from_failed: bool,
    /// Run all tasks again; nothing comes from the cache
    #[arg(long)]
    pub no_from_failed: bool,
    /// Change a param; then only tasks that it leaves as they were are taken over
    #[arg(short, long, num_args = 2, value_names = ["NAME", "VALUE"], allow_hyphen_values = true)]
    pub param: Vec<String>,
    #[command(flatten)]
    pub drive: Drive,
}

/// `run`. Source: LIV-20…27.
#[derive(Debug, ClapArgs)]
pub(crate) struct Run {
    /// The job, a key of `jobs` in the live flow
    pub job: String,
    /// The suffix of a multi job [default: a fresh one]
    #[arg(short, long)]
    pub suffix: Option<String>,
    /// A param of the job; the last value of a name counts
    #[arg(short, long, num_args = 2, value_names = ["NAME", "VALUE"], allow_hyphen_values = true)]
    pub param: Vec<String>,
    /// Only print the command lines; start nothing. This version starts no live jobs yet
    #[arg(long = "dry-run", required = true)]
    pub dry: bool,
    /// The live flow, a file name of the config folder without its ending
    #[arg(long, default_value = "live", value_name = "FLOW")]
    pub flow: String,
}

/// `clear-cache`. Source: CLI-28.
#[derive(Debug, ClapArgs)]
pub(crate) struct ClearCache {
    /// The batch, or ALL for all batches of the project
    #[arg(value_name = "BATCH|ALL")]
    pub batch: String,
    /// The task's id; without meaning for ALL [default: all tasks of the batch]
    #[arg(value_name = "TASK_ID")]
    pub task: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `reference`
#[derive(Debug, ClapArgs)]
pub(crate) struct Reference {
    /// The section, such as `functions` or `codes` [default: all]
    pub section: Option<String>,
}

/// `__engine`
#[derive(Debug, ClapArgs)]
pub(crate) struct Engine {
    /// The attempt's id
    pub attempt: String,
}

/// `__supervisor`
#[derive(Debug, ClapArgs)]
pub(crate) struct Supervisor {
    /// Its folder
    #[arg(long)]
    pub dir: PathBuf,
    /// How many CPUs units may take
    #[arg(long)]
    pub cpus: Option<u32>,
    /// How many bytes of memory units may take
    #[arg(long)]
    pub memory: Option<u64>,
    /// How many GPUs units may take
    #[arg(long)]
    pub gpus: Option<u32>,
}

#[cfg(test)]
mod tests;
