//! Templates of `fmt`: `{}`, `{0}`, `{0.attr}`, `{0[key]}`, `{!r}`, `{:>8}`, `{:{}}`, `{{`, `}}`.

use std::fmt::Write;

use crate::expr::access;
use crate::expr::budget::Budget;
use crate::expr::format::spec;
use crate::expr::trouble::Trouble;
use crate::value::{Escape, Value, write_text_repr};

/// Puts `args` in place of the fields of `template`.
pub(crate) fn format(template: &str, args: &[Value], budget: &mut Budget) -> Result<String, Trouble> {
    let mut filler = Filler { args, numbering: Numbering::Open, budget };
    filler.fill(template, 2)
}

/// Whether fields are counted or numbered; both in one template do not go together.
enum Numbering {
    Open,
    Counted(usize),
    Written,
}

struct Filler<'a> {
    args: &'a [Value],
    numbering: Numbering,
    budget: &'a mut Budget,
}

impl Filler<'_> {
    /// Fills a template, or a spec with fields in it; `depth` more levels may follow.
    fn fill(&mut self, template: &str, depth: u32) -> Result<String, Trouble> {
        let mut out = String::with_capacity(template.len() + 16);
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}']) {
            out.push_str(rest.get(..at).unwrap_or(""));
            let brace = rest.get(at..=at).unwrap_or("");
            rest = rest.get(at + 1..).unwrap_or("");
            if let Some(after) = rest.strip_prefix(brace) {
                out.push_str(brace);
                rest = after;
                continue;
            }
            if brace == "}" {
                return Err(single("}"));
            }
            let end = field_end(rest).ok_or_else(|| single("{"))?;
            let length = out.len();
            self.field(rest.get(..end).unwrap_or(""), depth, &mut out)?;
            self.budget.make(out.len() - length)?;
            rest = rest.get(end + 1..).unwrap_or("");
        }
        out.push_str(rest);
        Ok(out)
    }

    /// `name[!conversion][:spec]`.
    fn field(&mut self, field: &str, depth: u32, out: &mut String) -> Result<(), Trouble> {
        if depth == 0 {
            return Err(Trouble::value("fields of a format are nested too deeply"));
        }
        if field.is_empty() {
            let at = self.index("")?;
            append(self.arg(at)?, out);
            return Ok(());
        }
        let (name, conversion, spec) = split(field);
        let value = self.value(name)?;
        let spec = if spec.contains(['{', '}']) { self.fill(spec, depth - 1)? } else { spec.to_owned() };
        let value = match conversion {
            None if spec.is_empty() => {
                append(&value, out);
                return Ok(());
            }
            None => value,
            Some("s") => Value::Str(value.text()),
            Some("r") => Value::from(value.repr()),
            Some("a") => Value::from(ascii(&value)),
            Some(other) => {
                return Err(Trouble::value(format!("no conversion `!{other}`")).help("use `!s`, `!r` or `!a`"));
            }
        };
        out.push_str(&spec::format(&value, &spec, self.budget)?);
        Ok(())
    }

    fn arg(&self, at: usize) -> Result<&Value, Trouble> {
        self.args.get(at).ok_or_else(|| {
            let count = self.args.len();
            Trouble::value(format!("the format wants argument {at}, counted from 0, but there are {count}"))
                .help("give one value for each `{}`")
        })
    }

    /// The argument that a field names, with attributes and items.
    fn value(&mut self, name: &str) -> Result<Value, Trouble> {
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (root, mut path) = name.split_at(end);
        let at = self.index(root)?;
        let mut value = self.arg(at)?.clone();
        while !path.is_empty() {
            let malformed = || Trouble::value(format!("malformed field `{{{name}}}`"));
            if let Some(rest) = path.strip_prefix('.') {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                value = access::attr(&value, rest.get(..end).unwrap_or(""))?;
                path = rest.get(end..).unwrap_or("");
            } else {
                let (key, rest) = path.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(malformed)?;
                let key = key
                    .parse::<i64>()
                    .ok()
                    .filter(|_| !key.starts_with(['-', '+']))
                    .map_or_else(|| Value::from(key), Value::from);
                value = access::item(&value, &key)?;
                path = rest;
            }
        }
        Ok(value)
    }

    fn index(&mut self, root: &str) -> Result<usize, Trouble> {
        let mixed = || Trouble::value("a format counts its fields `{}` or numbers them `{0}`, not both");
        if root.is_empty() {
            let next = match self.numbering {
                Numbering::Open => 0,
                Numbering::Counted(next) => next,
                Numbering::Written => return Err(mixed()),
            };
            self.numbering = Numbering::Counted(next + 1);
            return Ok(next);
        }
        let at = root
            .parse()
            .map_err(|_| Trouble::value(format!("`fmt` has no named argument `{root}`")).help("use `{}` or `{0}`"))?;
        if matches!(self.numbering, Numbering::Counted(_)) {
            return Err(mixed());
        }
        self.numbering = Numbering::Written;
        Ok(at)
    }
}

/// Appends the text of a value.
fn append(value: &Value, out: &mut String) {
    match value.as_str() {
        Some(text) => out.push_str(text),
        // Writing to a `String` does not fail.
        None => drop(write!(out, "{value}")),
    }
}

fn single(brace: &str) -> Trouble {
    Trouble::value(format!("a single `{brace}` in a format")).help(format!("write `{brace}{brace}` for the character"))
}

/// Where the brace stands that closes a field; braces inside it belong to fields of its spec.
fn field_end(rest: &str) -> Option<usize> {
    let mut open = 0;
    for (at, c) in rest.char_indices() {
        match c {
            '{' => open += 1,
            '}' if open == 0 => return Some(at),
            '}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// Name, conversion and spec of a field. Marks inside of `[…]` belong to the key.
fn split(field: &str) -> (&str, Option<&str>, &str) {
    let mut in_key = false;
    let end = field.find(|c| {
        in_key = (in_key || c == '[') && c != ']';
        !in_key && (c == '!' || c == ':')
    });
    let (name, rest) = field.split_at(end.unwrap_or(field.len()));
    if let Some(rest) = rest.strip_prefix('!') {
        let (conversion, spec) = rest.split_once(':').unwrap_or((rest, ""));
        return (name, Some(conversion), spec);
    }
    (name, None, rest.strip_prefix(':').unwrap_or(""))
}

/// The repr with all but ASCII escaped.
pub(super) fn ascii(value: &Value) -> String {
    let mut out = String::new();
    let repr = match value {
        Value::Str(text) | Value::Status(text) => {
            // Writing to a `String` does not fail.
            let _ = write_text_repr(text, Escape::NonAscii, &mut out);
            return out;
        }
        _ => value.repr(),
    };
    for c in repr.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut escaped = String::new();
            let _ = write_text_repr(c.encode_utf8(&mut [0; 4]), Escape::NonAscii, &mut escaped);
            out.push_str(escaped.trim_matches('\''));
        }
    }
    out
}
