//! [`differences`]: what makes two units differ, field by field.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its path, such as `env.RATE` or `needs.load.outputs.rows`.
    pub field: String,
    /// What it was; `None` if it was not there.
    pub old: Option<String>,
    /// What it is; `None` if it is not there.
    pub new: Option<String>,
}

/// The fields in which two canonical texts of units differ, by path; `None` if one is no JSON.
pub(super) fn differences(old: &str, new: &str) -> Option<Vec<Change>> {
    let (old, new) = (fields(old)?, fields(new)?);
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differing = paths.into_iter().filter(|path| old.get(*path) != new.get(*path));
    let change =
        |path: &String| Change { field: path.clone(), old: old.get(path).cloned(), new: new.get(path).cloned() };
    Some(differing.map(change).collect())
}

fn fields(text: &str) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    collect(&serde_json::from_str(text).ok()?, String::new(), &mut found);
    Some(found)
}

/// Every leaf under its path; texts as they are, all else as JSON. What is null is not there.
fn collect(value: &Value, path: String, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(entries) => {
            for (name, entry) in entries {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect(entry, path, found);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                collect(item, format!("{path}[{at}]"), found);
            }
        }
        Value::Null => {}
        Value::String(text) => {
            found.insert(path, text.clone());
        }
        Value::Bool(_) | Value::Number(_) => {
            found.insert(path, value.to_string());
        }
    }
}
