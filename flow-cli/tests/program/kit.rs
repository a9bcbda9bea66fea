//! [`Place`]: a workspace and a store of its own. Tests wait for what happens, never for time: a
//! task that must be at work waits at a [`Gate`], which only opens with both sides there.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use flow_engine::executor::local::{Limits, LocalConfig, LocalExecutor, Machine};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_apolo-flow");

/// What a command that has ended said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The JSON on stdout.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Fails with all that was said unless the code is the expected one.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }
}

/// A workspace and a store.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    /// A workspace with one batch, `b`, whose `tasks` are given; nothing is cached.
    pub(crate) fn new(tasks: &str) -> Self {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        place.write(".apolo/b.yml", &format!("kind: batch\ndefaults: {{cache: {{strategy: none}}}}\ntasks:\n{tasks}"));
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("w").join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The program with arguments separated by blanks.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(line.split_whitespace()).current_dir(self.path("")).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.folder.path());
        command.env("XDG_DATA_HOME", self.folder.path().join("data"));
        command.env("USER", "ada").env("TZ", "UTC").env("LANG", "C.UTF-8").stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, line: &str) -> Ran {
        let output = self.command(line).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Starts it; its stderr is read line by line.
    pub(crate) fn start(&self, line: &str) -> Running {
        let mut command = self.command(line);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        Running { child, lines, heard: String::new() }
    }

    /// The place where a task waits by `read go < NAME`.
    pub(crate) fn gate(&self, name: &str) -> Gate {
        let path = self.path(name);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        Gate { path }
    }

    /// The words for the bakes: how they stand, the newest first.
    pub(crate) fn standings(&self) -> Vec<(String, String)> {
        let bakes = self.run("bakes --json").expect(0).json();
        let attempts = bakes["bakes"].as_array().unwrap().iter().map(|bake| &bake["attempt"]);
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        attempts.map(|attempt| (word(&attempt["standing"]), word(&attempt["status"]))).collect()
    }

    /// The status of each task of bake `x`.
    pub(crate) fn statuses(&self, bake: &str) -> Vec<String> {
        let found = self.run(&format!("inspect {bake} --json")).expect(0).json();
        let word = |task: &Value| format!("{} {}", task["id"].as_str().unwrap(), task["status"].as_str().unwrap());
        found["tasks"].as_array().unwrap().iter().map(word).collect()
    }
}

/// Ends the supervisor, which would else stay for a while.
impl Drop for Place {
    fn drop(&mut self) {
        let config = LocalConfig {
            dir: self.folder.path().join("data/apolo-flow/local"),
            self_program: vec![PROGRAM.into(), "__supervisor".into()],
            machine: Machine::default(),
            limits: Limits::default(),
            environment: Vec::new(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // It refuses while tasks are at work, which is so only after a failed test.
        let stopped = runtime.block_on(async { LocalExecutor::new(config)?.stop_supervisor().await });
        assert!(stopped.is_ok() || std::thread::panicking(), "{stopped:?}");
    }
}

/// A command that is at work.
pub(crate) struct Running {
    pub child: Child,
    lines: BufReader<std::process::ChildStderr>,
    heard: String,
}

impl Running {
    /// Reads stderr until a line holds all of `parts`.
    pub(crate) fn hear(&mut self, parts: &[&str]) {
        loop {
            let mut line = String::new();
            let read = self.lines.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended without a line with {parts:?}:\n{}", self.heard);
            self.heard.push_str(&line);
            if parts.iter().all(|part| line.contains(part)) {
                return;
            }
        }
    }

    /// Sends what Ctrl-C sends.
    pub(crate) fn interrupt(&self) {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ran {
        std::io::Read::read_to_string(&mut self.lines, &mut self.heard).unwrap();
        let output = self.child.wait_with_output().unwrap();
        Ran { code: output.status.code(), out: String::from_utf8(output.stdout).unwrap(), err: self.heard }
    }
}

/// A pipe that a task waits at.
pub(crate) struct Gate {
    path: PathBuf,
}

impl Gate {
    /// Waits until a task is there, and lets it go on.
    pub(crate) fn open(&self) {
        let mut pipe = std::fs::OpenOptions::new().write(true).open(&self.path).unwrap();
        pipe.write_all(b"go\n").unwrap();
    }
}
