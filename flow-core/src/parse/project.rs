//! [`parse_project`]: the text of a project file to its syntax. Source: spec 02 §10, WS-20…27.

use std::sync::Arc;

use crate::ast::Project;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::parse::batch::empty;
use crate::parse::defaults::defaults;
use crate::parse::field::{Kind, Null, PLAIN_ID, PLAIN_TEXT, plain};
use crate::parse::shape::{self, Entry, Rule, Table};
use crate::text::{FileId, Spanned};
use crate::yaml::{self, Node, NodeKind};

const TABLE: Table = Table {
    what: "a project",
    keys: &[
        ("id", Rule::Required("add the line `id: name`, an identifier with a lower-case letter")),
        ("project_name", Rule::Optional),
        ("owner", Rule::Optional),
        ("defaults", Rule::Optional),
        ("images", Rule::Later("build images before the bake, and name them by `image`")),
        ("volumes", Rule::Later("remove it; tasks of this version see the folders of this machine")),
        ("mixins", Rule::Later("write their keys into the tasks, or share them by a YAML merge key `<<`")),
        ("role", Rule::Ignored("the key is deprecated; remove it")),
        ("kind", Rule::Elsewhere("a project file has no kind; remove it")),
        ("tasks", Rule::Elsewhere("tasks belong to a flow; move them into a file of their own beside this one")),
        ("params", Rule::Elsewhere("params belong to a flow; declare them in its file")),
    ],
};

const PROJECT_ID: Kind<String> = Kind { null: Null::Refused, ..PLAIN_ID };

/// Parses the text of a project file.
///
/// Shape: `None` if the text is not well-formed, is no mapping, or has no id; otherwise a project in
/// which what is wrong is absent. All diagnostics of the file come at once.
/// Errors: the families F01 and F02, `NotSupported`, and F03 of its expressions.
pub fn parse_project(file: FileId, text: &str) -> (Option<Project>, Diagnostics) {
    let (document, mut diagnostics) = yaml::read(file, text);
    let root = document.root.filter(|_| document.complete);
    if root.is_none() && !diagnostics.has_errors() {
        diagnostics.push(empty(file, "write `id: name`, or remove the file"));
    }
    let project = root.and_then(|root| project(&root, &mut diagnostics));
    (project, diagnostics.sorted())
}

fn project(root: &Node, diagnostics: &mut Diagnostics) -> Option<Project> {
    if !matches!(root.kind, NodeKind::Map(_)) {
        let found = Diagnostic::error(Code::WrongShape, format!("a project is a mapping, this is {}", root.describe()))
            .at(shape::head(root), "")
            .help("write keys: `id: name`, `defaults: …`");
        diagnostics.push(found);
        return None;
    }
    let top = Entry::new("a project", root.span, root);
    let fields = shape::fields(top, &TABLE, diagnostics)?;
    let id = plain(fields.get("id"), &PROJECT_ID, diagnostics);
    let project_name = plain(fields.get("project_name"), &PLAIN_TEXT, diagnostics);
    let owner = plain(fields.get("owner"), &PLAIN_TEXT, diagnostics);
    let defaults = defaults(fields.section("defaults"), diagnostics);
    let id = id.map(|id| Spanned::new(Arc::from(id.value), id.span))?;
    Some(Project { span: fields.span, id, project_name, owner, defaults })
}

#[cfg(test)]
mod tests;
