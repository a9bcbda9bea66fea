//! The `${{ }}` language: templates are compiled once and evaluated often.
//!
//! Main types: [`Template`], [`Names`] (what an expression can see), [`Eval`] (what came of it).
//! Which contexts exist at a place does not belong here: `scope::availability` says it.

mod access;
pub mod ast;
mod budget;
pub mod check;
pub mod convert;
mod eval;
mod format;
pub mod func;
mod host;
mod lexer;
mod literal;
mod ops;
pub mod parser;
pub mod path;
pub mod storage;
mod template;
mod trouble;
pub mod types;
pub mod uri;

pub use budget::{MAX_BYTES, MAX_STEPS};
pub use check::{TypeNames, check, check_type};
pub use convert::{Misfit, Target, check_identifier, convert, convert_literal, convert_optional};
pub use func::{FUNCTIONS, Function, HOST_FUNCTIONS};
pub use host::HostCall;
pub use template::{Answers, CallSite, Eval, Expr, Lookup, Names, Part, Template};
pub use types::Type;

#[cfg(test)]
mod tests;
