//! [`Project`]: settings shared by flows. Source: spec 02 §10.

use crate::ast::{Declared, Defaults, Image, Mixin, Name, Section, Volume};
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
    pub defaults: Section<Defaults>,
    /// `images`; a flow's entry of the same name replaces it wholly.
    pub images: Section<Declared<Image>>,
    /// `volumes`; as with images.
    pub volumes: Section<Declared<Volume>>,
    /// `mixins`; as with images.
    pub mixins: Section<Declared<Mixin>>,
}
