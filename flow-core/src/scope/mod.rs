//! What an expression can see at each place of a flow.
//!
//! Main types: [`Place`] (where an expression stands), [`Context`] (a name it may use there),
//! [`Contexts`] (the values) and [`Scope`] (the values of one place, as `expr` asks for them). The
//! meaning of expressions does not belong here (`expr`), nor when they are evaluated (`plan`).

mod availability;
mod context;
mod lookup;

pub use availability::{Context, GraphKind, Place};
pub use context::{
    Contexts, FlowFacts, FlowMore, ProjectFacts, git, inputs, matrix, multi, params, strategy, tag_form, tags, texts,
};
pub use lookup::Scope;
