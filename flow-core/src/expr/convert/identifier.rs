//! The identifier rule (WS-40).

use crate::expr::convert::Misfit;
use crate::expr::trouble::show;
use crate::value::Value;

/// Checks that `text` is an identifier: a Unicode one, no word of upper case only.
///
/// Errors: not an identifier at all; reserved, since it equals its own upper-case form.
/// Source: WS-40.
pub fn check_identifier(text: &str) -> Result<(), Misfit> {
    let mut chars = text.chars();
    let begins = chars.next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c));
    if !begins || !chars.all(unicode_ident::is_xid_continue) {
        return Err(Misfit::new(format!("`{text}` is no identifier"))
            .help("use letters, digits and `_`, and begin with a letter or `_`"));
    }
    if text.to_uppercase() == text {
        return Err(Misfit::new(format!("`{text}` is reserved, since it has no lower-case letter"))
            .help("use at least one lower-case letter"));
    }
    Ok(())
}

/// A text that is an identifier.
pub(super) fn to_id(value: &Value) -> Result<Value, Misfit> {
    let text =
        value.as_str().ok_or_else(|| Misfit::new(format!("{} is no text", show(value))).help("give an identifier"))?;
    check_identifier(text)?;
    Ok(Value::from(text))
}
