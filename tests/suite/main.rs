//! One binary for all cross-crate tests; each module is one sort of test.
//!
//! What can be seen only inside of a module is tested there, in its `tests.rs`.

mod tidy;
