//! The recorded vectors of expressions: `expr-parse.jsonl` and `expr-eval.jsonl`.
//!
//! Their format is described in `conformance/README.md`; which of them a decision overrules stands
//! in `exceptions.json`, and an exception that is none any more fails as well.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a malformed vector is a failed test")]

use flow_core::diag::{Code, Diagnostic, Diagnostics};
use flow_core::expr::ast::{Kind, Node, Step};
use flow_core::expr::uri::{self, Home, VolumeParts};
use flow_core::expr::{
    Answers, Eval, HostCall, Misfit, Names, Part, Target, Template, convert, convert_literal, convert_optional,
};
use flow_core::text::{Position, SourceMap, Span, Text};
use flow_core::value::{Int, Value};
use flow_tests::conformance::{Case, Verdict};
use serde_json::{Value as Json, json};

/// What a case came to, in the words of the vectors.
#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    Result(Json),
    Error { kind: &'static str, phase: &'static str, place: Option<Position>, message: String },
}

/// Parses the source of a case.
pub(crate) fn judge_parse(case: &Case) -> Verdict {
    judge(case, &parse_case(&case.fields), |outcome, expect| match outcome {
        Outcome::Result(result) => same(result, expect),
        Outcome::Error { .. } => error_matches(outcome, expect),
    })
}

/// Evaluates the source of a case, and converts what comes.
pub(crate) fn judge_eval(case: &Case) -> Verdict {
    judge(case, &eval_case(&case.fields), |outcome, expect| match outcome {
        Outcome::Result(result) => same(result, expect),
        Outcome::Error { phase, .. } => error_matches(outcome, expect) && expect["error"]["phase"] == **phase,
    })
}

fn judge(case: &Case, outcome: &Outcome, matches: fn(&Outcome, &Json) -> bool) -> Verdict {
    let holds = case.expected().into_iter().any(|expect| matches(outcome, expect));
    let actual = match outcome {
        Outcome::Result(result) => result.to_string(),
        Outcome::Error { kind, phase, place, message } => format!("{phase} error {kind} at {place:?}: {message}"),
    };
    Verdict { holds, actual }
}

/// Compares by text, so that the order of keys and `-0.0` count.
fn same(result: &Json, expect: &Json) -> bool {
    let (result, expect) = (result.to_string(), expect.to_string());
    result == expect
}

fn error_matches(outcome: &Outcome, expect: &Json) -> bool {
    let Outcome::Error { kind, place, .. } = outcome else { return false };
    let error = &expect["error"];
    if error["kind"] == "crash" {
        return true;
    }
    let same_place = error["line"].is_null()
        || place.is_some_and(|place| error["line"] == place.line && error["column"] == place.column);
    error["kind"] == *kind && same_place
}

fn source(content: &str) -> (SourceMap, Text) {
    let mut map = SourceMap::new();
    let file = map.add("f.yml", content);
    let text = Text::plain(content, Span::new(file, 0..content.len() as u32));
    (map, text)
}

/// The last label is where the reference reports an error: the start of the part that raised it,
/// opening brackets not counted (EXP-71), where the first one is the smallest wrong thing.
fn error(diagnostic: &Diagnostic, phase: &'static str, map: &SourceMap) -> Outcome {
    let kind = match diagnostic.code {
        Code::ExprToken => "lex",
        Code::ExprSyntax => "parse",
        Code::UnknownFunction => "unknown-function",
        Code::WrongArity => "arity",
        Code::ExprLiteral => "value",
        Code::UnknownContext | Code::UnknownProperty | Code::ExprType | Code::ExprValue => "eval",
        _ => diagnostic.code.name(),
    };
    let span = diagnostic.labels.last().unwrap().span;
    let text = &map.get(span.file).unwrap().text[span.start as usize..span.end as usize];
    let skipped = if phase == "eval" { opening(text) } else { 0 };
    let place = map.position(Span::new(span.file, span.start + skipped..span.end));
    Outcome::Error { kind, phase, place, message: diagnostic.message.clone() }
}

/// The length of the brackets that a text begins with; an empty list or mapping counts as what it opens.
fn opening(text: &str) -> u32 {
    let mut rest = text;
    while let Some(behind) = rest.strip_prefix(['(', '[', '{']).map(str::trim_start) {
        if behind.starts_with([')', ']', '}']) {
            break;
        }
        rest = behind;
    }
    (text.len() - rest.len()) as u32
}

fn first_error(found: &Diagnostics, map: &SourceMap) -> Outcome {
    error(found.iter().next().unwrap(), "parse", map)
}

fn parse_case(case: &Json) -> Outcome {
    let (map, text) = source(case["source"].as_str().unwrap());
    let (template, found) = Template::parse(&text);
    let Some(template) = template else { return first_error(&found, &map) };
    if template.parts().is_empty() {
        // The grammar wants a part (EXP-3).
        return Outcome::Error { kind: "parse", phase: "parse", place: None, message: "no part".into() };
    }
    let starts = template.parts().iter().map(|part| {
        let start = match part {
            Part::Text(_, range) => range.start,
            Part::Expr(expr) => expr.node().first,
        };
        let place = map.position(template.span_of(&(start..start))).unwrap();
        json!([place.line, place.column])
    });
    let tree = template.parts().iter().map(|part| match part {
        Part::Text(text, _) => json!({"t": "text", "value": &**text}),
        Part::Expr(expr) => tree(expr.node()),
    });
    Outcome::Result(json!({"tree": tree.collect::<Vec<_>>(), "starts": starts.collect::<Vec<_>>()}))
}

fn tree(node: &Node) -> Json {
    match &node.kind {
        Kind::Literal(value) => json!({"t": "literal", "type": kind_of(value), "value": plain(value)}),
        Kind::Lookup { name, path, .. } => with_path(json!({"t": "lookup", "name": &**name}), path),
        Kind::Call { function, args, path, .. } => {
            let args: Vec<Json> = args.iter().map(tree).collect();
            with_path(json!({"t": "call", "func": function.name, "args": args}), path)
        }
        Kind::Unary(op, operand) => json!({"t": "unary", "op": op.text(), "operand": tree(operand)}),
        Kind::Binary(op, operands) => {
            json!({"t": "binary", "op": op.text(), "left": tree(&operands.0), "right": tree(&operands.1)})
        }
        Kind::If(branches) => {
            let [cond, then, otherwise] = [&branches.cond, &branches.then, &branches.otherwise].map(tree);
            json!({"t": "if", "cond": cond, "then": then, "else": otherwise})
        }
        Kind::List(items) => json!({"t": "list", "items": items.iter().map(tree).collect::<Vec<_>>()}),
        Kind::Comprehension(inner) => {
            let mut json = json!({"t": "listcomp", "item": tree(&inner.item), "var": &*inner.var});
            json["in"] = tree(&inner.source);
            if let Some(filter) = &inner.filter {
                json["if"] = tree(filter);
            }
            json
        }
        Kind::Map(entries) => {
            let entries: Vec<Json> = entries.iter().map(|(key, value)| json!([tree(key), tree(value)])).collect();
            json!({"t": "dict", "items": entries})
        }
    }
}

fn with_path(mut json: Json, path: &[Step]) -> Json {
    let steps = path.iter().map(|step| match step {
        Step::Attr(name, _) => json!({"attr": &**name}),
        Step::Item(key, _) => json!({"item": tree(key)}),
    });
    let steps: Vec<Json> = steps.collect();
    if !steps.is_empty() {
        json["path"] = Json::from(steps);
    }
    json
}

fn eval_case(case: &Json) -> Outcome {
    let target = case["target"].as_str().unwrap();
    let context = Context::new(&case["context"]);
    let simple = target.starts_with("simple-");
    let name = target.trim_start_matches("simple-");
    let name = name.trim_start_matches("opt-");
    // The attributes of these types may all be unset (spec 02 §2).
    let optional = target.contains("opt-") || matches!(name, "bash" | "python" | "restart" | "sequence");
    let place = Place { target: target_of(name), name, optional };
    match case["source"].as_str() {
        Some(written) if Template::is_expression(written) => {
            let (map, text) = source(written);
            if simple {
                return misfit(&Misfit::new("no expression here"), "eval", "parse", start(&map));
            }
            place.evaluate(&text, &context, &map)
        }
        Some(written) => {
            let (map, _) = source(written);
            place.literal(&Value::from(written), &context, start(&map))
        }
        None => place.literal(&value_of(&case["source"]), &context, start(&source("").0)),
    }
}

fn start(map: &SourceMap) -> Option<Position> {
    let (file, _) = map.iter().next().unwrap();
    map.position(Span::new(file, 0..0))
}

fn misfit(misfit: &Misfit, kind: &'static str, phase: &'static str, place: Option<Position>) -> Outcome {
    Outcome::Error { kind, phase, place, message: misfit.message.clone() }
}

/// The attribute that a value is converted for.
struct Place<'a> {
    target: Target,
    name: &'a str,
    optional: bool,
}

impl Place<'_> {
    fn literal(&self, value: &Value, context: &Context, place: Option<Position>) -> Outcome {
        if self.optional && *value == Value::Null {
            return done(&Value::Null);
        }
        match convert_literal(value, self.target) {
            Ok(value) => self.finish(value, context, place),
            Err(error) => misfit(&error, "eval", "parse", place),
        }
    }

    fn evaluate(&self, text: &Text, context: &Context, map: &SourceMap) -> Outcome {
        let (template, found) = Template::parse(text);
        let Some(template) = template else { return first_error(&found, map) };
        if !self.target.allows_concatenation() && template.single().is_none() {
            return misfit(&Misfit::new("joined parts"), "eval", "parse", start(map));
        }
        let value = match context.answer(&template) {
            Eval::Done(value) => value,
            Eval::Fault(fault) => return error(&fault, "eval", map),
            Eval::Ask(questions) => panic!("still asks {questions:?}"),
        };
        let converted = if self.optional && template.single().is_some() {
            convert_optional(&value, self.target).map(|value| value.unwrap_or(Value::Null))
        } else {
            convert(&value, self.target)
        };
        let place = map.position(template.value_span());
        match converted {
            Ok(value) => self.finish(value, context, place),
            Err(error) => misfit(&error, "eval", "eval", place),
        }
    }

    /// URIs and images are made whole with the facts of the project, where there is one (WS-52).
    fn finish(&self, value: Value, context: &Context, place: Option<Position>) -> Outcome {
        let text = value.text();
        let resolved = match (self.name, context.home()) {
            ("storage-url", Some(home)) => uri::resolve(&text, &home).map(|uri| Value::Uri(uri.into())),
            ("storage-url", None) => Ok(Value::Uri(text)),
            ("image-ref", Some(home)) => uri::resolve_image(&text, &home).map(Value::from),
            _ => Ok(value),
        };
        match resolved {
            Ok(value) => done(&value),
            Err(error) => misfit(&error, "value", "eval", place),
        }
    }
}

fn target_of(name: &str) -> Target {
    match name {
        "any" => Target::Any,
        "str" | "image-ref" | "storage-url" => Target::Str,
        "bool" => Target::Bool,
        "int" => Target::Int,
        "float" => Target::Float,
        "timedelta" => Target::Seconds,
        "enable" => Target::Enable,
        "id" => Target::Id,
        "primitive" => Target::Primitive,
        "url" => Target::Uri,
        "local-path" => Target::LocalPath,
        "remote-path" => Target::RemotePath,
        "bash" => Target::Bash,
        "python" => Target::Python,
        "port-pair" => Target::PortPair,
        "restart" => Target::Restart,
        "sequence" => Target::TextList,
        "sequence-any" => Target::List,
        "sequence-port" => Target::PortPairList,
        "mapping" => Target::TextMap,
        other => panic!("no target {other}"),
    }
}

fn done(value: &Value) -> Outcome {
    Outcome::Result(json!({"value": plain(value), "type": kind_of(value)}))
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "none",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::Str(_) | Value::Status(_) => "str",
        Value::List(_) => "sequence",
        Value::Map(_) => "mapping",
        Value::Set(_) => "set",
        Value::LocalPath(_) | Value::RemotePath(_) => "path",
        Value::Uri(_) => "url",
        Value::Always => "always",
        Value::Object(_) => "object",
    }
}

/// The JSON of the vectors, which knows less than that of our store.
pub(crate) fn plain(value: &Value) -> Json {
    match value {
        Value::Status(word) => json!(&**word),
        Value::RemotePath(path) => json!({"$path": &**path}),
        Value::List(items) => items.iter().map(plain).collect(),
        _ => serde_json::to_value(value).unwrap(),
    }
}

/// The contexts of a case.
struct Context {
    names: Vec<(String, Value)>,
}

impl Names for Context {
    fn get(&self, name: &str) -> Option<Value> {
        self.names.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    fn list(&self) -> Vec<&str> {
        self.names.iter().map(|(name, _)| name.as_str()).collect()
    }
}

impl Context {
    fn new(json: &Json) -> Self {
        let names = json.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value_of(value)));
        Context { names: names.collect() }
    }

    /// The account of `environment.json`, with the project of the flow if there is one.
    fn home(&self) -> Option<Home> {
        let project = self.get("project")?;
        Some(home(&project.member("project_name")?.text()))
    }

    /// Evaluates, and answers the one question that needs no machine.
    fn answer(&self, template: &Template) -> Eval {
        let mut answers = Answers::new();
        loop {
            let Eval::Ask(questions) = template.eval(self, &answers) else { return template.eval(self, &answers) };
            for question in questions {
                let HostCall::ParseVolume { text } = &question else { panic!("asks {question:?}") };
                let volume = uri::parse_volume(text, &home("test-project")).unwrap();
                answers.insert(question, volume);
            }
        }
    }
}

fn home(project: &str) -> Home {
    Home {
        cluster: "test-cluster".into(),
        org: Some("test-org".into()),
        project: project.into(),
        selected: "test-project".into(),
    }
}

fn value_of(json: &Json) -> Value {
    match json {
        Json::Array(items) => Value::list(items.iter().map(value_of)),
        Json::Object(map) => match map.iter().next() {
            Some((mark, content)) if mark == "$dep" => {
                let result = Value::Status(content[0].as_str().unwrap().into());
                Value::object("needs", [("result", result), ("outputs", value_of(&content[1]))])
            }
            Some((mark, content)) if mark == "$volume" => VolumeParts {
                id: content["id"].as_str().unwrap(),
                remote: content["remote"].as_str().unwrap(),
                mount: content["mount"].as_str().unwrap(),
                read_only: content["read_only"].as_bool().unwrap_or(false),
            }
            .object(None),
            Some((mark, content)) if mark == "$object" => {
                let properties = content.as_object().unwrap().iter();
                Value::object("object", properties.map(|(name, value)| (name.as_str(), value_of(value))))
            }
            Some((mark, _)) if mark.starts_with('$') => serde_json::from_value(json.clone()).unwrap(),
            _ => Value::map(map.iter().map(|(name, value)| (name.as_str(), value_of(value)))),
        },
        Json::Number(number) if !number.is_f64() => Value::Int(Int::parse(&number.to_string()).unwrap()),
        _ => serde_json::from_value(json.clone()).unwrap(),
    }
}
