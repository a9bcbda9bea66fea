//! [`Node`]: one scalar, list or mapping of a YAML text, with its place.

use crate::text::{Span, Text};
use crate::value::Value;

/// What reading gave.
#[derive(Clone, Debug)]
pub struct Document {
    /// The top node; `None` if the text holds nothing but blanks and comments.
    pub root: Option<Node>,
    /// Whether the text was well-formed to its end. If not, the tree ends where it was not, so
    /// what is missing from it says nothing about the user's intent.
    pub complete: bool,
}

/// A node of the tree.
///
/// Shape: spans lie inside of the text; a child's span lies inside of its parent's, unless an
/// alias or a merge key brought the child, which then has the span of its definition.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Where it is written; empty, directly behind the key, for a value that is left out.
    pub span: Span,
    /// Where it is used, if an alias or a merge key brought it.
    pub alias: Option<Span>,
}

/// The three kinds of nodes.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// A scalar.
    Scalar(Scalar),
    /// A list.
    Seq(Vec<Node>),
    /// A mapping in the order of writing. Duplicates are kept; the reader has reported them.
    Map(Vec<(Node, Node)>),
}

/// A scalar, decoded and typed.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// The decoded content, with the way back to the file.
    pub text: Text,
    /// The content as YAML 1.1 types it (YML-5, DEC-14); anything quoted is a text.
    pub value: Value,
    /// How it was written.
    pub style: Style,
}

/// The notation of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without marks.
    Plain,
    /// `'…'`.
    SingleQuoted,
    /// `"…"`.
    DoubleQuoted,
    /// `|`.
    Literal,
    /// `>`.
    Folded,
}

impl Node {
    /// The scalar, if it is one.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(scalar),
            NodeKind::Seq(_) | NodeKind::Map(_) => None,
        }
    }

    /// Whether it is the null scalar, written or left out.
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| matches!(scalar.value, Value::Null))
    }

    /// The kind in words: `a single value`, `a list`, `a mapping`.
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            NodeKind::Scalar(_) => "a single value",
            NodeKind::Seq(_) => "a list",
            NodeKind::Map(_) => "a mapping",
        }
    }
}
