//! What is typed after the commands about batches and their bakes. Source: spec 08, EXT-5, EXT-6.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use crate::args::Fetching;

/// `check`
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow check\n  apolo-flow check train -p rate 0.1\n\n\
    With params of one batch its matrices and conditions are checked with their values. The exit code is 4 if there is an error.")]
pub(crate) struct Check {
    /// The flows, batch or live: file names of the config folder without their ending [default: all]
    #[arg(value_name = "FLOW")]
    pub flows: Vec<String>,
    /// A param of the batch
    #[arg(short, long, num_args = 2, value_names = ["NAME", "VALUE"], allow_hyphen_values = true, requires = "flows")]
    pub param: Vec<String>,
    #[command(flatten)]
    pub fetching: Fetching,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `plan`. Source: EXT-6.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  apolo-flow plan train\n  apolo-flow plan train -p rate 0.2 --json\n  apolo-flow plan train --svg -o train.svg"
)]
pub(crate) struct Plan {
    /// The batch, a file name of the config folder without its ending
    pub batch: String,
    /// A param of the batch; the last value of a name counts
    #[arg(short, long, num_args = 2, value_names = ["NAME", "VALUE"], allow_hyphen_values = true)]
    pub param: Vec<String>,
    /// A YAML mapping of params, names to values; `-p` wins over it
    #[arg(long, value_name = "FILE")]
    pub meta_from_file: Option<PathBuf>,
    #[command(flatten)]
    pub graph: Graph,
    #[command(flatten)]
    pub fetching: Fetching,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `bake`. Source: CLI-20, MCH-4.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow bake train\n  apolo-flow bake train -p rate 0.1 -n nightly\n  \
    apolo-flow bake train --detach --json\n\nFlows are checked first: with an error nothing starts. The bake is driven \
    by a process of its own,\nso closing the terminal does not stop it; `inspect`, `logs` and `cancel` find it again.\n\
    Followed, the exit code tells its result.")]
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
    pub fetching: Fetching,
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
    /// What Ctrl-C does: stop the bake, or leave it running [default: ask on a terminal, else detach]
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with = "local_executor")]
    pub on_interrupt: Option<OnInterrupt>,
    /// Print each event and the result as a line of JSON
    #[arg(long)]
    pub json: bool,
}

/// What Ctrl-C does to a bake that is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnInterrupt {
    // No doc comments here either: what each does is said where the option is.
    Cancel,
    Detach,
}

/// `bakes`. Source: CLI-22.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow bakes --limit 5\n  apolo-flow bakes --status failed --since 7d\n  \
    apolo-flow bakes --batch train --recent-first --json")]
pub(crate) struct Bakes {
    /// At most so many, the newest; 0 for all
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    pub limit: u32,
    /// Only with this tag; may be repeated
    #[arg(short, long)]
    pub tag: Vec<String>,
    /// Only of this batch
    #[arg(long)]
    pub batch: Option<String>,
    /// Only with this status, such as `failed`, `running` or `stalled`; may be repeated
    #[arg(long, value_parser = statuses())]
    pub status: Vec<String>,
    /// Only those made since: ISO 8601, local time without a zone, or a time back from now such as 1d2h3m4s
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only those made until then
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// The newest first
    #[arg(long, overrides_with = "recent_last")]
    pub recent_first: bool,
    /// The newest last; this is the default
    #[arg(long)]
    pub recent_last: bool,
    /// Print JSON; always the newest first
    #[arg(long)]
    pub json: bool,
}

/// The words that the status column knows.
fn statuses() -> clap::builder::PossibleValuesParser {
    ["waiting", "pending", "running", "succeeded", "failed", "cancelled", "stalled"].into()
}

/// Which attempt.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Which {
    /// The attempt's number; -1 is the last
    #[arg(short, long, default_value_t = -1, value_name = "NUMBER", allow_hyphen_values = true)]
    pub attempt: i64,
}

/// How a graph is written. Source: CLI-24.
#[derive(Clone, Debug, Default, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own; the spec has them so")]
pub(crate) struct Graph {
    /// The file of the graph, without its ending or with it [default: the id and number in this folder]
    #[arg(short, long = "output-graph", id = "output_graph", value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Save the graph for Graphviz
    #[arg(long)]
    pub dot: bool,
    /// Save the graph as a picture (SVG), drawn by the engine itself
    #[arg(long)]
    pub svg: bool,
    /// Save the graph as PDF, drawn by Graphviz
    #[arg(long)]
    pub pdf: bool,
    /// Save the picture and open it
    #[arg(long)]
    pub view: bool,
    /// Draw each row of a large matrix, where else it is one box
    #[arg(long)]
    pub all_rows: bool,
}

/// `inspect`. Source: CLI-23.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  apolo-flow inspect nightly\n  apolo-flow inspect nightly -a 1 --json\n  apolo-flow inspect nightly --view\n  apolo-flow inspect nightly --dot -o nightly.gv"
)]
pub(crate) struct Inspect {
    /// The bake's id or name
    pub bake: String,
    #[command(flatten)]
    pub which: Which,
    #[command(flatten)]
    pub graph: Graph,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `show`. Source: CLI-25.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow show nightly train-1\n  apolo-flow show nightly train-1 --json")]
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
#[command(
    after_help = "Examples:\n  apolo-flow logs nightly train-1\n  apolo-flow logs nightly/train-1 -f --tail 20\n  \
        apolo-flow logs nightly -f\n  apolo-flow logs nightly --since 10m\n  \
        apolo-flow logs nightly train-1 --json --offset 4096\n  \
        apolo-flow logs jupyter -f"
)]
pub(crate) struct Logs {
    /// The bake's id or name, or BAKE/TASK; or a live job
    #[arg(value_name = "BAKE[/TASK]|JOB")]
    pub bake: String,
    /// The task's id [default: all tasks, each line with its task]; or the suffix of a live job
    #[arg(value_name = "TASK|SUFFIX")]
    pub task: Option<String>,
    /// Take the name for that of a live job, also where a bake has it
    #[arg(long)]
    pub live: bool,
    #[command(flatten)]
    pub which: Which,
    /// Which try of the task; 0 is the last
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    pub r#try: u32,
    /// Wait for more until the task, the bake or the live job has ended
    #[arg(short, long)]
    pub follow: bool,
    /// Only the last lines of each log
    #[arg(long, value_name = "LINES")]
    pub tail: Option<u64>,
    /// Only tasks that were at work since: ISO 8601, or a time back from now such as 10m or 1d2h
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Begin at this byte of the log; `next` of the JSON says where to go on
    #[arg(long, default_value_t = 0, value_name = "BYTE")]
    pub offset: u64,
    /// Print each line as a line of JSON
    #[arg(long)]
    pub json: bool,
}

/// `why`. Source: EXT-6.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow why nightly train-1\n  apolo-flow why nightly train-1 --json\n\n\
    A task that ran is compared with its last success in this batch: what differs is named, old and new.")]
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
#[command(after_help = "Examples:\n  apolo-flow events nightly\n  apolo-flow events nightly --json -f --after 812\n\n\
        The JSON is described in docs/events.md.")]
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
#[command(after_help = "Examples:\n  apolo-flow cancel nightly\n  apolo-flow cancel nightly train-1\n\n\
    Running tasks are stopped; tasks with `always()` and post tasks still run. To cancel twice does no harm.")]
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
#[command(after_help = "Example:\n  apolo-flow resume nightly\n\n\
    For a bake that `bakes` shows as stalled. Tasks that run on are found again, nothing starts twice.\n\
    A bake that has ended is run again by `restart`.")]
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
#[command(after_help = "Examples:\n  apolo-flow restart nightly\n  apolo-flow restart nightly -p rate 0.2\n  \
        apolo-flow restart nightly --no-from-failed\n\nThe texts of the flow are those that the bake was made from.")]
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

/// `clear-cache`. Source: CLI-28.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow clear-cache train\n  apolo-flow clear-cache train load\n  \
        apolo-flow clear-cache ALL")]
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
