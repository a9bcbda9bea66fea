//! Values as text: what a template joins (EXP-40) and the «repr» form inside of lists.

use std::fmt::{self, Write};
use std::sync::Arc;

use crate::value::{Value, ValueMap};

/// The text of EXP-40, with the word of a status (DEC-10).
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Str(text)
            | Value::Status(text)
            | Value::LocalPath(text)
            | Value::RemotePath(text)
            | Value::Uri(text) => f.write_str(text),
            _ => write_repr(self, f),
        }
    }
}

impl Value {
    /// The text of EXP-40; a text gives itself without a copy.
    pub fn text(&self) -> Arc<str> {
        match self {
            Value::Str(text)
            | Value::Status(text)
            | Value::LocalPath(text)
            | Value::RemotePath(text)
            | Value::Uri(text) => Arc::clone(text),
            _ => self.to_string().into(),
        }
    }

    /// The form that it has inside of a rendered list: texts in quotes.
    pub fn repr(&self) -> String {
        let mut text = String::new();
        // Writing to a `String` does not fail.
        let _ = write_repr(self, &mut text);
        text
    }
}

fn write_repr(value: &Value, out: &mut dyn Write) -> fmt::Result {
    match value {
        Value::Null => out.write_str("None"),
        Value::Bool(true) => out.write_str("True"),
        Value::Bool(false) => out.write_str("False"),
        Value::Int(number) => write!(out, "{number}"),
        Value::Float(number) => out.write_str(&float_text(*number)),
        Value::Str(text)
        | Value::Status(text)
        | Value::LocalPath(text)
        | Value::RemotePath(text)
        | Value::Uri(text) => write_text_repr(text, Escape::Unprintable, out),
        Value::List(items) => write_joined(items.iter(), ('[', ']'), out),
        Value::Map(map) => write_map(map, out),
        Value::Set(items) if items.is_empty() => out.write_str("set()"),
        Value::Set(items) => {
            out.write_char('{')?;
            for (at, item) in items.iter().enumerate() {
                out.write_str(if at > 0 { ", " } else { "" })?;
                write_text_repr(item, Escape::Unprintable, out)?;
            }
            out.write_char('}')
        }
        Value::Always => out.write_str("always()"),
        Value::Object(object) => {
            write!(out, "{}(", object.type_name)?;
            for (at, (name, property)) in object.properties.iter().enumerate() {
                write!(out, "{}{name}=", if at > 0 { ", " } else { "" })?;
                write_repr(property, out)?;
            }
            out.write_char(')')
        }
    }
}

fn write_joined<'a>(
    items: impl Iterator<Item = &'a Value>,
    (open, close): (char, char),
    out: &mut dyn Write,
) -> fmt::Result {
    out.write_char(open)?;
    for (at, item) in items.enumerate() {
        out.write_str(if at > 0 { ", " } else { "" })?;
        write_repr(item, out)?;
    }
    out.write_char(close)
}

fn write_map(map: &ValueMap, out: &mut dyn Write) -> fmt::Result {
    out.write_char('{')?;
    for (at, (key, value)) in map.iter().enumerate() {
        out.write_str(if at > 0 { ", " } else { "" })?;
        write_repr(key, out)?;
        out.write_str(": ")?;
        write_repr(value, out)?;
    }
    out.write_char('}')
}

/// Which characters a quoted text escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escape {
    /// Those that do not print.
    Unprintable,
    /// All beyond ASCII as well (`!a`).
    NonAscii,
}

/// Writes a text in quotes: single ones, unless it holds single and no double ones.
pub(crate) fn write_text_repr(text: &str, escape: Escape, out: &mut dyn Write) -> fmt::Result {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.write_char(quote)?;
    for c in text.chars() {
        match c {
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            _ if c == quote => write!(out, "\\{c}")?,
            _ if is_printable(c) && (escape == Escape::Unprintable || c.is_ascii()) => out.write_char(c)?,
            _ => match u32::from(c) {
                code @ 0..=0xff => write!(out, "\\x{code:02x}")?,
                code @ 0x100..=0xffff => write!(out, "\\u{code:04x}")?,
                code => write!(out, "\\U{code:08x}")?,
            },
        }
    }
    out.write_char(quote)
}

/// Whether a character shows itself: not a control, format or private one, no blank but the space.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    if c.is_control() || c.is_whitespace() {
        return false;
    }
    // The standard library's debug form escapes the unprintable ones, and combining marks, which do print.
    c.escape_debug().len() == 1 || unicode_ident::is_xid_continue(c)
}

/// The shortest text that reads back as the same float (EXP-40).
pub(crate) fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = shortest(number);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        return plain(mantissa, exponent);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

/// Mantissa and exponent with the fewest digits that read back as the same float.
///
/// Where two such texts are equally near, the one with the even last digit.
fn shortest(number: f64) -> String {
    let text = format!("{number:e}");
    let digits = text.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    if digits < 16 {
        return text;
    }
    let even = format!("{number:.*e}", digits - 1);
    if even.parse() == Ok(number) { even } else { text }
}

/// A mantissa such as `-1.25` with the point moved, and with at least one digit behind it.
fn plain(mantissa: &str, exponent: i32) -> String {
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    if exponent < 0 {
        let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
        return format!("{sign}0.{zeros}{digits}");
    }
    let whole = exponent as usize + 1;
    let padded = format!("{digits:0<least$}", least = whole + 1);
    let (whole, fraction) = padded.split_at(whole);
    format!("{sign}{whole}.{fraction}")
}
