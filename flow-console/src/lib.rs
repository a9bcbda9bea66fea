//! The web console: an HTTP server with a versioned API, server-sent events and a page, over an [`Engine`].
//!
//! Main type: [`Console`]. What lives here: routes, wire types, who may come in, and the page's files. What does
//! not: decisions and storage, which are the engine's; arguments and printing, which are the command's.
//!
//! [`Engine`]: flow_engine::Engine
#![warn(missing_docs)]

mod api;
mod feed;
mod gate;
mod page;
mod problem;
mod rendered;
mod server;
mod tokens;
mod view;

pub use api::openapi;
pub use gate::Role;
pub use server::{Console, ConsoleError, Options, Tls};
pub use tokens::{Tokens, TokensError};
