//! The tutorial does what it says: its commands run in order, and show the lines that stand under them.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kit::{PROGRAM, Place};

/// A command of a page, and what stands under it.
struct Step {
    line: String,
    shown: Vec<String>,
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in page.split("```console\n").skip(1).filter_map(|rest| rest.split("```\n").next()) {
        for line in block.lines() {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Step { line: command.to_owned(), shown: Vec::new() }),
                (None, Some(step)) => step.shown.push(line.to_owned()),
                (None, None) => panic!("{line}: stands under no command"),
            }
        }
    }
    steps
}

/// The port of the page's HTTP job.
const PORT: &str = "8080";

/// Another may have the page's port on this machine: the job gets a free one.
fn move_port(folder: &Path, free: &str) {
    let file = folder.join(".apolo/live.yml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(PORT), "the template and the page speak of one port");
    std::fs::write(&file, text.replace(PORT, free)).unwrap();
}

#[test]
fn the_session_of_the_tutorial_runs() {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/tutorial.md");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let steps = steps(&std::fs::read_to_string(page).unwrap().replace(PORT, &free));
    assert!(steps.len() > 12, "the page has a session");
    let place = Place::new("");
    std::fs::remove_dir_all(place.path(".apolo")).unwrap();
    let mut folder = place.path("");
    let programs = PathBuf::from(PROGRAM).parent().unwrap().display().to_string();
    for Step { line, shown } in steps {
        if let Some(name) = line.strip_prefix("cd ") {
            folder.push(name);
            move_port(&folder, &free);
            continue;
        }
        let mut command = Command::new("bash");
        command.args(["-c", &line]).current_dir(&folder).env_clear();
        for (name, value) in place.command("").get_envs() {
            command.env(name, value.unwrap());
        }
        command.env("PATH", format!("{programs}:{}", std::env::var("PATH").unwrap()));
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(output.status.success(), "{line}: {said}");
        for part in shown {
            assert!(said.contains(&part), "{line}: {part:?} is not in\n{said}");
        }
    }
}
