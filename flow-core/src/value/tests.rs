use std::cmp::Ordering;

use super::*;

fn big(text: &str) -> Value {
    Value::Int(Int::parse(text).unwrap())
}

#[test]
fn numbers_and_bools_are_equal_by_number() {
    let equal = [
        (Value::from(1), Value::from(1.0)),
        (Value::from(1), Value::from(true)),
        (Value::from(0.0), Value::from(-0.0)),
        (Value::from(1.0), Value::from(true)),
        (big("100000000000000000000"), Value::from(1e20)),
        (Value::Status("failed".into()), Value::from("failed")),
        (Value::list([Value::from(1), Value::from(true)]), Value::list([Value::from(true), Value::from(1.0)])),
    ];
    for (a, b) in equal {
        assert_eq!(a, b);
        let map: ValueMap = std::iter::once((a.clone(), Value::Null)).collect();
        assert!(map.contains_key(&b), "{a:?} and {b:?} hash differently");
    }
    let unequal = [
        (Value::from("1"), Value::from(1)),
        (Value::from(""), Value::Null),
        (Value::from(9_007_199_254_740_993), Value::from(9_007_199_254_740_992.0)),
        (Value::LocalPath("a".into()), Value::from("a")),
        (Value::LocalPath("a".into()), Value::RemotePath("a".into())),
        (Value::list([]), Value::map::<&str>([])),
    ];
    for (a, b) in unequal {
        assert_ne!(a, b);
    }
}

#[test]
fn mappings_are_equal_in_any_order() {
    let one = Value::map([("a", Value::from(1)), ("b", Value::from(2))]);
    let other = Value::map([("b", Value::from(2)), ("a", Value::from(1))]);
    assert_eq!(one, other);
    assert_eq!(one.member("b"), Some(&Value::from(2)));
    assert_eq!(one.member_names(), ["a", "b"]);
}

#[test]
fn order_is_that_of_the_language() {
    let orders = [
        (Value::from(1), Value::from(1.5), Ok(Some(Ordering::Less))),
        (big("-99999999999999999999"), Value::from(0), Ok(Some(Ordering::Less))),
        (Value::from(-1.5), Value::from(-1), Ok(Some(Ordering::Less))),
        (Value::from(f64::NAN), Value::from(0), Ok(None)),
        (Value::from("Z"), Value::from("a"), Ok(Some(Ordering::Less))),
        (Value::list([Value::from(2)]), Value::list([Value::from(1), Value::Null]), Ok(Some(Ordering::Greater))),
        (Value::set(["a"]), Value::set(["a", "b"]), Ok(Some(Ordering::Less))),
        (Value::set(["a"]), Value::set(["b"]), Ok(None)),
        (Value::from(1), Value::from("a"), Err(Incomparable)),
        (Value::Null, Value::Null, Err(Incomparable)),
    ];
    for (a, b, order) in orders {
        assert_eq!(a.compare(&b), order, "{a:?} {b:?}");
    }
}

#[test]
fn text_is_that_of_the_reference_but_for_statuses() {
    let texts = [
        (Value::Null, "None"),
        (Value::from(1e16), "1e+16"),
        (Value::from(123_456_789_012_345.6), "123456789012345.6"),
        (Value::from(1_736_261_076_126_565.2), "1736261076126565.2"),
        (Value::from(0.0001), "0.0001"),
        (Value::from(0.00001), "1e-05"),
        (Value::from(-0.0), "-0.0"),
        (Value::from(f64::NEG_INFINITY), "-inf"),
        (Value::Status("succeeded".into()), "succeeded"),
        (Value::list([Value::Status("failed".into()), Value::from("it's")]), "['failed', \"it's\"]"),
        (
            Value::list([Value::from("\u{7}\u{a0}\u{200b}é模\u{1f680}\u{e0001}")]),
            "['\\x07\\xa0\\u200bé模🚀\\U000e0001']",
        ),
        (Value::set(["b", "a"]), "{'a', 'b'}"),
        (Value::set::<&str>([]), "set()"),
        (Value::map([("k", Value::Always)]), "{'k': always()}"),
        (Value::object("volume", [("id", Value::from("v"))]), "volume(id='v')"),
    ];
    for (value, text) in texts {
        assert_eq!(value.to_string(), text);
        assert_eq!(&*value.text(), text);
    }
}

#[test]
fn storage_marks_what_json_has_no_word_for() {
    let stored = [
        (Value::from(2.0), "2.0"),
        (Value::from(2), "2"),
        (big("123456789012345678901"), r#"{"$bigint":"123456789012345678901"}"#),
        (Value::from(f64::NAN), r#"{"$float":"nan"}"#),
        (Value::set(["y", "x"]), r#"{"$set":["x","y"]}"#),
        (Value::LocalPath("/a".into()), r#"{"$path":"/a"}"#),
        (Value::Uri("storage:a".into()), r#"{"$url":"storage:a"}"#),
        (Value::Always, r#"{"$always":true}"#),
        (Value::map([("$set", Value::Null)]), r#"{"$pairs":[["$set",null]]}"#),
        (Value::object("flow", [("id", Value::from("f"))]), r#"{"$object":{"id":"f"},"$type":"flow"}"#),
    ];
    for (value, json) in stored {
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
    }
    assert!(serde_json::from_str::<Value>(r#"{"$nope":1}"#).is_err());
}

#[test]
fn integers_are_exact_at_any_size() {
    let int = |text| Int::parse(text).unwrap();
    let most = Int::Small(i64::MAX);
    assert_eq!(most.add(&Int::Small(1)), int("9223372036854775808"));
    assert_eq!(most.add(&Int::Small(1)).subtract(&Int::Small(1)), most);
    assert_eq!(Int::Small(i64::MIN).negate(), int("9223372036854775808"));
    assert_eq!(Int::Small(i64::MIN).modulo(&Int::Small(-1)), Some(Int::Small(0)));
    assert_eq!(Int::Small(-7).modulo(&Int::Small(3)), Some(Int::Small(2)));
    assert_eq!(int("-100000000000000000000").modulo(&Int::Small(7)), Some(Int::Small(5)));
    assert_eq!(Int::Small(1).divide(&int("9007199254740993")), Some(1.110_223_024_625_156_4e-16));
    assert_eq!(Int::Small(1).modulo(&Int::Small(0)), None);
    for wrong in ["", "_1", "1_", "1__0", "0x1", "1.0", "- 1", "--1"] {
        assert_eq!(Int::parse(wrong), None, "{wrong}");
    }
    assert_eq!(Int::parse(" +1_0 "), Some(Int::Small(10)));
    assert_eq!(Int::parse("٣"), Some(Int::Small(3)));
}
