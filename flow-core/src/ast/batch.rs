//! [`Batch`]: a batch flow. Source: spec 02 §5.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::{Entries, Field, Items, Name, Unit};
use crate::model::NeedsLevel;
use crate::text::{Span, Spanned};
use crate::value::Value;

/// A batch flow as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The document's mapping.
    pub span: Span,
    /// `id`, if written.
    pub id: Option<Name>,
    /// `title`, if written and not null.
    pub title: Option<Spanned<String>>,
    /// Seconds that the whole bake may take.
    pub life_span: Field<f64>,
    /// Declared params, in order, each with the place of its name.
    pub params: IndexMap<Arc<str>, Param>,
    /// `defaults`.
    pub defaults: Defaults,
    /// `tasks`, in order.
    pub tasks: Vec<Task>,
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

/// `defaults` of a batch flow or a project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Defaults {
    /// Environment.
    pub env: Entries<String>,
    /// Tags.
    pub tags: Items<String>,
    /// Volume references.
    pub volumes: Items<String>,
    /// The folder to run in.
    pub workdir: Field<String>,
    /// Seconds that a task may run.
    pub life_span: Field<f64>,
    /// The preset.
    pub preset: Field<String>,
    /// Seconds that a task may wait.
    pub schedule_timeout: Field<f64>,
    /// Whether one failure stops the bake.
    pub fail_fast: Field<bool>,
    /// How many tasks run at once.
    pub max_parallel: Field<i64>,
    /// Cache settings.
    pub cache: Option<Cache>,
}

/// `cache.strategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheStrategy {
    /// Never.
    None,
    /// By the cache key.
    Default,
    /// As the level above.
    Inherit,
}

/// `cache`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cache {
    /// The strategy; absent means inherit.
    pub strategy: Option<Spanned<CacheStrategy>>,
    /// Seconds that an entry is good for (DEC-3).
    pub life_span: Field<f64>,
}

/// An entry of `tasks`.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The entry's mapping.
    pub span: Span,
    /// `id`; its expressions may use `matrix` only.
    pub id: Field<String>,
    /// `needs`; `None` (or null) means the entry before (CTX-73).
    pub needs: Option<Spanned<Vec<NeedItem>>>,
    /// `strategy`.
    pub strategy: Option<Strategy>,
    /// `enable`: truth, or the text `always()` (as [`Value::Always`]).
    pub enable: Field<Value>,
    /// Cache settings.
    pub cache: Option<Cache>,
    /// What it runs.
    pub unit: Unit,
}

/// One item of `needs`.
#[derive(Clone, Debug, PartialEq)]
pub struct NeedItem {
    /// The id as written; its expressions may use `matrix` only.
    pub id: Field<String>,
    /// The level.
    pub level: NeedsLevel,
}

/// `strategy`.
#[derive(Clone, Debug, PartialEq)]
pub struct Strategy {
    /// The mapping.
    pub span: Span,
    /// `matrix`.
    pub matrix: Matrix,
    /// Whether a failure of a row stops the bake.
    pub fail_fast: Field<bool>,
    /// How many rows run at once.
    pub max_parallel: Field<i64>,
}

/// `strategy.matrix`. Source: spec 02 §5.3.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// The mapping.
    pub span: Span,
    /// Variables in file order: the place of the name and the values (primitives keep their type).
    pub variables: IndexMap<Arc<str>, (Span, Items<Value>)>,
    /// Partial rows to remove.
    pub exclude: Vec<Spanned<IndexMap<Arc<str>, (Span, Field<Value>)>>>,
    /// Full rows to add.
    pub include: Vec<Spanned<IndexMap<Arc<str>, (Span, Field<Value>)>>>,
}
