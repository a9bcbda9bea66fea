//! [`Action`]: a unit or a graph of tasks to be called with arguments. Source: spec 02 §11.

use crate::ast::{Cache, Command, Declared, Field, Image, JobUnit, Section, Task, Unit};
use crate::text::{Span, Spanned};
use crate::value::Value;

/// The file of an action or a module as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// The document's mapping.
    pub span: Span,
    /// A name for people.
    pub name: Option<Spanned<String>>,
    /// Who wrote it.
    pub author: Option<Spanned<String>>,
    /// What it does, for people.
    pub descr: Option<Spanned<String>>,
    /// `inputs`.
    pub inputs: Section<Declared<Input>>,
    /// `outputs`; a live action has none.
    pub outputs: Section<Declared<Output>>,
    /// What it does.
    pub body: ActionBody,
}

/// The word of `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// One live job.
    Live,
    /// Tasks.
    Batch,
    /// One unit, and another one at the end of the bake.
    Stateful,
    /// A command on the user's machine before the bake.
    Local,
}

/// What an action of each kind does.
#[derive(Clone, Debug, PartialEq)]
pub enum ActionBody {
    /// `job`: a unit of its own. The mapping's place with it.
    Live(Box<Spanned<JobUnit>>),
    /// Tasks.
    Batch(Box<BatchAction>),
    /// A unit and its end.
    Stateful(Box<StatefulAction>),
    /// `cmd`, `bash` or `python`.
    Local(Command),
}

/// The body of a batch action.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchAction {
    /// `cache`.
    pub cache: Section<Cache>,
    /// `images`.
    pub images: Section<Declared<Image>>,
    /// `tasks`, in order.
    pub tasks: Vec<Task>,
}

/// The body of a stateful action.
#[derive(Clone, Debug, PartialEq)]
pub struct StatefulAction {
    /// `main`, with the place of its mapping.
    pub main: Spanned<Unit>,
    /// `post`: runs at the end of the bake. With the place of its mapping.
    pub post: Section<Spanned<Unit>>,
    /// Whether `post` runs; absent means always.
    pub post_if: Field<Value>,
}

/// An entry of `inputs`, in its long or short form (DEC-13).
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The place of its name.
    pub name: Span,
    /// Its type; `None`: not written, a text.
    pub kind: Option<Spanned<InputKind>>,
    /// The default, of that type; null or absent: required. Takes no expression.
    pub default: Field<Value>,
    /// A description for people.
    pub descr: Option<String>,
}

/// The type of an input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputKind {
    /// A text.
    #[default]
    Str,
    /// An integer.
    Int,
    /// A float.
    Float,
    /// A boolean.
    Bool,
}

/// An entry of `outputs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The place of its name.
    pub name: Span,
    /// What it is; only batch actions say so (CTX-68).
    pub value: Field<String>,
    /// A description for people.
    pub descr: Option<String>,
}

impl Action {
    /// The word of its `kind`.
    pub fn kind(&self) -> ActionKind {
        match self.body {
            ActionBody::Live(_) => ActionKind::Live,
            ActionBody::Batch(_) => ActionKind::Batch,
            ActionBody::Stateful(_) => ActionKind::Stateful,
            ActionBody::Local(_) => ActionKind::Local,
        }
    }
}

impl ActionKind {
    /// The word itself.
    pub fn word(self) -> &'static str {
        match self {
            ActionKind::Live => "live",
            ActionKind::Batch => "batch",
            ActionKind::Stateful => "stateful",
            ActionKind::Local => "local",
        }
    }
}

impl InputKind {
    /// The word of `type`.
    pub fn word(self) -> &'static str {
        match self {
            InputKind::Str => "str",
            InputKind::Int => "int",
            InputKind::Float => "float",
            InputKind::Bool => "bool",
        }
    }
}
