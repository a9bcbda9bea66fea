//! What is typed after the commands that keep the store small. Source: CLI-32.

use clap::Args as ClapArgs;

/// `gc`
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  apolo-flow gc --older-than 30d\n  apolo-flow gc --keep 100 --dry-run\n  \
        apolo-flow gc --older-than 30d --keep 20 --keep-cache\n\nWith both, only what both allow is removed. \
        What has not ended stays, and a bake whose results a bake that stays has taken over.",
    group = clap::ArgGroup::new("what").args(["older_than", "keep"]).required(true).multiple(true)
)]
pub(crate) struct Gc {
    /// Bakes and live jobs that ended, and cached results that were made, longer ago: a time such as 30d or 12h
    #[arg(long, value_name = "AGE")]
    pub older_than: Option<String>,
    /// All bakes and all live jobs but so many of each, the newest
    #[arg(long, value_name = "COUNT")]
    pub keep: Option<u32>,
    /// Leave all cached results
    #[arg(long)]
    pub keep_cache: bool,
    /// Only say what would be removed
    #[arg(long)]
    pub dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `delete-flow`. Source: CLI-32.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  apolo-flow delete-flow fraud_detection\n  apolo-flow delete-flow old_one older_one --yes\n\n\
        The files of the flow stay. While a bake or a live job of it has not ended, nothing is removed."
)]
pub(crate) struct DeleteFlow {
    /// The id of the flow: that of its project file, else the name of its folder
    #[arg(required = true, value_name = "FLOW")]
    pub flows: Vec<String>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Print each removed flow as a line of JSON
    #[arg(long)]
    pub json: bool,
}
