//! The wire types of the API, version 1: what the model looks like from outside.
//!
//! A later version only adds keys. Times are ISO 8601 in UTC, statuses are their words, absent facts are null;
//! values that the command prints as JSON too have the same names and texts there.

mod bake;
mod change;
mod expression;
mod flow;
mod graph;
mod live;
mod log;
mod task;

pub(crate) use bake::{AttemptPage, AttemptView, BakePage, BakeView, EstimatePage, GitView, Workload, WorkloadPage};
pub(crate) use change::{Change, EventPage, StreamEvent};
pub(crate) use expression::{ExpressionPage, LineView};
pub(crate) use flow::{
    About, Asked, CachePage, CacheView, Cleared, DiagnosticView, FlowList, FlowPage, FlowRow, ImageView, JobView,
    ParamView, SourceView, Started, VolumeView,
};
pub(crate) use graph::{GraphPage, GraphView};
pub(crate) use live::{JobLine, JobPage, LivePage, StartedLive};
pub(crate) use log::{LogFirst, LogFound, LogHit, LogPage};
pub(crate) use task::{HistoryView, NeedView, SpecView, TaskPage, TaskRow, TryView, WhyView};

/// The version of all shapes.
pub(crate) const VERSION: u32 = 1;
