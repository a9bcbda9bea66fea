//! What is typed after the commands that move volumes. Source: CLI-31, LIV-40.

use clap::Args as ClapArgs;

/// Which volumes of which flow.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Volumes {
    /// The volume's id, or ALL for all that have a `local` part
    #[arg(value_name = "VOLUME|ALL")]
    pub volume: String,
    #[command(flatten)]
    pub of: OfFlow,
}

/// Whose volumes.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct OfFlow {
    /// The flow that declares them, live or batch: a file name of the config folder without its ending
    #[arg(long, default_value = "live", value_name = "FLOW")]
    pub flow: String,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `upload`
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow upload data\n  apolo-flow upload ALL --dry-run\n\n\
    What `.apoloignore` files name is left out; the rules are those of `.gitignore`.")]
pub(crate) struct Upload {
    #[command(flatten)]
    pub volumes: Volumes,
}

/// `download`
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow download models\n  apolo-flow download ALL --dry-run\n\n\
    A copy that was interrupted goes on where it stopped; no half file stands under its name.")]
pub(crate) struct Download {
    #[command(flatten)]
    pub volumes: Volumes,
}

/// `clean`
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow clean data\n  apolo-flow clean ALL --yes\n\n\
    The `local` folders stay as they are; what is lost is what only the storage holds. At a terminal it asks first.")]
pub(crate) struct Clean {
    #[command(flatten)]
    pub volumes: Volumes,
    /// Ask nothing
    #[arg(short, long)]
    pub yes: bool,
}

/// `mkvolumes`
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow mkvolumes\n  apolo-flow mkvolumes --flow train")]
pub(crate) struct Mkvolumes {
    #[command(flatten)]
    pub of: OfFlow,
}
