//! Params from files and pairs.

use super::{pairs, parse};

#[test]
fn values_are_texts_as_written() {
    // CLI-20.
    let params = parse("p.yml", "rate: 0.10\nname: 'a b'\nflag: yes\nnone:\n").unwrap();
    let expected = [("rate", "0.10"), ("name", "a b"), ("flag", "yes"), ("none", "")];
    assert!(params.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(expected), "{params:?}");
}

#[test]
fn what_is_no_flat_mapping_is_refused_with_its_place() {
    for (text, expected) in [
        ("", "`p.yml`: holds no params"),
        ("- a\n", "`p.yml:1:1`: expected a mapping of names to values, found a list"),
        ("a: 1\nb: [1]\n", "`p.yml:2:4`: expected a scalar, found a list"),
    ] {
        assert_eq!(parse("p.yml", text).unwrap_err().to_string(), expected);
    }
    assert!(parse("p.yml", "a: 1\na: 2\n").unwrap_err().to_string().starts_with("`p.yml:2:1`"));
}

#[test]
fn the_last_value_of_a_name_counts() {
    let flat = ["a", "1", "b", "2", "a", "3"].map(str::to_owned);
    let params = pairs(&flat);
    assert_eq!(params.get("a").map(String::as_str), Some("3"));
    assert_eq!(params.len(), 2);
}
