//! What is typed after the command about remote actions. Source: MCH-7.

use clap::Args as ClapArgs;

/// Whether remote actions may be fetched.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(crate) struct Fetching {
    /// Fetch nothing: remote actions are those of `flow.lock`, and are here already
    #[arg(long)]
    pub locked: bool,
}

/// `update`
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow update\n  apolo-flow update gh:acme/tools@v1 --allow-local\n\n\
    `flow.lock`, beside the flows, keeps the commits; put it under version control.")]
pub(crate) struct Update {
    /// The action, as calls name it [default: all in `flow.lock`]
    #[arg(value_name = "ACTION")]
    pub action: Option<String>,
    /// Take tags that name another commit than before
    #[arg(long)]
    pub allow_moved: bool,
    /// Let the action run on this machine if it is a local one; holds for this commit
    #[arg(long, requires = "action")]
    pub allow_local: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
