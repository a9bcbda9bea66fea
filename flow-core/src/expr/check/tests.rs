use super::*;
use crate::text::{FileId, Span, Text};

struct Task;

impl TypeNames for Task {
    fn get(&self, name: &str) -> Option<Type> {
        let need = || Type::object("needs", [("result", Type::Status), ("outputs", Type::Map(Box::new(Type::Str)))]);
        Some(match name {
            "flow" => Type::object("flow", [("title", Type::Str), ("workspace", Type::Path)]),
            "needs" => Type::record("needs", "tasks", [("prepare", need())]),
            "params" => Type::record("params", "params", [("rate", Type::Str)]),
            "matrix" => Type::record("matrix", "variables", [("x", Type::Any)]),
            "tags" => Type::Set,
            _ => return None,
        })
    }

    fn list(&self) -> Vec<String> {
        ["flow", "needs", "params", "matrix", "tags"].map(str::to_owned).to_vec()
    }
}

/// The reported places as text, each with its help.
fn found(content: &str) -> Vec<String> {
    let text = Text::plain(content, Span::new(FileId(0), 0..content.len() as u32));
    let template = Template::parse(&text).0.unwrap();
    let show = |one: Diagnostic| {
        let span = one.span().unwrap();
        let place = &content[span.start as usize..span.end as usize];
        format!("{place} [{}] {}", one.code.name(), one.help.unwrap_or_default())
    };
    check(&template, &Task).into_iter().map(show).collect()
}

#[test]
fn what_is_right_passes() {
    for content in [
        "${{ needs.prepare.outputs.any }} ${{ flow.workspace / 'a' }} ${{ matrix.x.y[0] + 1 }}",
        "${{ [t for t in tags if t] }} ${{ needs['prepare'].result + '!' }}",
        "${{ [flow.title for flow in [ {'title': 1} ]] }}",
        "${{ success('prepare') and params.rate == '1' }} ${{ keys(needs)[0] + '' }}",
        "plain",
    ] {
        assert_eq!(found(content), [""; 0], "{content}");
    }
}

#[test]
fn every_mistake_is_reported_at_its_place() {
    let cases: [(&str, &[&str]); 11] = [
        ("${{ parms.rate }}", &["parms [unknown-context] did you mean `params`?"]),
        ("${{ needs.prepre.result }}", &["prepre [unknown-property] did you mean `prepare`?"]),
        ("${{ needs['nope'] }}", &["'nope' [unknown-property] tasks here: `prepare`"]),
        ("${{ fmt('{}', flow.titel) }}", &["titel [unknown-property] did you mean `title`?"]),
        ("${{ flow['title'] }}", &["'title' [expr-type] take properties with a dot, as in `flow.title`"]),
        ("${{ inspect_job('a') }}", &["inspect_job [unknown-context] use it in the attributes of a live job"]),
        ("${{ tags.x }}", &["x [unknown-property] leave out `.x`"]),
        (
            "${{ [x for x in flow if params.rat] }}",
            &[
                "flow [expr-type] give a list, a mapping, a set or a text",
                "rat [unknown-property] did you mean `rate`?",
            ],
        ),
        (
            "${{ params.rate + 1 }}",
            &["params.rate + 1 [expr-type] make both sides texts with `str()`, or both numbers with `int()`"],
        ),
        ("${{ failure('prep') }}", &["'prep' [unknown-property] tasks here: `prepare`"]),
        (
            "${{ 1 if a else {'k': [b, -c]} }} ${{ d[e] }}",
            &[
                "a [unknown-context] contexts here: `flow`, `needs`, `params`, `matrix`, `tags`",
                "b [unknown-context] contexts here: `flow`, `needs`, `params`, `matrix`, `tags`",
                "c [unknown-context] contexts here: `flow`, `needs`, `params`, `matrix`, `tags`",
                "d [unknown-context] contexts here: `flow`, `needs`, `params`, `matrix`, `tags`",
                "e [unknown-context] contexts here: `flow`, `needs`, `params`, `matrix`, `tags`",
            ],
        ),
    ];
    for (content, reports) in cases {
        assert_eq!(found(content), reports, "{content}");
    }
}

#[test]
fn functions_need_their_contexts() {
    struct Nowhere;
    impl TypeNames for Nowhere {
        fn get(&self, _: &str) -> Option<Type> {
            None
        }
        fn list(&self) -> Vec<String> {
            Vec::new()
        }
    }
    let content = "${{ [always(), success(), hash_files('*'), len('a')] }}";
    let text = Text::plain(content, Span::new(FileId(0), 0..content.len() as u32));
    let found = check(&Template::parse(&text).0.unwrap(), &Nowhere);
    let messages: Vec<&str> = found.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(
        messages,
        ["`always` does not work here", "`success` does not work here", "`hash_files` does not work here"]
    );
}
