//! Each help text says what a stranger needs, and its examples are command lines that are understood.

use super::*;

/// Lines longer than this are broken by narrow terminals.
const WIDTH: usize = 120;

fn shown(command: &Command) -> Vec<Command> {
    let inner = command.get_subcommands().filter(|one| !one.is_hide_set());
    inner.flat_map(|one| std::iter::once(one.clone()).chain(shown(one))).collect()
}

/// The lines of the help that are commands of ours.
fn examples(command: &Command) -> Vec<String> {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.strip_prefix("  apolo-flow "));
    lines.map(|line| line.split(" | ").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn each_command_says_what_it_does_and_shows_an_example() {
    for one in shown(&command()) {
        let (name, about) = (one.get_name(), one.get_about().map(ToString::to_string).unwrap_or_default());
        assert!(about.starts_with(char::is_uppercase) && !about.ends_with('.'), "{name}: {about:?}");
        assert!(about.len() < 100, "{name}: {about:?} is too long for a list");
        for arg in one.get_arguments() {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty() && !help.ends_with('.'), "{name} {}: {help:?}", arg.get_id());
        }
        let leaf = one.get_subcommands().next().is_none();
        assert!(!leaf || !examples(&one).is_empty() || ["generate", "patch"].contains(&name), "{name} has no example");
    }
}

#[test]
fn the_examples_are_understood() {
    for one in shown(&command()) {
        for example in examples(&one) {
            let words = std::iter::once("apolo-flow").chain(example.split_whitespace());
            let parsed = command().try_get_matches_from(words);
            assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
        }
    }
}

#[test]
fn the_list_has_all_commands_once_and_fits() {
    let text = command().render_help().to_string();
    for one in command().get_subcommands().filter(|one| !one.is_hide_set()) {
        let lines = text.lines().filter(|line| line.starts_with(&format!("  {} ", one.get_name())));
        assert_eq!(lines.count(), 1, "{}:\n{text}", one.get_name());
    }
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    for part in ["Batch:", "Live:", "Tools:", "Options:", "Exit codes:", "Usage: apolo-flow [OPTIONS] <COMMAND>"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
