//! Executors: adapters of the port `Executor`, one module each.
//!
//! Main types: [`local::LocalExecutor`] and [`supervisor::run`], the two halves of the executor for
//! this machine. Deciding what to run does not belong here.

pub mod local;
pub mod supervisor;
