//! [`Trouble`]: a fault of an evaluation before its place is known.

use crate::diag::{Code, suggest};
use crate::expr::HostCall;
use crate::value::Value;

/// What went wrong; the evaluator adds where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Trouble {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Trouble { code, message: message.into(), help: None }
    }

    /// A value of the wrong type.
    pub(crate) fn kind(message: impl Into<String>) -> Self {
        Trouble::new(Code::ExprType, message)
    }

    /// A value of the right type that is not accepted.
    pub(crate) fn value(message: impl Into<String>) -> Self {
        Trouble::new(Code::ExprValue, message)
    }

    /// A name that is no context of the place.
    pub(crate) fn context<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let help = suggest::help(name, "contexts", known);
        Trouble { help, ..Trouble::new(Code::UnknownContext, format!("no context `{name}` here")) }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Trouble { help: Some(help.into()), ..self }
    }
}

/// Why a function gives no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Halt {
    Trouble(Trouble),
    Ask(HostCall),
}

impl From<Trouble> for Halt {
    fn from(trouble: Trouble) -> Self {
        Halt::Trouble(trouble)
    }
}

/// A value as it is shown in messages: its repr, shortened, with its type.
pub(crate) fn show(value: &Value) -> String {
    const MOST: usize = 60;
    // A huge value is never written out only to be cut.
    let text = match value {
        Value::List(items) if items.len() > MOST => format!("a list of {} items", items.len()),
        Value::Map(map) if map.len() > MOST => format!("a mapping of {} entries", map.len()),
        Value::Str(text) if text.len() > MOST * 4 => Value::from(cut(text, MOST)).repr(),
        Value::Object(object) => format!("`{}`", object.type_name),
        _ => value.repr(),
    };
    let shown = cut(&text, MOST);
    match value {
        Value::Null | Value::Bool(_) | Value::Always | Value::Object(_) => shown,
        _ => format!("{shown} ({})", value.type_name()),
    }
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or("")),
        None => text.to_owned(),
    }
}
