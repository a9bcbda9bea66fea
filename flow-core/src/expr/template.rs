//! [`Template`]: text with expressions.

use std::ops::Range;
use std::sync::Arc;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::HostCall;
use crate::expr::ast::{Bytes, Kind, Node, Step};
use crate::expr::eval::{Evaluator, Fault, Stop};
use crate::expr::lexer::{self, LexError};
use crate::expr::parser::{self, Piece, Problem};
use crate::text::{Span, Text};
use crate::value::Value;

/// Text with expressions, compiled.
///
/// Shape: cheap to clone. Equal if written the same at the same place. The empty text is a template
/// of no parts, although the grammar wants one: an empty attribute is for its type to judge (EXP-3).
#[derive(Clone, Debug)]
pub struct Template {
    text: Text,
    parts: Arc<[Part]>,
}

/// One part of a template.
#[derive(Clone, Debug)]
pub enum Part {
    /// Text between expressions, with its place in the content.
    Text(Arc<str>, Bytes),
    /// One expression.
    Expr(Expr),
}

/// One expression, compiled; its ranges are those of the content of its template.
#[derive(Clone, Debug)]
pub struct Expr {
    node: Arc<Node>,
}

impl Expr {
    /// Its tree.
    pub fn node(&self) -> &Node {
        &self.node
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// What an expression can see.
pub trait Names {
    /// The value of a root name; `None` if it is no context of this place.
    fn get(&self, name: &str) -> Option<Value>;
    /// All root names, for «did you mean».
    fn list(&self) -> Vec<&str>;
    /// Whether a function may be called at this place.
    ///
    /// `inspect_job` only where a live job says so; status functions are bound to the `needs`
    /// context and `hash_files` to `flow`, so they need no word here.
    fn allows(&self, function: &str) -> bool {
        function != "inspect_job"
    }
}

/// Answers to host calls that are known already. A null answer: the host found nothing.
pub type Answers = indexmap::IndexMap<HostCall, Value>;

/// What came of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub enum Eval {
    /// A value.
    Done(Value),
    /// Questions that must be answered first; then evaluate again.
    Ask(Vec<HostCall>),
    /// A problem in the user's text.
    Fault(Box<Diagnostic>),
}

/// A name that a template looks up, for static checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The root name, such as `needs`.
    pub root: Arc<str>,
    /// Its place.
    pub root_span: Span,
    /// The first attribute, or the first item by a constant text, with its place.
    pub member: Option<(Arc<str>, Span)>,
}

/// A call that a template makes, for static checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSite {
    /// The name of the function.
    pub function: &'static str,
    /// The place of the name.
    pub span: Span,
    /// Those arguments that are constant texts, with their places.
    pub texts: Vec<(Arc<str>, Span)>,
}

impl Template {
    /// Compiles a text. Never fails: what is wrong is in the diagnostics, and then there is no template.
    pub fn parse(text: &Text) -> (Option<Template>, Diagnostics) {
        let tokens = match lexer::lex(&text.content) {
            Ok(tokens) => tokens,
            Err(error) => return (None, Diagnostics::from_iter([lex_diagnostic(text, &error)])),
        };
        let pieces = match parser::parse(&text.content, &tokens) {
            Ok(pieces) => pieces,
            Err(problems) => return (None, problems.into_iter().map(|one| diagnostic(text, one)).collect()),
        };
        let part = |piece| match piece {
            Piece::Text(range) => Part::Text(slice(&text.content, &range).into(), range),
            Piece::Expr(node) => Part::Expr(Expr { node: Arc::new(node) }),
        };
        let parts = pieces.into_iter().map(part).collect();
        (Some(Template { text: text.clone(), parts }), Diagnostics::new())
    }

    /// A template of a text without expressions, whatever it holds.
    pub fn literal(text: &Text) -> Template {
        let range = 0..text.content.len() as u32;
        let parts = if range.is_empty() { vec![] } else { vec![Part::Text(Arc::clone(&text.content), range)] };
        Template { text: text.clone(), parts: parts.into() }
    }

    /// Whether a text holds an opening mark, so that it must be parsed as a template.
    pub fn is_expression(content: &str) -> bool {
        lexer::find_open(content).is_some()
    }

    /// The place of the whole text.
    pub fn span(&self) -> Span {
        self.text.span
    }

    /// The text that it was made from.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// Its parts in the order of writing; no two texts are neighbours.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Where a value that does not fit the type of its key is to be reported: the first token of
    /// the first part (EXP-71).
    pub fn value_span(&self) -> Span {
        match self.parts.first() {
            Some(Part::Expr(expr)) => self.text.span_of(expr.node.first..expr.node.range.end.max(expr.node.first)),
            Some(Part::Text(_, range)) => self.text.span_of(range.clone()),
            None => self.text.span,
        }
    }

    /// The text, if it holds no expression.
    pub fn constant(&self) -> Option<&str> {
        let constant = self.parts.iter().all(|part| matches!(part, Part::Text(..)));
        constant.then_some(&self.text.content)
    }

    /// The expression, if the template is nothing but one.
    pub fn single(&self) -> Option<&Expr> {
        match self.parts.as_ref() {
            [Part::Expr(expr)] => Some(expr),
            _ => None,
        }
    }

    /// Evaluates: one part gives its raw value, more parts give the joined text (EXP-45).
    pub fn eval(&self, names: &dyn Names, answers: &Answers) -> Eval {
        let mut evaluator = Evaluator::new(names, answers);
        if let Some(expr) = self.single() {
            return match evaluator.run(&expr.node) {
                Ok(value) => Eval::Done(value),
                Err(stop) => self.stopped(stop),
            };
        }
        if let Some(text) = self.constant() {
            return Eval::Done(Value::from(text));
        }
        match self.join(&mut evaluator) {
            Ok((_, questions)) if !questions.is_empty() => Eval::Ask(questions),
            Ok((text, _)) => Eval::Done(Value::from(text)),
            Err(stop) => self.stopped(stop),
        }
    }

    /// The joined text, and the questions that are open.
    fn join<'a>(&'a self, evaluator: &mut Evaluator<'a>) -> Result<(String, Vec<HostCall>), Stop> {
        let mut joined = String::new();
        let mut questions = Vec::new();
        for part in self.parts.iter() {
            match part {
                Part::Text(text, _) => joined.push_str(text),
                Part::Expr(expr) => match evaluator.run(&expr.node) {
                    Ok(value) => {
                        let text = value.text();
                        evaluator.charge(text.len(), &expr.node.range)?;
                        joined.push_str(&text);
                    }
                    Err(stop) => match stop {
                        Stop::Ask(question) => questions.push(*question),
                        Stop::Fault(fault) => return Err(Stop::Fault(fault)),
                    },
                },
            }
        }
        Ok((joined, questions))
    }

    /// Each expression with its place and its value; those that ask or fail are left out.
    pub fn each(&self, names: &dyn Names, answers: &Answers) -> Vec<(Span, Value)> {
        let value = |part: &Part| match part {
            Part::Text(..) => None,
            Part::Expr(expr) => {
                let value = Evaluator::new(names, answers).run(&expr.node).ok()?;
                Some((self.span_of(&(expr.node.first..expr.node.range.end.max(expr.node.first))), value))
            }
        };
        self.parts.iter().filter_map(value).collect()
    }

    fn stopped(&self, stop: Stop) -> Eval {
        match stop {
            Stop::Ask(question) => Eval::Ask(vec![*question]),
            Stop::Fault(fault) => Eval::Fault(Box::new(self.fault(*fault))),
        }
    }

    /// The first label is the smallest wrong thing; if the part that raised it begins elsewhere, a
    /// second one shows that (EXP-71).
    fn fault(&self, fault: Fault) -> Diagnostic {
        let Fault { trouble, range, first } = fault;
        let mut diagnostic = Diagnostic::error(trouble.code, trouble.message).at(self.text.span_of(range.clone()), "");
        if first < range.start {
            diagnostic = diagnostic.at(self.text.span_of(first..range.end), "in this expression");
        }
        Diagnostic { help: trouble.help, ..diagnostic }
    }

    /// The place of a range of the content.
    pub fn span_of(&self, range: &Range<u32>) -> Span {
        self.text.span_of(range.clone())
    }

    /// All free root names with their places, in the order of writing, each as often as it stands.
    pub fn roots(&self) -> Vec<(Arc<str>, Span)> {
        self.lookups().into_iter().map(|lookup| (lookup.root, lookup.root_span)).collect()
    }

    /// All lookups of free names, in the order of writing. Loop names are not free.
    pub fn lookups(&self) -> Vec<Lookup> {
        let mut lookups = Vec::new();
        self.walk(&mut |node, scope| {
            if let Kind::Lookup { name, at, path } = &node.kind
                && !scope.contains(&name.as_ref())
            {
                lookups.push(Lookup {
                    root: Arc::clone(name),
                    root_span: self.span_of(at),
                    member: path.first().and_then(|step| self.member(step)),
                });
            }
        });
        lookups
    }

    /// All calls of functions, in the order of writing.
    pub fn calls(&self) -> Vec<CallSite> {
        let mut calls = Vec::new();
        self.walk(&mut |node, _| {
            if let Kind::Call { function, at, args, .. } = &node.kind {
                let texts = args.iter().filter_map(|arg| self.constant_text(arg)).collect();
                calls.push(CallSite { function: function.name, span: self.span_of(at), texts });
            }
        });
        calls
    }

    fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Node, &[&'a str])) {
        for part in self.parts.iter() {
            if let Part::Expr(expr) = part {
                expr.node.walk(&mut Vec::new(), visit);
            }
        }
    }

    fn member(&self, step: &Step) -> Option<(Arc<str>, Span)> {
        match step {
            Step::Attr(name, range) => Some((Arc::clone(name), self.span_of(range))),
            Step::Item(key, _) => self.constant_text(key),
        }
    }

    fn constant_text(&self, node: &Node) -> Option<(Arc<str>, Span)> {
        match &node.kind {
            Kind::Literal(Value::Str(text)) => Some((Arc::clone(text), self.span_of(&node.range))),
            _ => None,
        }
    }
}

fn slice<'a>(content: &'a str, range: &Bytes) -> &'a str {
    content.get(range.start as usize..range.end as usize).unwrap_or("")
}

fn diagnostic(text: &Text, problem: Problem) -> Diagnostic {
    let diagnostic = Diagnostic::error(problem.code, problem.message).at(text.span_of(problem.range), "");
    Diagnostic { help: problem.help, ..diagnostic }
}

fn lex_diagnostic(text: &Text, error: &LexError) -> Diagnostic {
    let found = slice(&text.content, &error.range);
    let (message, help) = match found {
        _ if error.unclosed_string => (
            "a string that is not closed".to_owned(),
            "close it; a backslash does not protect a quote, so put `'` into a string in `\"`".to_owned(),
        ),
        "&" | "!" | "=" => (format!("unexpected `{found}`"), "write `and`, `or`, `not`, `==` or `!=`".to_owned()),
        "_" => (format!("unexpected `{found}`"), "names begin with a letter".to_owned()),
        _ => (format!("unexpected `{found}`"), "remove it, or put it into a string".to_owned()),
    };
    Diagnostic::error(Code::ExprToken, message).at(text.span_of(error.range.clone()), "").help(help)
}
