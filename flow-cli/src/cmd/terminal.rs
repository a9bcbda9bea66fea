//! `__terminal`: makes the terminal at its input its own, then becomes the program of a unit.

use flow_engine::executor::terminal::enter;

use crate::args::Terminal;
use crate::exit::Exit;

/// How shells tell that a program could not be run.
const NOT_RUN: u8 = 126;

/// Returns only if the program cannot be run, which is told on the terminal.
pub(crate) fn run(own: &Terminal) -> Exit {
    let Err(error) = enter(&own.words);
    let program = own.words.first().map(|word| word.to_string_lossy()).unwrap_or_default();
    // A terminal that is gone hears nothing.
    let _ =
        std::io::Write::write_all(&mut std::io::stderr(), format!("cannot start `{program}`: {error}\n").as_bytes());
    Exit::Own(NOT_RUN)
}
