//! The console against a real client: the API, and each rule of who may come in.

mod api;
mod kit;
mod safety;
