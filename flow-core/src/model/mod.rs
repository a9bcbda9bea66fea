//! The model: ids, statuses, unit specs, records. Plain data that is stored, shown and sent.
//!
//! Main types: [`FullId`], [`TaskStatus`], [`UnitSpec`], [`Outcome`], and the records [`Bake`],
//! [`Attempt`], [`Task`], [`LiveJob`]. Decisions do not belong here (`sched`), nor events (`event`).

mod claim;
mod counts;
mod id;

mod live;
pub mod note;
mod order;
mod outcome;
mod record;
mod source;
mod spec;
mod status;
mod time;
pub mod words;

pub use claim::{Claim, bytes_text};
pub use counts::Counts;
pub use id::{AttemptId, BakeId, Epoch, FullId, LaunchKey, LiveJobId, OwnerId, ProjectId, RawId, Subject, UnitOwner};
pub use live::{LiveJob, LiveOrder, RestartPolicy, Stdin, Window};
pub use order::{in_graph_order, sort_graphs};
pub use outcome::{Exit, LogRef, Outcome, OutputFiles, Reason};
pub use record::{
    Attempt, Bake, BuiltImage, CacheEntry, CacheKey, CancelMark, GitInfo, Need, NeedsLevel, NextTry, NodeRecord,
    SourceText, StatusItem, Task, Try,
};
pub use source::{ActionRef, ActionRefError, SourceRef};
pub use spec::{Digest, HostPath, ImageBuild, SpecText, UnitSpec};
pub use status::TaskStatus;
pub use time::Timestamp;
