//! What flows, projects and actions declare for their units: [`Image`], [`Volume`], [`Mixin`].
//! Source: spec 02 §7–§9.

use crate::ast::{Cache, Declared, Entries, Field, Items, NeedItem, Param, Retry, Section, Strategy, Unit};
use crate::text::{Span, Spanned};
use crate::value::Value;

/// An entry of `images`. Source: spec 02 §8.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// The place of its name.
    pub name: Span,
    /// The entry's mapping.
    pub span: Span,
    /// `ref`: what it is called in the registry.
    pub reference: Field<String>,
    /// The folder it is built from, local or in the storage.
    pub context: Field<String>,
    /// The Dockerfile, local or in the storage.
    pub dockerfile: Field<String>,
    /// `NAME=value` texts.
    pub build_args: Items<String>,
    /// Environment of the build.
    pub env: Entries<String>,
    /// Volume references of the build.
    pub volumes: Items<String>,
    /// The preset of the build.
    pub build_preset: Field<String>,
    /// Whether it is built although it exists.
    pub force_rebuild: Field<bool>,
    /// More arguments for the builder, one text.
    pub extra_kaniko_args: Field<String>,
}

/// An entry of `volumes`. Source: spec 02 §7.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    /// The place of its name.
    pub name: Span,
    /// The entry's mapping.
    pub span: Span,
    /// The URI in the storage.
    pub remote: Field<String>,
    /// Where units see it.
    pub mount: Field<String>,
    /// The folder of the workspace that belongs to it.
    pub local: Field<String>,
    /// Whether units may only read it.
    pub read_only: Field<bool>,
}

/// An entry of `mixins`: attributes shared by units. Source: spec 02 §9, DEC-12.
///
/// Shape: a mixin of a live flow has nothing from `needs` to `retry`, one of a batch flow nothing from
/// `params` on, one of a project neither.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixin {
    /// The place of its name.
    pub name: Span,
    /// The entry's mapping.
    pub span: Span,
    /// What it gives to a unit; its `mixins` are merged first.
    pub unit: Unit,
    /// `needs` of a task.
    pub needs: Section<Spanned<Vec<NeedItem>>>,
    /// `strategy` of a task.
    pub strategy: Section<Strategy>,
    /// `enable` of a task.
    pub enable: Field<Value>,
    /// `cache` of a task.
    pub cache: Section<Cache>,
    /// `retry` of a task.
    pub retry: Section<Retry>,
    /// `params` of a job.
    pub params: Section<Declared<Param>>,
    /// `detach` of a job.
    pub detach: Field<bool>,
    /// `browse` of a job.
    pub browse: Field<bool>,
    /// `port_forward` of a job.
    pub port_forward: Items<String>,
    /// `multi` of a job.
    pub multi: Field<bool>,
}
