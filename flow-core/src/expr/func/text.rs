//! Functions on texts.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::expr::eval::for_each;
use crate::expr::format::braces;
use crate::expr::func::Call;
use crate::expr::trouble::{Halt, Trouble, show};
use crate::value::Value;

/// `str(x)`.
pub(super) fn str(call: &mut Call<'_>) -> Result<Value, Halt> {
    let text = call.arg(0).text();
    call.budget.make(text.len())?;
    Ok(Value::Str(text))
}

/// `lower(s)`.
pub(super) fn lower(call: &mut Call<'_>) -> Result<Value, Halt> {
    let text = call.text(0)?.to_lowercase();
    call.budget.make(text.len())?;
    Ok(Value::from(text))
}

/// `upper(s)`.
pub(super) fn upper(call: &mut Call<'_>) -> Result<Value, Halt> {
    let text = call.text(0)?.to_uppercase();
    call.budget.make(text.len())?;
    Ok(Value::from(text))
}

/// `replace(s, old, new)`; an empty `old` stands between all characters.
pub(super) fn replace(call: &mut Call<'_>) -> Result<Value, Halt> {
    let (text, old, new) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let matches = text.matches(old).count();
    call.budget.make(text.len().saturating_add(matches.saturating_mul(new.len())))?;
    Ok(Value::from(text.replace(old, new)))
}

/// `join(separator, items[, to_str])`.
pub(super) fn join(call: &mut Call<'_>) -> Result<Value, Halt> {
    let separator = call.text(0)?;
    let items = call.arg(1);
    let to_text = match call.args.get(2) {
        None | Some(Value::Bool(false)) => false,
        Some(Value::Bool(true)) => true,
        Some(value) => return Err(call.wrong(2, "a bool", value).into()),
    };
    // A set has no order that a text could rely on.
    let mut texts: Vec<Arc<str>> = Vec::new();
    let mut wrong = None;
    let walked = !matches!(items, Value::Set(_))
        && for_each(items, &mut |item| {
            if !to_text && item.as_str().is_none() {
                wrong = Some(format!("item {} of the list for `join` is {}, no text", texts.len(), show(&item)));
                return ControlFlow::Break(());
            }
            texts.push(item.text());
            ControlFlow::Continue(())
        });
    if !walked {
        return Err(call.wrong(1, "a list, mapping or text", items).into());
    }
    if let Some(message) = wrong {
        return Err(Trouble::kind(message).help("give `True` as third argument to make texts of the items").into());
    }
    let separators = separator.len().saturating_mul(texts.len());
    call.budget.make(texts.iter().map(|text| text.len()).sum::<usize>().saturating_add(separators))?;
    Ok(Value::from(texts.join(separator)))
}

/// `fmt(template, …)`.
pub(super) fn fmt(call: &mut Call<'_>) -> Result<Value, Halt> {
    let template = call.text(0)?;
    let args = call.args.get(1..).unwrap_or_default();
    Ok(Value::from(braces::format(template, args, call.budget)?))
}
