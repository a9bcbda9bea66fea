//! [`inputs`] and [`outputs`] of actions. Source: spec 02 §11.1, §11.2, DEC-13.

use crate::ast::{Declared, Field, Input, InputKind, Output, Section};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::parse::field::{PLAIN_PRIMITIVE, PLAIN_TEXT, TEXT, field, plain};
use crate::parse::list::declared;
use crate::parse::shape::{self, Entry, Rule, Table, used_at};
use crate::parse::word::{Words, word};
use crate::text::Spanned;
use crate::value::Value;
use crate::yaml::NodeKind;

pub(super) const INPUT: Table = Table {
    what: "an input",
    keys: &[&[("type", Rule::Optional), ("default", Rule::Optional), ("descr", Rule::Optional)]],
    foreign: &[],
};

pub(super) const OUTPUT: Table =
    Table { what: "an output", keys: &[&[("value", Rule::Optional), ("descr", Rule::Optional)]], foreign: &[] };

const KIND: Words<InputKind> = Words {
    one: "type of an input",
    list: "one of `str`, `int`, `float`, `bool`",
    meanings: &[
        ("str", InputKind::Str),
        ("int", InputKind::Int),
        ("float", InputKind::Float),
        ("bool", InputKind::Bool),
    ],
};

/// Reads `inputs`: `name: default`, a text, or `name: {type, default, descr}`.
pub(super) fn inputs(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Section<Declared<Input>> {
    declared(entry, diagnostics, input)
}

fn input(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Option<Input> {
    let name = entry.key;
    match &entry.value.kind {
        NodeKind::Scalar(_) => Some(Input { name, kind: None, default: short(entry, diagnostics), descr: None }),
        NodeKind::Seq(_) => {
            let found = shape::wrong_shape(entry, "a text, or a mapping with `type`, `default` and `descr`");
            diagnostics
                .push(found.help("an input is a single value; write `name: {type: int}`, or a default for a text"));
            None
        }
        NodeKind::Map(_) => {
            let fields = shape::fields(entry, &INPUT, diagnostics)?;
            let wrong = diagnostics.len();
            let kind = fields.get("type").and_then(|entry| word(entry, &KIND, diagnostics));
            let default = field(fields.get("default"), &PLAIN_PRIMITIVE, diagnostics);
            // A default cannot be judged by a type that is wrong itself.
            if diagnostics.len() == wrong {
                check_default(fields.get("default"), kind.as_ref(), &default, diagnostics);
            }
            let descr = plain(fields.get("descr"), &PLAIN_TEXT, diagnostics).map(|descr| descr.value);
            Some(Input { name, kind, default, descr })
        }
    }
}

/// A short form is a text, as with params.
fn short(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Field<Value> {
    match plain(Some(entry), &PLAIN_TEXT, diagnostics) {
        Some(text) => Field::Literal(Spanned::new(Value::from(text.value), text.span)),
        None if entry.value.is_null() => Field::Null(entry.place()),
        None => Field::Absent,
    }
}

/// A default has the declared type; a boolean passes for an integer, as in the reference.
fn check_default(
    entry: Option<Entry<'_>>,
    kind: Option<&Spanned<InputKind>>,
    default: &Field<Value>,
    diagnostics: &mut Diagnostics,
) {
    let (Some(entry), Field::Literal(default)) = (entry, default) else { return };
    let wanted = kind.map(|kind| kind.value).unwrap_or_default();
    let found = match &default.value {
        Value::Bool(_) if wanted == InputKind::Int => return,
        Value::Bool(_) => InputKind::Bool,
        Value::Int(_) => InputKind::Int,
        Value::Float(_) => InputKind::Float,
        _ => InputKind::Str,
    };
    if found == wanted {
        return;
    }
    let message = format!("the default is of type `{}`, the input of type `{}`", found.word(), wanted.word());
    let wrong = Diagnostic::error(Code::WrongValue, message).at(default.span, "");
    let (wrong, help) = match kind {
        Some(kind) => (wrong.at(kind.span, "the type of the input"), fit(&default.value, wanted)),
        None => (wrong, Some(format!("write `type: {}`, or put the default into quotes", found.word()))),
    };
    let help =
        help.unwrap_or_else(|| format!("write a default of type `{}`, or `type: {}`", wanted.word(), found.word()));
    diagnostics.push(used_at(wrong.help(help), entry.value));
}

/// How to write a default so that it has the type.
fn fit(default: &Value, wanted: InputKind) -> Option<String> {
    match (default, wanted) {
        (Value::Int(int), InputKind::Float) => Some(format!("write `{}.0`", Value::Int(int.clone()).text())),
        (_, InputKind::Str) => Some(format!("put it into quotes: `'{}'`", default.text())),
        _ => None,
    }
}

/// Reads `outputs`.
pub(super) fn outputs(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Section<Declared<Output>> {
    declared(entry, diagnostics, |entry, diagnostics| {
        let fields = shape::fields(entry, &OUTPUT, diagnostics)?;
        let value = field(fields.get("value"), &TEXT, diagnostics);
        let descr = plain(fields.get("descr"), &PLAIN_TEXT, diagnostics).map(|descr| descr.value);
        Some(Output { name: entry.key, value, descr })
    })
}

/// Reports values of outputs where the unit itself sets them.
pub(super) fn refuse_values(outputs: &Section<Declared<Output>>, what: &str, diagnostics: &mut Diagnostics) {
    for (name, output) in outputs.written().into_iter().flatten() {
        if let Some(place) = output.value.span() {
            let found = Diagnostic::error(Code::UnknownKey, format!("an output of {what} has no key `value`"));
            let help = format!("print `::set-output name={name}::VALUE` in the command, and remove the value here");
            diagnostics.push(found.at(place, "only batch actions compute outputs").help(help));
        }
    }
}
