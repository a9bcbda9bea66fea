//! What is typed after the commands about the tool itself. Source: EXT-6.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum, ValueHint};

use crate::complete::shell::Shell;
use crate::template::Template;

/// `init`. Source: LIV-60.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow init\n  apolo-flow init barebone --path hello\n\n\
    The templates are in the program, no network is used. `check` and `bake` work on the result at once.")]
pub(crate) struct Init {
    /// What to begin with
    #[arg(value_enum, default_value_t = Template::Default)]
    pub template: Template,
    /// The folder, made if it is missing [default: the current folder]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub path: Option<PathBuf>,
}

/// `completion`. Source: CLI-40, CLI-41.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  apolo-flow completion patch bash\n  eval \"$(apolo-flow completion generate zsh)\""
)]
pub(crate) struct Completion {
    #[command(subcommand)]
    pub what: CompletionWhat,
}

/// What to do about completion.
#[derive(Debug, Subcommand)]
pub(crate) enum CompletionWhat {
    /// Print the line that the start file of the shell needs
    Generate {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Write that line into the start file of the shell; doing it again changes nothing
    Patch {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
}

/// `doctor`
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  apolo-flow doctor\n  apolo-flow doctor --json\n\nThe exit code is 0 if flows can be run, and 1 if not."
)]
pub(crate) struct Doctor {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `man`
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow man --dir ~/.local/share/man/man1\n  apolo-flow man | man -l -")]
pub(crate) struct Man {
    /// Write the pages of all commands into this folder, made if it is missing [default: print the first page]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}

/// `reference`
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow reference functions\n  apolo-flow reference keys")]
pub(crate) struct Reference {
    /// The section, such as `functions` or `codes` [default: all]
    pub section: Option<String>,
}

/// `schema`. Source: EXT-6.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow schema flow\n  apolo-flow schema --dir .vscode\n\n\
    Editors that read YAML by JSON Schema complete keys, explain them and mark slips; docs/editors.md says how.")]
pub(crate) struct Schema {
    /// The sort of file
    #[arg(value_enum, default_value_t = SchemaOf::Flow, value_name = "SORT")]
    pub of: SchemaOf,
    /// Write the schemas of all sorts into this folder, made if it is missing [default: print one]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath, conflicts_with = "of")]
    pub dir: Option<PathBuf>,
}

/// A sort of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    // No doc comments: they would make the help a page long.
    Flow,
    Action,
    Project,
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

/// `__terminal`
#[derive(Debug, ClapArgs)]
pub(crate) struct Terminal {
    /// The program's path, the name that it is called by, and its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, num_args = 2..)]
    pub words: Vec<OsString>,
}
