//! [`live`]: the mapping of a live flow to its syntax. Source: spec 02 §4.

use crate::ast::Live;
use crate::diag::Diagnostics;
use crate::parse::defaults::defaults;
use crate::parse::field::{PLAIN_TEXT, plain};
use crate::parse::flow::id;
use crate::parse::job::jobs;
use crate::parse::shape::{self, Entry, Rule, Table};
use crate::parse::shared::{Owner, images, mixins, volumes};
use crate::yaml::Node;

const ACTION: &str = "it belongs to actions; remove it here";

pub(super) const TABLE: Table = Table {
    what: "a live flow",
    keys: &[&[
        ("kind", Rule::Required("add the line `kind: live`")),
        ("id", Rule::Optional),
        ("title", Rule::Optional),
        ("defaults", Rule::Optional),
        ("images", Rule::Optional),
        ("volumes", Rule::Optional),
        ("mixins", Rule::Optional),
        ("jobs", Rule::Required("add `jobs:` and below it the name of each job with its keys")),
        ("tasks", Rule::Elsewhere("tasks belong to batch flows; a live flow has `jobs`")),
        ("params", Rule::Elsewhere("params of a live flow are declared in its jobs; move it there")),
        ("life_span", Rule::Elsewhere("write it into `defaults`, for all jobs, or into a job")),
        ("inputs", Rule::Elsewhere(ACTION)),
        ("outputs", Rule::Elsewhere(ACTION)),
    ]],
    foreign: &[],
};

/// Reads a live flow; `None`, reported, if it is no mapping.
pub(super) fn live(root: &Node, diagnostics: &mut Diagnostics) -> Option<Live> {
    let fields = shape::fields(Entry::new("a flow", root.span, root), &TABLE, diagnostics)?;
    Some(Live {
        span: fields.span,
        id: id(fields.get("id"), diagnostics),
        title: plain(fields.get("title"), &PLAIN_TEXT, diagnostics),
        defaults: defaults(fields.get("defaults"), Owner::Live, diagnostics),
        images: images(fields.get("images"), diagnostics),
        volumes: volumes(fields.get("volumes"), diagnostics),
        mixins: mixins(fields.get("mixins"), Owner::Live, diagnostics),
        jobs: jobs(fields.get("jobs"), diagnostics),
    })
}

#[cfg(test)]
mod tests;
