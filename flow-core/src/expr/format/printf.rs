//! `text % value`: `%s`, `%05.2f`, `%(name)s` and their like (EXP-31).

use crate::diag::Code;
use crate::expr::budget::Budget;
use crate::expr::format::braces::ascii;
use crate::expr::format::number::{MAX_PRECISION, float_digits, int_digits};
use crate::expr::format::spec::{Spec, apply, pad};
use crate::expr::trouble::{Trouble, show};
use crate::value::{Int, Value};

/// Puts `value` in place of the fields of `template`. There are no tuples, so it is one value; a
/// mapping serves named fields.
pub(crate) fn format(template: &str, value: &Value, budget: &mut Budget) -> Result<String, Trouble> {
    let mut out = String::with_capacity(template.len() + 16);
    let mut used = matches!(value, Value::Map(_) | Value::List(_));
    let mut rest = template;
    let mut next = Some(value);
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let (field, after) = parse(after)?;
        rest = after;
        if field.code == '%' {
            out.push('%');
            continue;
        }
        let text = match &field.key {
            Some(key) => convert(&field, named(value, key)?, budget)?,
            None => convert(&field, next.take().ok_or_else(too_few)?, budget)?,
        };
        used = true;
        budget.make(text.len())?;
        out.push_str(&text);
    }
    out.push_str(rest);
    if !used {
        let message = format!("the format has no place for {}", show(value));
        return Err(Trouble::kind(message).help("write `%s` where the value is to stand, `%%` for a percent sign"));
    }
    Ok(out)
}

fn too_few() -> Trouble {
    Trouble::kind("the format wants more than one value").help("use `fmt('{} {}', a, b)` for several values")
}

fn named<'a>(value: &'a Value, key: &str) -> Result<&'a Value, Trouble> {
    let Value::Map(_) = value else {
        return Err(Trouble::kind(format!("`%({key})` needs a mapping, not {}", show(value))));
    };
    let help = || crate::diag::suggest::help(key, "keys", value.member_names());
    value
        .member(key)
        .ok_or_else(|| Trouble { help: help(), ..Trouble::value(format!("no item `{key}` for the format")) })
}

struct Field {
    key: Option<String>,
    minus: bool,
    spec: Spec,
    code: char,
}

/// The field behind a `%`, and what follows it.
fn parse(text: &str) -> Result<(Field, &str), Trouble> {
    let incomplete = || Trouble::value("the format ends within a field").help("write `%%` for a percent sign");
    let mut field = Field { key: None, minus: false, spec: Spec::default(), code: '%' };
    let mut rest = text;
    if let Some(after) = rest.strip_prefix('(') {
        let (key, after) = after.split_once(')').ok_or_else(incomplete)?;
        field.key = Some(key.to_owned());
        rest = after;
    }
    let flags = rest.len() - rest.trim_start_matches(['-', '+', ' ', '0', '#']).len();
    for flag in rest.get(..flags).unwrap_or("").chars() {
        match flag {
            '-' => field.minus = true,
            '+' => field.spec.sign = Some('+'),
            ' ' if field.spec.sign.is_none() => field.spec.sign = Some(' '),
            '0' => field.spec.zero = true,
            '#' => field.spec.alternate = true,
            _ => {}
        }
    }
    rest = rest.get(flags..).unwrap_or("");
    (field.spec.width, rest) = number(rest)?;
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = number(after)?;
        field.spec.precision = Some(precision);
        rest = after;
    }
    rest = rest.strip_prefix(['h', 'l', 'L']).unwrap_or(rest);
    field.code = rest.chars().next().ok_or_else(incomplete)?;
    let rest = rest.get(field.code.len_utf8()..).unwrap_or("");
    Ok((field, rest))
}

fn number(text: &str) -> Result<(usize, &str), Trouble> {
    if text.starts_with('*') {
        return Err(too_few());
    }
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Ok((0, rest));
    }
    let number = digits.parse().map_err(|_| Trouble::value(format!("the width `{digits}` is too large")))?;
    Ok((number, rest))
}

fn convert(field: &Field, value: &Value, budget: &mut Budget) -> Result<String, Trouble> {
    if field.spec.width.max(field.spec.precision.unwrap_or(0)) > MAX_PRECISION {
        return Err(Trouble::new(Code::ExprLimit, format!("a width or precision above {MAX_PRECISION}")));
    }
    budget.make(field.spec.width)?;
    let mut text = |text: Value| {
        let align = Some(if field.minus { '<' } else { '>' });
        let spec = Spec { align, precision: field.spec.precision, width: field.spec.width, ..Spec::default() };
        apply(&text, &spec, budget)
    };
    match field.code {
        's' => text(Value::Str(value.text())),
        'r' => text(Value::from(value.repr())),
        'a' => text(Value::from(ascii(value))),
        'c' => Ok(pad(&character(value)?, field.spec.width, ' ', if field.minus { '<' } else { '>' })),
        'd' | 'i' | 'u' => Ok(int(field, &whole(value, field.code)?, 'd')),
        'o' | 'x' | 'X' => match value {
            Value::Int(number) => Ok(int(field, number, field.code)),
            Value::Bool(flag) => Ok(int(field, &Int::Small(i64::from(*flag)), field.code)),
            _ => Err(misfit(field.code, "an integer", value)),
        },
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => float(field, value),
        code => Err(Trouble::value(format!("no format code `%{code}`")).help("use `%s`, `%d` or `%f`")),
    }
}

fn misfit(code: char, wanted: &str, value: &Value) -> Trouble {
    Trouble::kind(format!("`%{code}` needs {wanted}, not {}", show(value))).help("use `%s` for any value")
}

fn character(value: &Value) -> Result<String, Trouble> {
    let wrong = || misfit('c', "a character or its number", value);
    if let Some(text) = value.as_str() {
        return if text.chars().count() == 1 { Ok(text.to_owned()) } else { Err(wrong()) };
    }
    let number = match value {
        Value::Int(number) => number.to_i64(),
        Value::Bool(flag) => Some(i64::from(*flag)),
        _ => None,
    };
    let code = number.and_then(|number| u32::try_from(number).ok()).and_then(char::from_u32);
    code.map(String::from).ok_or_else(wrong)
}

fn whole(value: &Value, code: char) -> Result<Int, Trouble> {
    match value {
        Value::Int(number) => Ok(number.clone()),
        Value::Bool(flag) => Ok(Int::Small(i64::from(*flag))),
        Value::Float(number) => Int::from_f64(*number).ok_or_else(|| misfit(code, "a finite number", value)),
        _ => Err(misfit(code, "a number", value)),
    }
}

fn int(field: &Field, number: &Int, code: char) -> String {
    let least = field.spec.precision.unwrap_or(0);
    let digits = pad(&int_digits(number, code), least, '0', '>');
    let prefix = if field.spec.alternate && code != 'd' { format!("0{code}") } else { String::new() };
    layout(field, number.is_negative(), &prefix, &digits)
}

fn float(field: &Field, value: &Value) -> Result<String, Trouble> {
    let number = match value {
        Value::Float(number) => Some(*number),
        Value::Int(number) => number.to_f64(),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        _ => return Err(misfit(field.code, "a number", value)),
    };
    let number = number.ok_or_else(|| Trouble::value("the integer is too large for a float"))?;
    let digits = float_digits(number, Some(field.code), field.spec.precision, field.spec.alternate)?;
    Ok(layout(field, number.is_sign_negative() && !number.is_nan(), "", &digits))
}

fn layout(field: &Field, negative: bool, prefix: &str, digits: &str) -> String {
    let sign = match (negative, field.spec.sign) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(_)) => " ",
        (false, None) => "",
    };
    let head = format!("{sign}{prefix}");
    if field.minus {
        return pad(&format!("{head}{digits}"), field.spec.width, ' ', '<');
    }
    if field.spec.zero {
        return format!("{head}{}", pad(digits, field.spec.width.saturating_sub(head.len()), '0', '>'));
    }
    pad(&format!("{head}{digits}"), field.spec.width, ' ', '>')
}
