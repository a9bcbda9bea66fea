//! The adapters of [`Store`](flow_core::port::Store): [`MemoryStore`] and [`SqliteStore`].
//!
//! What a claim allows is decided once, in `rule`, so that all stores decide alike; what a record
//! looks like is decided by `flow_core::event::fold`. Only `sqlite` knows SQL.

pub mod memory;
mod mention;
mod rule;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod workload;

pub use memory::MemoryStore;
#[cfg(feature = "sqlite")]
pub use sqlite::{Durability, FileSystem, SqliteStore, StoreLook};
