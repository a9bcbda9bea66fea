//! From a resolved flow to the graph of an attempt, and from a ready node to what is started.
//!
//! Main functions: [`params`] and [`plan`] (once, before the bake), [`prepare`] (once per ready
//! node), [`open`] and [`outputs`] (before and after the tasks of a call), [`plan_job`] (a live job).
//! Main types: [`Plan`], [`Prepared`]. When a node is ready does not belong here (`sched`).

mod args;
mod build;
mod cache_key;
mod check;
mod command_line;
mod conflict;
mod drawing;
mod echo;
mod entry;
mod evaluate;
mod evaluated;
mod graph;
mod group;
mod grow;
mod image;
mod layout;
mod level;
mod live;
mod matrix;
mod mount;
mod need;
mod needed;
mod nodes;
mod open;
mod param;
mod prepare;
mod preset;
mod retry;
mod secret;
mod strategy;
mod support;
mod types;
mod unit;
mod values;
mod volume;
mod walk;

pub use build::{BuildCommands, build_commands, builds_images, image_build};
pub use cache_key::canonical;
pub use command_line::command_line;
pub use drawing::{DRAWN_ROWS, Piece, TaskGraph, TaskNode};
pub use echo::without_echoes;
pub use evaluated::{Evaluated, evaluated};
pub use graph::levels;
pub use group::{Group, groups};
pub use grow::Grown;
pub use image::{ImageFiles, ImageSpec};
pub use layout::{Layout, LayoutGraph, LayoutNode, Placed, Point, Route, layout};
pub use level::{Inputs, Platform};
pub use live::{JobRequest, JobSpec, PreparedJob, check_live, is_multi, plan_job};
pub use mount::{HostVolume, OnHost, on_host};
pub use needed::{Needed, RowResult, TaskResult};
pub use nodes::{Plan, plan};
pub use open::{OpenCall, open, outputs};
pub use param::params;
pub use prepare::{
    Enabled, NodeView, Prepared, Settled, is_always, is_call, key, may_run_on, prepare, retry_policy, settle, spec,
    unit,
};
pub use preset::{Presets, check_live_presets, check_presets};
pub use retry::{RetryPolicy, TryAfter};
pub use secret::{live_secrets, secret_name, secrets};
pub use strategy::{fail_fast, max_parallel, max_parallel_of, written_fail_fast};
pub use support::{unsupported, unsupported_job};
pub use values::FlowValues;
pub use volume::VolumeSpec;
