//! From a resolved flow to the graph of an attempt, and from a ready node to what is started.
//!
//! Main functions: [`params`] and [`plan`] (once, before the bake), [`prepare`] (once per ready
//! node). Main types: [`Plan`], [`Prepared`]. When a node is ready does not belong here (`sched`).

mod cache_key;
mod check;
mod echo;
mod entry;
mod evaluate;
mod graph;
mod level;
mod matrix;
mod need;
mod nodes;
mod param;
mod prepare;
mod strategy;
mod unit;
mod walk;

pub use cache_key::canonical;
pub use echo::without_echoes;
pub use graph::levels;
pub use level::Inputs;
pub use nodes::{Plan, plan};
pub use param::params;
pub use prepare::{Needed, NodeView, Prepared, RowResult, TaskResult, is_always, prepare, spec};
pub use strategy::{fail_fast, max_parallel, max_parallel_of};
