//! Functions on the results of needs (EXP-52).

use crate::diag::{Code, suggest};
use crate::expr::func::Call;
use crate::expr::trouble::{Halt, Trouble};
use crate::value::Value;

/// `success(…)`: all needs, or those named, succeeded.
pub(super) fn success(call: &mut Call<'_>) -> Result<Value, Halt> {
    Ok(Value::Bool(results(call)?.iter().all(|result| result == "succeeded")))
}

/// `failure(…)`: any need, or any of those named, failed.
pub(super) fn failure(call: &mut Call<'_>) -> Result<Value, Halt> {
    Ok(Value::Bool(results(call)?.iter().any(|result| result == "failed")))
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

/// The results of the needs that are asked for; a group has one as well (EXT-1).
fn results(call: &Call<'_>) -> Result<Vec<String>, Trouble> {
    let needs = needs(call)?;
    let result = |need: &Value| need.member("result").and_then(Value::as_str).unwrap_or_default().to_owned();
    if call.args.is_empty() {
        let names = needs.member_names();
        return Ok(names.into_iter().filter_map(|name| needs.member(name)).map(result).collect());
    }
    let named = |(at, id): (usize, &Value)| {
        let id = id.as_str().ok_or_else(|| call.wrong(at, "the id of a need as a text", id))?;
        needs.member(id).map(result).ok_or_else(|| {
            let help = suggest::help(id, "needs", needs.member_names());
            Trouble { help, ..Trouble::value(format!("`{id}` is no need of this task")) }
        })
    };
    call.args.iter().enumerate().map(named).collect()
}
