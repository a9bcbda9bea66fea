//! Completion in shells: the answers while somebody types. Source: CLI-40…43, ODD-8.4.
//!
//! [`shell`] knows the shells, [`line`] what was typed, [`value`] which values an argument may have and
//! [`flow`] what the files say about them. What is printed by `completion` does not belong here.

mod flow;
mod line;
pub(crate) mod shell;
mod value;

use std::ffi::OsString;

use crate::exit::Exit;
use crate::io::Io;

/// Whether the shell asks and no person; then [`answer`] is all there is to do.
pub(crate) fn is_asked(io: &Io) -> bool {
    io.variable(shell::VARIABLE).is_some_and(|wanted| !wanted.is_empty())
}

/// Answers a shell. Nothing is told to people: they are in the middle of a line.
pub(crate) fn answer(args: &[OsString], mut io: Io) -> Exit {
    let wanted = io.variable(shell::VARIABLE).unwrap_or_default();
    let program = io.self_program.clone();
    let Some(request) = shell::request(&wanted, args, &|name| io.variable(name)) else {
        io.err.say(&format!("error: `{}={wanted}` is nothing that a shell asks", shell::VARIABLE));
        return Exit::Usage;
    };
    let text = match request {
        shell::Request::Script(shell) => shell.script(&program),
        shell::Request::Words { format, words, kept } => {
            let (candidates, given_back) = line::candidates(words, io);
            io = given_back;
            format.write(&candidates, &kept)
        }
    };
    match io.out.write(text.as_bytes()) {
        Ok(()) => Exit::Well,
        Err(_) => Exit::Failed,
    }
}
