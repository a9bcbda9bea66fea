//! Completion: what is offered, and that real shells offer it. Source: CLI-40…43, ODD-8.4.

use std::process::Command;

use crate::kit::{PROGRAM, Place};
use crate::terminal::OnTerminal;

const TASKS: &str = "  - {id: greet, image: any, bash: echo hello from greet}
  - {id: leave, image: any, bash: echo bye}
";

const LIVE: &str = "kind: live
title: about a batch
volumes:
  code: {remote: 'storage:code', mount: /code, local: src}
  far: {remote: 'storage:far', mount: /far}
jobs:
  notebook: {title: Notes, image: i, cmd: jupyter}
  many: {image: i, multi: true, params: {rate: {default: '1', descr: How fast}}, cmd: x}
  slow: {image: i, multi: true, bash: sleep 600}
  quick: {image: i, multi: true, bash: echo done}
";

fn place() -> Place {
    let place = Place::new(TASKS);
    place.write(".apolo/other.yaml", "{kind: batch, title: In braces, params: {size: {default: big}}, tasks: []}\n");
    place.write(".apolo/live.yml", LIVE);
    place.write(".apolo/deep/inner.yml", "kind: batch\ntasks: []\n");
    place
}

/// What fish is offered at the end of a line: value and description.
fn offered(place: &Place, words: &[&str]) -> Vec<String> {
    let mut command = place.command("--");
    command.args(std::iter::once(&"apolo-flow").chain(words)).env("_APOLO_FLOW_COMPLETE", "fish");
    let output = command.output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn values(place: &Place, words: &[&str]) -> Vec<String> {
    let offered = offered(place, words);
    offered.iter().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn names_of_the_files_are_offered() {
    let place = place();
    assert_eq!(values(&place, &["ba"]), ["bake", "bakes"]);
    assert_eq!(values(&place, &["init", ""]), ["barebone", "default", "fraud-detection"]);
    // Both endings, only batches, and only those that `bake` takes.
    assert_eq!(offered(&place, &["bake", ""]), ["b\t", "other\tIn braces"]);
    assert_eq!(values(&place, &["clear-cache", ""]), ["b", "other", "ALL"]);
    assert_eq!(values(&place, &["check", ""]), ["b", "live", "other"]);
    assert_eq!(offered(&place, &["run", ""]), ["notebook\tNotes", "many\t", "slow\t", "quick\t"]);
    assert_eq!(offered(&place, &["run", "many", "-p", ""]), ["rate\tHow fast"]);
    assert_eq!(values(&place, &["bake", "other", "--param", "size", ""]), ["big"]);
    assert_eq!(values(&place, &["reference", "fu"]), ["functions"]);
    assert!(values(&place, &["__"]).is_empty(), "hidden commands are not offered");
    assert!(!place.path("../data").exists(), "completing keeps nothing");
}

#[test]
fn bakes_and_tasks_of_the_store_are_offered() {
    let place = place();
    place.run("bake b -n nightly").expect(0);
    let bakes = offered(&place, &["inspect", ""]);
    assert_eq!(bakes.len(), 2, "{bakes:?}");
    assert!(bakes[0] == "nightly\tb, succeeded" && bakes[1].starts_with("bake-"), "{bakes:?}");
    assert_eq!(offered(&place, &["show", "nightly", ""]), ["greet\tsucceeded", "leave\tsucceeded"]);
    assert_eq!(values(&place, &["logs", "nightly/g"]), ["nightly/greet"]);
    assert_eq!(values(&place, &["clear-cache", "b", "l"]), ["leave"]);
    // From anywhere, by the option that says where the workspace is.
    let elsewhere = place.path("");
    let mut command = place.command("--");
    command.args(["apolo-flow", "--config"]).arg(elsewhere).args(["bake", ""]).current_dir("/");
    let output = command.env("_APOLO_FLOW_COMPLETE", "fish").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "b\t\nother\tIn braces\n");
}

#[test]
fn suffixes_of_live_jobs_are_offered() {
    let place = place();
    place.run("run slow -s long --detach").expect(0);
    place.run("run quick -s short").expect(0);
    assert_eq!(offered(&place, &["status", "slow", ""]), ["long\trunning"]);
    assert_eq!(offered(&place, &["kill", "slow", ""]), ["long\trunning"]);
    assert_eq!(values(&place, &["run", "slow", "-s", ""]), ["long"]);
    // What has ended can be looked at, not killed.
    assert_eq!(offered(&place, &["status", "quick", ""]), ["short\tsucceeded"]);
    assert_eq!(offered(&place, &["logs", "quick", ""]), ["short\tsucceeded"]);
    let to_kill = values(&place, &["kill", "quick", ""]);
    assert!(!to_kill.contains(&"short".to_owned()), "{to_kill:?}");
    assert!(values(&place, &["logs", "no"]).contains(&"notebook".to_owned()), "`logs` takes live jobs too");
    place.run("kill ALL").expect(0);
}

#[test]
fn broken_files_and_no_workspace_break_nothing() {
    let place = place();
    place.write(".apolo/live.yml", "kind: live\njobs: {a: {imag: x}, b: [\n");
    place.write(".apolo/b.yml", "kind: batch\n\tx\n");
    std::fs::write(place.path(".apolo/c.yml"), b"\xff\xfe").unwrap();
    assert!(values(&place, &["run", ""]).iter().all(|one| one.starts_with('-')));
    assert_eq!(values(&place, &["bake", "o"]), ["other"]);
    std::fs::remove_dir_all(place.path(".apolo")).unwrap();
    assert!(values(&place, &["show", "nosuch", ""]).iter().all(|one| one.starts_with('-')));
}

#[test]
fn a_question_that_no_shell_asks_is_refused() {
    let place = place();
    let output = place.command("").env("_APOLO_FLOW_COMPLETE", "tcsh_source").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let mut asked = place.command("");
    asked.env("_APOLO_FLOW_COMPLETE", "bash_complete").env("COMP_WORDS", "apolo-flow\nba").env("COMP_CWORD", "1");
    assert_eq!(String::from_utf8(asked.output().unwrap().stdout).unwrap(), "plain,bake\nplain,bakes\n");
}

/// Starts a shell as a person would, after `completion patch`, and lets Tab finish the name of a task.
#[expect(clippy::print_stdout, reason = "what is skipped is said aloud")]
fn completes_in(shell: &str, arguments: &[&str], start_file: &str, prompt: &str) {
    if Command::new(shell).arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "{shell} is not installed");
        println!("skipped, because {shell} is not installed");
        return;
    }
    let place = place();
    place.run("bake b -n nightly").expect(0);
    let home = format!("../{start_file}");
    place.write(&home, prompt);
    let patched = place.run(&format!("completion patch {shell}")).expect(0);
    assert!(patched.out.starts_with("Added completion configuration into '"), "{}", patched.out);
    let once = place.read(&home);
    place.run(&format!("completion patch {shell}")).expect(0);
    assert!(once.starts_with(prompt) && place.read(&home) == once, "{once}");
    // Its environment and folder are those of the program in this place.
    // As in a terminal window: a session of its own, which the terminal controls.
    let mut command = Command::new("setsid");
    command
        .args(["--ctty", "--wait", shell])
        .args(arguments)
        .current_dir(place.path(""))
        .env_clear()
        .env("TERM", "xterm");
    for (name, value) in place.command("").get_envs() {
        command.env(name, value.unwrap());
    }
    let folder = std::path::Path::new(PROGRAM).parent().unwrap().to_str().unwrap();
    command.env("PATH", format!("{folder}:{}", std::env::var("PATH").unwrap()));
    let mut shell = OnTerminal::of(command);
    shell.hear_one(&["READY> "]);
    // Keys are taken one by one: the line is sent when Tab has done its work.
    shell.answer("apolo-flow logs nightly gr\t\n");
    shell.hear_one(&["hello from greet", "error:"]);
    shell.answer("exit\n");
    let (_, heard) = shell.end();
    assert!(heard.contains("hello from greet"), "{heard}");
}

#[test]
fn bash_completes() {
    completes_in("bash", &["-i"], ".bashrc", "PS1='READY> '\n");
}

#[test]
fn zsh_completes() {
    completes_in("zsh", &["-i"], ".zshrc", "PS1='READY> '\n");
}

#[test]
fn fish_completes() {
    completes_in("fish", &["-i"], ".config/fish/config.fish", "function fish_prompt; echo -n 'READY> '; end\n");
}
