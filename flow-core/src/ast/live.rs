//! [`Live`]: a live flow. Source: spec 02 §4.

use crate::ast::{Call, Declared, Defaults, Field, Image, Items, Mixin, Name, Param, Section, Unit, Volume};
use crate::text::{Span, Spanned};

/// A live flow as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// The document's mapping.
    pub span: Span,
    /// `id`, if written.
    pub id: Option<Name>,
    /// `title`, if written and not null.
    pub title: Option<Spanned<String>>,
    /// `defaults`.
    pub defaults: Section<Defaults>,
    /// `images`.
    pub images: Section<Declared<Image>>,
    /// `volumes`.
    pub volumes: Section<Declared<Volume>>,
    /// `mixins`.
    pub mixins: Section<Declared<Mixin>>,
    /// `jobs`.
    pub jobs: Declared<Job>,
}

/// An entry of `jobs`, or the `job` of a live action.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The place of its name.
    pub name: Span,
    /// The entry's mapping.
    pub span: Span,
    /// Declared params.
    pub params: Section<Declared<Param>>,
    /// What it runs.
    pub body: JobBody,
}

/// The forms of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum JobBody {
    /// A unit of its own.
    Unit(Box<JobUnit>),
    /// A call of an action or a module.
    Call(Box<Call>),
}

/// A job that runs a unit of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobUnit {
    /// What it runs.
    pub unit: Unit,
    /// Whether it runs on without the terminal.
    pub detach: Field<bool>,
    /// Whether its port is opened in a browser.
    pub browse: Field<bool>,
    /// `LOCAL:REMOTE` ports to forward.
    pub port_forward: Items<String>,
    /// Whether it may run many times at once, each with a suffix. Takes no expression.
    pub multi: Field<bool>,
}
