//! YAML texts as trees with places.
//!
//! Main types: [`Node`], [`Document`]; the way in is [`read`]. What keys mean does not belong here:
//! `parse` knows it. Only `reader` knows the event parser that we build on.

mod align;
mod merge;
mod node;
mod reader;
mod scalar;
mod syntax;
mod timestamp;
mod tree;

pub use node::{Document, Node, NodeKind, Scalar, Style};
pub use reader::{MAX_BYTES, read};
pub use tree::{MAX_DEPTH, MAX_EXPANDED, MAX_NODES};
