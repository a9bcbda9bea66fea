//! [`command`]: the tree of commands with its help: the list of commands in groups.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

use crate::args::Args;

/// The groups of the list, in order. A command that is in none is listed last, under a heading of its own.
const GROUPS: [(&str, &[&str]); 4] = [
    (
        "Batch",
        &[
            "check",
            "plan",
            "bake",
            "bakes",
            "inspect",
            "show",
            "logs",
            "why",
            "events",
            "cancel",
            "restart",
            "resume",
            "clear-cache",
            "delete-flow",
            "gc",
        ],
    ),
    ("Live", &["run", "ps", "status", "kill", "exec", "port-forward"]),
    ("Volumes", &["upload", "download", "clean", "mkvolumes"]),
    ("Tools", &["init", "console", "update", "doctor", "completion", "reference", "schema", "lsp", "man"]),
];

const REST: &str = "Others";

/// Where to go on.
const MORE: &str = "More:
  apolo-flow COMMAND --help   options and examples of a command
  apolo-flow init             a project to begin with; then `check` and `bake train`
  apolo-flow reference        the language of the flows";

/// The commands as `--help` shows them and as they are parsed.
pub(crate) fn command() -> Command {
    let command = Args::command();
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{}Options:\n{{options}}{{after-help}}\n\n{MORE}",
        list(&command)
    );
    command.help_template(template)
}

/// The commands that are shown, by group.
fn list(command: &Command) -> String {
    let shown: Vec<&Command> = command.get_subcommands().filter(|one| !one.is_hide_set()).collect();
    let width = shown.iter().map(|one| one.get_name().len()).max().unwrap_or_default();
    let line = |one: &Command| {
        let about = one.get_about().map(ToString::to_string).unwrap_or_default();
        format!("  {:width$}  {about}\n", one.get_name())
    };
    let mut text = String::new();
    let mut group = |heading: &str, lines: String| {
        if !lines.is_empty() {
            let _ = write!(text, "{heading}:\n{lines}\n");
        }
    };
    for (heading, names) in GROUPS {
        let members = names.iter().filter_map(|name| shown.iter().find(|one| one.get_name() == *name));
        group(heading, members.map(|one| line(one)).collect());
    }
    let grouped = |one: &&&Command| GROUPS.iter().any(|(_, names)| names.contains(&one.get_name()));
    group(REST, shown.iter().filter(|one| !grouped(one)).map(|one| line(one)).collect());
    text
}

#[cfg(test)]
mod tests;
