//! Doubles for tests, also for those of programs that embed the engine.
//!
//! [`ManualClock`] and [`CountingIds`] make time and chance repeatable, [`ScriptedExecutor`] runs
//! units whose ends a test writes down, and [`FlakyStore`] breaks a store at a chosen event. They
//! are strict: what only some real adapters tolerate fails here.

mod clock;
mod executor;
mod store;

pub use clock::{CountingIds, ManualClock};
pub use executor::{Script, ScriptedExecutor};
pub use store::{Fault, FlakyStore, Moment};
