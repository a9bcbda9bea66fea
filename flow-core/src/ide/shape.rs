//! [`Shapes`]: the schema as editors walk it: which keys and words may stand at a place of a file.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::ide::Document;
use crate::ide::mention::{entries, name};
use crate::ide::schema::tree;
use crate::yaml::{Node, NodeKind};

/// One step from a mapping or a list into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The value of a key.
    Key(String),
    /// An item of a list.
    Item,
}

/// The kinds of flows and actions.
const KINDS: [&str; 4] = ["batch", "live", "stateful", "local"];

/// The schema of a sort of file.
pub(super) struct Shapes {
    root: Value,
}

impl Shapes {
    pub(super) fn new(document: Document) -> Shapes {
        Shapes { root: tree(document) }
    }

    /// All that a file may be at a place: `path` leads there, `nodes` are what stands on the way, the root first.
    pub(super) fn at(&self, path: &[Step], nodes: &[&Node]) -> Vec<&Value> {
        let mut here = self.open(&self.root, nodes.first().copied());
        for (at, step) in path.iter().enumerate() {
            let next = here.iter().flat_map(|shape| match step {
                Step::Key(key) => value_of(shape, key),
                Step::Item => shape.get("items").into_iter().collect(),
            });
            let node = nodes.get(at + 1).copied();
            here = next.flat_map(|shape: &Value| self.open(shape, node)).collect();
        }
        here
    }

    /// A shape with all that it refers to and all its alternatives, as far as `node` does not rule them out.
    fn open<'a>(&'a self, shape: &'a Value, node: Option<&Node>) -> Vec<&'a Value> {
        let mut found = vec![shape];
        if let Some(reference) = shape.get("$ref").and_then(Value::as_str) {
            let target = self.root.pointer(reference.trim_start_matches('#'));
            found.extend(target.into_iter().flat_map(|target| self.open(target, node)));
        }
        for all in ["allOf", "anyOf"].iter().filter_map(|word| shape.get(word)?.as_array()) {
            found.extend(all.iter().flat_map(|one| self.open(one, node)));
        }
        if let Some(condition) = shape.get("if") {
            // Where a kind is still to be written, all of them are open.
            let branches: &[&str] = match holds(condition, node) {
                Some(true) => &["then"],
                Some(false) => &["else"],
                None => &["then", "else"],
            };
            let open = branches.iter().filter_map(|branch| shape.get(branch));
            found.extend(open.flat_map(|branch| self.open(branch, node)));
        }
        found
    }
}

/// The keys that may stand in a mapping of these shapes, with their meanings, in alphabetical order.
pub(super) fn keys<'a>(shapes: &[&'a Value]) -> BTreeMap<&'a str, &'a str> {
    let properties = shapes.iter().filter_map(|shape| shape.get("properties")?.as_object());
    let about = |value: &'a Value| value.get("description").and_then(Value::as_str);
    // Conditions have properties too, without a description.
    properties.flatten().filter_map(|(key, value)| Some((key.as_str(), about(value)?))).collect()
}

/// The words of which one may stand in place of a value.
pub(super) fn words<'a>(shapes: &[&'a Value]) -> Vec<&'a str> {
    let one_of = shapes.iter().filter_map(|shape| shape.get("enum")?.as_array()).flatten();
    let only = shapes.iter().filter_map(|shape| shape.get("const"));
    let mut found: Vec<&str> = one_of.chain(only).filter_map(Value::as_str).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether truth values may stand there.
pub(super) fn takes_flag(shapes: &[&Value]) -> bool {
    let types = |shape: &Value| shape.get("type").cloned().unwrap_or(Value::Null);
    let is_bool = |kind: &Value| kind.as_array().is_some_and(|all| all.iter().any(|one| one == "boolean"));
    let text = |kind: &Value| kind.as_array().is_some_and(|all| all.iter().any(|one| one == "string"));
    shapes.iter().any(|shape| is_bool(&types(shape))) && !shapes.iter().any(|shape| text(&types(shape)))
}

fn value_of<'a>(shape: &'a Value, key: &str) -> Vec<&'a Value> {
    let named = shape.get("properties").and_then(|properties| properties.get(key));
    named.or_else(|| shape.get("additionalProperties").filter(|other| other.is_object())).into_iter().collect()
}

/// Whether a condition of ours holds: which keys are there, and which `kind`; `None` where no kind is written yet.
fn holds(condition: &Value, node: Option<&Node>) -> Option<bool> {
    if let Some(inner) = condition.get("not") {
        return holds(inner, node).map(|holds| !holds);
    }
    let value = |wanted: &str| {
        let node = node.filter(|node| matches!(node.kind, NodeKind::Map(_)))?;
        entries(node).find(|(key, _)| name(key) == Some(wanted)).map(|(_, value)| value)
    };
    if let Some(kind) = condition.pointer("/properties/kind/const").and_then(Value::as_str) {
        let written = value("kind").and_then(name).filter(|word| KINDS.contains(word));
        return written.map(|word| word == kind);
    }
    let required = condition.get("required").and_then(Value::as_array);
    Some(required.is_none_or(|all| all.iter().filter_map(Value::as_str).all(|key| value(key).is_some())))
}
