//! What the user wrote, typed: every field absent, null, literal or expression, always with its place.
//!
//! Main types: [`Flow`] ([`Batch`] or [`Live`]), [`Project`], [`Action`], [`Field`]. Meaning (defaults,
//! mixins, matrices, graphs) does not belong here: `resolve` and `plan` give it.

mod action;
mod batch;
mod call;
mod defaults;
mod field;
mod flow;
mod live;
mod project;
mod shared;
mod unit;

pub use action::{Action, ActionBody, ActionKind, BatchAction, Input, InputKind, Output, StatefulAction};
pub use batch::{Batch, Matrix, NeedItem, Strategy, Task, TaskBody};
pub use call::{Call, CallKind, Param};
pub use defaults::{Cache, CacheStrategy, Defaults, Retry, RetryOn};
pub use field::{Declared, Entries, Field, Items, Name, Named, Section};
pub use flow::Flow;
pub use live::{Job, JobBody, JobUnit, Live};
pub use project::Project;
pub use shared::{Image, Mixin, Volume};
pub use unit::{Command, CommandKind, Unit};
