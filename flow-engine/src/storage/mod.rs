//! Volumes on this machine: where a `storage:` URI lies, and copies that lose nothing.
//!
//! [`StorageRoot`] turns URIs into folders, [`copy`] brings one tree into line with another. What does not live
//! here: which volumes a flow has (`flow_core::plan`), and how progress looks (the faces).

mod copy;
mod error;
mod file;
mod root;
mod scan;

pub use copy::{CopyProgress, CopyReport, Survey, copy, survey};
pub use error::{Obstacle, StorageError};
pub use root::StorageRoot;
pub(crate) use root::stays_inside;
pub use scan::Ignore;
