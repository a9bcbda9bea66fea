//! The command line inside of the wheel.

use pyo3::prelude::*;

/// Runs the `apolo-flow` command and gives its exit code.
///
/// `arguments` begin with the program's name; `program` is what starts this command again, for the
/// background engine and the supervisor.
#[pyfunction]
pub(crate) fn main(py: Python<'_>, arguments: Vec<String>, program: Vec<String>) -> i32 {
    let mut io = flow_cli::Io::process();
    io.self_program = program.into_iter().map(Into::into).collect();
    i32::from(py.detach(|| flow_cli::run(arguments, io)).code())
}
