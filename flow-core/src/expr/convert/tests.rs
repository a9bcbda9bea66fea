use super::*;

fn text(value: &str, target: Target) -> Option<String> {
    convert(&Value::from(value), target).ok().map(|value| value.to_string())
}

#[test]
fn identifiers_follow_the_rule() {
    for good in ["a", "Ab", "_a", "a1", "class", "é", "模a"] {
        assert_eq!(check_identifier(good), Ok(()), "{good}");
    }
    for bad in ["", "A", "AB", "A1", "_", "__", "_1", "1a", "a-b", "a.b", "a b"] {
        assert!(check_identifier(bad).is_err(), "{bad}");
    }
}

#[test]
fn bools_take_words_only() {
    // DEC-11
    for (word, flag) in
        [("Yes", "True"), ("on", "True"), ("TRUE", "True"), ("no", "False"), ("Off", "False"), ("", "False")]
    {
        assert_eq!(text(word, Target::Bool).as_deref(), Some(flag), "{word}");
    }
    for wrong in ["0", "1", "y", "always()", " true"] {
        assert_eq!(text(wrong, Target::Bool), None, "{wrong}");
    }
    assert!(convert_literal(&Value::from(""), Target::Bool).is_err());
    assert_eq!(convert(&Value::Null, Target::Bool), Ok(Value::Bool(false)));
    assert_eq!(convert_optional(&Value::Null, Target::Bool), Ok(Some(Value::Bool(false))));
    assert_eq!(convert_optional(&Value::Null, Target::Int), Ok(None));
}

#[test]
fn time_spans_are_seconds() {
    for (span, seconds) in [
        ("1d6h15m45s", 108_945.0),
        ("0s", 0.0),
        ("", 0.0),
        ("90", 90.0),
        ("1e3", 1000.0),
        ("1١h", 39_600.0),
        ("-5", -5.0),
        // DEC-14.
        ("1:30", 90.0),
        ("90:00", 5400.0),
        ("1:00:00", 3600.0),
        ("1:30.5", 90.5),
    ] {
        assert_eq!(convert(&Value::from(span), Target::Seconds), Ok(Value::Float(seconds)), "{span}");
    }
    for wrong in [
        "1h1d",
        "1.5h",
        "1w",
        "1D",
        "1d 2h",
        "d",
        "-1h",
        "1d2h3m4s5",
        "h1",
        "1:60",
        "1:",
        ":30",
        "1:030",
        "1:a",
        "1:30.5:1",
    ] {
        assert!(convert(&Value::from(wrong), Target::Seconds).is_err(), "{wrong}");
    }
}

#[test]
fn paths_get_their_normal_form() {
    for (path, normal) in [
        ("/a//b/", "/a/b"),
        ("//a", "//a"),
        ("///a", "/a"),
        ("./a/../b", "a/../b"),
        ("", "."),
        ("/", "/"),
        ("~/x", "~/x"),
    ] {
        assert_eq!(text(path, Target::RemotePath).as_deref(), Some(normal), "{path}");
    }
    assert_eq!(path::join("/a", "b/./c"), "/a/b/c");
    assert_eq!(path::join("/a", "/b"), "/b");
    assert!(convert(&Value::from(5), Target::LocalPath).is_err());
}

#[test]
fn lists_take_what_has_an_order() {
    assert_eq!(text("ab", Target::List).as_deref(), Some("['a', 'b']"));
    assert!(convert(&Value::set(["a"]), Target::List).is_err());
    assert!(convert_literal(&Value::from("ab"), Target::List).is_err());
    let list = Value::from(vec![Value::Null, Value::from(1)]);
    assert_eq!(convert(&list, Target::TextList).unwrap().to_string(), "[None, '1']");
    assert!(convert(&list, Target::PortPairList).is_err());
}

#[test]
fn scripts_become_one_shell_word() {
    assert_eq!(text("", Target::Bash).as_deref(), Some("bash -euo pipefail -c ''"));
    assert_eq!(text("a 'b'\n", Target::Python).as_deref(), Some("python3 -uc 'a '\"'\"'b'\"'\"'\n'"));
    assert_eq!(quote_shell("a-b_c.d/e:f=@%+,"), "a-b_c.d/e:f=@%+,");
}

#[test]
fn short_uris_are_made_whole() {
    // WS-50, WS-51
    let home = |project: &str| uri::Home {
        cluster: "clu".into(),
        org: Some("org1".into()),
        project: project.into(),
        selected: "proj".into(),
    };
    for (uri, project, whole) in [
        ("storage:a", "proj", "storage:a"),
        ("storage:a/", "proj", "storage:a"),
        ("storage:", "proj", "storage:"),
        ("storage://clu/org1/proj/a", "proj", "storage:a"),
        ("storage://clu/org1/project/a", "proj", "storage://clu/org1/project/a"),
        ("storage:/p2/a", "proj", "storage://clu/org1/p2/a"),
        ("storage:q", "other", "storage://clu/org1/other/q"),
    ] {
        assert_eq!(uri::resolve(uri, &home(project)).as_deref(), Ok(whole), "{uri}");
    }
    for wrong in ["a", "storage:~/a", "storage:a?b", "storage:a#b", "http:a", "storage://u@clu/a", "storage://clu:1/a"]
    {
        assert!(uri::resolve(wrong, &home("proj")).is_err(), "{wrong}");
    }
    assert_eq!(uri::resolve_image("image:z:v1", &home("other")).as_deref(), Ok("image://clu/org1/other/z:v1"));
    assert_eq!(uri::resolve_image("python:3.9", &home("other")).as_deref(), Ok("python:3.9"));
    let volume = uri::parse_volume("storage:a:/mnt:ro", &home("proj")).unwrap();
    assert_eq!(volume.member("ref"), Some(&Value::from("storage://clu/org1/proj/a:/mnt:ro")));
    for wrong in ["storage:a", "storage:a:mnt", "disk:a:/mnt", "storage:a:/mnt:rx", "", ":"] {
        assert!(uri::parse_volume(wrong, &home("proj")).is_err(), "{wrong}");
    }
}
