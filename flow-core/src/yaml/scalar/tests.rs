//! YML-5 as a table.

use super::resolve;
use crate::value::{Int, Value};

/// The type and a rendering, so that the table stays readable.
fn show(text: &str) -> String {
    match resolve(text) {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => format!("bool {flag}"),
        Value::Int(Int::Small(int)) => format!("int {int}"),
        Value::Int(Int::Big(int)) => format!("big {int}"),
        Value::Float(float) => format!("float {float:?}"),
        Value::Str(text) => format!("text {text}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn plain_scalars_are_typed_as_in_yml_5() {
    let table = [
        ("", "null"),
        ("~", "null"),
        ("NULL", "null"),
        ("nUll", "text nUll"),
        ("Yes", "bool true"),
        ("OFF", "bool false"),
        ("y", "text y"),
        ("n", "text n"),
        ("1", "int 1"),
        ("-0", "int 0"),
        ("+5", "int 5"),
        ("1_000", "int 1000"),
        ("0x1F", "int 31"),
        ("0b11", "int 3"),
        ("010", "int 8"),
        ("-010", "int -8"),
        ("0_7", "int 7"),
        ("08", "text 08"),
        ("0o10", "text 0o10"),
        ("0x", "text 0x"),
        ("_1", "text _1"),
        ("9223372036854775808", "big 9223372036854775808"),
        ("-9223372036854775808", "int -9223372036854775808"),
        ("1:30", "text 1:30"),
        ("22:22", "text 22:22"),
        ("1:30.5", "text 1:30.5"),
        ("1.5", "float 1.5"),
        (".5", "float 0.5"),
        ("-.5", "text -.5"),
        ("1.", "float 1.0"),
        ("1_0.5", "float 10.5"),
        ("1.0e+3", "float 1000.0"),
        ("1.0e3", "text 1.0e3"),
        ("1e3", "text 1e3"),
        (".inf", "float inf"),
        ("-.INF", "float -inf"),
        (".nan", "float NaN"),
        ("+.nan", "text +.nan"),
        (".", "text ."),
        ("-", "text -"),
        ("1.2.3", "text 1.2.3"),
        ("2020-01-02", "text 2020-01-02"),
        ("2020-01-02T03:04:05Z", "text 2020-01-02 03:04:05+00:00"),
        ("2020-1-2 3:04:05.5 -5:30", "text 2020-01-02 03:04:05.500000-05:30"),
        ("2020-01-02 03:04:05", "text 2020-01-02 03:04:05"),
        ("2020-13-02 03:04:05", "text 2020-13-02 03:04:05"),
        ("2021-02-29T03:04:05Z", "text 2021-02-29T03:04:05Z"),
        ("2020-01-02T", "text 2020-01-02T"),
    ];
    for (text, wanted) in table {
        assert_eq!(show(text), wanted, "{text:?}");
    }
}
