//! The shared vectors of parsing: the whole model of good documents, kind and place of what is wrong with
//! the others. Source: spec 02.

mod model;
pub(crate) mod tree;

use flow_core::ast::Flow;
use flow_core::diag::{Code, Diagnostic, Diagnostics, Severity};
use flow_core::parse::{parse_action, parse_batch, parse_live, parse_project};
use flow_core::text::{Position, SourceMap};
use flow_core::yaml::Node;
use flow_tests::conformance::{Case, Verdict};
use serde_json::{Value as Json, json};

/// Parses the document of a case.
pub(crate) fn judge(case: &Case) -> Verdict {
    let text = case.text("document");
    let mut sources = SourceMap::new();
    let file = sources.add("flow.yml", text);
    let root = tree::read(file, text);
    let model = |render: fn(&Node, &str) -> (Option<Json>, Diagnostics)| root.as_ref().map(|root| render(root, text));
    let (model, diagnostics) = match case.text("kind") {
        "live" => model(live),
        "batch" => model(batch),
        "project" => model(project),
        "action" => model(action),
        other => panic!("no kind {other}"),
    }
    .unwrap_or_else(|| (None, parse_live(file, text).1));
    let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|one| one.severity == Severity::Error).collect();
    if errors.is_empty() {
        let model = json!({"model": model});
        let holds = case.expected().into_iter().any(|expect| *expect == model);
        return Verdict { holds, actual: model.to_string() };
    }
    let found: Vec<Found> = errors.iter().map(|one| Found::new(one, root.as_ref(), &sources)).collect();
    let matches = |expect: &&Json| found.iter().any(|found| found.matches(&expect["error"]));
    Verdict { holds: case.expected().iter().any(matches), actual: format!("{found:?}") }
}

fn live(root: &Node, text: &str) -> (Option<Json>, Diagnostics) {
    let (live, diagnostics) = parse_live(root.span.file, text);
    (live.map(|live| model::flow(&Flow::Live(Box::new(live)), root)), diagnostics)
}

fn batch(root: &Node, text: &str) -> (Option<Json>, Diagnostics) {
    let (batch, diagnostics) = parse_batch(root.span.file, text);
    (batch.map(|batch| model::flow(&Flow::Batch(Box::new(batch)), root)), diagnostics)
}

fn project(root: &Node, text: &str) -> (Option<Json>, Diagnostics) {
    let (project, diagnostics) = parse_project(root.span.file, text);
    (project.map(|project| model::project(&project, root)), diagnostics)
}

fn action(root: &Node, text: &str) -> (Option<Json>, Diagnostics) {
    let (action, diagnostics) = parse_action(root.span.file, text);
    (action.map(|action| model::action(&action)), diagnostics)
}

/// An error of ours in the words of the vectors.
#[derive(Debug)]
#[expect(dead_code, reason = "the message is for the failed case, which shows it all")]
struct Found {
    code: Code,
    message: String,
    /// The places, the main one first, by the convention of EXP-71.
    places: Vec<Position>,
    /// Where the lists and mappings around the main place begin, from the innermost out.
    around: Vec<Position>,
}

impl Found {
    fn new(diagnostic: &Diagnostic, root: Option<&Node>, sources: &SourceMap) -> Found {
        let place = |span| root.map_or_else(|| sources.position(span), |root| tree::recorded(root, span, sources));
        let main = diagnostic.span();
        Found {
            code: diagnostic.code,
            message: diagnostic.message.clone(),
            places: diagnostic.labels.iter().filter_map(|label| place(label.span)).collect(),
            around: root.zip(main).map(|(root, main)| tree::starts(root, main, sources)).unwrap_or_default(),
        }
    }

    fn matches(&self, error: &Json) -> bool {
        let Some(kind) = error["kind"].as_str() else { return false };
        let is_kind = kind == "crash" || kinds(self.code).contains(&kind);
        is_kind && self.is_at(error)
    }

    /// Where the reference names the mapping, and no key in it, ours is the key: then one of the mappings
    /// around is meant.
    fn is_at(&self, error: &Json) -> bool {
        let at = |place: &Position, json: &Json| json["line"] == place.line && json["column"] == place.column;
        if error["line"].is_null() {
            return true;
        }
        let context = &error["context_at"];
        match error["kind"].as_str() {
            // The text ends, or turns, where the reference gives up; what is wrong stands before.
            Some("yaml") => self.places.iter().any(|place| at(place, error) || at(place, context)),
            Some("schema") if context.is_null() => {
                self.places.first().is_some_and(|place| at(place, error))
                    || self.around.iter().any(|place| at(place, error))
            }
            Some("schema") => {
                self.places.first().is_some_and(|place| at(place, error))
                    && self.around.first().is_some_and(|place| at(place, context))
            }
            _ => self.places.first().is_some_and(|place| at(place, error)),
        }
    }
}

/// The kinds of the vectors that one of our codes may have.
fn kinds(code: Code) -> &'static [&'static str] {
    match code {
        Code::YamlSyntax | Code::YamlAlias => &["yaml"],
        Code::YamlTag | Code::UnknownKey | Code::MissingKey | Code::Exclusive => &["schema"],
        Code::WrongShape => &["schema", "type", "eval"],
        Code::WrongValue => &["eval", "value", "schema"],
        Code::NotAnIdentifier | Code::NullValue => &["eval", "schema"],
        Code::NoExpressionHere => &["eval"],
        Code::ExprToken => &["lex"],
        Code::ExprSyntax => &["parse"],
        Code::WrongKind | Code::ExprLiteral => &["value"],
        Code::UnknownFunction => &["unknown-function"],
        Code::WrongArity => &["arity"],
        _ => &[],
    }
}
