//! All cross-crate tests in one binary.

mod conformance_expr;
mod prop_expr;
