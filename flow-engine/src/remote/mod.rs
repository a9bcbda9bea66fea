//! Remote actions (`gh:owner/name@version`): fetched once, pinned in `flow.lock`, kept by commit. Source: MCH-7, CTX-60.
//!
//! [`RemoteActions`] is what sources ask. Git is only used to bring objects here: nothing is checked out, so no hook,
//! filter or submodule of a repository ever runs; the tree is written by [`cache`].

mod actions;
mod cache;
mod error;
mod git;
mod lock;

pub use actions::{MovedTags, RemoteActions, RemoteConfig, Update};
pub use error::RemoteError;
pub use git::Protocol;
