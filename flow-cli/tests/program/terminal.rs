//! On a terminal: pictures, the question, and nothing raw.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};

use crate::kit::Place;

/// A command on a terminal of its own.
pub(crate) struct OnTerminal {
    child: Child,
    screen: File,
    heard: String,
}

impl OnTerminal {
    fn start(place: &Place, line: &str) -> Self {
        Self::of(place.command(line))
    }

    pub(crate) fn of(mut command: Command) -> Self {
        let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&screen).unwrap();
        unlockpt(&screen).unwrap();
        let name = ptsname(&screen, Vec::new()).unwrap();
        let inside: OwnedFd =
            rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).unwrap();
        let size = rustix::termios::Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        rustix::termios::tcsetwinsize(&inside, size).unwrap();
        let end = || Stdio::from(inside.try_clone().unwrap());
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
        OnTerminal { child, screen: File::from(screen), heard: String::new() }
    }

    /// Reads until the screen has shown `text` since the last time.
    pub(crate) fn hear_next(&mut self, text: &str) {
        self.hear_one(&[text]);
        let end = self.heard.find(text).unwrap() + text.len();
        self.heard.drain(..end);
    }

    /// What the terminal does with keys.
    pub(crate) fn modes(&self) -> Termios {
        tcgetattr(&self.screen).unwrap()
    }

    /// Changes the size of the window.
    pub(crate) fn resize(&self, rows: u16, columns: u16) {
        tcsetwinsize(&self.screen, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        kill_process(Pid::from_child(&self.child), Signal::WINCH).unwrap();
    }

    /// Waits for the end and leaves the terminal open: its code, what was heard since, how the terminal is.
    pub(crate) fn end_with_modes(mut self) -> (Option<i32>, String, Termios) {
        let code = self.child.wait().unwrap().code();
        let modes = self.modes();
        while self.read() {}
        (code, self.heard, modes)
    }

    /// Reads until the screen has shown `text`.
    fn hear(&mut self, text: &str) {
        self.hear_one(&[text]);
    }

    /// Reads until the screen has shown one of the texts.
    pub(crate) fn hear_one(&mut self, texts: &[&str]) {
        while !texts.iter().any(|text| self.heard.contains(text)) {
            assert!(self.read(), "it ended without {texts:?}:\n{}", self.heard);
        }
    }

    /// Reads a piece; `false` at the end.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let patience = Timespec { tv_sec: 60, tv_nsec: 0 };
        let heard = poll(&mut [PollFd::new(&self.screen, PollFlags::IN)], Some(&patience)).unwrap();
        assert!(heard > 0, "nothing more is shown:\n{}", self.heard);
        // The terminal of a program that has ended gives an error.
        let count = self.screen.read(&mut bytes).unwrap_or(0);
        self.heard.push_str(&String::from_utf8_lossy(&bytes[..count]));
        count > 0
    }

    pub(crate) fn interrupt(&self) {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
    }

    pub(crate) fn answer(&mut self, text: &str) {
        self.screen.write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        while self.read() {}
        (self.child.wait().unwrap().code(), self.heard)
    }
}

const GATED: &str = "
  - {id: a, image: any, bash: read go < gate}
";
const QUESTION: &str = "detach and let it run, cancel it, or keep watching? [d/c/K] ";

#[test]
fn a_picture_is_redrawn_and_the_result_stays() {
    let place = Place::new(GATED);
    let gate = place.gate("gate");
    let mut bake = OnTerminal::start(&place, "bake b");
    bake.hear("▸");
    bake.hear("0/1");
    gate.open();
    let (code, heard) = bake.end();
    assert_eq!(code, Some(0));
    assert!(heard.contains("A\u{1b}[J") && heard.contains("succeeded"), "{heard:?}");
}

#[test]
fn the_question_offers_to_stay_to_leave_and_to_cancel() {
    // MCH-4.
    let place = Place::new(GATED);
    let gate = place.gate("gate");
    let mut bake = OnTerminal::start(&place, "bake b -n x");
    bake.hear("▸");
    bake.interrupt();
    bake.hear(QUESTION);
    bake.answer("k\n");
    bake.heard.clear();
    bake.hear("▸");
    bake.interrupt();
    bake.hear(QUESTION);
    bake.answer("d\n");
    let (code, heard) = bake.end();
    assert!(code == Some(130) && heard.contains("left; look at it"), "{heard}");
    assert_eq!(place.standings(), [("driven".to_owned(), "running".to_owned())]);
    let logs = place.start("logs x a -f");
    gate.open();
    logs.end().expect(0);
}

#[test]
fn a_second_interrupt_cancels() {
    let place = Place::new(GATED);
    let _gate = place.gate("gate");
    let mut bake = OnTerminal::start(&place, "bake b -n x");
    bake.hear("▸");
    bake.interrupt();
    bake.hear(QUESTION);
    bake.interrupt();
    let (code, heard) = bake.end();
    assert!(code == Some(130) && heard.contains("cancelling"), "{heard}");
    assert_eq!(place.statuses("x"), ["a cancelled"]);
}

#[test]
fn nothing_hostile_reaches_the_terminal() {
    // MCH-6.
    let place = Place::new(
        "  - {id: a, image: any, bash: \"printf 'a\\\\033]0;owned\\\\007b\\\\033[2Jc\\\\r\\\\n'; exit 1\"}\n",
    );
    let (code, heard) = OnTerminal::start(&place, "bake b -n x --color never").end();
    assert_eq!(code, Some(1));
    assert!(heard.contains("│ abc") && !heard.contains("owned\u{7}") && !heard.contains("\u{1b}[2J"), "{heard:?}");
    for line in ["logs x a", "show x a --color never"] {
        let (_, heard) = OnTerminal::start(&place, line).end();
        assert!(heard.contains("abc\r\n") && !heard.contains('\u{1b}'), "{line}: {heard:?}");
    }
}

#[test]
fn a_volume_is_removed_after_a_question_only() {
    let place = Place::new(GATED);
    place.write(
        ".apolo/live.yml",
        "kind: live\njobs: {}\nvolumes: {v: {remote: 'storage:v', mount: /v, local: files}}\n",
    );
    place.write("files/a", "x");
    let (code, heard) = OnTerminal::start(&place, "upload v").end();
    assert!(code == Some(0) && heard.contains("v: 1 file (1 B) copied to storage:v"), "{heard}");
    for (answer, left, expected) in [("\n", true, 1), ("y\n", false, 0)] {
        let mut clean = OnTerminal::start(&place, "clean v");
        clean.hear("all of `v` would be removed from storage:v");
        clean.hear("remove it for good? [y/N] ");
        clean.answer(answer);
        let (code, heard) = clean.end();
        assert_eq!(code, Some(expected), "{heard}");
        assert_eq!(place.path("../data/apolo-flow/storage/v/a").exists(), left, "{heard}");
    }
}
