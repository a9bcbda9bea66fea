//! What is typed after the commands about live jobs. Source: spec 08.

use clap::Args as ClapArgs;

use crate::args::Fetching;

/// `run`. Source: LIV-20…27.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow run jupyter --dry-run\n  \
        apolo-flow run train --dry-run -s small -p rate 0.1")]
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
    #[command(flatten)]
    pub fetching: Fetching,
}
