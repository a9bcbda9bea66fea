//! Operators on values (EXP-31, EXP-32). Lazy `and` and `or` belong to `eval`.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::expr::ast::{BinaryOp, UnaryOp};
use crate::expr::budget::Budget;
use crate::expr::format::printf;
use crate::expr::path;
use crate::expr::trouble::{Trouble, show};
use crate::value::{Int, Value, ValueMap};

/// The most bits of an integer result.
const MAX_BITS: u64 = 65_536;

/// Applies an operator to two operands.
pub(crate) fn binary(op: BinaryOp, a: &Value, b: &Value, budget: &mut Budget) -> Result<Value, Trouble> {
    match op {
        BinaryOp::Or => Ok(if a.is_true() { a.clone() } else { b.clone() }),
        BinaryOp::And => Ok(if a.is_true() { b.clone() } else { a.clone() }),
        BinaryOp::Equal => Ok(Value::Bool(equal(a, b))),
        BinaryOp::Unequal => Ok(Value::Bool(!equal(a, b))),
        BinaryOp::Less => ordered(op, a, b, |order| order == Ordering::Less),
        BinaryOp::LessEqual => ordered(op, a, b, |order| order != Ordering::Greater),
        BinaryOp::Greater => ordered(op, a, b, |order| order == Ordering::Greater),
        BinaryOp::GreaterEqual => ordered(op, a, b, |order| order != Ordering::Less),
        BinaryOp::BitOr => bit_or(a, b, budget),
        BinaryOp::Add => add(a, b, budget),
        BinaryOp::Subtract => subtract(a, b),
        BinaryOp::Multiply => multiply(a, b, budget),
        BinaryOp::Divide => divide(a, b),
        BinaryOp::Modulo => modulo(a, b, budget),
    }
}

/// Applies an operator to one operand.
pub(crate) fn unary(op: UnaryOp, operand: &Value) -> Result<Value, Trouble> {
    if op == UnaryOp::Not {
        return Ok(Value::Bool(!operand.is_true()));
    }
    match number(operand) {
        Some(Number::Int(number)) => Ok(Value::Int(if op == UnaryOp::Minus { number.negate() } else { number })),
        Some(Number::Float(number)) => Ok(Value::Float(if op == UnaryOp::Minus { -number } else { number })),
        None => Err(Trouble::kind(format!("unary `{}` needs a number, not {}", op.text(), show(operand)))),
    }
}

/// `==`; only here `NaN` differs from itself.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b) == Some(Ordering::Equal),
        _ => a == b,
    }
}

fn ordered(op: BinaryOp, a: &Value, b: &Value, wanted: impl Fn(Ordering) -> bool) -> Result<Value, Trouble> {
    let order = a.compare(b).map_err(|_| {
        Trouble::kind(format!("`{}` cannot compare {} with {}", op.text(), a.type_name(), b.type_name()))
    })?;
    Ok(Value::Bool(order.is_some_and(wanted)))
}

/// A number or a bool as one.
pub(crate) enum Number {
    Int(Int),
    Float(f64),
}

impl Number {
    fn float(&self) -> Result<f64, Trouble> {
        match self {
            Number::Int(number) => {
                number.to_f64().ok_or_else(|| Trouble::value("the integer is too large for a float"))
            }
            Number::Float(number) => Ok(*number),
        }
    }
}

pub(crate) fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Bool(flag) => Some(Number::Int(Int::Small(i64::from(*flag)))),
        Value::Int(number) => Some(Number::Int(number.clone())),
        Value::Float(number) => Some(Number::Float(*number)),
        _ => None,
    }
}

/// Applies one of two functions, if both operands are numbers.
fn arithmetic(
    a: &Value,
    b: &Value,
    int: impl Fn(&Int, &Int) -> Result<Value, Trouble>,
    float: impl Fn(f64, f64) -> Result<f64, Trouble>,
) -> Option<Result<Value, Trouble>> {
    let (a, b) = (number(a)?, number(b)?);
    Some(match (&a, &b) {
        (Number::Int(a), Number::Int(b)) => int(a, b),
        _ => a.float().and_then(|a| float(a, b.float()?)).map(Value::Float),
    })
}

fn misfit(op: BinaryOp, a: &Value, b: &Value) -> Trouble {
    let message = format!("`{}` does not work on {} and {}", op.text(), a.type_name(), b.type_name());
    let trouble = Trouble::kind(message);
    let texts = [a, b].iter().any(|value| value.as_str().is_some());
    if op == BinaryOp::Add && texts {
        trouble.help(format!("make both texts with `str()`: {}", both(a, b)))
    } else {
        trouble
    }
}

/// Says what stands on both sides.
pub(crate) fn both(a: &Value, b: &Value) -> String {
    format!("the left side is {}, the right side is {}", show(a), show(b))
}

fn add(a: &Value, b: &Value, budget: &mut Budget) -> Result<Value, Trouble> {
    let sum = arithmetic(a, b, |a, b| Ok(Value::Int(a.add(b))), |a, b| Ok(a + b));
    if let Some(sum) = sum {
        return sum;
    }
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        budget.make(a.len() + b.len())?;
        return Ok(Value::from([a, b].concat()));
    }
    if let (Value::List(a), Value::List(b)) = (a, b) {
        budget.make((a.len() + b.len()) * size_of::<Value>())?;
        let list = Value::from([a.as_slice(), b.as_slice()].concat());
        budget.made(&list)?;
        return Ok(list);
    }
    Err(misfit(BinaryOp::Add, a, b))
}

fn subtract(a: &Value, b: &Value) -> Result<Value, Trouble> {
    if let (Value::Set(a), Value::Set(b)) = (a, b) {
        return Ok(Value::Set(Arc::new(a.difference(b).cloned().collect())));
    }
    let difference = arithmetic(a, b, |a, b| Ok(Value::Int(a.subtract(b))), |a, b| Ok(a - b));
    difference.unwrap_or_else(|| Err(misfit(BinaryOp::Subtract, a, b)))
}

fn multiply(a: &Value, b: &Value, budget: &mut Budget) -> Result<Value, Trouble> {
    let product = |a: &Int, b: &Int| {
        if a.bits() + b.bits() > MAX_BITS {
            return Err(Trouble::new(crate::diag::Code::ExprLimit, format!("an integer of more than {MAX_BITS} bits")));
        }
        Ok(Value::Int(a.multiply(b)))
    };
    if let Some(product) = arithmetic(a, b, product, |a, b| Ok(a * b)) {
        return product;
    }
    let repeated = match (number(a), number(b)) {
        (None, Some(Number::Int(times))) => repeat(a, &times, budget)?,
        (Some(Number::Int(times)), None) => repeat(b, &times, budget)?,
        _ => None,
    };
    repeated.ok_or_else(|| misfit(BinaryOp::Multiply, a, b))
}

/// A text or a list several times; `None` for other values.
fn repeat(value: &Value, times: &Int, budget: &mut Budget) -> Result<Option<Value>, Trouble> {
    let times = if times.is_negative() { 0 } else { times.to_i64().unwrap_or(i64::MAX) as usize };
    if let Some(text) = value.as_str() {
        budget.make(text.len().saturating_mul(times))?;
        return Ok(Some(Value::from(text.repeat(times))));
    }
    let Value::List(items) = value else { return Ok(None) };
    budget.make(items.len().saturating_mul(times).saturating_mul(size_of::<Value>()))?;
    let list = Value::list((0..times).flat_map(|_| items.iter().cloned()));
    budget.made(&list)?;
    Ok(Some(list))
}

fn divide(a: &Value, b: &Value) -> Result<Value, Trouble> {
    if let Some(part) = b.as_str() {
        match a {
            Value::LocalPath(path) => return Ok(Value::LocalPath(path::join(path, part).into())),
            Value::RemotePath(path) => return Ok(Value::RemotePath(path::join(path, part).into())),
            Value::Uri(uri) => return Ok(Value::Uri(path::join_uri(uri, part)?.into())),
            _ => {}
        }
    }
    let zero = || Trouble::value("division by zero").help(both(a, b));
    let quotient = |a: f64, b: f64| if b == 0.0 { Err(zero()) } else { Ok(a / b) };
    let int = |a: &Int, b: &Int| match a.divide(b) {
        _ if b.is_zero() => Err(zero()),
        Some(quotient) => Ok(Value::Float(quotient)),
        None => Err(Trouble::value("the quotient is too large for a float")),
    };
    arithmetic(a, b, int, quotient).unwrap_or_else(|| Err(misfit(BinaryOp::Divide, a, b)))
}

fn modulo(a: &Value, b: &Value, budget: &mut Budget) -> Result<Value, Trouble> {
    if let Some(spec) = a.as_str() {
        return printf::format(spec, b, budget).map(Value::from);
    }
    let zero = || Trouble::value("modulo by zero").help(both(a, b));
    let float = |a: f64, b: f64| {
        if b == 0.0 {
            return Err(zero());
        }
        let rest = a % b;
        let wrong_sign = rest != 0.0 && (rest < 0.0) != (b < 0.0);
        Ok(if wrong_sign {
            rest + b
        } else if rest == 0.0 {
            0.0_f64.copysign(b)
        } else {
            rest
        })
    };
    arithmetic(a, b, |a, b| a.modulo(b).map(Value::Int).ok_or_else(zero), float)
        .unwrap_or_else(|| Err(misfit(BinaryOp::Modulo, a, b)))
}

fn bit_or(a: &Value, b: &Value, budget: &mut Budget) -> Result<Value, Trouble> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Ok(Value::Bool(*a || *b)),
        (Value::Set(a), Value::Set(b)) => Ok(Value::Set(Arc::new(a.union(b).cloned().collect()))),
        (Value::Map(a), Value::Map(b)) => merge(a, b.iter().map(|(key, value)| (key.clone(), value.clone())), budget),
        (Value::Map(map), other) | (other, Value::Map(map)) => merge(map, pairs(other)?, budget),
        _ => match (number(a), number(b)) {
            (Some(Number::Int(a)), Some(Number::Int(b))) => Ok(Value::Int(a.bit_or(&b))),
            _ => Err(misfit(BinaryOp::BitOr, a, b)),
        },
    }
}

/// A copy of `map` with the entries of the other side, which win (EXP-32).
fn merge(
    map: &ValueMap,
    entries: impl IntoIterator<Item = (Value, Value)>,
    budget: &mut Budget,
) -> Result<Value, Trouble> {
    let mut merged = map.clone();
    merged.extend(entries);
    let merged = Value::Map(Arc::new(merged));
    budget.made(&merged)?;
    Ok(merged)
}

/// A sequence of pairs; a text of two characters is a pair, and an empty text is an empty sequence.
fn pairs(value: &Value) -> Result<Vec<(Value, Value)>, Trouble> {
    let wrong = || {
        Trouble::kind(format!("`|` cannot merge a mapping with {}", show(value)))
            .help("give a mapping, or a list of pairs of key and value")
    };
    let pair = |item: &Value| {
        let characters: Vec<Value> = item.as_str().map(characters).unwrap_or_default();
        match item.as_list().unwrap_or(&characters) {
            [key, value] if key.is_hashable() => Some((key.clone(), value.clone())),
            _ => None,
        }
    };
    if value.as_str() == Some("") {
        return Ok(Vec::new());
    }
    value.as_list().ok_or_else(wrong)?.iter().map(|item| pair(item).ok_or_else(wrong)).collect()
}

/// The characters of a text as texts.
pub(crate) fn characters(text: &str) -> Vec<Value> {
    text.chars().map(|c| Value::from(c.encode_utf8(&mut [0; 4]) as &str)).collect()
}
