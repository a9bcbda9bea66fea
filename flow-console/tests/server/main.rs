//! The console against a real client: the API, and each rule of who may come in.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics says where")]

mod api;
mod expressions;
mod kit;
mod live;
mod safety;
