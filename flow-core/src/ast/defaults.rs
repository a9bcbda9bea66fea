//! [`Defaults`], and the settings that stand in them and in tasks alike: [`Cache`], [`Retry`].
//! Source: spec 02 §4.1, §5.2; EXT-3.

use crate::ast::{Entries, Field, Items, Section};
use crate::text::{Span, Spanned};

/// `defaults` of a flow or a project.
///
/// Shape: those of a live flow have nothing from `fail_fast` on.
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
    pub cache: Section<Cache>,
    /// When tasks are tried again (EXT-3).
    pub retry: Section<Retry>,
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

/// `retry`. Source: EXT-3.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// The mapping.
    pub span: Span,
    /// How many tries there are in all, from 1.
    pub attempts: Field<i64>,
    /// Seconds before the second try.
    pub delay: Field<f64>,
    /// What the delay is multiplied with before each further try, from 1.
    pub backoff: Field<f64>,
    /// The ends that are followed by another try; `None`: not written.
    pub on: Option<Spanned<Vec<Spanned<RetryOn>>>>,
}

/// An end that may be followed by another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryOn {
    /// The task failed.
    Failed,
    /// The machine is gone, the task with it.
    Lost,
}
