//! What is typed after the commands about live jobs. Source: spec 08.

use clap::Args as ClapArgs;

use crate::args::Fetching;

/// `run`. Source: LIV-20…27.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  apolo-flow run jupyter\n  apolo-flow run train -s small -p rate 0.1 -- --epochs 3\n  \
        apolo-flow run serve --detach\n  apolo-flow run jupyter --dry-run\n\nA job that runs already is attached to. \
        Attached, the exit code is the job's own."
)]
pub(crate) struct Run {
    /// The job, a key of `jobs` in the live flow
    pub job: String,
    /// What a multi job gets as `multi.args`
    #[arg(last = true, value_name = "ARGS")]
    pub args: Vec<String>,
    /// The suffix of a multi job [default: a fresh one]
    #[arg(short, long)]
    pub suffix: Option<String>,
    /// A param of the job; the last value of a name counts
    #[arg(short, long, num_args = 2, value_names = ["NAME", "VALUE"], allow_hyphen_values = true)]
    pub param: Vec<String>,
    /// Return as soon as the job is made; it runs on
    #[arg(long)]
    pub detach: bool,
    /// Only print the command lines that would start it on the platform; start nothing
    #[arg(long = "dry-run", conflicts_with_all = ["detach", "json"])]
    pub dry: bool,
    /// Print the job as JSON, and do not attach to it
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub flow: Flow,
    #[command(flatten)]
    pub fetching: Fetching,
}

/// Which live flow.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Flow {
    /// The live flow, a file name of the config folder without its ending
    #[arg(long = "flow", default_value = "live", value_name = "FLOW")]
    pub name: String,
}

/// `ps`. Source: LIV-30.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow ps\n  apolo-flow ps --all --json\n\n\
        Of each job the newest run is listed; `status JOB` shows all that is known of one.")]
pub(crate) struct Ps {
    /// Every run that is kept, of all live flows of the project, not only the newest of each job
    #[arg(short, long)]
    pub all: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub flow: Flow,
}

/// Which live job.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct WhichJob {
    /// The job, a key of `jobs` in the live flow; or the id of a run of it
    pub job: String,
    /// The suffix of a multi job
    pub suffix: Option<String>,
    #[command(flatten)]
    pub flow: Flow,
}

/// `status`. Source: LIV-31.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow status jupyter\n  apolo-flow status train small --json")]
pub(crate) struct Status {
    #[command(flatten)]
    pub which: WhichJob,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `kill`. Source: LIV-32, LIV-33.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  apolo-flow kill jupyter\n  apolo-flow kill train small\n  apolo-flow kill ALL\n\n\
        The job is asked to end, and made to after a grace. To end what has ended does no harm."
)]
pub(crate) struct Kill {
    /// The job, or the id of a run of it; ALL for all that run
    #[arg(value_name = "JOB|ALL")]
    pub job: String,
    /// The suffix of a multi job
    pub suffix: Option<String>,
    #[command(flatten)]
    pub flow: Flow,
}

/// `exec`
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow exec jupyter -- bash\n  apolo-flow exec train small -- nvidia-smi\n\n\
        The command runs in the job's environment; the exit code is its own.")]
pub(crate) struct Exec {
    #[command(flatten)]
    pub which: WhichJob,
    /// The command with its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<String>,
}
