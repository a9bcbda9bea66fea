//! Equality, hashing and order of values, as the language has them (EXP-31).

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::value::{Int, Object, Value};

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Str(a) | Value::Status(a), Value::Str(b) | Value::Status(b))
            | (Value::LocalPath(a), Value::LocalPath(b))
            | (Value::RemotePath(a), Value::RemotePath(b))
            | (Value::Uri(a), Value::Uri(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
            (Value::Null, Value::Null) | (Value::Always, Value::Always) => true,
            (Value::List(a), Value::List(b)) => Arc::ptr_eq(a, b) || a == b,
            (Value::Map(a), Value::Map(b)) => Arc::ptr_eq(a, b) || a == b,
            (Value::Set(a), Value::Set(b)) => a == b,
            (Value::Object(a), Value::Object(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => number_order(self, other) == Some(Some(Ordering::Equal)),
        }
    }
}

impl Eq for Value {}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.type_name == other.type_name && self.properties == other.properties
    }
}

impl Eq for Object {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Value::Null => state.write_u8(0),
            Value::Bool(flag) => hash_int(&Int::Small(i64::from(*flag)), state),
            Value::Int(number) => hash_int(number, state),
            Value::Float(number) => hash_float(*number, state),
            Value::Str(text) | Value::Status(text) => hash_text(text, state),
            Value::LocalPath(text) => hash_tagged(3, text, state),
            Value::RemotePath(text) => hash_tagged(4, text, state),
            Value::Uri(text) => hash_tagged(5, text, state),
            Value::Always => state.write_u8(6),
            Value::List(items) => items.hash(state),
            // Equal maps and objects may differ in order, so only their size tells them apart.
            Value::Map(map) => state.write_usize(map.len()),
            Value::Set(items) => items.hash(state),
            Value::Object(object) => state.write_usize(object.properties.len()),
        }
    }
}

fn hash_int<H: Hasher>(number: &Int, state: &mut H) {
    state.write_u8(1);
    number.hash(state);
}

/// Whole floats hash as the integer that they equal.
fn hash_float<H: Hasher>(number: f64, state: &mut H) {
    let whole = (number.fract() == 0.0).then(|| Int::from_f64(number)).flatten();
    match whole {
        Some(whole) => hash_int(&whole, state),
        None if number.is_nan() => state.write_u8(7),
        None => state.write_u64(number.to_bits()),
    }
}

fn hash_text<H: Hasher>(text: &str, state: &mut H) {
    hash_tagged(2, text, state);
}

fn hash_tagged<H: Hasher>(tag: u8, text: &str, state: &mut H) {
    state.write_u8(tag);
    text.hash(state);
}

/// Finds a text key of a mapping without making a [`Value`] of it.
pub(super) struct TextKey<'a>(pub(super) &'a str);

impl Hash for TextKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_text(self.0, state);
    }
}

impl indexmap::Equivalent<Value> for TextKey<'_> {
    fn equivalent(&self, key: &Value) -> bool {
        key.as_str() == Some(self.0)
    }
}

/// Two values have no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incomparable;

impl Value {
    /// Compares as `<` does: numbers, texts by code points, lists item by item, sets by inclusion.
    ///
    /// `Ok(None)`: comparable kinds without an order (`NaN`, sets that do not include each other).
    /// Errors: [`Incomparable`] for other kinds; in lists the first pair of unequal items decides.
    pub fn compare(&self, other: &Value) -> Result<Option<Ordering>, Incomparable> {
        match (self, other) {
            (Value::List(a), Value::List(b)) => match a.iter().zip(b.iter()).find(|(a, b)| a != b) {
                Some((a, b)) => a.compare(b),
                None => Ok(Some(a.len().cmp(&b.len()))),
            },
            (Value::Set(a), Value::Set(b)) => Ok(match (a.is_subset(b), b.is_subset(a)) {
                (true, true) => Some(Ordering::Equal),
                (true, false) => Some(Ordering::Less),
                (false, true) => Some(Ordering::Greater),
                (false, false) => None,
            }),
            (Value::LocalPath(a), Value::LocalPath(b)) | (Value::RemotePath(a), Value::RemotePath(b)) => {
                Ok(Some(a.split('/').cmp(b.split('/'))))
            }
            (Value::Uri(a), Value::Uri(b)) => Ok(Some(a.cmp(b))),
            _ => match (self.as_str(), other.as_str()) {
                (Some(a), Some(b)) => Ok(Some(a.cmp(b))),
                _ => number_order(self, other).ok_or(Incomparable),
            },
        }
    }
}

/// The order of two numbers or bools; `None` if one is none, `Some(None)` if one is `NaN`.
#[expect(clippy::option_option, reason = "no number and no order are different")]
fn number_order(a: &Value, b: &Value) -> Option<Option<Ordering>> {
    Some(match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Int(a), Value::Float(b)) => a.compare_float(*b),
        (Value::Float(a), Value::Int(b)) => b.compare_float(*a).map(Ordering::reverse),
        (Value::Bool(a), _) => return number_order(&Value::from(i64::from(*a)), b),
        (_, Value::Bool(b)) => return number_order(a, &Value::from(i64::from(*b))),
        _ => return None,
    })
}
