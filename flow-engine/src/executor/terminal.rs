//! [`Terminal`]: a pseudo terminal for a unit or a command, and [`enter`], which a process on it begins with.
//!
//! A terminal belongs to a session, and only a process that leads one can make it its own, between its start and
//! the program that it is to run. That step is a small program of ours: `enter`, called by whatever starts it again.

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use flow_core::model::Window;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{ioctl_tiocsctty, setsid};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{InputModes, OptionalActions, Winsize, tcgetattr, tcsetattr, tcsetwinsize};

/// What a program on a terminal is told to be on, if nobody says.
pub(crate) const DEFAULT_TERM: &str = "xterm-256color";

/// The two ends of a terminal.
#[derive(Debug)]
pub(crate) struct Terminal {
    /// Ours; never blocks.
    pub(crate) outside: OwnedFd,
    /// That of the programs.
    pub(crate) inside: OwnedFd,
}

impl Terminal {
    /// A new one of a size.
    pub(crate) fn open(window: Window) -> io::Result<Self> {
        let outside = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&outside)?;
        unlockpt(&outside)?;
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let inside = ioctl_tiocgptpeer(&outside, flags)?;
        let mut modes = tcgetattr(&inside)?;
        // So that the delete key takes a whole letter away.
        modes.input_modes |= InputModes::IUTF8;
        tcsetattr(&inside, OptionalActions::Now, &modes)?;
        resize(&outside, window)?;
        fcntl_setfl(&outside, fcntl_getfl(&outside)? | OFlags::NONBLOCK)?;
        Ok(Terminal { outside, inside })
    }

    /// What starts `program` on this terminal by way of `entry`, the words that lead to [`enter`].
    ///
    /// Its process leads a session only from `enter` on.
    pub(crate) fn command(&self, entry: &[OsString], program: &Path, name: &OsStr) -> io::Result<Command> {
        let (first, others) = entry.split_first().ok_or(io::ErrorKind::NotFound)?;
        let mut command = Command::new(first);
        command.args(others).arg(program).arg(name);
        for set in [Command::stdin, Command::stdout, Command::stderr] {
            set(&mut command, Stdio::from(self.inside.try_clone()?));
        }
        Ok(command)
    }
}

/// Tells a terminal how large it is; who is in its foreground learns of it by a signal.
pub(crate) fn resize(terminal: impl AsFd, window: Window) -> io::Result<()> {
    let size = Winsize { ws_row: window.rows, ws_col: window.columns, ws_xpixel: 0, ws_ypixel: 0 };
    Ok(tcsetwinsize(terminal, size)?)
}

/// Makes the terminal at this process's input its own, then becomes the program: its path, the name that it is called
/// by, and its arguments.
///
/// Errors: there is no such terminal, or the program cannot be run; otherwise this does not return.
pub fn enter(words: &[OsString]) -> io::Result<Infallible> {
    let [program, name, arguments @ ..] = words else { return Err(io::ErrorKind::InvalidInput.into()) };
    setsid()?;
    ioctl_tiocsctty(rustix::stdio::stdin())?;
    Err(Command::new(program).arg0(name).args(arguments).exec())
}
