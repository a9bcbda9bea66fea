//! The one binary of cross-crate tests.

mod store_contract;
