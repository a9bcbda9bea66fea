//! [`Io`]: everything that the command has from outside. Nothing else reads the process's
//! environment, its folder or its terminal, so tests run commands without a process.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::PathBuf;

/// Columns and rows of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// Asks for the size of a terminal; it may change at any time.
pub type AskSize = Box<dyn Fn() -> Size + Send>;

/// Something to write to.
pub struct Output {
    writer: Box<dyn Write + Send>,
    terminal: Option<AskSize>,
}

impl Output {
    /// A pipe or a file: bytes go through as they are.
    pub fn pipe(writer: impl Write + Send + 'static) -> Self {
        Output { writer: Box::new(writer), terminal: None }
    }

    /// A terminal.
    pub fn terminal(writer: impl Write + Send + 'static, size: AskSize) -> Self {
        Output { writer: Box::new(writer), terminal: Some(size) }
    }

    /// The terminal's size now; `None` if it is none.
    pub fn size(&self) -> Option<Size> {
        self.terminal.as_ref().map(|ask| ask())
    }

    /// Whether it is a terminal.
    pub fn is_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    /// Writes bytes and sends them on their way.
    ///
    /// Errors: what the system says; a closed pipe among them.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(bytes)?;
        self.writer.flush()
    }

    /// Writes a line for people. Nobody listening is no reason to stop working.
    pub fn say(&mut self, line: &str) {
        // An observer that is gone or slow changes nothing of what is done.
        let _ = self.write(format!("{line}\n").as_bytes());
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("terminal", &self.size()).finish_non_exhaustive()
    }
}

/// Something to read answers from.
pub struct Input {
    /// Lines.
    pub reader: Box<dyn BufRead + Send>,
    /// Whether a person may be there.
    pub terminal: bool,
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("terminal", &self.terminal).finish_non_exhaustive()
    }
}

/// Everything from outside.
pub struct Io {
    /// Results.
    pub out: Output,
    /// Everything for people.
    pub err: Output,
    /// Answers; taken by the first who asks a question.
    pub input: Option<Input>,
    /// The environment: names and values.
    pub environment: Vec<(OsString, OsString)>,
    /// The working directory.
    pub folder: PathBuf,
    /// The program and its first arguments that start this command again.
    pub self_program: Vec<OsString>,
}

impl Io {
    /// That of this process.
    pub fn process() -> Self {
        let program = std::env::current_exe().map_or_else(|_| "apolo-flow".into(), PathBuf::into_os_string);
        let (out, err, input) = (io::stdout(), io::stderr(), io::stdin());
        let output = |terminal: bool, writer: Box<dyn Write + Send>, size: AskSize| Output {
            writer,
            terminal: terminal.then_some(size),
        };
        Io {
            out: output(out.is_terminal(), Box::new(out), Box::new(|| ask_size(rustix::stdio::stdout()))),
            err: output(err.is_terminal(), Box::new(err), Box::new(|| ask_size(rustix::stdio::stderr()))),
            input: Some(Input { terminal: input.is_terminal(), reader: Box::new(BufReader::new(input)) }),
            environment: std::env::vars_os().collect(),
            folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            self_program: vec![program],
        }
    }
}

impl Io {
    /// A variable of the environment; `None` if it is not set, or no text.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let found = self.environment.iter().rfind(|(one, _)| one == name);
        found.and_then(|(_, value)| value.to_str()).map(str::to_owned)
    }
}

impl fmt::Debug for Io {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Io { out, err, input, environment: _, folder, self_program } = self;
        let mut debug = f.debug_struct("Io");
        debug.field("out", out).field("err", err).field("input", input).field("folder", folder);
        debug.field("self_program", self_program).finish_non_exhaustive()
    }
}

/// The size that the system tells, else that of an old terminal.
fn ask_size(terminal: rustix::fd::BorrowedFd<'_>) -> Size {
    let told = rustix::termios::tcgetwinsize(terminal).ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
    told.map_or(Size { width: 80, height: 24 }, |size| Size { width: size.ws_col.into(), height: size.ws_row.into() })
}
