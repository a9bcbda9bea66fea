//! Executors: adapters of the port `Executor`, one module each.
//!
//! Main types: [`local::LocalExecutor`] and [`supervisor::run`], the two halves of the executor for
//! this machine, and [`terminal`], the terminals of both. Deciding what to run does not belong here.

pub mod local;
mod stat;
pub mod supervisor;
pub mod terminal;
