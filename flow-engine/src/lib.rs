//! The engine of Apolo Flow: drives the core, and holds the adapters of its ports.
//!
//! What lives here: executors, stores, sources, the clock, and the driver that joins them. What
//! does not: decisions (the core makes them), arguments and printing (the command line does).
#![warn(missing_docs)]

pub mod executor;
