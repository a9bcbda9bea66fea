//! The engine of Apolo Flow: carries out what the core decides.
//!
//! What lives here: the adapters of every port and what drives them. What does not: the language,
//! the planner and every decision (`flow-core`), printing and exit codes (`flow-cli`).
#![warn(missing_docs)]

pub mod store;
pub mod sys;
pub mod testing;
