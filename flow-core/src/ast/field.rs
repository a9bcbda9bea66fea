//! [`Field`]: one attribute as written; [`Section`]: one mapping or list of its own kind.

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
    Written(Spanned<Named<T>>),
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

/// A mapping or list that the language gives its own keys, such as `cache` or `params`.
///
/// Null counts as absent (spec 02 §4), but for merging: there a key with null hides those below it
/// (CTX-33).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Section<T> {
    /// The key is not there.
    #[default]
    Absent,
    /// The key is there with null.
    Null(Span),
    /// Written out.
    Written(T),
}

impl<T> Section<T> {
    /// Whether the key is there.
    pub fn is_present(&self) -> bool {
        !matches!(self, Section::Absent)
    }

    /// What is written.
    pub fn written(&self) -> Option<&T> {
        match self {
            Section::Absent | Section::Null(_) => None,
            Section::Written(written) => Some(written),
        }
    }

    /// What is written, if anything.
    pub fn into_written(self) -> Option<T> {
        match self {
            Section::Absent | Section::Null(_) => None,
            Section::Written(written) => Some(written),
        }
    }
}

impl<T: Default> Section<T> {
    /// What is written; nothing counts as empty.
    pub fn into_value(self) -> T {
        self.into_written().unwrap_or_default()
    }
}

/// Things with names of their own, such as params or images, in the order of writing.
pub type Declared<T> = IndexMap<Arc<str>, T>;

/// Names with the places they are written at, and their values.
pub type Named<T> = IndexMap<Arc<str>, (Span, Field<T>)>;
