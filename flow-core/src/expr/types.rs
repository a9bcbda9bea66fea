//! [`Type`]: what is known of a value before the run.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::value::Value;

/// The type of a value, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Nothing is known; whatever is done with it passes.
    Any,
    /// `None`.
    Null,
    /// `True`, `False`.
    Bool,
    /// An integer.
    Int,
    /// A float.
    Float,
    /// A text.
    Str,
    /// A status: a text for everything.
    Status,
    /// A path, local or remote.
    Path,
    /// A platform URI.
    Uri,
    /// A set of texts.
    Set,
    /// The value of `always()`.
    Always,
    /// A list of one type.
    List(Box<Type>),
    /// A mapping with any keys and values of one type.
    Map(Box<Type>),
    /// A mapping whose keys are all known.
    Record(Record),
    /// A context object: named fixed properties, no items.
    Object(Record),
}

/// The properties of an object, or the entries of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What it is called in messages, such as `needs`.
    pub name: Arc<str>,
    /// What its members are called in messages, in the plural, such as `tasks`.
    pub members: Arc<str>,
    /// The members with their types in order.
    pub types: IndexMap<Arc<str>, Type>,
}

impl Record {
    /// A record of members in the order given.
    pub fn new<K: Into<Arc<str>>>(name: &str, members: &str, types: impl IntoIterator<Item = (K, Type)>) -> Self {
        let types = types.into_iter().map(|(name, kind)| (name.into(), kind)).collect();
        Record { name: name.into(), members: members.into(), types }
    }
}

impl Type {
    /// A context object with its properties.
    pub fn object<K: Into<Arc<str>>>(name: &str, types: impl IntoIterator<Item = (K, Type)>) -> Type {
        Type::Object(Record::new(name, "properties", types))
    }

    /// A mapping with known keys; `members` is what they are called, in the plural.
    pub fn record<K: Into<Arc<str>>>(name: &str, members: &str, types: impl IntoIterator<Item = (K, Type)>) -> Type {
        Type::Record(Record::new(name, members, types))
    }

    /// The type of a value that is known already.
    pub fn of(value: &Value) -> Type {
        match value {
            Value::Null => Type::Null,
            Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::Float(_) => Type::Float,
            Value::Str(_) => Type::Str,
            Value::Status(_) => Type::Status,
            Value::LocalPath(_) | Value::RemotePath(_) => Type::Path,
            Value::Uri(_) => Type::Uri,
            Value::Set(_) => Type::Set,
            Value::Always => Type::Always,
            Value::List(items) => Type::List(Box::new(Type::join(items.iter().map(Type::of)))),
            Value::Map(map) if map.keys().all(|key| key.as_str().is_some()) => {
                Type::record("mapping", "keys", map.iter().map(|(key, value)| (key.text(), Type::of(value))))
            }
            Value::Map(_) => Type::Map(Box::new(Type::Any)),
            Value::Object(object) => {
                let types = object.properties.iter().map(|(name, value)| (Arc::clone(name), Type::of(value)));
                Type::object(&object.type_name, types)
            }
        }
    }

    /// The type that all of them have; `Any` if they differ or there are none.
    pub fn join(types: impl IntoIterator<Item = Type>) -> Type {
        let mut types = types.into_iter();
        let first = types.next().unwrap_or(Type::Any);
        if types.all(|one| one == first) { first } else { Type::Any }
    }

    /// The type of what `for` takes from it; `None` if it cannot be walked over.
    pub(crate) fn item(&self) -> Option<Type> {
        match self {
            Type::List(item) => Some(item.as_ref().clone()),
            Type::Any | Type::Map(_) => Some(Type::Any),
            Type::Record(_) | Type::Str | Type::Status | Type::Set => Some(Type::Str),
            Type::Null
            | Type::Bool
            | Type::Int
            | Type::Float
            | Type::Path
            | Type::Uri
            | Type::Always
            | Type::Object(_) => None,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Type::Any => "a value",
            Type::Null => "none",
            Type::Bool => "a bool",
            Type::Int => "an int",
            Type::Float => "a float",
            Type::Str => "a text",
            Type::Status => "a status",
            Type::Path => "a path",
            Type::Uri => "a URI",
            Type::Set => "a set",
            Type::Always => "the always marker",
            Type::List(_) => "a list",
            Type::Map(_) => "a mapping",
            Type::Record(record) | Type::Object(record) => return write!(f, "`{}`", record.name),
        })
    }
}
