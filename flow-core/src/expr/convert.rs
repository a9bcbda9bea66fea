//! [`convert`]: a value to the type of the key it stands at. Source: EXP-45, spec 02 §2.

mod identifier;
mod number;

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::expr::eval::for_each;
use crate::expr::trouble::show;
use crate::expr::{path, uri};
use crate::value::{Value, ValueMap};

pub use identifier::check_identifier;

/// The type of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Any value.
    Any,
    /// A text.
    Str,
    /// True or false (DEC-11).
    Bool,
    /// True, false or always.
    Enable,
    /// An integer.
    Int,
    /// A float.
    Float,
    /// Seconds as a float (YML-20).
    Seconds,
    /// An identifier (WS-40).
    Id,
    /// Int, bool and float kept, else a text.
    Primitive,
    /// A path on the user's machine.
    LocalPath,
    /// A path inside a task.
    RemotePath,
    /// A URI, not made whole: `uri::resolve` does that with the facts of the project (WS-50).
    Uri,
    /// `LOCAL:REMOTE`.
    PortPair,
    /// `never`, `on-failure` or `always`.
    Restart,
    /// `bash` command line (YML-30).
    Bash,
    /// `python` command line (YML-30).
    Python,
    /// A list, items kept.
    List,
    /// A list, items to text.
    TextList,
    /// A list of `LOCAL:REMOTE`.
    PortPairList,
    /// A mapping of texts.
    TextMap,
}

/// Why a value does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// A lower-case fragment.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl Misfit {
    /// A misfit without help.
    pub fn new(message: impl Into<String>) -> Self {
        Misfit { message: message.into(), help: None }
    }

    /// Adds the help.
    pub fn help(self, help: impl Into<String>) -> Self {
        Misfit { help: Some(help.into()), ..self }
    }
}

impl Target {
    /// Whether texts and expressions may be joined in it; in the others an expression stands alone.
    pub fn allows_concatenation(self) -> bool {
        match self {
            Target::Bool
            | Target::Enable
            | Target::Int
            | Target::Float
            | Target::Seconds
            | Target::List
            | Target::TextList
            | Target::PortPairList
            | Target::TextMap => false,
            Target::Any
            | Target::Str
            | Target::Id
            | Target::Primitive
            | Target::LocalPath
            | Target::RemotePath
            | Target::Uri
            | Target::PortPair
            | Target::Restart
            | Target::Bash
            | Target::Python => true,
        }
    }

    /// What it wants, for people.
    pub fn wanted(self) -> &'static str {
        match self {
            Target::Any => "a value",
            Target::Str => "a text",
            Target::Bool => "`true` or `false`",
            Target::Enable => "`true`, `false` or `always()`",
            Target::Int => "an integer",
            Target::Float => "a number",
            Target::Seconds => "a time span such as `1d2h3m4s`, or seconds",
            Target::Id => "an identifier",
            Target::Primitive => "a number, a bool or a text",
            Target::LocalPath | Target::RemotePath => "a path",
            Target::Uri => "a URI",
            Target::PortPair => "ports such as `8080:80`",
            Target::Restart => "`never`, `on-failure` or `always`",
            Target::Bash => "a bash script",
            Target::Python => "a Python script",
            Target::List | Target::TextList => "a list",
            Target::PortPairList => "a list of ports such as `8080:80`",
            Target::TextMap => "a mapping",
        }
    }
}

/// Converts what an expression gave; the result holds only what `target` names.
///
/// Shape: `LocalPath`, `RemotePath` and `Uri` give values of that kind; `Bash`, `Python`,
/// `PortPair`, `Restart` and `Id` texts; `TextList` and `TextMap` keep nulls among their items.
/// Errors: the value does not fit; the message shows it.
pub fn convert(value: &Value, target: Target) -> Result<Value, Misfit> {
    match target {
        Target::Any => Ok(value.clone()),
        Target::Str => Ok(Value::Str(value.text())),
        Target::Bool => to_bool(value),
        Target::Enable => Ok(to_enable(value)),
        Target::Int => number::to_int(value),
        Target::Float => number::to_float(value).map(Value::Float),
        Target::Seconds => number::to_seconds(value).map(Value::Float),
        Target::Id => identifier::to_id(value),
        Target::Primitive => Ok(match value {
            Value::Int(_) | Value::Bool(_) | Value::Float(_) => value.clone(),
            _ => Value::Str(value.text()),
        }),
        Target::LocalPath => to_path(value).map(Value::LocalPath),
        Target::RemotePath => to_path(value).map(Value::RemotePath),
        Target::Uri => match value {
            Value::Uri(_) => Ok(value.clone()),
            _ => uri::normal(value.as_str().ok_or_else(|| misfit(value, target))?).map(|uri| Value::Uri(uri.into())),
        },
        Target::PortPair => to_ports(value),
        Target::Restart => match value.as_str() {
            Some("never" | "on-failure" | "always") => Ok(Value::Str(value.text())),
            _ => Err(misfit(value, target)),
        },
        Target::Bash => Ok(Value::from(format!("bash -euo pipefail -c {}", quote_shell(&value.text())))),
        Target::Python => Ok(Value::from(format!("python3 -uc {}", quote_shell(&value.text())))),
        Target::List => to_list(value, &|item| Ok(item)),
        Target::TextList => to_list(value, &|item| Ok(text_or_null(&item))),
        Target::PortPairList => to_list(value, &|item| to_ports(&item)),
        Target::TextMap => to_text_map(value),
    }
}

/// Converts what an expression alone gave for an attribute that may be unset (DEC-9).
///
/// Null leaves it unset, but for bools, where it counts as false.
pub fn convert_optional(value: &Value, target: Target) -> Result<Option<Value>, Misfit> {
    if *value == Value::Null && !matches!(target, Target::Bool | Target::Enable) {
        return Ok(None);
    }
    convert(value, target).map(Some)
}

/// Converts a literal of the file, as YAML typed it.
///
/// Errors: as [`convert`], and null; an empty text where only a whole expression or a value may
/// stand (`EXP-45`, spec 02 §2); a text where a list or mapping is wanted.
pub fn convert_literal(value: &Value, target: Target) -> Result<Value, Misfit> {
    let text = value.as_str();
    if *value == Value::Null {
        return Err(Misfit::new("a value is required here").help(format!("give {}", target.wanted())));
    }
    if text == Some("") && !target.allows_concatenation() {
        return Err(Misfit::new("an empty text is no value here").help(format!("give {}", target.wanted())));
    }
    match target {
        Target::List | Target::TextList | Target::PortPairList if text.is_some() => Err(misfit(value, target)),
        // As in the reference, a text other than `always()` and the empty one enables.
        _ => convert(value, target),
    }
}

fn misfit(value: &Value, target: Target) -> Misfit {
    Misfit::new(format!("{} does not fit here", show(value))).help(format!("give {}", target.wanted()))
}

/// DEC-11: a text counts only if it says so; the empty one is false.
fn to_bool(value: &Value) -> Result<Value, Misfit> {
    let Some(text) = value.as_str() else { return Ok(Value::Bool(value.is_true())) };
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Ok(Value::Bool(true)),
        "false" | "no" | "off" | "" => Ok(Value::Bool(false)),
        _ => Err(misfit(value, Target::Bool)),
    }
}

fn to_enable(value: &Value) -> Value {
    if *value == Value::Always || value.as_str() == Some("always()") {
        return Value::Always;
    }
    Value::Bool(value.is_true())
}

fn to_path(value: &Value) -> Result<Arc<str>, Misfit> {
    match value {
        Value::Str(text) | Value::Status(text) | Value::LocalPath(text) | Value::RemotePath(text) => {
            Ok(path::normal(text).into())
        }
        _ => Err(misfit(value, Target::LocalPath)),
    }
}

fn to_ports(value: &Value) -> Result<Value, Misfit> {
    let text = value.text();
    let is_port = |port: &str| !port.is_empty() && port.chars().all(|c| crate::value::digit_value(c).is_some());
    match text.split_once(':') {
        Some((local, remote)) if is_port(local) && is_port(remote) => Ok(Value::Str(text)),
        _ => Err(misfit(value, Target::PortPair)),
    }
}

/// The items of a list, the keys of a mapping, the characters of a text; sets have no order.
fn to_list(value: &Value, item: &dyn Fn(Value) -> Result<Value, Misfit>) -> Result<Value, Misfit> {
    let mut items = Vec::new();
    let mut wrong = Ok(());
    let walked = !matches!(value, Value::Set(_))
        && for_each(value, &mut |one| match item(one) {
            Ok(one) => {
                items.push(one);
                ControlFlow::Continue(())
            }
            Err(misfit) => {
                wrong = Err(misfit);
                ControlFlow::Break(())
            }
        });
    wrong?;
    if walked { Ok(Value::from(items)) } else { Err(misfit(value, Target::List)) }
}

fn to_text_map(value: &Value) -> Result<Value, Misfit> {
    let Value::Map(map) = value else { return Err(misfit(value, Target::TextMap)) };
    let entry = |(key, value): (&Value, &Value)| match key.as_str() {
        Some(_) => Ok((Value::Str(key.text()), text_or_null(value))),
        None => Err(Misfit::new(format!("the key {} is no text", show(key))).help("make it one with `str()`")),
    };
    Ok(Value::Map(Arc::new(map.iter().map(entry).collect::<Result<ValueMap, Misfit>>()?)))
}

fn text_or_null(value: &Value) -> Value {
    if *value == Value::Null { Value::Null } else { Value::Str(value.text()) }
}

/// A text as one word of a POSIX shell (YML-30).
pub fn quote_shell(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\"'\"'"))
}

#[cfg(test)]
mod tests;
