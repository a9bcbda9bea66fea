//! The one binary of cross-crate tests.

mod bake_core;
mod conformance_commands;
mod conformance_expr;
mod conformance_yaml;
mod diagnostics;
mod plan;
mod prop_sched;
mod prop_yaml;
mod sim;
