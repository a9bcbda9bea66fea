//! [`batch`]: the mapping of a batch flow to its syntax. Source: spec 02 §5.

use crate::ast::Batch;
use crate::diag::Diagnostics;
use crate::parse::call::params;
use crate::parse::defaults::defaults;
use crate::parse::field::{PLAIN_TEXT, SECONDS, field, plain};
use crate::parse::flow::id;
use crate::parse::shape::{self, Entry, Rule, Table};
use crate::parse::shared::{Owner, images, mixins, volumes};
use crate::parse::task::tasks;
use crate::yaml::Node;

const ACTION: &str = "it belongs to actions; a flow has `params`, and no outputs. Remove it here";

pub(super) const TABLE: Table = Table {
    what: "a batch flow",
    keys: &[&[
        ("kind", Rule::Required("add the line `kind: batch`")),
        ("id", Rule::Optional),
        ("title", Rule::Optional),
        ("life_span", Rule::Optional),
        ("params", Rule::Optional),
        ("defaults", Rule::Optional),
        ("images", Rule::Optional),
        ("volumes", Rule::Optional),
        ("mixins", Rule::Optional),
        ("tasks", Rule::Required("add `tasks:` and below it an item for each task: `- cmd: …`")),
        ("jobs", Rule::Elsewhere("jobs belong to live flows; a batch flow has `tasks`")),
        ("inputs", Rule::Elsewhere(ACTION)),
        ("outputs", Rule::Elsewhere(ACTION)),
        ("cache", Rule::Elsewhere("write it into `defaults`")),
    ]],
    foreign: &[],
};

/// Reads a batch flow; `None`, reported, if it is no mapping.
pub(super) fn batch(root: &Node, diagnostics: &mut Diagnostics) -> Option<Batch> {
    let fields = shape::fields(Entry::new("a flow", root.span, root), &TABLE, diagnostics)?;
    Some(Batch {
        span: fields.span,
        id: id(fields.get("id"), diagnostics),
        title: plain(fields.get("title"), &PLAIN_TEXT, diagnostics),
        life_span: field(fields.get("life_span"), &SECONDS, diagnostics),
        params: params(fields.get("params"), diagnostics),
        defaults: defaults(fields.get("defaults"), Owner::Batch, diagnostics),
        images: images(fields.get("images"), diagnostics),
        volumes: volumes(fields.get("volumes"), diagnostics),
        mixins: mixins(fields.get("mixins"), Owner::Batch, diagnostics),
        tasks: tasks(fields.get("tasks"), diagnostics),
    })
}

#[cfg(test)]
mod tests;
