//! From texts to a flow with no name left open.
//!
//! Main types: [`Workspace`] (the loaded texts, and which are still wanted), [`ResolvedFlow`] and
//! [`LiveFlow`]. Evaluation does not belong here: expressions stay as written until `plan` has their
//! contexts; only names of mixins, which see no context, are evaluated.

mod call;
mod defaults;
mod flow;
mod job;
mod mixin;
mod ring;
mod task;
mod unit;
mod workspace;

pub use call::{ActionDefinition, CallDefinition, CalledBody, CalledTasks, StatefulDefinition};
pub use defaults::MergedDefaults;
pub use flow::{LiveFlow, ResolvedFlow, Shared};
pub use job::{JobDefinition, JobUnitDefinition, JobWork};
pub use task::{TaskDefinition, Work};
pub use unit::UnitDefinition;
pub use workspace::Workspace;
