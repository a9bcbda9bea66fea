//! What holds for any text and any value of the expression language.

use flow_core::diag::{Code, Diagnostic};
use flow_core::expr::{
    Answers, Eval, Names, Target, Template, Type, TypeNames, check, convert, convert_literal, convert_optional,
};
use flow_core::text::{FileId, Span, Text};
use flow_core::value::{Int, Value};
use proptest::prelude::*;

use crate::chance::cases;

/// A few contexts of all kinds.
struct Sample;

impl Names for Sample {
    fn get(&self, name: &str) -> Option<Value> {
        Some(match name {
            "a" => Value::from(3_i64),
            "s" => Value::from("tëxt"),
            "l" => Value::from(vec![Value::from(1_i64), Value::from("x"), Value::Null]),
            "d" => Value::map([("k", Value::from(1.5)), ("n", Value::map([("m", Value::from(true))]))]),
            "needs" => {
                let need =
                    [("result", Value::Status("succeeded".into())), ("outputs", Value::map([("o", Value::from("1"))]))];
                Value::map([("t", Value::object("needs", need))])
            }
            _ => return None,
        })
    }

    fn list(&self) -> Vec<&str> {
        vec!["a", "s", "l", "d", "needs"]
    }
}

impl TypeNames for Sample {
    fn get(&self, name: &str) -> Option<Type> {
        Names::get(self, name).as_ref().map(Type::of)
    }

    fn list(&self) -> Vec<String> {
        Names::list(self).into_iter().map(str::to_owned).collect()
    }
}

/// Pieces of which templates are made, so that many of them are nearly right.
fn soup() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        4 => prop::sample::select(vec![
            "${{", "}}", "$[[", "]]", " ", "\n", "(", ")", "[", "]", "{", "}", ",", ":", ".", "'", "\"", "\\", "-", "+",
            "*", "/", "%", "|", "==", "!=", "<", ">=", "or ", "and ", "not ", " if ", " else ", " for ", " in ", "None",
            "True", "1", "0x_f", "007", "1.5e3", "9_9", "a", "s", "l", "d", "needs", "x", ".k", ".t", "[0]", "'%s'",
            "'{:>5}'", "'{'", "fmt(", "len(", "join(", "range(", "from_json(", "success(", "int(", "é", "\u{0}",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        Just(Value::Always),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "-?[1-9][0-9]{18,40}".prop_map(|digits| Int::parse(&digits).map_or(Value::Null, Value::Int)),
        "\\PC*".prop_map(Value::from),
        "\\$?[a-z]{0,3}".prop_map(Value::from),
        "[a-z/.]{0,6}".prop_map(|path| Value::LocalPath(path.into())),
        "[a-z/.]{0,6}".prop_map(|path| Value::RemotePath(path.into())),
        "storage:[a-z]{0,6}".prop_map(|uri| Value::Uri(uri.into())),
        "succeeded|failed".prop_map(|word| Value::Status(word.into())),
        prop::collection::vec("[a-z]{1,3}", 0..4).prop_map(Value::set),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let pairs = prop::collection::vec((inner.clone(), inner.clone()), 0..4);
        let names = prop::collection::vec(("[$a-z]{1,3}", inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            pairs.prop_map(|pairs| {
                Value::Map(std::sync::Arc::new(pairs.into_iter().filter(|(key, _)| key.is_hashable()).collect()))
            }),
            names.clone().prop_map(Value::map),
            names.prop_map(|names| Value::object("thing".to_owned(), names)),
        ]
    })
}

/// The value with no two keys of a mapping that JSON, where all names are texts, would write alike.
///
/// `{1: …, '1': …}` is one value and a JSON text with the name `1` twice, of which a reader keeps one.
fn without_equal_names(value: &Value) -> Value {
    match value {
        Value::List(items) => Value::list(items.iter().map(without_equal_names)),
        Value::Map(map) => {
            let mut names = std::collections::HashSet::new();
            let name = |key: &Value| if *key == Value::Null { "null".into() } else { key.to_string().to_lowercase() };
            let kept = map.iter().filter(|(key, _)| names.insert(name(key)));
            Value::Map(std::sync::Arc::new(
                kept.map(|(key, value)| (key.clone(), without_equal_names(value))).collect(),
            ))
        }
        Value::Object(object) => Value::object(
            object.type_name.clone(),
            object.properties.iter().map(|(name, value)| (name.clone(), without_equal_names(value))),
        ),
        _ => value.clone(),
    }
}

fn text_of(content: &str) -> Text {
    Text::plain(content, Span::new(FileId(0), 0..content.len() as u32))
}

fn lies_inside(diagnostic: &Diagnostic, content: &str) -> bool {
    diagnostic.labels.iter().all(|label| {
        let (start, end) = (label.span.start as usize, label.span.end as usize);
        start <= end && content.get(start..end).is_some()
    })
}

fn exercise(content: &str) -> Result<(), TestCaseError> {
    let (template, found) = Template::parse(&text_of(content));
    prop_assert_eq!(template.is_none(), found.has_errors());
    for diagnostic in found.iter() {
        prop_assert!(lies_inside(diagnostic, content), "{:?}", diagnostic);
        prop_assert!(!diagnostic.message.is_empty() && !diagnostic.labels.is_empty());
    }
    let Some(template) = template else { return Ok(()) };
    for diagnostic in check(&template, &Sample).iter() {
        prop_assert!(lies_inside(diagnostic, content), "{:?}", diagnostic);
    }
    for lookup in template.lookups() {
        let (start, end) = (lookup.root_span.start as usize, lookup.root_span.end as usize);
        prop_assert_eq!(content.get(start..end), Some(&*lookup.root));
    }
    if let Eval::Fault(fault) = template.eval(&Sample, &Answers::new()) {
        prop_assert!(lies_inside(&fault, content), "{:?}", fault);
    }
    Ok(())
}

/// Everything that may be asked of a value gives an answer.
fn convert_all(value: &Value) {
    let targets = [
        Target::Any,
        Target::Str,
        Target::Bool,
        Target::Enable,
        Target::Int,
        Target::Float,
        Target::Seconds,
        Target::Id,
        Target::Primitive,
        Target::LocalPath,
        Target::RemotePath,
        Target::Uri,
        Target::PortPair,
        Target::Restart,
        Target::Bash,
        Target::Python,
        Target::List,
        Target::TextList,
        Target::PortPairList,
        Target::TextMap,
    ];
    for target in targets {
        let results = [convert(value, target), convert_literal(value, target)];
        assert!(results.iter().flatten().all(|converted| convert(converted, Target::Any).is_ok()));
        assert!(convert_optional(value, target).is_ok() || convert(value, target).is_err());
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_text_parses_checks_and_evaluates_without_panic(content in soup()) {
        exercise(&content)?;
        exercise(&format!("${{{{ {content} }}}}"))?;
    }

    #[test]
    fn a_value_survives_storage(value in values()) {
        let json = serde_json::to_string(&value)?;
        let back: Value = serde_json::from_str(&json)?;
        // The debug form tells a status from its word and an int from its float.
        prop_assert_eq!(format!("{back:?}"), format!("{value:?}"), "{}", json);
    }

    #[test]
    fn equal_values_hash_alike_and_order_is_consistent(a in values(), b in values()) {
        let map: indexmap::IndexMap<&Value, ()> = std::iter::once((&a, ())).collect();
        prop_assert!(map.contains_key(&a));
        prop_assert_eq!(map.contains_key(&b), a == b);
        if let (Ok(Some(forth)), Ok(Some(back))) = (a.compare(&b), b.compare(&a)) {
            prop_assert_eq!(forth, back.reverse());
        }
    }

    #[test]
    fn any_value_converts_or_says_why(value in values()) {
        convert_all(&value);
    }

    #[test]
    fn what_to_json_writes_from_json_reads(value in values()) {
        struct One(Value);
        impl Names for One {
            fn get(&self, _: &str) -> Option<Value> {
                Some(self.0.clone())
            }
            fn list(&self) -> Vec<&str> {
                vec!["x"]
            }
        }
        let (template, _) = Template::parse(&text_of("${{ to_json(x) == to_json(from_json(to_json(x))) }}"));
        let outcome = template.map(|template| template.eval(&One(without_equal_names(&value)), &Answers::new()));
        prop_assert_eq!(outcome, Some(Eval::Done(Value::Bool(true))));
    }
}

#[test]
fn no_expression_hangs_or_fills_the_memory() {
    let cases = [
        "'a' * 10 * 1000000000000".to_owned(),
        "range(100000000000)".to_owned(),
        "[[[1 for a in range(300)] for b in range(300)] for c in range(300)]".to_owned(),
        "[[x, x] for x in [[y * 9999, y * 9999] for y in ['ab' * 999999]]]".to_owned(),
        "fmt('{:>{}}', 1, 99999999)".to_owned(),
        "'%999999999d' % 1".to_owned(),
        vec!["9".repeat(4000); 6].join(" * "),
        format!("{}1{}", "[".repeat(500), "]".repeat(500)),
        format!("{}1", "not ".repeat(500)),
        format!("1{}", " + 1".repeat(5000)),
        format!("replace('{}', '', '{}')", "a".repeat(9000), "b".repeat(90_000)),
    ];
    for case in cases {
        let content = format!("${{{{ {case} }}}}");
        let start = case.chars().take(60).collect::<String>();
        let (template, found) = Template::parse(&text_of(&content));
        let code = match template.map(|template| template.eval(&Sample, &Answers::new())) {
            Some(Eval::Fault(fault)) => Some(fault.code),
            Some(_) => None,
            None => found.iter().next().map(|diagnostic| diagnostic.code),
        };
        assert_eq!(code, Some(Code::ExprLimit), "{start}");
    }
}

#[test]
fn the_deepest_tree_allowed_fits_the_stack() {
    let nested = [
        format!("{}1{}", "[".repeat(190), "]".repeat(190)),
        format!("{}1{}", "(".repeat(190), ")".repeat(190)),
        format!("{}1{}", "str(".repeat(190), ")".repeat(190)),
        format!("{}a", "not ".repeat(190)),
        format!("{}1", "1 if a else ".repeat(190)),
        format!("1{}", " + 1".repeat(190)),
        format!("{}1{}", "[x for x in [".repeat(60), "]]".repeat(60)),
    ];
    for case in nested {
        let content = format!("${{{{ {case} }}}}");
        let (template, found) = Template::parse(&text_of(&content));
        let template = template.unwrap_or_else(|| panic!("{found:?}"));
        let outcome = template.eval(&Sample, &Answers::new());
        assert!(matches!(outcome, Eval::Done(_)), "{case}: {outcome:?}");
        assert!(check(&template, &Sample).is_empty());
    }
}
