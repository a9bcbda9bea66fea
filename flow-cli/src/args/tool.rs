//! What is typed after the commands about the tool itself. Source: EXT-6.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use crate::template::Template;

/// `init`. Source: LIV-60.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow init\n  apolo-flow init barebone --path hello")]
pub(crate) struct Init {
    /// What to begin with
    #[arg(value_enum, default_value_t = Template::Default)]
    pub template: Template,
    /// The folder, made if it is missing [default: the current folder]
    #[arg(long, value_name = "FOLDER")]
    pub path: Option<PathBuf>,
}

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
    /// The attempt's id, or the live job's
    pub id: String,
    /// Whether it is a live job
    #[arg(long)]
    pub live: bool,
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
