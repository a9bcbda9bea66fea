//! `.name` and `[key]` (EXP-22, EXP-23).

use crate::diag::{Code, suggest};
use crate::expr::trouble::{Trouble, show};
use crate::value::Value;

/// The value of `.name`.
pub(crate) fn attr(value: &Value, name: &str) -> Result<Value, Trouble> {
    if let Some(found) = value.member(name) {
        return Ok(found.clone());
    }
    match value {
        Value::Map(_) | Value::Object(_) => {
            let help = suggest::help(name, "properties", value.member_names());
            Err(Trouble { help, ..Trouble::new(Code::UnknownProperty, format!("no property `{name}`")) })
        }
        Value::Str(_) | Value::Status(_) | Value::List(_) => {
            let message = format!("a {} has no properties, so no `{name}`", value.type_name());
            Err(Trouble::kind(message).help("take an item with `[…]`, or use a function"))
        }
        _ => Err(Trouble::kind(format!("no property `{name}`: {} has no properties", show(value)))),
    }
}

/// The value of `[key]`.
pub(crate) fn item(value: &Value, key: &Value) -> Result<Value, Trouble> {
    match value {
        Value::Map(map) => {
            if !key.is_hashable() {
                return Err(Trouble::kind(format!("a {} cannot be a key", key.type_name())));
            }
            map.get(key).cloned().ok_or_else(|| {
                let name = key.text();
                let help = suggest::help(&name, "keys", value.member_names());
                Trouble { help, ..Trouble::new(Code::UnknownProperty, format!("no item {}", show(key))) }
            })
        }
        Value::List(items) => {
            let at = index(value, key, items.len())?;
            items.get(at).cloned().ok_or_else(|| missing(value, key, items.len()))
        }
        Value::Str(text) | Value::Status(text) => {
            let length = text.chars().count();
            let at = index(value, key, length)?;
            let found = text.chars().nth(at).ok_or_else(|| missing(value, key, length))?;
            Ok(Value::from(found.encode_utf8(&mut [0; 4]) as &str))
        }
        Value::Object(object) => Err(Trouble::kind(format!("`{}` has no items", object.type_name))
            .help("take its properties with a dot, as in `flow.title`")),
        _ => Err(Trouble::kind(format!("{} has no items", show(value)))),
    }
}

/// The place of an item from the front; negative keys count from the end.
fn index(value: &Value, key: &Value, length: usize) -> Result<usize, Trouble> {
    let at = match key {
        Value::Bool(flag) => Some(i64::from(*flag)),
        Value::Int(number) => number.to_i64(),
        _ => {
            let message = format!("the index of a {} is an int, not {}", value.type_name(), show(key));
            return Err(Trouble::kind(message));
        }
    };
    let at = at.map(|at| if at < 0 { at.saturating_add_unsigned(length as u64) } else { at });
    at.and_then(|at| usize::try_from(at).ok()).ok_or_else(|| missing(value, key, length))
}

fn missing(value: &Value, key: &Value, length: usize) -> Trouble {
    let parts = if value.as_str().is_some() { "characters" } else { "items" };
    let message = format!("no item {key}");
    Trouble::value(message).help(format!("the {} has {length} {parts}, counted from 0", value.type_name()))
}
