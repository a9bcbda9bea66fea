//! [`Field`]: one attribute as written.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::expr::Template;
use crate::text::{Span, Spanned};

/// A name with its place: an identifier, a key.
pub type Name = Spanned<Arc<str>>;

/// An attribute: absent, null, or a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Field<T> {
    /// The key is not there.
    #[default]
    Absent,
    /// The key is there with null; not the same as absent in merging (YML-13).
    Null(Span),
    /// A literal, converted while parsing.
    Literal(Spanned<T>),
    /// Text with expressions, converted after evaluation.
    Expr(Template),
}

impl<T> Field<T> {
    /// Whether the key is there.
    pub fn is_present(&self) -> bool {
        !matches!(self, Field::Absent)
    }

    /// The place of the value, if the key is there.
    pub fn span(&self) -> Option<Span> {
        match self {
            Field::Absent => None,
            Field::Null(span) => Some(*span),
            Field::Literal(literal) => Some(literal.span),
            Field::Expr(template) => Some(template.span()),
        }
    }
}

/// A mapping of names to values, or one expression that gives it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Entries<T> {
    /// The key is not there.
    #[default]
    Absent,
    /// Written out: names with their places, in the order of writing.
    Written(Spanned<IndexMap<Arc<str>, (Span, Field<T>)>>),
    /// One expression.
    Expr(Template),
}

/// A list of values, or one expression that gives it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Items<T> {
    /// The key is not there.
    #[default]
    Absent,
    /// The key is there with null.
    Null(Span),
    /// Written out.
    Written(Spanned<Vec<Field<T>>>),
    /// One expression.
    Expr(Template),
}
