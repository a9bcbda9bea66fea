//! Conversions to numbers and time spans (EXP-45, YML-20).

use crate::expr::convert::{Misfit, Target, misfit};
use crate::value::{Int, Value, digit_value, plain_digits};

/// An integer: numbers cut towards zero, decimal text.
pub(super) fn to_int(value: &Value) -> Result<Value, Misfit> {
    let number = match value {
        Value::Bool(flag) => Some(Int::Small(i64::from(*flag))),
        Value::Int(number) => Some(number.clone()),
        Value::Float(number) => Int::from_f64(*number),
        _ => value.as_str().and_then(Int::parse),
    };
    number.map(Value::Int).ok_or_else(|| misfit(value, Target::Int))
}

/// A float: numbers and numeric text, `inf` and `nan` too.
pub(super) fn to_float(value: &Value) -> Result<f64, Misfit> {
    let number = match value {
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::Int(number) => number.to_f64(),
        Value::Float(number) => Some(*number),
        _ => value.as_str().and_then(parse_float),
    };
    number.ok_or_else(|| misfit(value, Target::Float))
}

/// Reads a float: blanks around, `_` between digits, Unicode decimal digits.
fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let word = matches!(unsigned.to_ascii_lowercase().as_str(), "inf" | "infinity" | "nan");
    if word {
        return text.to_ascii_lowercase().parse().ok();
    }
    let mut plain = String::with_capacity(text.len());
    let chars: Vec<char> = text.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let digit = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| digit_value(*c).is_some());
        match digit_value(*c) {
            Some(value) => plain.extend(char::from_digit(value, 10)),
            None if matches!(c, '.' | 'e' | 'E' | '+' | '-') => plain.push(*c),
            None if *c == '_' && digit(at.checked_sub(1)) && digit(Some(at + 1)) => {}
            None => return None,
        }
    }
    plain.parse().ok()
}

/// Seconds: a number, numeric text, `1d2h3m4s` with each part optional, or `1:30`, a minute and a half (DEC-14).
pub(super) fn to_seconds(value: &Value) -> Result<f64, Misfit> {
    if let Ok(seconds) = to_float(value) {
        return Ok(seconds);
    }
    let span = value.as_str().and_then(|text| parse_clock(text).or_else(|| parse_span(text)));
    span.ok_or_else(|| misfit(value, Target::Seconds))
}

/// Reads hours, minutes and seconds as on a clock: `90:00`, `1:00:00`, `1:30.5`.
///
/// YAML 1.1 takes such a plain text for a number to the base 60; ours is text (DEC-14), so the time is made here.
fn parse_clock(text: &str) -> Option<f64> {
    let (first, rest) = text.split_once(':')?;
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut seconds = is_digits(first).then(|| first.parse::<f64>().ok())??;
    let count = rest.split(':').count();
    for (at, part) in rest.split(':').enumerate() {
        let whole = if at + 1 == count { part.split_once('.').map_or(part, |(whole, _)| whole) } else { part };
        let fits = is_digits(whole) && whole.len() <= 2 && part.strip_prefix(whole).is_some_and(is_fraction);
        let value = fits.then(|| part.parse::<f64>().ok())?.filter(|value| *value < 60.0)?;
        seconds = seconds * 60.0 + value;
    }
    Some(seconds)
}

/// Nothing, or a point and digits.
fn is_fraction(text: &str) -> bool {
    text.is_empty() || text.strip_prefix('.').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn parse_span(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut seconds = 0.0;
    for (unit, factor) in [('d', 86_400.0), ('h', 3600.0), ('m', 60.0), ('s', 1.0)] {
        let end = rest.find(|c| digit_value(c).is_none()).unwrap_or(rest.len());
        let (digits, after) = rest.split_at(end);
        if let Some(after) = after.strip_prefix(unit) {
            seconds += plain_digits(digits)?.parse::<f64>().ok()? * factor;
            rest = after;
        }
    }
    rest.is_empty().then_some(seconds)
}
