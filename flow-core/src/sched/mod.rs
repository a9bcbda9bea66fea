//! The scheduler: what happened, and what is to be done about it.
//!
//! Main types: [`AttemptState`] (the fold of an attempt's events), [`Fact`] (news from outside),
//! [`Decision`] (events and effects). [`decide`] is a plain function: no clock, no IO, no waiting;
//! only [`apply`] changes the state. A live job has the same, smaller: [`LiveState`], [`decide_live`], [`apply_live`]. Carrying effects out does not belong here (the engine).

mod build;
mod call;
mod decide;
mod end;
mod fact;
mod foresee;
mod graph;
mod grow;
mod live;
mod locals;
mod node;
mod pass;
mod request;
mod restart;
mod retry;
mod revive;
mod start;
mod state;
mod turn;
mod view;

pub use decide::decide;
pub use fact::{Decision, Effect, Fact, Revive, Timed, Told};
pub use foresee::{Pending, pending, set_aside};
pub use live::{LiveState, apply_live, decide_live, revive_live};
pub use revive::revive;
pub use state::{AttemptState, Summary, apply};
pub use view::evaluated;
