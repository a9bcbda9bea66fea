//! [`Unit`]: the attributes that jobs and tasks share. Source: spec 02 §3.

use crate::ast::{Entries, Field, Items};
use crate::expr::Template;
use crate::text::{Span, Spanned};

/// Which shorthand a command was written with (YML-30).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandKind {
    /// `cmd`: as it is.
    Cmd,
    /// `bash`: wrapped into a shell that stops at the first error.
    Bash,
    /// `python`: wrapped into an interpreter.
    Python,
}

/// A command. Also a literal is a template: it is quoted after evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// The key it was written with.
    pub kind: CommandKind,
    /// The place of the key.
    pub key: Span,
    /// The text.
    pub text: Field<Template>,
}

/// What a job or a task runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unit {
    /// A title for people.
    pub title: Field<String>,
    /// A name for the executor.
    pub name: Field<String>,
    /// The container image.
    pub image: Field<String>,
    /// The preset.
    pub preset: Field<String>,
    /// Seconds that it may wait.
    pub schedule_timeout: Field<f64>,
    /// The entrypoint.
    pub entrypoint: Field<String>,
    /// `cmd`, `bash` or `python`: at most one (YML-31).
    pub command: Option<Command>,
    /// The folder to run in.
    pub workdir: Field<String>,
    /// Environment.
    pub env: Entries<String>,
    /// Volume references.
    pub volumes: Items<String>,
    /// Tags.
    pub tags: Items<String>,
    /// Seconds that it may run.
    pub life_span: Field<f64>,
    /// HTTP port.
    pub http_port: Field<i64>,
    /// Whether the port asks who is there.
    pub http_auth: Field<bool>,
    /// Whether it may use this engine.
    pub pass_config: Field<bool>,
    /// Restart policy.
    pub restart: Field<String>,
    /// Names of mixins; an expression among them sees no context.
    pub mixins: Option<Spanned<Vec<Field<String>>>>,
}
