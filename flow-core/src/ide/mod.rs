//! What an editor asks, as pure functions.
//!
//! Now: [`schema`], the JSON Schema of the files, by which editors complete keys, show what they mean and
//! mark slips. Protocols of editors do not belong here, and the last word is `check`'s.

mod schema;

pub use schema::{Document, schema};
