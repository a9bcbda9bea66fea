//! [`Flow`]: a flow of either kind.

use crate::ast::{Batch, Live};

/// A flow as written, by its `kind`.
#[derive(Clone, Debug, PartialEq)]
pub enum Flow {
    /// Tasks that make a bake.
    Batch(Box<Batch>),
    /// Jobs that people start.
    Live(Box<Live>),
}
