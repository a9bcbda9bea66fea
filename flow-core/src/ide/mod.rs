//! What an editor asks, as pure functions over texts and offsets.
//!
//! [`schema`] is the JSON Schema of the files; [`completion`], [`hover`], [`definition`], [`references`],
//! [`rename`] and [`outline`] answer about places. Protocols of editors do not belong here, and what is wrong with
//! a flow is `check`'s to say.

mod complete;
mod hover;
mod mention;
mod names;
mod schema;
mod shape;

pub use complete::{Candidate, CandidateSort, completion};
pub use hover::{Entry, Hover, hover, outline};
pub use mention::{Mention, Sort, mentions};
pub use names::{Page, definition, references, rename};
pub use schema::{Document, schema};
