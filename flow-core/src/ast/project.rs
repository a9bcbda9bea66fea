//! [`Project`]: settings shared by flows. Source: spec 02 §10.

use crate::ast::{Defaults, Name};
use crate::text::{Span, Spanned};

/// A project file as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// The document's mapping.
    pub span: Span,
    /// `id`.
    pub id: Name,
    /// The platform project.
    pub project_name: Option<Spanned<String>>,
    /// The owner.
    pub owner: Option<Spanned<String>>,
    /// `defaults`.
    pub defaults: Defaults,
}
