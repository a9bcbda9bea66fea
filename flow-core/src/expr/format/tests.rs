use super::{braces, printf};
use crate::expr::budget::Budget;
use crate::value::{Int, Value};

fn number(text: &str) -> Value {
    match text.parse::<f64>() {
        Ok(float) if text.contains(['.', 'n']) => Value::Float(float),
        _ => Int::parse(text).map_or_else(|| Value::from(text), Value::Int),
    }
}

#[test]
fn specs_format_as_in_the_reference() {
    // Spec, value (a number where it reads as one), text; `None` is a fault.
    let cases = [
        ("{:>5}|", "a", Some("    a|")),
        ("{:05d}", "42", Some("00042")),
        ("{:.2f}", "1.239", Some("1.24")),
        ("{:.0f}", "2.5", Some("2")),
        ("{:.1f}", "0.25", Some("0.2")),
        ("{:,}", "1234567.5", Some("1,234,567.5")),
        ("{:010,}", "1234", Some("00,001,234")),
        ("{:_x}", "1048575", Some("f_ffff")),
        ("{:#_b}", "255", Some("0b1111_1111")),
        ("{:+#08x}", "255", Some("+0x000ff")),
        ("{:=+6}", "3", Some("+    3")),
        ("{:*^7}", "ab", Some("**ab***")),
        ("{:.3}", "abcdef", Some("abc")),
        ("{:e}", "12345.678", Some("1.234568e+04")),
        ("{:G}", "0.00001", Some("1E-05")),
        ("{:.3}", "123.0", Some("1.23e+02")),
        ("{:.4}", "123.0", Some("123.0")),
        ("{:#.3}", "1.5", Some("1.50")),
        ("{:.1}", "0.0", Some("0e+00")),
        ("{:.1%}", "0.256", Some("25.6%")),
        ("{:z.1f}", "-0.01", Some("0.0")),
        ("{:06}", "-inf", Some("-00inf")),
        ("{:c}", "233", Some("é")),
        ("{:12c}|", "65", Some("           A|")),
        ("{:.2f}", "3", Some("3.00")),
        ("{!r:>5}", "a", Some("  'a'")),
        ("{!a}", "é", Some("'\\xe9'")),
        ("{0}{0}", "x", Some("xx")),
        ("{0[0]}", "xyz", Some("x")),
        ("{{{}}}", "1", Some("{1}")),
        ("{:d}", "1.5", None),
        ("{:.2d}", "1", None),
        ("{:,x}", "1", None),
        ("{:,n}", "1.5", None),
        ("{:=5}", "a", None),
        ("{:5dd}", "1", None),
        ("{1}", "1", None),
        ("{name}", "1", None),
        ("{}{0}", "1", None),
        ("{0", "1", None),
        ("{!x}", "1", None),
    ];
    for (template, value, text) in cases {
        let have = braces::format(template, &[number(value)], &mut Budget::new());
        assert_eq!(have.as_deref().ok(), text, "{template} {value}");
    }
}

#[test]
fn percent_formats_as_in_the_reference() {
    let cases = [
        ("%5.1f|", "3.14159", Some("  3.1|")),
        ("%-5d|", "3", Some("3    |")),
        ("%05d", "-3", Some("-0003")),
        ("%.3d", "7", Some("007")),
        ("%#x", "255", Some("0xff")),
        ("%d", "2.9", Some("2")),
        ("%+.1e", "12345.0", Some("+1.2e+04")),
        ("%.2s", "abc", Some("ab")),
        ("%r", "a", Some("'a'")),
        ("%3c|", "65", Some("  A|")),
        ("%%%s", "1", Some("%1")),
        ("%x", "1.5", None),
        ("%d", "a", None),
        ("%s %s", "1", None),
        ("%*d", "1", None),
        ("%", "1", None),
        ("%y", "1", None),
        ("%(k)s", "1", None),
        ("none", "1", None),
    ];
    for (template, value, text) in cases {
        let have = printf::format(template, &number(value), &mut Budget::new());
        assert_eq!(have.as_deref().ok(), text, "{template} {value}");
    }
    let map = Value::map([("k", Value::from(1.5))]);
    assert_eq!(printf::format("%(k).2f %(k)s", &map, &mut Budget::new()).as_deref(), Ok("1.50 1.5"));
    assert!(printf::format("%(z)s", &map, &mut Budget::new()).is_err());
    assert_eq!(printf::format("none", &map, &mut Budget::new()).as_deref(), Ok("none"));
}
