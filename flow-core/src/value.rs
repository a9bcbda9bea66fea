//! [`Value`]: what expressions compute and YAML scalars become.
//!
//! A secret's text is never a value: the core holds only its name, adapters resolve it at start.
//! Operations on values belong to `expr::eval`; conversions to the type of a key to `expr::convert`.

mod compare;
mod int;
mod json;
mod render;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

pub use compare::Incomparable;
pub use int::Int;
pub(crate) use int::{digit_value, plain_digits};
pub(crate) use render::{Escape, float_text, write_text_repr};

/// Mapping of values: keys in the order of writing, any hashable value may be a key.
pub type ValueMap = IndexMap<Value, Value>;

/// What an expression computes.
///
/// Equality and hashing are those of the language (EXP-31): numbers and bools by their number, a
/// status by its word, all else by kind and content. Only `NaN` differs: it equals itself here, so
/// that any value may be a key of a map; the operator `==` knows better.
/// Stored as JSON with `$`-markers where JSON has no word for it (`$bigint`, `$float`, `$set`,
/// `$path`, `$remote_path`, `$url`, `$always`, `$status`, `$object`, `$pairs`), without loss.
/// Source: EXP-20.
#[derive(Clone, Debug)]
pub enum Value {
    /// `None`.
    Null,
    /// `True`, `False`.
    Bool(bool),
    /// An exact integer.
    Int(Int),
    /// An IEEE double.
    Float(f64),
    /// A text.
    Str(Arc<str>),
    /// A list.
    List(Arc<Vec<Value>>),
    /// A mapping.
    Map(Arc<ValueMap>),
    /// A set of texts (`tags`).
    Set(Arc<BTreeSet<Arc<str>>>),
    /// A path on the user's machine.
    LocalPath(Arc<str>),
    /// A path inside a task.
    RemotePath(Arc<str>),
    /// A platform URI.
    Uri(Arc<str>),
    /// The value of `always()`.
    Always,
    /// A task's status; a text for everything (EXP-34, DEC-10).
    Status(Arc<str>),
    /// A context object: named fixed properties.
    Object(Arc<Object>),
}

/// A context object such as `flow` or one entry of `needs`.
#[derive(Clone, Debug)]
pub struct Object {
    /// The name of its type for messages, such as `flow`.
    pub type_name: Cow<'static, str>,
    /// Its properties in the order of the reference.
    pub properties: IndexMap<Arc<str>, Value>,
}

impl Value {
    /// A mapping with names for keys, in the order given.
    pub fn map<K: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Map(Arc::new(entries.into_iter().map(|(name, value)| (Value::Str(name.into()), value)).collect()))
    }

    /// A context object with its properties in the order given.
    pub fn object<K: Into<Arc<str>>>(
        type_name: impl Into<Cow<'static, str>>,
        properties: impl IntoIterator<Item = (K, Value)>,
    ) -> Value {
        let properties = properties.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Value::Object(Arc::new(Object { type_name: type_name.into(), properties }))
    }

    /// A set of texts.
    pub fn set<T: Into<Arc<str>>>(items: impl IntoIterator<Item = T>) -> Value {
        Value::Set(Arc::new(items.into_iter().map(Into::into).collect()))
    }

    /// A list.
    pub fn list(items: impl IntoIterator<Item = Value>) -> Value {
        Value::List(Arc::new(items.into_iter().collect()))
    }

    /// The characters, if it is a text or a status (EXP-34).
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) | Value::Status(text) => Some(text),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The mapping, if it is one.
    pub fn as_map(&self) -> Option<&ValueMap> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The value of a name in a mapping or of a property of an object.
    pub fn member(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Map(map) => map.get(&compare::TextKey(name)),
            Value::Object(object) => object.properties.get(name),
            _ => None,
        }
    }

    /// The names that [`Value::member`] knows, in order.
    pub fn member_names(&self) -> Vec<&str> {
        match self {
            Value::Map(map) => map.keys().filter_map(Value::as_str).collect(),
            Value::Object(object) => object.properties.keys().map(AsRef::as_ref).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it counts as true in a condition (EXP-31).
    pub fn is_true(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(flag) => *flag,
            Value::Int(number) => *number != Int::Small(0),
            Value::Float(number) => *number != 0.0,
            Value::Str(text) => !text.is_empty(),
            Value::List(items) => !items.is_empty(),
            Value::Map(map) => !map.is_empty(),
            Value::Set(items) => !items.is_empty(),
            Value::LocalPath(_)
            | Value::RemotePath(_)
            | Value::Uri(_)
            | Value::Always
            | Value::Status(_)
            | Value::Object(_) => true,
        }
    }

    /// The word for its type in messages.
    pub fn type_name(&self) -> &str {
        match self {
            Value::Null => "none",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Str(_) => "str",
            Value::List(_) => "list",
            Value::Map(_) => "mapping",
            Value::Set(_) => "set",
            Value::LocalPath(_) => "local path",
            Value::RemotePath(_) => "remote path",
            Value::Uri(_) => "URI",
            Value::Always => "always",
            Value::Status(_) => "status",
            Value::Object(object) => &object.type_name,
        }
    }

    /// Whether it may be a key of a mapping (EXP-33).
    pub fn is_hashable(&self) -> bool {
        !matches!(self, Value::List(_) | Value::Map(_) | Value::Set(_) | Value::Object(_))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Str(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Str(text.into())
    }
}

impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Self {
        Value::Str(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Bool(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(Int::Small(number))
    }
}

impl From<Int> for Value {
    fn from(number: Int) -> Self {
        Value::Int(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Value::Float(number)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Value::List(Arc::new(items))
    }
}

#[cfg(test)]
mod tests;
