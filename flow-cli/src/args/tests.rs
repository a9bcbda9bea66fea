//! What the parser accepts.

use clap::{CommandFactory, Parser};

use super::{Args, Command, OnInterrupt};

fn parse(line: &str) -> Result<Args, clap::error::ErrorKind> {
    Args::try_parse_from(std::iter::once("apolo-flow").chain(line.split(' '))).map_err(|error| error.kind())
}

#[test]
fn the_definition_is_sound() {
    Args::command().debug_assert();
}

#[test]
fn help_is_asked_for_in_all_usual_ways() {
    for line in ["help", "help bake", "bake --help", "bake -h", "--help"] {
        assert_eq!(parse(line).unwrap_err(), clap::error::ErrorKind::DisplayHelp, "{line}");
    }
}

#[test]
fn params_are_pairs_and_options_may_follow_the_batch() {
    // CLI-20.
    let Command::Bake(bake) = parse("bake train -p rate -1 -t a --param n 2 -t b").unwrap().command else { panic!() };
    assert_eq!(bake.param, ["rate", "-1", "n", "2"]);
    assert_eq!(bake.tag, ["a", "b"]);
    assert_eq!(parse("bake train -p rate").unwrap_err(), clap::error::ErrorKind::WrongNumberOfValues);
}

#[test]
fn global_options_stand_before_or_behind_the_command() {
    for line in ["-q -v -v --config there bakes", "bakes -q -v -v --config there"] {
        let args = parse(line).unwrap();
        assert_eq!((args.global.verbosity(), args.global.config), (1, Some("there".into())));
    }
}

#[test]
fn attempts_may_be_negative() {
    let Command::Inspect(inspect) = parse("inspect x -a -1").unwrap().command else { panic!() };
    assert_eq!(inspect.which.attempt, -1);
}

#[test]
fn ways_to_drive_exclude_each_other() {
    use clap::error::ErrorKind::ArgumentConflict;
    assert_eq!(parse("bake b --detach --local-executor").unwrap_err(), ArgumentConflict);
    assert_eq!(parse("bake b --on-interrupt cancel --local-executor").unwrap_err(), ArgumentConflict);
    let Command::Resume(resume) = parse("resume b --on-interrupt detach").unwrap().command else { panic!() };
    assert_eq!(resume.drive.on_interrupt, Some(OnInterrupt::Detach));
}

#[test]
fn every_command_shows_an_example() {
    for command in Args::command().get_subcommands().filter(|command| !command.is_hide_set()) {
        let help = command.clone().render_long_help().to_string();
        let line = format!("  apolo-flow {}", command.get_name());
        assert!(help.lines().any(|one| one == line || one.starts_with(&format!("{line} "))), "{help}");
    }
}
