//! From texts to a flow with no name left open.
//!
//! Main types: [`Workspace`] (the loaded texts, and which are still wanted) and [`ResolvedFlow`].
//! Evaluation does not belong here: expressions stay as written until `plan` has their contexts.

mod defaults;
mod flow;
mod workspace;

pub use defaults::MergedDefaults;
pub use flow::{ResolvedFlow, TaskDefinition, UnitDefinition};
pub use workspace::Workspace;
