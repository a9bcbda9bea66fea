//! [`schema`]: the JSON Schema of each sort of file. Source: EXT-6, spec 02.
//!
//! Keys, which of them are needed and what they mean come from the tables that the parser reads by
//! ([`crate::parse::mappings`]); `key` knows what a key takes, `value` how that is said in JSON Schema.

mod key;
mod value;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::parse::{Mapping, mappings};

/// A sort of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// A flow of either kind.
    Flow,
    /// An action of any kind, or a module.
    Action,
    /// The project file.
    Project,
}

impl Document {
    fn title(self) -> &'static str {
        match self {
            Document::Flow => "A flow of Apolo Flow",
            Document::Action => "An action or module of Apolo Flow",
            Document::Project => "The project file of Apolo Flow",
        }
    }

    /// What the file is, by its `kind`; the last one stands for a kind that is not written yet.
    fn kinds(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Document::Flow => &[("live", "a live flow"), ("batch", "a batch flow")],
            Document::Action => &[
                ("live", "a live action"),
                ("stateful", "a stateful action"),
                ("local", "a local action"),
                ("batch", "a batch action"),
            ],
            Document::Project => &[],
        }
    }
}

/// The JSON Schema (draft 7) of a sort of file.
///
/// Shape: JSON text with a line feed at its end, the same each time. It takes every file that the parser
/// takes without an error; what expressions mean it cannot judge, so `check` may still find errors.
/// Source: EXT-6.
pub fn schema(document: Document) -> String {
    let mut text = serde_json::to_string_pretty(&tree(document)).expect("texts, numbers and lists always serialize");
    text.push('\n');
    text
}

/// The schema as a tree.
pub(super) fn tree(document: Document) -> Value {
    let kinds = document.kinds();
    let body = match kinds.split_last() {
        None => value::named("a project"),
        Some((last, others)) => others.iter().rev().fold(value::named(last.1), |rest, (kind, name)| {
            json!({
                "if": {"required": ["kind"], "properties": {"kind": {"const": kind}}},
                "then": value::named(name),
                "else": rest,
            })
        }),
    };
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": document.title(),
        "definitions": definitions(),
        "allOf": [body],
    })
}

/// Everything that has keys of its own, and the values of which they are made, by name.
fn definitions() -> Map<String, Value> {
    let mut found: Map<String, Value> = value::definitions();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for mapping in mappings() {
        // A call stands in a task, then in a job.
        let twice = !seen.insert(mapping.what);
        let name = if twice { format!("{} in a job", mapping.what) } else { mapping.what.to_owned() };
        if mapping.what == key::DEFAULTS {
            found.insert(value::id(key::LIVE_DEFAULTS), object(&key::without_tasks(&mapping), key::LIVE_DEFAULTS));
        }
        found.insert(value::id(&name), object(&mapping, &name));
    }
    found.insert(value::id(key::ANY_TASK), value::one_of_three("a task", "a call of an action", "a call of a module"));
    let job = value::one_of_three("a job", "a call of an action in a job", "a call of a module in a job");
    found.insert(value::id(key::ANY_JOB), job);
    found
}

/// A mapping of fixed keys.
fn object(mapping: &Mapping, name: &str) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in &mapping.keys {
        let mut value = key::value(name, key.name);
        if let Value::Object(value) = &mut value {
            value.insert("description".to_owned(), json!(key.about));
        }
        properties.insert(key.name.to_owned(), value);
        if key.required {
            required.push(key.name);
        }
    }
    let mut found = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if let Value::Object(found) = &mut found {
        if !required.is_empty() {
            found.insert("required".to_owned(), json!(required));
        }
        found.extend(key::together(mapping));
    }
    found
}
