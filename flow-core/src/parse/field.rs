//! [`field`]: one attribute that holds a scalar: null, a literal of its type, or an expression.
//!
//! Literals are converted here, so that their errors stand at the literal (EXP-45). Lists and
//! mappings of such values belong to `list`.

use crate::ast::Field;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::{Target, Template, convert_literal};
use crate::parse::shape::{self, Entry, used_at};
use crate::parse::surprise;
use crate::text::{Spanned, Text};
use crate::value::{Int, Value};
use crate::yaml::Scalar;

/// What an attribute accepts. Source: spec 02 §2.
pub(super) struct Kind<T> {
    /// What it takes, for people: `a time span`.
    pub(super) what: &'static str,
    /// What to write, if a literal does not fit.
    pub(super) help: &'static str,
    /// What its value is converted to.
    pub(super) target: Target,
    /// Whether null unsets it, or is an error.
    pub(super) null: Null,
    /// What expressions may do.
    pub(super) expr: Expressions,
    /// The converted value as a Rust type; `None` if it does not fit that.
    pub(super) take: fn(&Value) -> Option<T>,
}

/// What null means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Null {
    /// Unset (YML-13).
    Unset,
    /// An error.
    Refused,
}

/// What expressions may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expressions {
    /// Stand anywhere within text.
    Joined,
    /// Be the whole value.
    Alone,
    /// Not be there.
    Refused,
}

pub(super) const TEXT: Kind<String> = Kind {
    what: "a text",
    help: "write a text, in quotes if YAML reads it as something else",
    target: Target::Str,
    null: Null::Unset,
    expr: Expressions::Joined,
    take: text,
};
pub(super) const ITEM: Kind<String> = Kind { null: Null::Refused, ..TEXT };
pub(super) const REQUIRED_PLAIN_TEXT: Kind<String> = Kind { expr: Expressions::Refused, ..ITEM };
pub(super) const PLAIN_TEXT: Kind<String> = Kind { expr: Expressions::Refused, ..TEXT };
pub(super) const PATH: Kind<String> = Kind {
    what: "a path",
    help: "write a path, in quotes if YAML reads it as something else",
    target: Target::RemotePath,
    ..TEXT
};
pub(super) const REQUIRED_PATH: Kind<String> = Kind { null: Null::Refused, ..PATH };
pub(super) const LOCAL_PATH: Kind<String> = Kind { target: Target::LocalPath, ..PATH };
pub(super) const URI: Kind<String> = Kind {
    what: "a URI",
    help: "write a URI such as `storage:folder/name`",
    target: Target::Uri,
    null: Null::Refused,
    ..TEXT
};
pub(super) const PORTS: Kind<String> = Kind {
    what: "a pair of ports",
    help: "write a local and a remote port such as `8080:80`",
    target: Target::PortPair,
    null: Null::Refused,
    ..TEXT
};
pub(super) const RESTART: Kind<String> =
    Kind { what: "a restart policy", help: "write `never`, `on-failure` or `always`", target: Target::Restart, ..TEXT };
pub(super) const ID: Kind<String> = Kind {
    what: "an identifier",
    help: "use letters, digits and `_`, and begin with a letter; put words such as `yes` into quotes",
    target: Target::Id,
    ..TEXT
};
pub(super) const NEEDED_ID: Kind<String> = Kind { null: Null::Refused, ..ID };
pub(super) const PLAIN_ID: Kind<String> = Kind { expr: Expressions::Refused, ..ID };
pub(super) const FLAG: Kind<bool> = Kind {
    what: "true or false",
    help: "write `true` or `false`",
    target: Target::Bool,
    null: Null::Unset,
    expr: Expressions::Alone,
    take: flag,
};
pub(super) const PLAIN_FLAG: Kind<bool> = Kind { expr: Expressions::Refused, ..FLAG };
pub(super) const SECONDS: Kind<f64> = Kind {
    what: "a time span",
    help: "write seconds, or days to seconds such as `1d6h15m30s`",
    target: Target::Seconds,
    null: Null::Unset,
    expr: Expressions::Alone,
    take: float,
};
pub(super) const FACTOR: Kind<f64> = Kind {
    what: "a number from 1 on",
    help: "write a number from 1 on",
    target: Target::Float,
    null: Null::Unset,
    expr: Expressions::Alone,
    take: factor,
};
pub(super) const INT: Kind<i64> = Kind {
    what: "a whole number",
    help: "write a whole number",
    target: Target::Int,
    null: Null::Unset,
    expr: Expressions::Alone,
    take: int,
};
pub(super) const COUNT: Kind<i64> =
    Kind { what: "a number from 1 on", help: "write a whole number from 1 on", take: count, ..INT };
pub(super) const ENABLE: Kind<Value> = Kind {
    what: "true, false or always()",
    help: "write `true`, `false` or `always()`",
    target: Target::Enable,
    null: Null::Refused,
    expr: Expressions::Alone,
    take: any,
};
pub(super) const PRIMITIVE: Kind<Value> = Kind {
    what: "a text, number or boolean",
    help: "write a text, a number or a boolean",
    target: Target::Primitive,
    null: Null::Refused,
    expr: Expressions::Joined,
    take: any,
};

pub(super) const PLAIN_PRIMITIVE: Kind<Value> = Kind { null: Null::Unset, expr: Expressions::Refused, ..PRIMITIVE };

/// Reads an attribute; absent, reported, if it does not fit.
pub(super) fn field<T>(entry: Option<Entry<'_>>, kind: &Kind<T>, diagnostics: &mut Diagnostics) -> Field<T> {
    let Some(entry) = entry else { return Field::Absent };
    let Some(scalar) = entry.value.scalar() else {
        diagnostics.push(shape::wrong_shape(entry, kind.what));
        return Field::Absent;
    };
    if entry.value.is_null() {
        if kind.null == Null::Refused {
            diagnostics.push(shape::null(entry, kind.what));
            return Field::Absent;
        }
        return Field::Null(entry.place());
    }
    if Template::is_expression(&scalar.text.content) {
        return template(entry, &scalar.text, (kind.expr, kind.what), diagnostics).map_or(Field::Absent, Field::Expr);
    }
    match literal(entry, scalar, kind) {
        Ok(value) => {
            surprise::warn(entry, scalar, kind.target, diagnostics);
            Field::Literal(Spanned::new(value, entry.value.span))
        }
        Err(found) => {
            diagnostics.push(*found);
            Field::Absent
        }
    }
}

/// An attribute that takes no expression; `None` if it is absent, null, or, reported, does not fit.
pub(super) fn plain<T>(entry: Option<Entry<'_>>, kind: &Kind<T>, diagnostics: &mut Diagnostics) -> Option<Spanned<T>> {
    match field(entry, kind, diagnostics) {
        Field::Literal(value) => Some(value),
        Field::Absent | Field::Null(_) | Field::Expr(_) => None,
    }
}

/// Compiles a scalar with expressions, if they may stand there; `what` says what else may.
pub(super) fn template(
    entry: Entry<'_>,
    text: &Text,
    (rule, what): (Expressions, &str),
    diagnostics: &mut Diagnostics,
) -> Option<Template> {
    if rule == Expressions::Refused {
        let found = Diagnostic::error(Code::NoExpressionHere, format!("{} takes no expression", entry.subject()))
            .at(entry.place(), "an expression")
            .help(format!("write {what}"));
        diagnostics.push(used_at(found, entry.value));
        return None;
    }
    let (template, found) = Template::parse(text);
    diagnostics.append(found);
    if rule == Expressions::Alone && template.as_ref().is_some_and(|template| template.single().is_none()) {
        let message = format!("{} {what}, not text with expressions", entry.demand());
        let found = Diagnostic::error(Code::WrongValue, message)
            .at(entry.place(), "more than one expression")
            .help("make the whole value one expression `${{ … }}`, without text or blanks around it");
        diagnostics.push(used_at(found, entry.value));
        return None;
    }
    template
}

fn literal<T>(entry: Entry<'_>, scalar: &Scalar, kind: &Kind<T>) -> Result<T, Box<Diagnostic>> {
    let converted = convert_literal(&scalar.value, kind.target);
    let is_id = kind.target == Target::Id;
    let written = match scalar.text.content.as_ref() {
        "" => "an empty text".to_owned(),
        content => format!("`{}`", content.escape_debug()),
    };
    let (message, help) = match converted {
        // What makes an identifier is for its check to say.
        Err(misfit) if is_id && scalar.value.as_str().is_some() => (misfit.message, misfit.help),
        found => {
            if let Some(value) = found.ok().as_ref().and_then(kind.take) {
                return Ok(value);
            }
            (format!("{written} is not {}", kind.what), Some(kind.help.to_owned()))
        }
    };
    let code = if is_id { Code::NotAnIdentifier } else { Code::WrongValue };
    let mut found = Diagnostic::error(code, message).at(entry.place(), "");
    if !entry.is_item && entry.key != entry.place() {
        found = found.at(entry.key, format!("takes {}", kind.what));
    }
    Err(Box::new(used_at(Diagnostic { help, ..found }, entry.value)))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Str(text) | Value::LocalPath(text) | Value::RemotePath(text) | Value::Uri(text) => {
            Some(text.to_string())
        }
        _ => None,
    }
}

fn flag(value: &Value) -> Option<bool> {
    if let Value::Bool(flag) = value { Some(*flag) } else { None }
}

fn float(value: &Value) -> Option<f64> {
    if let Value::Float(float) = value { Some(*float) } else { None }
}

/// A delay never shrinks from try to try.
fn factor(value: &Value) -> Option<f64> {
    float(value).filter(|factor| factor.is_finite() && *factor >= 1.0)
}

fn int(value: &Value) -> Option<i64> {
    if let Value::Int(Int::Small(int)) = value { Some(*int) } else { None }
}

/// Nothing runs with a count below one (DEC-26).
fn count(value: &Value) -> Option<i64> {
    int(value).filter(|count| *count >= 1)
}

#[expect(clippy::unnecessary_wraps, reason = "has the type of its siblings, which may refuse")]
fn any(value: &Value) -> Option<Value> {
    Some(value.clone())
}
