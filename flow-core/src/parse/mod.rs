//! Trees to syntax: what keys there are, and which values each takes.
//!
//! The ways in are [`parse_batch`] and [`parse_project`]: text to syntax tree and all diagnostics of
//! the file at once (DEC-22). What names mean does not belong here: `resolve` and `plan` know it.

mod batch;
mod cache;
mod defaults;
mod field;
mod list;
mod matrix;
mod project;
mod shape;
mod surprise;
mod task;
mod unit;

pub use batch::parse_batch;
pub use project::parse_project;
