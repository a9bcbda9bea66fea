//! [`Call`]: a job or a task that names an action or a module. Source: spec 02 §4.2.

use crate::ast::{Field, Named};
use crate::text::{Span, Spanned};
use crate::value::Value;

/// Which key a call was written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// `action`: it sees its inputs only.
    Action,
    /// `module`: it sees the caller's defaults and top-level contexts, too.
    Module,
}

/// A call of an action or a module.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The key it was written with.
    pub kind: CallKind,
    /// The place of that key.
    pub key: Span,
    /// What is called, such as `ws:tools/report.yml`.
    pub reference: Spanned<String>,
    /// `args`: literals keep their YAML type, for the input to judge (DEC-13). `None`: not written, or null.
    pub args: Option<Spanned<Named<Value>>>,
}

/// A declared param. Source: spec 02 §6.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// The place of its name.
    pub name: Span,
    /// The default; null or absent: required.
    pub default: Field<String>,
    /// A description for people.
    pub descr: Option<String>,
}
