//! [`Batch`]: a batch flow, and what its tasks say beside their unit. Source: spec 02 §5.

use crate::ast::{
    Cache, Call, Declared, Defaults, Field, Image, Items, Mixin, Name, Named, Param, Retry, Section, Unit, Volume,
};
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
    /// Declared params.
    pub params: Section<Declared<Param>>,
    /// `defaults`.
    pub defaults: Section<Defaults>,
    /// `images`.
    pub images: Section<Declared<Image>>,
    /// `volumes`.
    pub volumes: Section<Declared<Volume>>,
    /// `mixins`.
    pub mixins: Section<Declared<Mixin>>,
    /// `tasks`, in order.
    pub tasks: Vec<Task>,
}

/// An entry of `tasks`.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The entry's mapping.
    pub span: Span,
    /// `id`; its expressions may use `matrix` only.
    pub id: Field<String>,
    /// `needs`; absent or null means the entry before (CTX-73).
    pub needs: Section<Spanned<Vec<NeedItem>>>,
    /// `strategy`.
    pub strategy: Section<Strategy>,
    /// `enable`: truth, or the text `always()` (as [`Value::Always`]).
    pub enable: Field<Value>,
    /// Cache settings.
    pub cache: Section<Cache>,
    /// When it is tried again (EXT-3); a call has none.
    pub retry: Section<Retry>,
    /// What it runs.
    pub body: TaskBody,
}

/// The forms of a task.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskBody {
    /// A unit of its own.
    Unit(Box<Unit>),
    /// A call of an action or a module.
    Call(Box<Call>),
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
    pub variables: Declared<(Span, Items<Value>)>,
    /// Partial rows to remove.
    pub exclude: Vec<Spanned<Named<Value>>>,
    /// Full rows to add.
    pub include: Vec<Spanned<Named<Value>>>,
}
