//! [`definitions`]: the values of which files are made, as JSON Schema, each under a name.
//!
//! Wherever a text may hold expressions its pattern lets them through: what they give is not known here.

use serde_json::{Map, Value, json};

/// Where an expression begins, anywhere in a text.
const OPEN: &str = r"\$\{\{|\$\[\[";

/// A text that is one expression.
const WHOLE: &str = r"^(\$\{\{[\s\S]*\}\}|\$\[\[[\s\S]*\]\])$";

/// WS-40. Letters of other scripts are taken unseen.
const IDENTIFIER: &str = r"^(?=.*([a-z]|[^\x00-\x7F]))([A-Za-z_]|[^\x00-\x7F])([A-Za-z0-9_]|[^\x00-\x7F])*$";

/// Seconds, or days to seconds, as text.
const SPAN: &str =
    r"^\s*([0-9][0-9_.]*|(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?|[0-9]+(:[0-5]?[0-9]){1,2})\s*$";

/// The name under which the definition of `name` stands.
pub(super) fn id(name: &str) -> String {
    name.replace('`', "").replace(' ', "-")
}

/// A reference to a definition; not bare, so that a description may stand beside it.
pub(super) fn named(name: &str) -> Value {
    json!({"allOf": [{"$ref": format!("#/definitions/{}", id(name))}]})
}

/// Any of them.
pub(super) fn either(some: &[Value]) -> Value {
    json!({"anyOf": some})
}

/// Nothing.
pub(super) fn null() -> Value {
    json!({"type": "null"})
}

/// A list of such items.
#[expect(clippy::needless_pass_by_value, reason = "reads as a nesting of what it is made of")]
pub(super) fn list(item: Value) -> Value {
    json!({"type": "array", "items": item})
}

/// A mapping of free names to such values.
#[expect(clippy::needless_pass_by_value, reason = "reads as a nesting of what it is made of")]
pub(super) fn mapping(value: Value) -> Value {
    json!({"type": "object", "additionalProperties": value})
}

/// A mapping of identifiers to such values.
pub(super) fn names(value: &Value) -> Value {
    json!({"type": "object", "propertyNames": {"pattern": IDENTIFIER}, "additionalProperties": value})
}

/// A section of such values under their names; it may be left empty.
pub(super) fn declared_as(value: &Value) -> Value {
    either(&[names(value), null()])
}

/// A section of what the definition says, under names; it may be left empty.
pub(super) fn declared(name: &str) -> Value {
    declared_as(&named(name))
}

/// A unit of its own, or a call.
pub(super) fn one_of_three(unit: &str, action: &str, module: &str) -> Value {
    json!({
        "if": {"required": ["module"]},
        "then": named(module),
        "else": {"if": {"required": ["action"]}, "then": named(action), "else": named(unit)},
    })
}

fn text(pattern: &str) -> Value {
    json!({"type": "string", "pattern": pattern})
}

/// The values by name.
pub(super) fn definitions() -> Map<String, Value> {
    texts().into_iter().chain(converted()).map(|(name, value)| (id(name), value)).collect()
}

/// What is a text in the end, whatever YAML takes it for, and what is made of texts.
fn texts() -> [(&'static str, Value); 13] {
    let scalar = json!({"type": ["string", "number", "boolean"]});
    let plain = json!({"not": text(OPEN)});
    [
        ("text", either(&[scalar.clone(), null()])),
        ("needed text", scalar.clone()),
        ("plain text", json!({"allOf": [either(&[scalar.clone(), null()]), plain]})),
        ("needed plain text", json!({"allOf": [scalar, plain]})),
        ("texts", either(&[list(named("needed text")), named("expression"), null()])),
        ("value", named("needed text")),
        ("plain value", named("plain text")),
        ("path", json!({"type": ["string", "null"]})),
        ("needed path", json!({"type": "string"})),
        ("plain id", text(IDENTIFIER)),
        ("needed id", either(&[text(IDENTIFIER), text(OPEN)])),
        ("id", either(&[named("needed id"), null()])),
        ("matrix", matrix(&list(names(&named("value"))))),
    ]
}

/// What is converted, or is one of a few words.
fn converted() -> [(&'static str, Value); 10] {
    let number = json!({"type": ["number", "boolean", "null"]});
    let whole = text(WHOLE);
    let flag = text("^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy][Ee][Ss]|[Nn][Oo]|[Oo][Nn]|[Oo][Ff][Ff])$");
    let condition = json!({"type": "string", "minLength": 1, "not": {"pattern": OPEN}});
    [
        ("expression", whole.clone()),
        ("time span", either(&[number.clone(), text(SPAN), whole.clone()])),
        ("number", either(&[number.clone(), text(r"^\s*[+-]?[0-9][0-9_]*\s*$"), whole.clone()])),
        ("count", at_least_one(r"^\s*\+?0*[1-9][0-9_]*\s*$")),
        ("factor", at_least_one(r"^\s*\+?0*[1-9][0-9_.eE+-]*\s*$")),
        ("plain flag", either(&[number.clone(), flag.clone()])),
        ("flag", either(&[number, flag, whole.clone()])),
        ("condition", either(&[json!({"type": ["number", "boolean"]}), whole, condition])),
        ("ports", either(&[text("^[0-9]+:[0-9]+$"), text(OPEN)])),
        ("restart policy", either(&[json!({"enum": ["never", "on-failure", "always", null]}), text(OPEN)])),
    ]
}

/// A number from 1 on, or a text of such a form. A truth counts as one.
fn at_least_one(pattern: &str) -> Value {
    either(&[json!({"type": "number", "minimum": 1}), json!({"enum": [true, null]}), text(pattern), text(WHOLE)])
}

/// The variables of rows with their values; `exclude` and `include` name rows.
fn matrix(rows: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            "exclude": {"allOf": [rows], "description": "Rows that are left out, by some or all of their values."},
            "include": {"allOf": [rows], "description": "Rows that are added."},
        },
        "propertyNames": {"pattern": IDENTIFIER},
        "additionalProperties": either(&[list(named("value")), named("expression")]),
    })
}
