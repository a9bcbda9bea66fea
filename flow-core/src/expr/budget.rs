//! [`Budget`]: bounds the work of one evaluation, so that no expression can hang or fill the engine.

use crate::diag::Code;
use crate::expr::trouble::Trouble;
use crate::value::Value;

/// The most steps of one evaluation; a step is a node computed, or 64 bytes looked at.
pub const MAX_STEPS: usize = 5_000_000;

/// The most bytes that one evaluation may make, all results in between included.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// What is left of both.
///
/// Each new text, list or mapping is charged with all that it holds, however shared, so whatever
/// walks a value later (rendering, comparing, JSON) is bounded too.
#[derive(Debug)]
pub(crate) struct Budget {
    steps: usize,
    bytes: usize,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Budget { steps: MAX_STEPS, bytes: MAX_BYTES }
    }

    /// Pays for computing a node.
    pub(crate) fn step(&mut self) -> Result<(), Trouble> {
        self.steps = self.steps.checked_sub(1).ok_or_else(too_long)?;
        Ok(())
    }

    /// Pays for `bytes` that are about to be made.
    pub(crate) fn make(&mut self, bytes: usize) -> Result<(), Trouble> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or_else(too_large)?;
        Ok(())
    }

    /// Pays for a container made, with all that it holds.
    pub(crate) fn made(&mut self, value: &Value) -> Result<(), Trouble> {
        self.make(weight(value, self.bytes))
    }

    /// Pays for looking at values as a whole.
    pub(crate) fn look(&mut self, values: &[Value]) -> Result<(), Trouble> {
        for value in values {
            if matches!(value, Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_)) {
                continue;
            }
            let limit = self.steps.saturating_mul(64);
            self.steps = self.steps.checked_sub(weight(value, limit) / 64).ok_or_else(too_long)?;
        }
        Ok(())
    }
}

/// How many bytes a value holds, shared parts counted each time; stops counting above `limit`.
fn weight(value: &Value, limit: usize) -> usize {
    const NODE: usize = 16;
    let sum = |values: &mut dyn Iterator<Item = &Value>| {
        let mut total = NODE;
        for value in values {
            if total > limit {
                break;
            }
            total += weight(value, limit - total);
        }
        total
    };
    match value {
        Value::Null | Value::Bool(_) | Value::Float(_) | Value::Always => NODE,
        Value::Int(number) => NODE + (number.bits() / 8) as usize,
        Value::Str(text)
        | Value::Status(text)
        | Value::LocalPath(text)
        | Value::RemotePath(text)
        | Value::Uri(text) => NODE + text.len(),
        Value::List(items) => sum(&mut items.iter()),
        Value::Map(map) => sum(&mut map.iter().flat_map(|(key, value)| [key, value])),
        Value::Set(items) => items.iter().map(|item| NODE + item.len()).sum(),
        Value::Object(object) => sum(&mut object.properties.values()),
    }
}

fn too_long() -> Trouble {
    Trouble::new(Code::ExprLimit, format!("the expression takes more than {MAX_STEPS} steps"))
        .help("make the lists it walks over smaller")
}

fn too_large() -> Trouble {
    let mebibytes = MAX_BYTES / (1024 * 1024);
    Trouble::new(Code::ExprLimit, format!("the expression makes more than {mebibytes} MiB of values"))
        .help("make the texts and lists in it smaller")
}
