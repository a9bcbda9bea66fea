//! [`convert`]: a value to the type of the key it stands at. Source: EXP-45, spec 02 §2.

use crate::value::Value;

/// The type of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Any value.
    Any,
    /// A text.
    Str,
    /// True or false (DEC-11).
    Bool,
    /// True, false or always.
    Enable,
    /// An integer.
    Int,
    /// A float.
    Float,
    /// Seconds as a float (YML-20).
    Seconds,
    /// An identifier (WS-40).
    Id,
    /// Int, bool and float kept, else a text.
    Primitive,
    /// A path on the user's machine.
    LocalPath,
    /// A path inside a task.
    RemotePath,
    /// `LOCAL:REMOTE`.
    PortPair,
    /// `never`, `on-failure` or `always`.
    Restart,
    /// `bash` command line (YML-30).
    Bash,
    /// `python` command line (YML-30).
    Python,
    /// A list, items kept.
    List,
    /// A list, items to text.
    TextList,
    /// A mapping of texts.
    TextMap,
}

/// Why a value does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// A lower-case fragment.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

/// Converts `value`; the result holds only what `target` names.
pub fn convert(_value: &Value, _target: Target) -> Result<Value, Misfit> {
    unimplemented!("contract only")
}
