//! What the user wrote, typed: every field absent, null, literal or expression, always with its place.
//!
//! Main types: [`Batch`], [`Project`], [`Task`], [`Field`]. Meaning (defaults, matrices, graphs) does
//! not belong here: `resolve` and `plan` give it.

mod batch;
mod field;
mod project;
mod unit;

pub use batch::{Batch, Cache, CacheStrategy, Defaults, Matrix, NeedItem, Param, Strategy, Task};
pub use field::{Entries, Field, Items, Name};
pub use project::Project;
pub use unit::{Command, CommandKind, Unit};
