//! [`call`] and [`params`]: what is called, what it is given, and what may be given. Source: spec 02 §4.2, §6.

use crate::ast::{Call, CallKind, Declared, Field, Param, Section};
use crate::diag::Diagnostics;
use crate::parse::field::{Kind, Null, PLAIN_TEXT, PRIMITIVE, REQUIRED_PLAIN_TEXT, TEXT, field, plain};
use crate::parse::list::{declared, named};
use crate::parse::shape::{self, Entry, Fields, Keys, Rule, Table};
use crate::value::Value;
use crate::yaml::{Node, NodeKind};

/// The keys of a call of an action.
pub(super) const ACTION: Keys = &[("action", Rule::Optional), ("args", Rule::Optional)];

/// The keys of a call of a module.
pub(super) const MODULE: Keys = &[
    ("module", Rule::Optional),
    ("args", Rule::Optional),
    ("action", Rule::Elsewhere("call either an action or a module; remove one of the two keys")),
];

/// Where the attributes of a unit belong, if a call stands in its place.
pub(super) const UNIT_OF_CALL: &str = "the file that is called says what runs; set it there, or pass it by `args`";

/// Where `args` belongs.
pub(super) const ARGS: (Keys, &str) =
    (&[("args", Rule::Optional)], "arguments belong to a call: write `action` or `module` beside them");

pub(super) const PARAM: Table =
    Table { what: "a param", keys: &[&[("default", Rule::Optional), ("descr", Rule::Optional)]], foreign: &[] };

const ARGUMENT: Kind<Value> = Kind { null: Null::Refused, ..PRIMITIVE };

/// Which call a mapping is; `None`: it is a unit of its own.
pub(super) fn kind_of(node: &Node) -> Option<CallKind> {
    let action = || shape::has(node, "action").then_some(CallKind::Action);
    if shape::has(node, "module") { Some(CallKind::Module) } else { action() }
}

/// Reads a call; `None`, reported, if it does not say what is called.
pub(super) fn call(kind: CallKind, fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Call> {
    let args = fields.get("args").filter(|args| !args.value.is_null());
    let args = args.and_then(|args| named(args, &ARGUMENT, diagnostics));
    let entry = fields.get(match kind {
        CallKind::Action => "action",
        CallKind::Module => "module",
    })?;
    let reference = plain(Some(entry), &REQUIRED_PLAIN_TEXT, diagnostics)?;
    Some(Call { kind, key: entry.key, reference, args })
}

/// Reads `params`: `name: default`, or `name: {default, descr}`.
pub(super) fn params(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Section<Declared<Param>> {
    declared(entry, diagnostics, |entry, diagnostics| Some(param(entry, diagnostics)))
}

fn param(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Param {
    let name = entry.key;
    match &entry.value.kind {
        NodeKind::Scalar(_) => Param { name, default: field(Some(entry), &TEXT, diagnostics), descr: None },
        NodeKind::Seq(_) => {
            let found = shape::wrong_shape(entry, "a text, or a mapping with `default` and `descr`");
            diagnostics.push(found.help("a param is one text; write it so, and split it where it is used"));
            Param { name, default: Field::Absent, descr: None }
        }
        NodeKind::Map(_) => {
            let fields = shape::fields(entry, &PARAM, diagnostics);
            let get = |key: &str| fields.as_ref().and_then(|fields| fields.get(key));
            let default = field(get("default"), &TEXT, diagnostics);
            let descr = plain(get("descr"), &PLAIN_TEXT, diagnostics).map(|descr| descr.value);
            Param { name, default, descr }
        }
    }
}
