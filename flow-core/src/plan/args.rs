//! [`args`]: what a call gives, to the inputs of what is called. Source: CTX-63, CTX-83, DEC-13.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::{Field, Input, InputKind};
use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::expr::{Target, Type};
use crate::plan::evaluate::Evaluator;
use crate::resolve::{ActionDefinition, CallDefinition};
use crate::text::Span;
use crate::value::{Int, Value};

/// The inputs of a call, by name in the order of declaration; `None` where something is wrong.
pub(crate) fn args(
    call: &CallDefinition,
    action: &ActionDefinition,
    evaluator: &mut Evaluator<'_>,
) -> Option<IndexMap<Arc<str>, Value>> {
    let before = evaluator.problems.faults.len() + evaluator.problems.asks.len();
    evaluator.problems.faults.append(check_names(call, action));
    let mut values: IndexMap<Arc<str>, Value> = IndexMap::new();
    for (name, input) in &action.inputs {
        let given = call.args.as_ref().and_then(|args| args.value.get(name));
        let value = match given {
            Some((_, field)) => argument(name, field, input, evaluator),
            None => default_of(input),
        };
        values.extend(value.map(|value| (name.clone(), value)));
    }
    let after = evaluator.problems.faults.len() + evaluator.problems.asks.len();
    (before == after).then_some(values)
}

/// The declared type; a text where none is written.
pub(crate) fn kind_of(input: &Input) -> InputKind {
    input.kind.as_ref().map(|kind| kind.value).unwrap_or_default()
}

fn default_of(input: &Input) -> Option<Value> {
    match &input.default {
        Field::Literal(literal) => Some(literal.value.clone()),
        Field::Absent | Field::Null(_) | Field::Expr(_) => None,
    }
}

fn argument(name: &str, field: &Field<Value>, input: &Input, evaluator: &mut Evaluator<'_>) -> Option<Value> {
    let (value, fits, span) = match field {
        Field::Absent | Field::Null(_) => return None,
        Field::Literal(literal) => (literal.value.clone(), literal_as(&literal.value, kind_of(input)), literal.span),
        Field::Expr(template) => {
            let value: Value = evaluator.required(field, Target::Primitive)?;
            let fits = is_of(&value, kind_of(input)).then(|| value.clone());
            (value, fits, template.span())
        }
    };
    if fits.is_none() {
        evaluator.problems.faults.push(misfit(name, input, value.type_name(), span));
    }
    fits
}

/// A literal takes the declared type of its input (DEC-13).
fn literal_as(value: &Value, kind: InputKind) -> Option<Value> {
    match (kind, value) {
        (InputKind::Str, value) => Some(Value::Str(value.text().as_ref().into())),
        (InputKind::Float, Value::Int(Int::Small(int))) => Some(Value::Float(*int as f64)),
        (_, value) => is_of(value, kind).then(|| value.clone()),
    }
}

/// Whether a value has the type of an input; a bool passes for an int.
fn is_of(value: &Value, kind: InputKind) -> bool {
    match kind {
        InputKind::Str => matches!(value, Value::Str(_) | Value::Status(_)),
        InputKind::Int => matches!(value, Value::Int(_) | Value::Bool(_)),
        InputKind::Float => matches!(value, Value::Float(_)),
        InputKind::Bool => matches!(value, Value::Bool(_)),
    }
}

fn misfit(name: &str, input: &Input, found: &str, span: Span) -> Diagnostic {
    let word = kind_of(input).word();
    let message = format!("the input `{name}` takes {word}, not {found}");
    let fault = Diagnostic::error(Code::WrongArguments, message).at(span, "");
    let fault = fault.at(input.kind.as_ref().map_or(input.name, |kind| kind.span), "declared here");
    match kind_of(input) {
        InputKind::Str => fault.help("make a text of it with `str()`"),
        InputKind::Int => fault.help("give a number without quotes, or use `int()`"),
        InputKind::Float => fault.help("give a number with a decimal point, without quotes"),
        InputKind::Bool => fault.help("give `true` or `false` without quotes"),
    }
}

/// Checks the names of arguments: those that are missing and those that nobody declares. Errors: `F0511`.
pub(crate) fn check_names(call: &CallDefinition, action: &ActionDefinition) -> Diagnostics {
    let mut diags = Diagnostics::new();
    let given = call.args.as_ref().map(|args| &args.value);
    let is_given = |name: &Arc<str>| given.is_some_and(|args| args.contains_key(name));
    let is_required = |input: &Input| !matches!(input.default, Field::Literal(_));
    let missing = action.inputs.iter().filter(|(name, input)| is_required(input) && !is_given(name));
    for (name, input) in missing {
        let fault = Diagnostic::error(Code::WrongArguments, format!("the input `{name}` is not given"));
        let fault = fault.at(call.span.head(), "this call").at(input.name, "declared here");
        diags.push(fault.help(format!("add `{name}` to `args`, or give the input a default")));
    }
    for (name, (span, _)) in given.into_iter().flatten() {
        if action.inputs.contains_key(name) {
            continue;
        }
        let message = format!("`{}` has no input `{name}`", call.reference.value);
        let fault = Diagnostic::error(Code::WrongArguments, message).at(call.span.head(), "this call");
        let help = suggest::help(name, "inputs", action.inputs.keys().map(AsRef::as_ref));
        let fault = fault.at(*span, "not declared");
        diags.push(fault.help(help.unwrap_or_else(|| "leave it out: nothing is declared".to_owned())));
    }
    diags
}

/// Checks the types of arguments as far as they are known before the run. Errors: `F0511`.
///
/// `type_of` says what an expression gives.
pub(crate) fn check_types(
    call: &CallDefinition,
    action: &ActionDefinition,
    type_of: impl Fn(&crate::expr::Template) -> Type,
) -> Diagnostics {
    let args = call.args.iter().flat_map(|args| &args.value);
    let faults = args.filter_map(|(name, (_, field))| {
        let input = action.inputs.get(name)?;
        match field {
            Field::Absent | Field::Null(_) => None,
            Field::Literal(literal) => {
                let fits = literal_as(&literal.value, kind_of(input)).is_some();
                (!fits).then(|| misfit(name, input, literal.value.type_name(), literal.span))
            }
            Field::Expr(template) => {
                let found = known_kind(&type_of(template))?;
                let fits = found == kind_of(input) || (found, kind_of(input)) == (InputKind::Bool, InputKind::Int);
                (!fits).then(|| misfit(name, input, found.word(), template.span()))
            }
        }
    });
    faults.collect()
}

/// What an argument of a type comes to: numbers and booleans stay, all else becomes a text.
fn known_kind(kind: &Type) -> Option<InputKind> {
    match kind {
        Type::Any => None,
        Type::Bool => Some(InputKind::Bool),
        Type::Int => Some(InputKind::Int),
        Type::Float => Some(InputKind::Float),
        Type::Null
        | Type::Str
        | Type::Status
        | Type::Path
        | Type::Uri
        | Type::Set
        | Type::Always
        | Type::List(_)
        | Type::Map(_)
        | Type::Record(_)
        | Type::Object(_) => Some(InputKind::Str),
    }
}
