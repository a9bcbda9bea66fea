//! One binary for all cross-crate tests; each module is one sort of test.
//!
//! What can be seen only inside of a module is tested there, in its `tests.rs`.

mod conformance_commands;
mod conformance_yaml;
mod diagnostic_marks;
mod diagnostics;
mod prop_yaml;
mod store_contract;
mod tidy;
