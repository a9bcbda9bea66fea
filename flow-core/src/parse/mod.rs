//! Trees to syntax: what keys there are, and which values each takes.
//!
//! The ways in are [`parse_flow`] (and [`parse_batch`], [`parse_live`] where only one kind will do),
//! [`parse_project`] and [`parse_action`]: text to syntax tree and all diagnostics of the file at once
//! (DEC-22). What names mean does not belong here: `resolve` and `plan` know it.

mod action;
mod batch;
mod cache;
mod call;
mod defaults;
mod document;
mod field;
mod flow;
mod input;
mod job;
mod keys;
mod list;
mod live;
mod matrix;
mod project;
mod shape;
mod shared;
mod surprise;
mod task;
mod unit;
mod word;

pub use action::parse_action;
pub use flow::{parse_batch, parse_flow, parse_live};
pub use keys::{Key, Mapping, mappings};
pub use project::parse_project;
