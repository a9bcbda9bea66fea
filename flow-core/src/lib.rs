//! The pure core of Apolo Flow: texts in, decisions out.
//!
//! What lives here: the language (`yaml`, `expr`, `parse`), the planner (`resolve`, `plan`), the
//! scheduler (`sched`), the model and its events, and the traits (`port`) through which an engine
//! carries decisions out. What does not: IO, clocks, randomness, threads, a runtime, printing.
//! `ARCHITECTURE.md` has the map and the layers.
#![warn(missing_docs)]

pub mod ast;
pub mod command;
pub mod diag;
pub mod event;
pub mod expr;
pub mod ide;
pub mod model;
pub mod parse;
pub mod plan;
pub mod port;
pub mod resolve;
pub mod sched;
pub mod scope;
pub mod text;
pub mod value;
pub mod yaml;

/// The language for users, as Markdown; its tables are held equal to those of this crate by a test.
pub const REFERENCE: &str = include_str!("../reference.md");
