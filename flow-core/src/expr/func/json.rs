//! `to_json` and `from_json`, with the reference's text form. Storage as JSON belongs to `value`.

use std::fmt::Write;

use num_bigint::BigInt;

use crate::expr::func::Call;
use crate::expr::parser::MAX_DEPTH;
use crate::expr::trouble::{Halt, Trouble};
use crate::value::{Int, Value, ValueMap, float_text};

/// `to_json(x)`: separators `, ` and `: `, all but printable ASCII escaped.
pub(super) fn to_json(call: &mut Call<'_>) -> Result<Value, Halt> {
    let mut text = String::new();
    write_value(call.arg(0), &mut text);
    call.budget.make(text.len())?;
    Ok(Value::from(text))
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Float(number) => out.push_str(&json_float(*number)),
        Value::Str(text)
        | Value::Status(text)
        | Value::LocalPath(text)
        | Value::RemotePath(text)
        | Value::Uri(text) => write_text(text, out),
        Value::Always => write_text("always()", out),
        Value::List(items) => write_list(items, out),
        Value::Set(items) => write_list(&items.iter().cloned().map(Value::Str).collect::<Vec<_>>(), out),
        Value::Map(map) => write_entries(map.iter().map(|(key, value)| (key_text(key), value)), out),
        Value::Object(object) => {
            write_entries(object.properties.iter().map(|(name, value)| (name.to_string(), value)), out);
        }
    }
}

fn json_float(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        float_text(number)
    }
}

fn key_text(key: &Value) -> String {
    match key {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Float(number) => json_float(*number),
        _ => key.to_string(),
    }
}

fn write_list(items: &[Value], out: &mut String) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        write_value(item, out);
    }
    out.push(']');
}

fn write_entries<'a>(entries: impl Iterator<Item = (String, &'a Value)>, out: &mut String) {
    out.push('{');
    for (at, (name, value)) in entries.enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        write_text(&name, out);
        out.push_str(": ");
        write_value(value, out);
    }
    out.push('}');
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a `String` does not fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

/// `from_json(text)`.
pub(super) fn from_json(call: &mut Call<'_>) -> Result<Value, Halt> {
    let text = call.text(0)?;
    let mut reader = Reader { text, at: 0, depth: 0 };
    let value = reader.whole().map_err(|wanted| reader.trouble(wanted))?;
    call.budget.made(&value)?;
    Ok(value)
}

/// Reads one JSON text; errors say what was expected at `at`.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
}

type Read<T> = Result<T, &'static str>;

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn trouble(&self, wanted: &str) -> Trouble {
        let before = self.text.get(..self.at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        let message = format!("malformed JSON: {wanted} expected at line {line}, column {column}");
        Trouble::value(message).help("give `from_json` a complete JSON text")
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    /// Skips blanks, then `text` if it is there.
    fn skip(&mut self, text: &str) -> bool {
        self.blanks();
        let found = self.rest().starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    fn whole(&mut self) -> Read<Value> {
        let value = self.value()?;
        self.blanks();
        if self.rest().is_empty() { Ok(value) } else { Err("the end") }
    }

    fn value(&mut self) -> Read<Value> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("less nesting");
        }
        self.blanks();
        let value = match self.rest().chars().next() {
            Some('{') => self.object(),
            Some('[') => self.list(),
            Some('"') => self.string().map(Value::from),
            Some('0'..='9') => self.number(),
            _ => self.word(),
        }?;
        self.depth -= 1;
        Ok(value)
    }

    fn word(&mut self) -> Read<Value> {
        let words = [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Float(f64::NAN)),
            ("Infinity", Value::Float(f64::INFINITY)),
            ("-Infinity", Value::Float(f64::NEG_INFINITY)),
        ];
        for (word, value) in words {
            if self.skip(word) {
                return Ok(value);
            }
        }
        if self.rest().starts_with('-') { self.number() } else { Err("a value") }
    }

    fn list(&mut self) -> Read<Value> {
        self.at += 1;
        let mut items = Vec::new();
        if self.skip("]") {
            return Ok(Value::from(items));
        }
        loop {
            items.push(self.value()?);
            if self.skip("]") {
                return Ok(Value::from(items));
            }
            if !self.skip(",") {
                return Err("`,` or `]`");
            }
        }
    }

    fn object(&mut self) -> Read<Value> {
        self.at += 1;
        let mut map = ValueMap::new();
        if self.skip("}") {
            return Ok(Value::Map(map.into()));
        }
        loop {
            self.blanks();
            if !self.rest().starts_with('"') {
                return Err("a name in double quotes");
            }
            let name = self.string()?;
            if !self.skip(":") {
                return Err("`:`");
            }
            let value = self.value()?;
            map.insert(Value::from(name), value);
            if self.skip("}") {
                return Ok(Value::Map(map.into()));
            }
            if !self.skip(",") {
                return Err("`,` or `}`");
            }
        }
    }

    fn number(&mut self) -> Read<Value> {
        let rest = self.rest();
        let digits = |from: usize| rest.bytes().skip(from).take_while(u8::is_ascii_digit).count();
        let sign = usize::from(rest.starts_with('-'));
        let whole = digits(sign);
        let whole = if rest.as_bytes().get(sign) == Some(&b'0') { whole.min(1) } else { whole };
        let mut end = sign + whole;
        if whole == 0 {
            return Err("a value");
        }
        let is_int = |end: usize| end == sign + whole;
        if rest.as_bytes().get(end) == Some(&b'.') && digits(end + 1) > 0 {
            end += 1 + digits(end + 1);
        }
        if matches!(rest.as_bytes().get(end), Some(b'e' | b'E')) {
            let signed = usize::from(matches!(rest.as_bytes().get(end + 1), Some(b'+' | b'-')));
            let exponent = digits(end + 1 + signed);
            end += if exponent > 0 { 1 + signed + exponent } else { 0 };
        }
        let text = rest.get(..end).unwrap_or("");
        let value = if is_int(end) { int(text)? } else { Value::Float(text.parse().map_err(|_| "a number")?) };
        self.at += end;
        Ok(value)
    }

    fn string(&mut self) -> Read<String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').unwrap_or(rest.len());
            text.push_str(rest.get(..plain).unwrap_or(""));
            self.at += plain;
            match self.rest().chars().next() {
                Some('"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some('\\') => text.push(self.escape()?),
                Some(_) => return Err("an escaped control character"),
                None => return Err("the end of a string"),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        let c = self.rest().chars().nth(1).ok_or("an escape")?;
        let simple = match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.code_unit(),
            _ => return Err("an escape"),
        };
        self.at += 2;
        Ok(simple)
    }

    /// `\uXXXX`, or two of them that make one character.
    fn code_unit(&mut self) -> Read<char> {
        let unit = |text: &str| {
            let hex =
                text.strip_prefix("\\u")?.get(..4).filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
            u16::from_str_radix(hex, 16).ok()
        };
        let first = unit(self.rest()).ok_or("four hex digits")?;
        let second = unit(self.rest().get(6..).unwrap_or(""));
        let single = std::iter::once(first);
        if let Some(Ok(c)) = char::decode_utf16(single).next() {
            self.at += 6;
            return Ok(c);
        }
        let pair = [first, second.ok_or("the second half of a character")?];
        let decoded = char::decode_utf16(pair).next().and_then(Result::ok).ok_or("the second half of a character")?;
        self.at += 12;
        Ok(decoded)
    }
}

fn int(text: &str) -> Read<Value> {
    if let Ok(small) = text.parse::<i64>() {
        return Ok(Value::from(small));
    }
    if text.len() > 4300 {
        return Err("an integer of fewer digits");
    }
    Ok(Value::Int(Int::from(text.parse::<BigInt>().map_err(|_| "an integer")?)))
}
