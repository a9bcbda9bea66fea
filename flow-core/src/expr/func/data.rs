//! Functions on numbers, lists and mappings.

use crate::expr::func::Call;
use crate::expr::trouble::{Halt, Trouble, show};
use crate::value::{Int, Value};

/// `len(x)`: characters, items, entries.
pub(super) fn len(call: &mut Call<'_>) -> Result<Value, Halt> {
    let value = call.arg(0);
    let length = match value {
        Value::Str(text) | Value::Status(text) => text.chars().count(),
        Value::List(items) => items.len(),
        Value::Map(map) => map.len(),
        Value::Set(items) => items.len(),
        _ => return Err(call.wrong(0, "a text, list, mapping or set", value).into()),
    };
    Ok(Value::from(length as i64))
}

/// `int(x)`.
pub(super) fn int(call: &mut Call<'_>) -> Result<Value, Halt> {
    let value = call.arg(0);
    match to_int(value) {
        Some(Ok(number)) => Ok(Value::Int(number)),
        Some(Err(message)) => Err(Trouble::value(message).into()),
        None => Err(call.wrong(0, "a text or a number", value).into()),
    }
}

/// A number or decimal text as an integer; `None` for other values.
pub(crate) fn to_int(value: &Value) -> Option<Result<Int, String>> {
    Some(match value {
        Value::Bool(flag) => Ok(Int::Small(i64::from(*flag))),
        Value::Int(number) => Ok(number.clone()),
        Value::Float(number) => Int::from_f64(*number).ok_or_else(|| format!("{} is no integer", show(value))),
        Value::Str(text) | Value::Status(text) => {
            Int::parse(text).ok_or_else(|| format!("{} is no integer", show(value)))
        }
        _ => return None,
    })
}

/// `range(stop)`, `range(start, stop[, step])` (DEC-5).
pub(super) fn range(call: &mut Call<'_>) -> Result<Value, Halt> {
    let mut numbers = Vec::with_capacity(call.args.len());
    for (at, value) in call.args.iter().enumerate() {
        let number = match value {
            Value::Bool(flag) => i64::from(*flag),
            Value::Int(number) => {
                number.to_i64().ok_or_else(|| Trouble::value(format!("{number} is too large for `range`")))?
            }
            _ => return Err(call.wrong(at, "an int", value).into()),
        };
        numbers.push(number);
    }
    let (first, stop, by) = match numbers.as_slice() {
        [stop] => (0, *stop, 1),
        [first, stop] => (*first, *stop, 1),
        [first, stop, by, ..] => (*first, *stop, *by),
        [] => return Ok(Value::from(Vec::new())),
    };
    if by == 0 {
        return Err(Trouble::value("the step of `range` is 0")
            .help("give a step that is not 0, or leave it out")
            .into());
    }
    let distance = if by > 0 { i128::from(stop) - i128::from(first) } else { i128::from(first) - i128::from(stop) };
    let count = (distance.max(0) as u128).div_ceil(u128::from(by.unsigned_abs()));
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    call.budget.make(count.saturating_mul(size_of::<Value>()))?;
    let item = |at: usize| i128::from(first) + i128::from(by) * at as i128;
    Ok(Value::list((0..count).map(|at| Value::from(item(at) as i64))))
}

/// `keys(m)`.
pub(super) fn keys(call: &mut Call<'_>) -> Result<Value, Halt> {
    match call.arg(0) {
        Value::Map(map) => Ok(Value::list(map.keys().cloned())),
        value => Err(call.wrong(0, "a mapping", value).into()),
    }
}

/// `values(m)`.
pub(super) fn values(call: &mut Call<'_>) -> Result<Value, Halt> {
    match call.arg(0) {
        Value::Map(map) => Ok(Value::list(map.values().cloned())),
        value => Err(call.wrong(0, "a mapping", value).into()),
    }
}

/// `nothing()`.
#[expect(clippy::unnecessary_wraps, reason = "the signature of all functions")]
pub(super) fn nothing(_: &mut Call<'_>) -> Result<Value, Halt> {
    Ok(Value::Null)
}
