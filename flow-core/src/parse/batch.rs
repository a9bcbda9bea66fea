//! [`parse_batch`]: the text of a batch flow to its syntax. Source: spec 02 §5, §6.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::{Batch, Field, Param, Task};
use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::parse::defaults::defaults;
use crate::parse::field::{PLAIN_ID, PLAIN_TEXT, SECONDS, TEXT, field, plain};
use crate::parse::list::identifier;
use crate::parse::shape::{self, Entry, Rule, Table, used_at};
use crate::parse::task::task;
use crate::text::{FileId, Span, Spanned};
use crate::yaml::{self, Node, NodeKind};

const ACTION: &str = "it belongs to actions, and this version cannot run them yet; remove it";

const TABLE: Table = Table {
    what: "a batch flow",
    keys: &[
        ("kind", Rule::Required("add the line `kind: batch`")),
        ("id", Rule::Optional),
        ("title", Rule::Optional),
        ("life_span", Rule::Optional),
        ("params", Rule::Optional),
        ("defaults", Rule::Optional),
        ("tasks", Rule::Required("add `tasks:` and below it an item for each task: `- cmd: …`")),
        ("images", Rule::Later("build images before the bake, and name them by `image`")),
        ("volumes", Rule::Later("remove it; tasks of this version see the folders of this machine")),
        ("mixins", Rule::Later("write their keys into the tasks, or share them by a YAML merge key `<<`")),
        ("jobs", Rule::Elsewhere("jobs belong to live flows; a batch flow has `tasks`")),
        ("inputs", Rule::Elsewhere(ACTION)),
        ("outputs", Rule::Elsewhere(ACTION)),
    ],
};

const PARAM: Table = Table { what: "a param", keys: &[("default", Rule::Optional), ("descr", Rule::Optional)] };

/// Parses the text of a batch flow.
///
/// Shape: `None` if the text is not well-formed or no batch flow at all; otherwise a flow in which
/// what is wrong is absent. All diagnostics of the file come at once.
/// Errors: the families F01 and F02, `WrongKind`, `NotSupported`, and F03 of its expressions.
pub fn parse_batch(file: FileId, text: &str) -> (Option<Batch>, Diagnostics) {
    let (document, mut diagnostics) = yaml::read(file, text);
    // What is missing from a tree that was cut off says nothing about the user's intent.
    let root = document.root.filter(|_| document.complete);
    if root.is_none() && !diagnostics.has_errors() {
        diagnostics.push(empty(file, "a batch flow begins with the line `kind: batch`"));
    }
    let batch = root.and_then(|root| batch(&root, &mut diagnostics));
    (batch, diagnostics.sorted())
}

/// An error for a file in which nothing stands.
pub(super) fn empty(file: FileId, help: &str) -> Diagnostic {
    Diagnostic::error(Code::WrongShape, "the file is empty").at(Span::new(file, 0..0), "").help(help)
}

fn batch(root: &Node, diagnostics: &mut Diagnostics) -> Option<Batch> {
    if !is_batch(root, diagnostics) {
        return None;
    }
    let top = Entry::new("a flow", root.span, root);
    let fields = shape::fields(top, &TABLE, diagnostics)?;
    Some(Batch {
        span: fields.span,
        id: plain(fields.get("id"), &PLAIN_ID, diagnostics).map(|id| Spanned::new(Arc::from(id.value), id.span)),
        title: plain(fields.get("title"), &PLAIN_TEXT, diagnostics),
        life_span: field(fields.get("life_span"), &SECONDS, diagnostics),
        params: params(fields.section("params"), diagnostics),
        defaults: defaults(fields.section("defaults"), diagnostics),
        tasks: tasks(fields.get("tasks"), diagnostics),
    })
}

/// Whether the file may be read as a batch flow. Of another kind: it has other keys, so nothing else
/// would be worth saying.
fn is_batch(root: &Node, diagnostics: &mut Diagnostics) -> bool {
    let NodeKind::Map(entries) = &root.kind else {
        let found = Diagnostic::error(Code::WrongShape, format!("a flow is a mapping, this is {}", root.describe()))
            .at(shape::head(root), "")
            .help("write keys: `kind: batch`, and `tasks:` with the list of tasks");
        diagnostics.push(found);
        return false;
    };
    let named = |key: &Node| key.scalar().is_some_and(|scalar| scalar.text.content.as_ref() == "kind");
    let Some((key, value)) = entries.iter().find(|(key, _)| named(key)) else { return true };
    let word = value.scalar().map_or("", |scalar| scalar.text.content.as_ref());
    if word == "batch" {
        return true;
    }
    let entry = Entry::new("kind", key.span, value);
    if word.is_empty() {
        diagnostics.push(shape::wrong_shape(entry, "the word `batch`"));
        return false;
    }
    let place = entry.place();
    let (message, help) = match word {
        "live" => {
            let help = "name a batch flow; live flows are not supported by this version yet";
            ("this is a live flow, a batch flow is needed".to_owned(), help)
        }
        "stateful" | "local" => {
            (format!("this is a {word} action, a batch flow is needed"), "name the file of a batch flow")
        }
        _ if suggest::nearest(word, ["batch"]).is_some() => (format!("no kind `{word}`"), "did you mean `batch`?"),
        _ => (format!("no kind `{word}`"), "write `kind: batch`"),
    };
    diagnostics.push(used_at(Diagnostic::error(Code::WrongKind, message).at(place, "").help(help), value));
    false
}

/// Reads `params`: `name: default`, or `name: {default, descr}`.
fn params(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> IndexMap<Arc<str>, Param> {
    let mut found = IndexMap::new();
    let written = entry.and_then(|entry| shape::mapping(entry, diagnostics)).unwrap_or_default();
    for (key, value) in written {
        let Some(name) = identifier(key, diagnostics) else { continue };
        let entry = Entry::new(&name.value, key.span, value);
        let param = param(entry, diagnostics);
        found.entry(name.value.clone()).or_insert(param);
    }
    found
}

fn param(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Param {
    let name = entry.key;
    match &entry.value.kind {
        NodeKind::Scalar(_) => Param { name, default: field(Some(entry), &TEXT, diagnostics), descr: None },
        NodeKind::Seq(_) => {
            let found = shape::wrong_shape(entry, "a text, or a mapping with `default` and `descr`");
            diagnostics.push(found.help("a param is one text; write it so, and split it in the task"));
            Param { name, default: Field::Absent, descr: None }
        }
        NodeKind::Map(_) => {
            let fields = shape::fields(entry, &PARAM, diagnostics);
            let get = |key: &str| fields.as_ref().and_then(|fields| fields.get(key));
            let default = field(get("default"), &TEXT, diagnostics);
            let descr = plain(get("descr"), &PLAIN_TEXT, diagnostics).map(|descr| descr.value);
            Param { name, default, descr }
        }
    }
}

fn tasks(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Vec<Task> {
    let Some(entry) = entry else { return Vec::new() };
    let NodeKind::Seq(items) = &entry.value.kind else {
        let found = shape::wrong_shape(entry, "a list of tasks");
        let named = matches!(entry.value.kind, NodeKind::Map(_));
        let help = if named {
            "write each task as an item of a list, its name as the id: `- id: name`"
        } else {
            "write `tasks: []` for a flow without tasks, else an item for each: `- cmd: …`"
        };
        diagnostics.push(found.help(help));
        return Vec::new();
    };
    items.iter().filter_map(|item| task(entry.item(item), diagnostics)).collect()
}

#[cfg(test)]
mod tests;
