//! The Python module `apolo_flow._native`: conversion, exceptions, blocking calls; no logic.
//!
//! No thread made in Rust ever attaches to the interpreter: a call waits detached from it, in short
//! slices, so that Ctrl-C works and leaving the interpreter never meets a thread of ours.

mod cli;
mod error;
mod flow;
mod wait;

use pyo3::prelude::*;

/// What `apolo_flow/__init__.py` re-exports.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::cli::main;
    #[pymodule_export]
    use crate::flow::{BakeResult, Diagnostic, TaskResult, bake, check};

    use super::{Bound, PyModule, PyModuleMethods, PyResult, pymodule_init_version};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", pymodule_init_version())
    }
}

/// The version of the engine in this module.
fn pymodule_init_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
