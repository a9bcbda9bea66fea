//! What keys mean, and that the terminal is put back.

use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use super::{Answer, Keys, Question, RawMode};

fn terminal() -> (OwnedFd, OwnedFd) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let outside = openpt(flags).expect("a terminal");
    grantpt(&outside).expect("granted");
    unlockpt(&outside).expect("unlocked");
    let inside = ioctl_tiocgptpeer(&outside, flags).expect("its other end");
    (outside, inside)
}

fn local_modes(terminal: &OwnedFd) -> LocalModes {
    tcgetattr(terminal).expect("modes").local_modes
}

#[test]
fn a_terminal_is_put_back_after_a_panic_too() {
    let (_outside, inside) = terminal();
    let usual = local_modes(&inside);
    assert!(usual.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _raw = RawMode::begin(&inside).expect("a terminal");
        assert!(!local_modes(&inside).intersects(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG));
        std::panic::resume_unwind(Box::new(()));
    }));
    assert!(panicked.is_err());
    assert_eq!(local_modes(&inside), usual);
}

/// The keys of a terminal in raw mode.
fn keys(question: Question) -> Keys {
    // The terminal of the test's own process is none, or is put back.
    let (_outside, inside) = terminal();
    let usual = tcgetattr(&inside).expect("modes");
    let raw = Some(RawMode { terminal: rustix::stdio::stdin(), usual });
    Keys { typed: None, rest: Vec::new(), raw, for_job: true, terminal: true, question }
}

#[test]
fn what_was_typed_around_ctrl_c_is_kept() {
    let mut keys = keys(Question::Unasked);
    assert_eq!(keys.meaning(Some(b"ab\x03cd".to_vec())), Answer::Bytes(b"ab".to_vec()));
    let rest = std::mem::take(&mut keys.rest);
    assert_eq!(keys.meaning(Some(rest)), Answer::Ask);
    let rest = std::mem::take(&mut keys.rest);
    assert_eq!(keys.meaning(Some(rest)), Answer::Bytes(b"cd".to_vec()));
    assert!(keys.rest.is_empty());
}

#[test]
fn an_answer_is_one_key() {
    for (typed, answer, rest) in [
        (&b"dx"[..], Answer::Detach, &b"x"[..]),
        (b"k", Answer::Kill, b""),
        (b"cls\n", Answer::Bytes(vec![3]), b"ls\n"),
        (b"\r", Answer::GoOn, b""),
        (b"\x03\x03", Answer::Ask, b"\x03"),
    ] {
        let mut keys = keys(Question::Asked);
        assert_eq!((keys.meaning(Some(typed.to_vec())), &*keys.rest), (answer, rest), "{typed:?}");
    }
}
