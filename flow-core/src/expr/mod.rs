//! The `${{ }}` language: templates are compiled once and evaluated often.
//!
//! Main types: [`Template`], [`Names`] (what an expression can see), [`Eval`] (what came of it).
//! Which contexts exist at a place does not belong here: `scope::availability` says it.

pub mod convert;
mod host;
mod template;

pub use convert::{Misfit, Target, convert};
pub use host::HostCall;
pub use template::{Answers, Eval, Names, Template};
