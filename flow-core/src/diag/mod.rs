//! Diagnostics: what is wrong in the user's files, where, and how to mend it.
//!
//! Main types: [`Diagnostic`], [`Diagnostics`] (the collecting sink), [`Code`] (the closed list).
//! Drawing does not belong here: the faces choose miette's handler ([`report::Report`]).

mod code;
mod diagnostic;
pub mod report;
pub mod suggest;

pub use code::Code;
pub use diagnostic::{Diagnostic, Diagnostics, Label, MAX_DIAGNOSTICS, Severity};
