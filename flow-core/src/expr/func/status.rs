//! Functions on the results of needs (EXP-52).

use crate::diag::{Code, suggest};
use crate::expr::func::Call;
use crate::expr::trouble::{Halt, Trouble};
use crate::value::Value;

/// `success(…)`: all needs, or those named, succeeded.
pub(super) fn success(call: &mut Call<'_>) -> Result<Value, Halt> {
    Ok(Value::Bool(!any(call, |result| result != "succeeded")?))
}

/// `failure(…)`: any need, or any of those named, failed.
pub(super) fn failure(call: &mut Call<'_>) -> Result<Value, Halt> {
    Ok(Value::Bool(any(call, |result| result == "failed")?))
}

/// `always()`: the marker.
pub(super) fn always(call: &mut Call<'_>) -> Result<Value, Halt> {
    needs(call)?;
    Ok(Value::Always)
}

fn needs(call: &Call<'_>) -> Result<Value, Trouble> {
    call.names.get("needs").ok_or_else(|| {
        let message = format!("`{}` is only available inside of a task", call.function.name);
        Trouble::new(Code::UnknownContext, message).help("use it in the attributes of a task of a batch")
    })
}

/// Whether one of the needs that are asked for has such a result; a group has one as well (EXT-1).
///
/// The first that has it decides: names behind it are not looked at (EXP-52).
fn any(call: &Call<'_>, is_such: fn(&str) -> bool) -> Result<bool, Trouble> {
    let needs = needs(call)?;
    let holds = |need: &Value| is_such(need.member("result").and_then(Value::as_str).unwrap_or_default());
    if call.args.is_empty() {
        return Ok(needs.member_names().into_iter().filter_map(|name| needs.member(name)).any(holds));
    }
    for (at, id) in call.args.iter().enumerate() {
        let id = id.as_str().ok_or_else(|| call.wrong(at, "the id of a need as a text", id))?;
        let need = needs.member(id).ok_or_else(|| {
            let help = suggest::help(id, "needs", needs.member_names());
            Trouble { help, ..Trouble::value(format!("`{id}` is no need of this task")) }
        })?;
        if holds(need) {
            return Ok(true);
        }
    }
    Ok(false)
}
