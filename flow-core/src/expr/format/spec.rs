//! One format spec, such as `*^+10,.2f`, applied to one value.

use crate::diag::Code;
use crate::expr::budget::Budget;
use crate::expr::format::number::{MAX_PRECISION, float_digits, group, int_digits};
use crate::expr::trouble::{Trouble, show};
use crate::value::{Int, Value};

/// A parsed spec: `[[fill]align][sign][z][#][0][width][grouping][.precision][code]`.
#[derive(Debug, Default)]
pub(super) struct Spec {
    pub(super) fill: Option<char>,
    pub(super) align: Option<char>,
    pub(super) sign: Option<char>,
    pub(super) no_minus_zero: bool,
    pub(super) alternate: bool,
    pub(super) zero: bool,
    pub(super) width: usize,
    pub(super) grouping: Option<char>,
    pub(super) precision: Option<usize>,
    pub(super) code: Option<char>,
}

/// Formats `value` by a spec's text.
pub(super) fn format(value: &Value, text: &str, budget: &mut Budget) -> Result<String, Trouble> {
    if text.is_empty() {
        return Ok(value.to_string());
    }
    let spec = parse(text)?;
    apply(value, &spec, budget)
}

/// Formats `value` by a parsed spec.
pub(super) fn apply(value: &Value, spec: &Spec, budget: &mut Budget) -> Result<String, Trouble> {
    if spec.width.max(spec.precision.unwrap_or(0)) > MAX_PRECISION {
        return Err(Trouble::new(Code::ExprLimit, format!("a width or precision above {MAX_PRECISION}")));
    }
    budget.make(spec.width)?;
    match value {
        Value::Str(_) | Value::Status(_) | Value::LocalPath(_) | Value::RemotePath(_) | Value::Uri(_) => {
            format_text(value, spec)
        }
        Value::Bool(flag) => format_int(&Int::Small(i64::from(*flag)), value, spec),
        Value::Int(number) => format_int(number, value, spec),
        Value::Float(number) => format_float(*number, value, spec),
        Value::Null | Value::List(_) | Value::Map(_) | Value::Set(_) | Value::Always | Value::Object(_) => {
            Err(Trouble::kind(format!("a format spec does not work on {}", show(value)))
                .help("use `{!s:…}` to format its text"))
        }
    }
}

fn parse(text: &str) -> Result<Spec, Trouble> {
    let malformed = || Trouble::value(format!("malformed format spec `{text}`"));
    let mut spec = Spec::default();
    let mut rest = Chars(text);
    let is_align = |c: char| matches!(c, '<' | '>' | '=' | '^');
    match (text.chars().next(), text.chars().nth(1)) {
        (Some(fill), Some(align)) if is_align(align) => {
            (spec.fill, spec.align) = (Some(fill), Some(align));
            rest.take_if(|_| true);
            rest.take_if(|_| true);
        }
        _ => spec.align = rest.take_if(is_align),
    }
    spec.sign = rest.take_if(|c| matches!(c, '+' | '-' | ' '));
    spec.no_minus_zero = rest.take_if(|c| c == 'z').is_some();
    spec.alternate = rest.take_if(|c| c == '#').is_some();
    spec.zero = rest.take_if(|c| c == '0').is_some();
    spec.width = rest.number().ok_or_else(malformed)?.unwrap_or(0);
    spec.grouping = rest.take_if(|c| matches!(c, ',' | '_'));
    if rest.take_if(|c| c == '.').is_some() {
        spec.precision = Some(rest.number().flatten().ok_or_else(malformed)?);
    }
    spec.code = rest.take_if(|_| true);
    if rest.0.is_empty() { Ok(spec) } else { Err(malformed()) }
}

/// What is left of a spec.
struct Chars<'a>(&'a str);

impl Chars<'_> {
    fn take_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let c = self.0.chars().next().filter(|c| wanted(*c))?;
        self.0 = self.0.get(c.len_utf8()..).unwrap_or("");
        Some(c)
    }

    /// A number, if one stands here; the outer `None` if it is too large.
    #[expect(clippy::option_option, reason = "absent and too large are different")]
    fn number(&mut self) -> Option<Option<usize>> {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        if digits.is_empty() { Some(None) } else { digits.parse().ok().map(Some) }
    }
}

fn misfit(value: &Value, code: char) -> Trouble {
    let message = format!("the format code `{code}` does not fit {}", show(value));
    Trouble::value(message).help("use `d` for integers, `f` for floats, `s` for texts")
}

fn refuse(value: &Value, what: &str) -> Trouble {
    Trouble::value(format!("{what} does not fit {}", show(value)))
}

fn format_text(value: &Value, spec: &Spec) -> Result<String, Trouble> {
    if let Some(code) = spec.code.filter(|code| *code != 's') {
        return Err(misfit(value, code));
    }
    if spec.sign.is_some() || spec.alternate || spec.grouping.is_some() || spec.align == Some('=') || spec.no_minus_zero
    {
        return Err(refuse(value, "a format for numbers"));
    }
    let text = value.text();
    let end = spec.precision.and_then(|most| text.char_indices().nth(most)).map_or(text.len(), |(at, _)| at);
    let fill = spec.fill.unwrap_or(if spec.zero { '0' } else { ' ' });
    Ok(pad(text.get(..end).unwrap_or(""), spec.width, fill, spec.align.unwrap_or('<')))
}

fn format_int(number: &Int, value: &Value, spec: &Spec) -> Result<String, Trouble> {
    let code = spec.code.unwrap_or('d');
    if matches!(code, 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') {
        let float = number.to_f64().ok_or_else(|| Trouble::value("the integer is too large for a float"))?;
        return format_float(float, value, spec);
    }
    if spec.precision.is_some() {
        return Err(refuse(value, "a precision"));
    }
    if spec.no_minus_zero {
        return Err(refuse(value, "`z`"));
    }
    if code == 'c' {
        return format_char(number, value, spec);
    }
    if !matches!(code, 'd' | 'n' | 'b' | 'o' | 'x' | 'X') {
        return Err(misfit(value, code));
    }
    let decimal = matches!(code, 'd' | 'n');
    if spec.grouping.is_some_and(|separator| (separator == ',' && !decimal) || code == 'n') {
        return Err(refuse(value, "a separator with this code"));
    }
    let prefix = if spec.alternate && !decimal { format!("0{code}") } else { String::new() };
    let digits = int_digits(number, code);
    Ok(layout(number.is_negative(), &prefix, &digits, (spec, if decimal { 3 } else { 4 })))
}

fn format_char(number: &Int, value: &Value, spec: &Spec) -> Result<String, Trouble> {
    if spec.sign.is_some() || spec.alternate || spec.grouping.is_some() {
        return Err(refuse(value, "a sign with `c`"));
    }
    let code = number.to_i64().and_then(|number| u32::try_from(number).ok()).and_then(char::from_u32);
    let c = code.ok_or_else(|| refuse(value, "the code `c`"))?;
    let fill = spec.fill.unwrap_or(if spec.zero { '0' } else { ' ' });
    Ok(pad(c.encode_utf8(&mut [0; 4]), spec.width, fill, spec.align.unwrap_or('>')))
}

fn format_float(number: f64, value: &Value, spec: &Spec) -> Result<String, Trouble> {
    let code = match spec.code {
        Some('n') => Some('g'),
        Some(code) if !matches!(code, 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => return Err(misfit(value, code)),
        code => code,
    };
    if spec.grouping.is_some() && spec.code == Some('n') {
        return Err(refuse(value, "a separator with this code"));
    }
    let digits = float_digits(number, code, spec.precision, spec.alternate)?;
    let is_zero = spec.no_minus_zero && !digits.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    let negative = number.is_sign_negative() && !number.is_nan() && !is_zero;
    Ok(layout(negative, "", &digits, (spec, 3)))
}

/// Sign, prefix, grouped digits and padding.
fn layout(negative: bool, prefix: &str, digits: &str, (spec, size): (&Spec, usize)) -> String {
    let sign = match (negative, spec.sign) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        (false, _) => "",
    };
    let fill = spec.fill.unwrap_or(if spec.zero { '0' } else { ' ' });
    let align = spec.align.unwrap_or(if spec.zero { '=' } else { '>' });
    let head = format!("{sign}{prefix}");
    let inner = spec.width.saturating_sub(head.len());
    let zeros = if fill == '0' && align == '=' { inner } else { 0 };
    let digits = match spec.grouping {
        Some(separator) => group(digits, separator, size, zeros),
        None => digits.to_owned(),
    };
    if align == '=' {
        return format!("{head}{}", pad(&digits, inner, fill, '>'));
    }
    pad(&format!("{head}{digits}"), spec.width, fill, align)
}

/// Fills up to `width` characters.
pub(super) fn pad(text: &str, width: usize, fill: char, align: char) -> String {
    let missing = width.saturating_sub(text.chars().count());
    let left = match align {
        '<' => 0,
        '^' => missing / 2,
        _ => missing,
    };
    let fill = |count: usize| std::iter::repeat_n(fill, count);
    fill(left).chain(text.chars()).chain(fill(missing - left)).collect()
}
