use serde_json::json;

use super::parse_cases;

#[test]
fn a_case_is_one_line_of_json() {
    let cases = parse_cases("{\"id\": \"a/b/1\", \"note\": \"n\", \"expect\": {\"value\": 2}}\n\n");
    let [case] = cases.as_slice() else { panic!("one case, found {}", cases.len()) };
    assert_eq!((case.id.as_str(), case.note.as_str()), ("a/b/1", "n"));
    assert_eq!(case.expected(), [&json!({"value": 2})]);
}

#[test]
fn an_outcome_may_be_one_of_several() {
    let cases = parse_cases(r#"{"id": "a", "expect": {"one_of": [1, 2]}}"#);
    let expected: Vec<_> = cases.iter().flat_map(|case| case.expected()).collect();
    assert_eq!(expected, [&json!(1), &json!(2)]);
}
