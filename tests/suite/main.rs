//! One binary for all cross-crate tests; each module is one sort of test.
//!
//! What can be seen only inside of a module is tested there, in its `tests.rs`.

mod bake;
mod bake_core;
mod bake_rules;
mod chance;
mod check;
mod conformance;
mod conformance_batch_plan;
mod conformance_batch_run;
mod conformance_commands;
mod conformance_expr;
mod conformance_live_plan;
mod conformance_plan;
mod conformance_yaml;
mod diagnostics;
mod docs;
mod drawing;
mod expressions;
mod follow;
mod grow;
mod hostile;
mod ide;
mod live;
mod live_core;
mod live_store;
mod nested;
mod nested_flows;
mod phases;
mod plan;
mod prop_expr;
mod prop_layout;
mod prop_sched;
mod prop_yaml;
mod reference;
mod restart;
mod retry;
mod schema;
mod sim;
mod store_contract;
mod tidy;
mod told;
mod upkeep;
mod volume;
mod why;
mod why_changes;
