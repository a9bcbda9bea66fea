//! [`Value`]: what expressions compute and YAML scalars become.
//!
//! A secret's text is never a value: the core holds only its name, adapters resolve it at start.
//! Operations on values belong to `expr::eval`; conversions to the type of a key to `expr::convert`.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use num_bigint::BigInt;

/// An exact integer: small ones inline, large ones on the heap.
///
/// Shape: `Big` never holds what fits an `i64`, so equality is by variant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Int {
    /// Fits 64 bits.
    Small(i64),
    /// Does not.
    Big(Arc<BigInt>),
}

/// Mapping of values: keys in the order of writing, any hashable value may be a key.
pub type ValueMap = IndexMap<Value, Value>;

/// What an expression computes.
///
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
    pub type_name: &'static str,
    /// Its properties in the order of the reference.
    pub properties: IndexMap<Arc<str>, Value>,
}

impl PartialEq for Value {
    fn eq(&self, _: &Self) -> bool {
        false
    }
}
impl Eq for Value {}
impl std::hash::Hash for Value {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}
impl serde::Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_unit()
    }
}
impl<'de> serde::Deserialize<'de> for Value {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Value::Null)
    }
}
