//! Values as JSON for storage: plain where JSON can say it, else an object with a `$`-marker.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use num_bigint::BigInt;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::value::{Int, Object, Value, ValueMap, float_text};

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(flag) => serializer.serialize_bool(*flag),
            Value::Int(Int::Small(number)) => serializer.serialize_i64(*number),
            Value::Int(Int::Big(number)) => marked(serializer, "$bigint", &number.to_string()),
            Value::Float(number) if number.is_finite() => serializer.serialize_f64(*number),
            Value::Float(number) => marked(serializer, "$float", &float_text(*number)),
            Value::Str(text) => serializer.serialize_str(text),
            Value::List(items) => serialize_list(items, serializer),
            Value::Map(map) => serialize_map(map, serializer),
            Value::Set(items) => marked(serializer, "$set", items.as_ref()),
            Value::LocalPath(text) => marked(serializer, "$path", text),
            Value::RemotePath(text) => marked(serializer, "$remote_path", text),
            Value::Uri(text) => marked(serializer, "$url", text),
            Value::Always => marked(serializer, "$always", &true),
            Value::Status(text) => marked(serializer, "$status", text),
            Value::Object(object) => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("$object", &Properties(&object.properties))?;
                map.serialize_entry("$type", &object.type_name)?;
                map.end()
            }
        }
    }
}

/// The properties of an object, kept from being mistaken for a marker.
struct Properties<'a>(&'a IndexMap<Arc<str>, Value>);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.keys().any(|name| name.starts_with('$')) {
            let pairs: Vec<(&Arc<str>, &Value)> = self.0.iter().collect();
            return marked(serializer, "$pairs", &pairs);
        }
        serializer.collect_map(self.0)
    }
}

fn marked<S: Serializer, T: Serialize + ?Sized>(serializer: S, mark: &str, value: &T) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(mark, value)?;
    map.end()
}

fn serialize_list<S: Serializer>(items: &[Value], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(items.len()))?;
    for item in items {
        list.serialize_element(item)?;
    }
    list.end()
}

/// A mapping with text keys that no marker can be mistaken for is a JSON object.
fn serialize_map<S: Serializer>(entries: &ValueMap, serializer: S) -> Result<S::Ok, S::Error> {
    let plain = entries.keys().all(|key| matches!(key, Value::Str(text) if !text.starts_with('$')));
    if !plain {
        let pairs: Vec<(&Value, &Value)> = entries.iter().collect();
        return marked(serializer, "$pairs", &pairs);
    }
    let mut map = serializer.serialize_map(Some(entries.len()))?;
    for (key, value) in entries {
        map.serialize_entry(key, value)?;
    }
    map.end()
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Int(Int::from(BigInt::from(number))))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::from(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries: Vec<(String, Value)> = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        match entries.first() {
            Some((mark, _)) if mark.starts_with('$') => {
                let mark = mark.clone();
                unmark(entries).ok_or_else(|| de::Error::custom(format!("malformed `{mark}` in a stored value")))
            }
            _ => Ok(Value::map(entries)),
        }
    }
}

/// The value behind a marker; `None` if there is no such marker or its content does not fit.
fn unmark(entries: Vec<(String, Value)>) -> Option<Value> {
    let mut entries = entries.into_iter();
    let (mark, content) = entries.next()?;
    if mark == "$object" {
        return unmark_object(&content, entries.next().as_ref());
    }
    Some(match (mark.as_str(), content) {
        ("$bigint", Value::Str(text)) => Value::Int(Int::from(text.parse::<BigInt>().ok()?)),
        ("$float", Value::Str(text)) => Value::Float(text.parse().ok()?),
        ("$path", Value::Str(text)) => Value::LocalPath(text),
        ("$remote_path", Value::Str(text)) => Value::RemotePath(text),
        ("$url", Value::Str(text)) => Value::Uri(text),
        ("$status", Value::Str(text)) => Value::Status(text),
        ("$always", _) => Value::Always,
        ("$set", Value::List(items)) => Value::set(items.iter().map(|item| item.as_str()).collect::<Option<Vec<_>>>()?),
        ("$pairs", Value::List(pairs)) => {
            let pair = |pair: &Value| match pair.as_list()? {
                [key, value] => Some((key.clone(), value.clone())),
                _ => None,
            };
            Value::Map(Arc::new(pairs.iter().map(pair).collect::<Option<_>>()?))
        }
        _ => return None,
    })
}

fn unmark_object(properties: &Value, type_name: Option<&(String, Value)>) -> Option<Value> {
    let entry = |(key, value): (&Value, &Value)| Some((Arc::from(key.as_str()?), value.clone()));
    let properties = properties.as_map()?.iter().map(entry).collect::<Option<_>>()?;
    let type_name = type_name.and_then(|(_, name)| name.as_str()).unwrap_or("object").to_owned();
    Some(Value::Object(Arc::new(Object { type_name: type_name.into(), properties })))
}
