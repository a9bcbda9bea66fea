//! Numbers and strings of expressions: from their token's text to the value (EXP-6, EXP-9).

use num_bigint::BigInt;
use num_traits::Num;

use crate::expr::lexer::TokenKind;
use crate::value::{Int, Value};

/// The most digits of a literal number; more takes quadratic time to read.
const MAX_DIGITS: usize = 4300;

/// Reads a number token, with the minus before it if there is one. `Err` says what is wrong.
pub(crate) fn number(kind: TokenKind, text: &str, negative: bool) -> Result<Value, String> {
    if text.len() > MAX_DIGITS {
        return Err(format!("a number of more than {MAX_DIGITS} digits"));
    }
    if kind == TokenKind::Real {
        let float: f64 = text.parse().map_err(|_| format!("malformed number `{text}`"))?;
        return Ok(Value::Float(if negative { -float } else { float }));
    }
    let radix = match kind {
        TokenKind::Hex => 16,
        TokenKind::Oct => 8,
        TokenKind::Bin => 2,
        _ => 10,
    };
    let digits = if radix == 10 { text } else { text.get(2..).unwrap_or("") };
    // With a prefix, one `_` may stand before the first digit.
    let checked = if radix == 10 { digits } else { digits.strip_prefix('_').unwrap_or(digits) };
    if checked.is_empty() || checked.starts_with('_') || checked.ends_with('_') || checked.contains("__") {
        return Err(format!("misplaced `_` in the number `{text}`"));
    }
    let digits: String = digits.chars().filter(|c| *c != '_').collect();
    if radix == 10 && digits.len() > 1 && digits.starts_with('0') && digits.bytes().any(|digit| digit != b'0') {
        return Err(format!("the number `{text}` begins with a zero"));
    }
    let number = match i64::from_str_radix(&digits, radix) {
        Ok(small) => Int::Small(small),
        Err(_) => Int::from(BigInt::from_str_radix(&digits, radix).map_err(|_| format!("malformed number `{text}`"))?),
    };
    Ok(Value::Int(if negative { number.negate() } else { number }))
}

/// Decodes a string token, quotes included. `Err` says what is wrong, and at which byte.
pub(crate) fn string(token: &str) -> Result<String, (usize, String)> {
    let inner = token.get(1..token.len().saturating_sub(1)).unwrap_or("");
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        text.push_str(rest.get(..at).unwrap_or(""));
        rest = rest.get(at + 1..).unwrap_or("");
        let offset = token.len() - 2 - rest.len();
        let length = escape(rest, &mut text).map_err(|message| (offset, message))?;
        rest = rest.get(length..).unwrap_or("");
    }
    text.push_str(rest);
    Ok(text)
}

/// Decodes what stands behind a backslash; returns how many bytes it took.
fn escape(rest: &str, text: &mut String) -> Result<usize, String> {
    let Some(c) = rest.chars().next() else {
        return Err("a string that ends in a backslash".to_owned());
    };
    let simple = match c {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'v' => '\u{b}',
        '\\' | '\'' | '"' => c,
        '\n' => return Ok(1),
        'x' => return code_point(rest, 2, text),
        'u' => return code_point(rest, 4, text),
        'U' => return code_point(rest, 8, text),
        'N' => return named(rest, text),
        '0'..='7' => return Ok(octal(rest, text)),
        _ => {
            text.push('\\');
            text.push(c);
            return Ok(c.len_utf8());
        }
    };
    text.push(simple);
    Ok(1)
}

fn code_point(rest: &str, digits: usize, text: &mut String) -> Result<usize, String> {
    let hex = rest.get(1..=digits).filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()));
    let hex = hex.ok_or_else(|| format!("an escape that lacks some of its {digits} hex digits"))?;
    let code = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32);
    text.push(code.ok_or_else(|| format!("`{hex}` is no character"))?);
    Ok(digits + 1)
}

fn octal(rest: &str, text: &mut String) -> usize {
    let length = rest.bytes().take(3).take_while(|digit| (b'0'..=b'7').contains(digit)).count();
    let code = rest.get(..length).and_then(|digits| u32::from_str_radix(digits, 8).ok());
    text.extend(code.and_then(char::from_u32));
    length
}

fn named(rest: &str, text: &mut String) -> Result<usize, String> {
    let name = rest.get(1..).and_then(|after| after.strip_prefix('{')).and_then(|after| after.split_once('}'));
    let (name, _) = name.ok_or_else(|| "`\\N` without a name in braces".to_owned())?;
    text.push(unicode_names2::character(name).ok_or_else(|| format!("`{name}` is the name of no character"))?);
    Ok(name.len() + 3)
}
