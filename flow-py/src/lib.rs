//! The Python module `apolo_flow._native`: conversion, exceptions, blocking calls; no logic.
//!
//! No thread made in Rust ever attaches to the interpreter: a call waits detached from it, in short
//! slices, so that Ctrl-C works and leaving the interpreter never meets a thread of ours.

mod cli;
mod convert;
mod draw;
mod drive;
mod engine;
mod error;
mod events;
mod executor;
mod expr;
mod live;
mod source;
mod testing;
mod tree;
mod view;
mod wait;
mod yaml;

use pyo3::prelude::*;

/// What the modules of `apolo_flow` are built on.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::cli::main;
    #[pymodule_export]
    use crate::draw::draw;
    #[pymodule_export]
    use crate::drive::Drive;
    #[pymodule_export]
    use crate::engine::Engine;
    #[pymodule_export]
    use crate::error::Diagnostic;
    #[pymodule_export]
    use crate::events::{Follow, LogReader};
    #[pymodule_export]
    use crate::executor::Mailbox;
    #[pymodule_export]
    use crate::expr::{Contexts, Expr, convert_value};
    #[pymodule_export]
    use crate::live::LiveJobs;
    #[pymodule_export]
    use crate::source::Source;
    #[pymodule_export]
    use crate::testing::{ManualClock, ScriptedExecutor};
    #[pymodule_export]
    use crate::yaml::{from_yaml, to_yaml};

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
