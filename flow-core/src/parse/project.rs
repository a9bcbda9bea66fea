//! [`parse_project`]: the text of a project file to its syntax. Source: spec 02 §10, WS-20…27.

use std::sync::Arc;

use crate::ast::Project;
use crate::diag::Diagnostics;
use crate::parse::defaults::defaults;
use crate::parse::document::{Wanted, read_root};
use crate::parse::field::{Kind, Null, PLAIN_ID, PLAIN_TEXT, plain};
use crate::parse::shape::{self, Entry, Rule, Table};
use crate::parse::shared::{Owner, images, mixins, volumes};
use crate::text::{FileId, Spanned};
use crate::yaml::Node;

const PROJECT: Wanted = Wanted { what: "a project", kinds: &[], first: "the line `id: name`" };

pub(super) const TABLE: Table = Table {
    what: "a project",
    keys: &[&[
        ("id", Rule::Required("add the line `id: name`, an identifier with a lower-case letter")),
        ("project_name", Rule::Optional),
        ("owner", Rule::Optional),
        ("defaults", Rule::Optional),
        ("images", Rule::Optional),
        ("volumes", Rule::Optional),
        ("mixins", Rule::Optional),
        ("role", Rule::Ignored("the key is deprecated; remove it")),
        ("kind", Rule::Elsewhere("a project file has no kind; remove it")),
        ("tasks", Rule::Elsewhere("tasks belong to a flow; move them into a file of their own beside this one")),
        ("jobs", Rule::Elsewhere("jobs belong to a flow; move them into a file of their own beside this one")),
        ("params", Rule::Elsewhere("params belong to a flow; declare them in its file")),
    ]],
    foreign: &[],
};

const PROJECT_ID: Kind<String> = Kind { null: Null::Refused, ..PLAIN_ID };

/// Parses the text of a project file.
///
/// Shape: `None` if the text is not well-formed, is no mapping, or has no id; otherwise a project in
/// which what is wrong is absent. All diagnostics of the file come at once.
/// Errors: the families F01 and F02, and F03 of its expressions.
pub fn parse_project(file: FileId, text: &str) -> (Option<Project>, Diagnostics) {
    let (root, mut diagnostics) = read_root(file, text, &PROJECT);
    let project = root.and_then(|root| project(&root, &mut diagnostics));
    (project, diagnostics.sorted())
}

fn project(root: &Node, diagnostics: &mut Diagnostics) -> Option<Project> {
    let fields = shape::fields(Entry::new("a project", root.span, root), &TABLE, diagnostics)?;
    let id = plain(fields.get("id"), &PROJECT_ID, diagnostics);
    let project_name = plain(fields.get("project_name"), &PLAIN_TEXT, diagnostics);
    let owner = plain(fields.get("owner"), &PLAIN_TEXT, diagnostics);
    let defaults = defaults(fields.get("defaults"), Owner::Project, diagnostics);
    let images = images(fields.get("images"), diagnostics);
    let volumes = volumes(fields.get("volumes"), diagnostics);
    let mixins = mixins(fields.get("mixins"), Owner::Project, diagnostics);
    let id = id.map(|id| Spanned::new(Arc::from(id.value), id.span))?;
    Some(Project { span: fields.span, id, project_name, owner, defaults, images, volumes, mixins })
}

#[cfg(test)]
mod tests;
