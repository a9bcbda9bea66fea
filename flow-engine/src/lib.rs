//! The engine of Apolo Flow: it drives the pure core and carries its decisions out.
//!
//! Main type: [`Engine`]. What lives here: the driver, and an adapter for every port (executors,
//! stores, sources, clock). What does not: decisions (they are `flow-core`'s), printing and exit
//! codes (the faces').
#![warn(missing_docs)]

pub mod config;
#[cfg(feature = "sqlite")]
pub mod doctor;
mod driver;
mod engine;
mod error;
pub mod executor;
mod follow;
mod git;
mod glob;
mod live;
mod load;
mod logs;
mod owner;
pub mod remote;
pub mod secret;
pub mod source;
pub mod storage;
pub mod store;
pub mod sys;
pub mod testing;
mod watch;

pub use driver::{LEASE, hash_files};
pub use engine::{
    BakeRequest, Because, CacheClear, Change, Checked, Checker, Created, Direction, DryRun, Engine, EngineBuilder,
    Estimate, Expectation, Explanation, Expression, Fate, FlowContents, FlowVolume, Forecast, ForecastTask, GcReport,
    GcRequest, Inspection, LiveFound, LiveListing, LiveRun, Origin, Outline, OutlineImage, OutlineJob, OutlineKind,
    OutlineParam, OutlineVolume, RestartRefusal, RestartRequest, RunRequest, Standing, Start, Takeover, Untrusted,
    VolumeChoice, Wait, Workload, Workloads,
};
pub use error::{ConfigProblems, EngineError};
pub use follow::Follow;
pub use git::{FixedGit, GitProgram};
pub use logs::LogReader;
