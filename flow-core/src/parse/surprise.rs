//! [`warn`]: plain scalars that YAML reads differently from how they look. Source: DEC-14.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::Target;
use crate::parse::shape::{Entry, used_at};
use crate::value::Value;
use crate::yaml::{Scalar, Style};

/// Warns where the value that arrives is not what stands there: `3.10` becomes `3.1`, `no` the
/// text `False`.
///
/// Where a text is wanted, any difference counts; elsewhere only numbers whose notation misleads.
pub(super) fn warn(entry: Entry<'_>, scalar: &Scalar, target: Target, diagnostics: &mut Diagnostics) {
    let written = scalar.text.content.as_ref();
    let rendered = scalar.value.text();
    if scalar.style != Style::Plain || matches!(scalar.value, Value::Null) || rendered.as_ref() == written {
        return;
    }
    let surprising = match target {
        Target::Str | Target::RemotePath | Target::LocalPath | Target::Id => true,
        Target::Primitive => match scalar.value {
            Value::Bool(_) => !matches!(written, "true" | "false" | "True" | "False"),
            Value::Float(_) => written.ends_with('0') && !written.contains(['e', 'E']),
            _ => true,
        },
        _ => matches!(scalar.value, Value::Int(_)) && is_octal(written),
    };
    if !surprising {
        return;
    }
    let message = format!("`{written}` is read as `{rendered}`");
    let why = why(&scalar.value, written);
    let help = format!("write `'{written}'`, with the quotes, if that text is meant; else write `{rendered}`");
    let found = Diagnostic::warning(Code::SurprisingScalar, message).at(entry.place(), why).help(help);
    diagnostics.push(used_at(found, entry.value));
}

fn is_octal(written: &str) -> bool {
    let digits = written.trim_start_matches(['+', '-']);
    digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0x") && !digits.starts_with("0b")
}

fn why(value: &Value, written: &str) -> &'static str {
    match value {
        Value::Bool(_) => "a word for a boolean",
        Value::Int(_) if is_octal(written) => "a number in base 8, for its leading zero",
        Value::Int(_) | Value::Float(_) => "a number",
        _ => "a date",
    }
}
