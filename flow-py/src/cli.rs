//! The command line inside of the wheel.

use pyo3::prelude::*;

/// Runs the `apolo-flow` command and gives its exit code.
///
/// `arguments` begin with the program's name; `program` is what starts this command again, for the
/// background engine and the supervisor.
#[pyfunction]
pub(crate) fn main(py: Python<'_>, arguments: Vec<String>, program: Vec<String>) -> i32 {
    let program = program.into_iter().map(Into::into).collect();
    let arguments = arguments.into_iter().map(Into::into).collect();
    py.detach(|| flow_cli::run_in_terminal(arguments, program))
}
