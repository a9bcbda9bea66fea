//! [`Int`]: exact integers of any size. Floats and text of other bases do not belong here.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::{FromPrimitive, Signed, ToPrimitive, Zero};

/// An exact integer: small ones inline, large ones on the heap.
///
/// Shape: `Big` never holds what fits an `i64`, so equality is by variant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Int {
    /// Fits 64 bits.
    Small(i64),
    /// Does not.
    Big(Arc<BigInt>),
}

impl Int {
    /// The same number, exact.
    pub fn to_big(&self) -> BigInt {
        match self {
            Int::Small(number) => BigInt::from(*number),
            Int::Big(number) => number.as_ref().clone(),
        }
    }

    /// The number, if it fits 64 bits.
    pub fn to_i64(&self) -> Option<i64> {
        match self {
            Int::Small(number) => Some(*number),
            Int::Big(_) => None,
        }
    }

    /// The nearest float; `None` if it is beyond the range of floats.
    pub fn to_f64(&self) -> Option<f64> {
        match self {
            Int::Small(number) => Some(*number as f64),
            Int::Big(number) => number.to_f64().filter(|float| float.is_finite()),
        }
    }

    /// A float cut towards zero; `None` for infinities and `NaN`.
    pub fn from_f64(float: f64) -> Option<Int> {
        BigInt::from_f64(float.trunc()).map(Int::from)
    }

    /// Reads a decimal number as `int()` does: blanks around, a sign, `_` between digits, Unicode
    /// decimal digits. `None` if it is no such text or has more than 4300 digits.
    pub fn parse(text: &str) -> Option<Int> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let digits = plain_digits(digits)?;
        let number: BigInt = if digits.len() > MAX_DIGITS { return None } else { digits.parse().ok()? };
        Some(Int::from(if negative { -number } else { number }))
    }

    /// How many bits its magnitude takes.
    pub fn bits(&self) -> u64 {
        match self {
            Int::Small(number) => u64::from(64 - number.unsigned_abs().leading_zeros()),
            Int::Big(number) => number.bits(),
        }
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        match self {
            Int::Small(number) => *number < 0,
            Int::Big(number) => number.is_negative(),
        }
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        *self == Int::Small(0)
    }

    /// The sum.
    pub fn add(&self, other: &Int) -> Int {
        self.combine(other, i64::checked_add, |a, b| a + b)
    }

    /// The difference.
    pub fn subtract(&self, other: &Int) -> Int {
        self.combine(other, i64::checked_sub, |a, b| a - b)
    }

    /// The product.
    pub fn multiply(&self, other: &Int) -> Int {
        self.combine(other, i64::checked_mul, |a, b| a * b)
    }

    /// The quotient as the nearest float; `None` for divisor zero and beyond the range of floats.
    pub fn divide(&self, divisor: &Int) -> Option<f64> {
        const EXACT: u64 = 53;
        if divisor.is_zero() {
            return None;
        }
        if self.is_zero() {
            return Some(if divisor.is_negative() { -0.0 } else { 0.0 });
        }
        if let (Int::Small(a), Int::Small(b)) = (self, divisor)
            && self.bits().max(divisor.bits()) <= EXACT
        {
            return Some(*a as f64 / *b as f64);
        }
        // A quotient of some more bits than a float has, with a mark for what is cut off, rounds as the whole.
        let shift = (EXACT + 12 + divisor.bits()).saturating_sub(self.bits());
        let (dividend, divisor) = (self.to_big() << shift, divisor.to_big());
        let (quotient, rest) = (&dividend / &divisor, &dividend % &divisor);
        let sign = if dividend.is_negative() == divisor.is_negative() { 1 } else { -1 };
        let mark = if rest.is_zero() { 0 } else { sign };
        let marked: BigInt = (quotient << 1) + mark;
        // In two halves, since the whole factor may be below the smallest float.
        let shift = i32::try_from(shift + 1).ok()?;
        let float = marked.to_f64()? * 0.5_f64.powi(shift / 2) * 0.5_f64.powi(shift - shift / 2);
        float.is_finite().then_some(float)
    }

    /// The remainder with the sign of the divisor; `None` for divisor zero.
    pub fn modulo(&self, divisor: &Int) -> Option<Int> {
        if divisor.is_zero() {
            return None;
        }
        Some(self.combine(divisor, floor_rem, |a, b| {
            let rest = &a % &b;
            if !rest.is_zero() && rest.is_negative() != b.is_negative() { rest + b } else { rest }
        }))
    }

    /// Bit by bit «or», in two's complement.
    pub fn bit_or(&self, other: &Int) -> Int {
        self.combine(other, |a, b| Some(a | b), |a, b| a | b)
    }

    /// The number with the other sign.
    pub fn negate(&self) -> Int {
        Int::Small(0).subtract(self)
    }

    /// Compares with a float, exactly; `None` for `NaN`.
    pub fn compare_float(&self, float: f64) -> Option<Ordering> {
        if float.is_nan() {
            return None;
        }
        if float.is_infinite() {
            return Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater });
        }
        let whole = Int::from_f64(float)?;
        let fraction = float - float.trunc();
        Some(self.cmp(&whole).then_with(|| 0.0_f64.total_cmp(&(fraction + 0.0))))
    }

    fn combine(
        &self,
        other: &Int,
        small: impl Fn(i64, i64) -> Option<i64>,
        big: impl Fn(BigInt, BigInt) -> BigInt,
    ) -> Int {
        if let (Int::Small(a), Int::Small(b)) = (self, other)
            && let Some(number) = small(*a, *b)
        {
            return Int::Small(number);
        }
        Int::from(big(self.to_big(), other.to_big()))
    }
}

/// The most digits that text may have to become a number; more takes quadratic time.
const MAX_DIGITS: usize = 4300;

fn floor_rem(a: i64, b: i64) -> Option<i64> {
    let rest = a.checked_rem(b)?;
    Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
}

/// ASCII digits of a text of digits with single `_` between them.
pub(crate) fn plain_digits(text: &str) -> Option<String> {
    let mut digits = String::with_capacity(text.len());
    let mut after_digit = false;
    for c in text.chars() {
        if c == '_' {
            if !after_digit {
                return None;
            }
            after_digit = false;
        } else {
            digits.push(char::from_digit(digit_value(c)?, 10)?);
            after_digit = true;
        }
    }
    after_digit.then_some(digits)
}

/// The value of a Unicode decimal digit (general category Nd) of the scripts in wide use.
pub(crate) fn digit_value(c: char) -> Option<u32> {
    if c.is_ascii() {
        return c.to_digit(10);
    }
    let zero = DIGIT_ZEROS.iter().rev().copied().find(|zero| *zero <= u32::from(c))?;
    let value = u32::from(c) - zero;
    (value < 10).then_some(value)
}

/// The zero of each block of ten decimal digits, ascending.
const DIGIT_ZEROS: &[u32] = &[
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20,
    0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0,
    0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0,
    0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16A60,
    0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E950, 0x1FBF0,
];

impl From<BigInt> for Int {
    fn from(number: BigInt) -> Self {
        match number.to_i64() {
            Some(small) => Int::Small(small),
            None => Int::Big(Arc::new(number)),
        }
    }
}

impl Ord for Int {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Int::Small(a), Int::Small(b)) => a.cmp(b),
            (Int::Big(a), Int::Big(b)) => a.cmp(b),
            (Int::Small(_), Int::Big(b)) => {
                if b.is_negative() {
                    Ordering::Greater
                } else {
                    Ordering::Less
                }
            }
            (Int::Big(a), Int::Small(_)) => {
                if a.is_negative() {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
        }
    }
}

impl PartialOrd for Int {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Int {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Int::Small(number) => fmt::Display::fmt(number, f),
            Int::Big(number) => fmt::Display::fmt(number, f),
        }
    }
}
