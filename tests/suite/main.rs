//! The one binary of cross-crate tests.

mod conformance_commands;
mod conformance_yaml;
mod diagnostics;
mod prop_yaml;
