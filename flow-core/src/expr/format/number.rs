//! Digits of numbers: floats by the codes `e f g %`, integers by base, and grouping.

use num_bigint::BigInt;

use crate::expr::trouble::Trouble;
use crate::value::{Int, float_text};

/// The most digits behind the dot, and the most columns of a field.
pub(super) const MAX_PRECISION: usize = 4096;

/// The digits of a float without its sign.
///
/// `code` is one of `e E f F g G %`, or `None` for the form that keeps a `.0`.
pub(super) fn float_digits(
    number: f64,
    code: Option<char>,
    precision: Option<usize>,
    alternate: bool,
) -> Result<String, Trouble> {
    if precision.is_some_and(|precision| precision > MAX_PRECISION) {
        return Err(Trouble::new(crate::diag::Code::ExprLimit, format!("a precision above {MAX_PRECISION}")));
    }
    let number = number.abs();
    let upper = matches!(code, Some('E' | 'F' | 'G'));
    let percent = code == Some('%');
    let mut text = if number.is_finite() {
        match (code.map(|code| code.to_ascii_lowercase()), precision) {
            (Some('e'), _) => exponential(number, precision.unwrap_or(6)),
            (Some('f'), _) => format!("{number:.*}", precision.unwrap_or(6)),
            (Some('%'), _) => format!("{:.*}", precision.unwrap_or(6), number * 100.0),
            (None, None) => float_text(number),
            (None, Some(precision)) if alternate => general(number, precision, General::KeepZerosAndPoint),
            (None, Some(precision)) => general(number, precision, General::KeepPoint),
            _ => general(number, precision.unwrap_or(6), if alternate { General::KeepZeros } else { General::Short }),
        }
    } else {
        float_text(number)
    };
    if alternate && number.is_finite() && !text.contains('.') {
        let at = text.find('e').unwrap_or(text.len());
        text.insert(at, '.');
    }
    if upper {
        text = text.to_uppercase();
    }
    text.push_str(if percent { "%" } else { "" });
    Ok(text)
}

/// `1.500000e+04`: at least two digits of exponent, with sign.
fn exponential(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// What the general form does with zeros at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum General {
    /// Drops them and the point.
    Short,
    /// Keeps them all (`#`).
    KeepZeros,
    /// Drops them but for one behind the point.
    KeepPoint,
    /// Keeps them all, and the point needs a digit behind it.
    KeepZerosAndPoint,
}

/// `precision` significant digits, with an exponent where the plain form would be long.
fn general(number: f64, precision: usize, zeros: General) -> String {
    let precision = precision.max(1);
    let rounded = format!("{number:.*e}", precision - 1);
    let exponent: i64 = rounded.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    let most = precision as i64 - i64::from(matches!(zeros, General::KeepPoint | General::KeepZerosAndPoint));
    let plain = (-4..most).contains(&exponent);
    let text = if plain {
        let decimals = usize::try_from(precision as i64 - 1 - exponent).unwrap_or(0);
        format!("{number:.decimals$}")
    } else {
        exponential(number, precision - 1)
    };
    if matches!(zeros, General::KeepZeros | General::KeepZerosAndPoint) {
        return text;
    }
    let (mantissa, exponent) = text.find('e').map_or((text.as_str(), ""), |at| text.split_at(at));
    let short = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    let point = if zeros == General::KeepPoint && exponent.is_empty() && !short.contains('.') { ".0" } else { "" };
    format!("{short}{point}{exponent}")
}

/// The digits of an integer without its sign, by the codes `d b o x X`.
pub(super) fn int_digits(number: &Int, code: char) -> String {
    let radix = match code {
        'b' => 2,
        'o' => 8,
        'x' | 'X' => 16,
        _ => 10,
    };
    let text = match number {
        Int::Small(small) => match radix {
            2 => format!("{:b}", small.unsigned_abs()),
            8 => format!("{:o}", small.unsigned_abs()),
            16 => format!("{:x}", small.unsigned_abs()),
            _ => small.unsigned_abs().to_string(),
        },
        Int::Big(big) => BigInt::from(big.magnitude().clone()).to_str_radix(radix),
    };
    if code == 'X' { text.to_uppercase() } else { text }
}

/// Puts a separator between groups of the leading digits, and zeros before them up to `width`.
pub(super) fn group(text: &str, separator: char, size: usize, width: usize) -> String {
    let end = text.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(text.len());
    let end = if size == 3 { text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()) } else { end };
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return text.to_owned();
    }
    let grouped = |count: usize| count + (count - 1) / size;
    let mut count = digits.len();
    while grouped(count) + rest.len() < width {
        count += 1;
    }
    let padded = "0".repeat(count - digits.len()) + digits;
    let mut out = String::with_capacity(grouped(count) + rest.len());
    for (at, digit) in padded.chars().enumerate() {
        if at > 0 && (count - at) % size == 0 {
            out.push(separator);
        }
        out.push(digit);
    }
    out.push_str(rest);
    out
}
