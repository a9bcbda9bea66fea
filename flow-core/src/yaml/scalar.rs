//! [`resolve`]: the type of a plain scalar by YAML 1.1. Source: YML-5, DEC-14 (no sexagesimal).

use std::sync::Arc;

use num_bigint::BigInt;

use crate::value::{Int, Value};
use crate::yaml::timestamp;

/// The value that a plain scalar stands for; a text if it is nothing else.
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Value::Bool(false),
        _ => {}
    }
    // Most scalars are words: only these bytes begin a number or a date.
    if !text.starts_with(|one: char| one.is_ascii_digit() || matches!(one, '+' | '-' | '.')) {
        return Value::Str(Arc::from(text));
    }
    if let Some(int) = int(text) {
        return Value::Int(int);
    }
    if let Some(float) = float(text) {
        return Value::Float(float);
    }
    timestamp::render(text).map_or_else(|| Value::Str(Arc::from(text)), |date| Value::Str(Arc::from(date)))
}

/// The most digits of an integer, as in expressions; what has more is a text.
const MAX_DIGITS: usize = 4300;

/// Decimal, octal with a leading zero, `0x` or `0b`; underscores anywhere behind the first digit.
pub(super) fn int(text: &str) -> Option<Int> {
    let (negative, digits) = sign(text);
    let (radix, body) = if let Some(body) = digits.strip_prefix("0b") {
        (2, body)
    } else if let Some(body) = digits.strip_prefix("0x") {
        (16, body)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (8, digits)
    } else {
        (10, digits.starts_with(|one: char| one.is_ascii_digit()).then_some(digits)?)
    };
    if body.len() > MAX_DIGITS || !body.chars().all(|one| one == '_' || one.is_digit(radix)) {
        return None;
    }
    let plain: String = body.chars().filter(|one| *one != '_').collect();
    let big = BigInt::parse_bytes(plain.as_bytes(), radix)?;
    let big = if negative { -big } else { big };
    Some(i64::try_from(&big).map_or_else(|_| Int::Big(Arc::new(big)), Int::Small))
}

/// With a dot always, with a signed exponent if any, or one of the words `.inf` and `.nan`.
pub(super) fn float(text: &str) -> Option<f64> {
    let (negative, body) = sign(text);
    match body {
        ".inf" | ".Inf" | ".INF" => return Some(if negative { f64::NEG_INFINITY } else { f64::INFINITY }),
        ".nan" | ".NaN" | ".NAN" if body.len() == text.len() => return Some(f64::NAN),
        _ => {}
    }
    let (mantissa, exponent) = match body.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (body, None),
    };
    let (whole, fraction) = mantissa.split_once('.')?;
    let digits = |part: &str| part.chars().all(|one| one == '_' || one.is_ascii_digit());
    let begins = |part: &str| part.starts_with(|one: char| one.is_ascii_digit());
    // A number that begins with its dot takes no sign in YAML 1.1.
    let begun = begins(whole) || (whole.is_empty() && begins(fraction) && body.len() == text.len());
    let signed = |part: &str| part.strip_prefix(['+', '-']).is_some_and(|rest| begins(rest) && !rest.contains('_'));
    if !(begun && digits(whole) && digits(fraction) && exponent.is_none_or(signed)) {
        return None;
    }
    text.replace('_', "").parse().ok()
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests;
