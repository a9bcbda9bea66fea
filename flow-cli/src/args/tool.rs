//! What is typed after the commands about the tool itself. Source: EXT-6.

use std::path::PathBuf;

use clap::Args as ClapArgs;

/// `reference`
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow reference functions\n  apolo-flow reference keys")]
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
    /// How many units run at once
    #[arg(long)]
    pub slots: Option<u32>,
}
