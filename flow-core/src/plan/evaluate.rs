//! [`Evaluator`]: attributes to values at one place. Source: EXP-45, DEC-9.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::{Command, CommandKind, Entries, Field, Items};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::{Answers, Eval, HostCall, Misfit, Names, Target, Template, convert};
use crate::plan::evaluated::Trace;
use crate::text::Span;
use crate::value::{Int, Value};

/// What kept attributes from having a value.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    /// Questions that must be answered first, with the place that asks.
    pub(crate) asks: Vec<(HostCall, Span)>,
    /// Faults in the user's text.
    pub(crate) faults: Diagnostics,
    /// What each expression came to, for those who want to see it.
    pub(crate) trace: Option<Trace>,
}

/// Evaluates attributes with the names of one place; collects what goes wrong.
pub(crate) struct Evaluator<'a> {
    pub(crate) names: &'a dyn Names,
    pub(crate) answers: &'a Answers,
    pub(crate) problems: &'a mut Problems,
}

/// A type that an attribute can have.
pub(crate) trait Fit: Sized + Clone {
    /// The value as this type; `None` if it does not fit.
    fn fit(value: &Value) -> Option<Self>;
}

impl Fit for String {
    fn fit(value: &Value) -> Option<Self> {
        as_text(value).map(str::to_owned)
    }
}

impl Fit for bool {
    fn fit(value: &Value) -> Option<Self> {
        if let Value::Bool(one) = value { Some(*one) } else { None }
    }
}

impl Fit for i64 {
    fn fit(value: &Value) -> Option<Self> {
        if let Value::Int(Int::Small(one)) = value { Some(*one) } else { None }
    }
}

impl Fit for f64 {
    fn fit(value: &Value) -> Option<Self> {
        if let Value::Float(one) = value { Some(*one) } else { None }
    }
}

impl Fit for Value {
    fn fit(value: &Value) -> Option<Self> {
        Some(value.clone())
    }
}

/// The text of a value that is a text or a path.
pub(crate) fn as_text(value: &Value) -> Option<&str> {
    match value {
        Value::Str(text) | Value::LocalPath(text) | Value::RemotePath(text) | Value::Uri(text) => Some(text),
        Value::Status(word) => Some(word),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Set(_)
        | Value::Always
        | Value::Object(_) => None,
    }
}

impl Evaluator<'_> {
    /// The raw value of a template; `None` if it asks or fails.
    pub(crate) fn template(&mut self, template: &Template) -> Option<Value> {
        if let Some(trace) = &mut self.problems.trace {
            trace.add(template.each(self.names, self.answers));
        }
        match template.eval(self.names, self.answers) {
            Eval::Done(value) => Some(value),
            Eval::Ask(calls) => {
                self.problems.asks.extend(calls.into_iter().map(|call| (call, template.span())));
                None
            }
            Eval::Fault(fault) => {
                self.problems.faults.push(*fault);
                None
            }
        }
    }

    /// A value as the type of its key; a misfit is a fault at `span`.
    pub(crate) fn converted(&mut self, value: &Value, target: Target, span: Span) -> Option<Value> {
        convert(value, target).map_err(|misfit| self.misfit(misfit, Some(span))).ok()
    }

    /// Notes a value that does not fit, at its place where that is known.
    pub(crate) fn misfit(&mut self, misfit: Misfit, span: Option<Span>) {
        let fault = Diagnostic::error(Code::Conversion, misfit.message);
        let fault = span.into_iter().fold(fault, |fault, span| fault.at(span, ""));
        self.problems.faults.push(Diagnostic { help: misfit.help, ..fault });
    }

    /// An attribute; `None` if it is absent, null, or an expression gives `None` (DEC-9, bools excepted).
    pub(crate) fn field<T: Fit>(&mut self, field: &Field<T>, target: Target) -> Option<T> {
        match field {
            Field::Absent | Field::Null(_) => None,
            Field::Literal(literal) => Some(literal.value.clone()),
            Field::Expr(template) => {
                let value = self.template(template)?;
                if matches!(value, Value::Null) && target != Target::Bool {
                    return None;
                }
                self.fitted(&value, target, template.value_span())
            }
        }
    }

    /// An attribute that an expression cannot unset: `None` becomes what `target` makes of it.
    pub(crate) fn required<T: Fit>(&mut self, field: &Field<T>, target: Target) -> Option<T> {
        let Field::Expr(template) = field else { return self.field(field, target) };
        let value = self.template(template)?;
        self.fitted(&value, target, template.value_span())
    }

    fn fitted<T: Fit>(&mut self, value: &Value, target: Target, span: Span) -> Option<T> {
        let converted = self.converted(value, target, span)?;
        let fitted = T::fit(&converted);
        if fitted.is_none() {
            let message = format!("`{}` is out of the range of this key", converted.text());
            self.problems.faults.push(Diagnostic::error(Code::Conversion, message).at(span, ""));
        }
        fitted
    }

    /// A command, wrapped as its shorthand says (YML-30).
    pub(crate) fn command(&mut self, command: &Command) -> Option<String> {
        let template = match &command.text {
            Field::Absent | Field::Null(_) => return None,
            Field::Literal(literal) => &literal.value,
            Field::Expr(template) => template,
        };
        let value = self.template(template)?;
        if matches!(value, Value::Null) {
            return None;
        }
        let target = match command.kind {
            CommandKind::Cmd => Target::Str,
            CommandKind::Bash => Target::Bash,
            CommandKind::Python => Target::Python,
        };
        self.fitted(&value, target, template.value_span())
    }

    /// A list of texts; null and empty items are left out.
    pub(crate) fn texts(&mut self, items: &Items<String>) -> Vec<String> {
        self.texts_as(items, Target::Str, Target::TextList)
    }

    /// A list of texts of a type, the type of the whole being `whole`.
    pub(crate) fn texts_as(&mut self, items: &Items<String>, item: Target, whole: Target) -> Vec<String> {
        let list = match items {
            Items::Absent | Items::Null(_) => Vec::new(),
            Items::Written(written) => written.value.iter().filter_map(|one| self.field(one, item)).collect(),
            Items::Expr(template) => self.text_list(template, whole).unwrap_or_default(),
        };
        list.into_iter().filter(|item| !item.is_empty()).collect()
    }

    fn text_list(&mut self, template: &Template, whole: Target) -> Option<Vec<String>> {
        let value = self.template(template)?;
        match self.converted(&value, whole, template.value_span())? {
            Value::List(list) => Some(list.iter().filter_map(as_text).map(str::to_owned).collect()),
            _ => None,
        }
    }

    /// Lays a mapping of texts over `into`; an overridden key keeps its place (CTX-34).
    pub(crate) fn lay_entries(&mut self, entries: &Entries<String>, into: &mut IndexMap<String, String>) {
        match entries {
            Entries::Absent => {}
            Entries::Written(written) => {
                for (name, (_, field)) in &written.value {
                    self.name_in_trace(Some(name));
                    if let Some(text) = self.required(field, Target::Str) {
                        into.insert(name.to_string(), text);
                    }
                }
                self.name_in_trace(None);
            }
            Entries::Expr(template) => into.extend(self.text_map(template).unwrap_or_default()),
        }
    }

    /// What is traced from now on is the value of an entry of this name.
    fn name_in_trace(&mut self, name: Option<&Arc<str>>) {
        if let Some(trace) = &mut self.problems.trace {
            trace.name = name.cloned();
        }
    }

    fn text_map(&mut self, template: &Template) -> Option<Vec<(String, String)>> {
        let value = self.template(template)?;
        match self.converted(&value, Target::TextMap, template.value_span())? {
            Value::Map(map) => {
                let pairs = map.iter().filter_map(|(name, value)| as_text(name).zip(as_text(value)));
                Some(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
            }
            _ => None,
        }
    }

    /// The values of a matrix variable; an expression's items keep any type (CTX-59).
    pub(crate) fn values(&mut self, items: &Items<Value>) -> Vec<Value> {
        match items {
            Items::Absent | Items::Null(_) => Vec::new(),
            Items::Written(written) => {
                written.value.iter().filter_map(|item| self.required(item, Target::Primitive)).collect()
            }
            Items::Expr(template) => self.value_list(template).unwrap_or_default().to_vec(),
        }
    }

    fn value_list(&mut self, template: &Template) -> Option<Arc<Vec<Value>>> {
        let value = self.template(template)?;
        match self.converted(&value, Target::List, template.value_span())? {
            Value::List(list) => Some(list),
            _ => None,
        }
    }
}

impl Problems {
    /// All of them as diagnostics, for a place where nobody can answer.
    pub(crate) fn into_diagnostics(self) -> Diagnostics {
        let mut diags = self.faults;
        for (_, span) in self.asks {
            let message = "this function cannot be used here: its answer is not known before the bake runs";
            let help = "use it in an attribute of a task";
            diags.push(Diagnostic::error(Code::NotSupported, message).at(span, "").help(help));
        }
        diags
    }
}
