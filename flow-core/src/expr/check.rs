//! [`check`]: names and types of a template before the run; no values needed (DEC-28, EXP-62).

use std::sync::Arc;

use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::expr::ast::{BinaryOp, Bytes, Comprehension, Kind, Node, Step, UnaryOp};
use crate::expr::func::Function;
use crate::expr::template::{Part, Template};
use crate::expr::types::{Record, Type};
use crate::value::Value;

/// The types of what an expression can see.
pub trait TypeNames {
    /// The type of a root name; `None` if it is no context of this place.
    fn get(&self, name: &str) -> Option<Type>;
    /// All root names, for «did you mean».
    fn list(&self) -> Vec<String>;
    /// Whether a function may be called at this place, as [`Names::allows`](crate::expr::Names::allows).
    fn allows(&self, function: &str) -> bool {
        function != "inspect_job"
    }
}

/// Reports all that can be known to go wrong: unknown contexts, members and needs, items and
/// attributes of what has none, operators between types that never go together.
///
/// Shape: in the order of writing; each label is the smallest wrong thing (EXP-64). Conditional
/// branches and lazy operands are checked too, though they may never run.
pub fn check(template: &Template, names: &dyn TypeNames) -> Diagnostics {
    check_type(template, names).1
}

/// As [`check`], with the type of the result.
pub fn check_type(template: &Template, names: &dyn TypeNames) -> (Type, Diagnostics) {
    let mut checker = Checker { template, names, locals: Vec::new(), found: Diagnostics::new() };
    let mut last = Type::Str;
    for part in template.parts() {
        if let Part::Expr(expr) = part {
            last = checker.node(expr.node());
        }
    }
    let kind = if template.single().is_some() { last } else { Type::Str };
    (kind, checker.found)
}

struct Checker<'a> {
    template: &'a Template,
    names: &'a dyn TypeNames,
    locals: Vec<(Arc<str>, Type)>,
    found: Diagnostics,
}

impl Checker<'_> {
    fn report(&mut self, code: Code, message: String, at: &Bytes, help: Option<String>) {
        let diagnostic = Diagnostic::error(code, message).at(self.template.span_of(at), "");
        self.found.push(Diagnostic { help, ..diagnostic });
    }

    fn node(&mut self, node: &Node) -> Type {
        match &node.kind {
            Kind::Literal(value) => Type::of(value),
            Kind::Lookup { name, at, path } => {
                let root = self.root(name, at);
                self.path(root, path)
            }
            Kind::Call { function, at, args, path } => {
                self.allowed(function, at);
                let args: Vec<Type> = args.iter().map(|arg| self.node(arg)).collect();
                if matches!(function.name, "success" | "failure") {
                    self.needs(node);
                }
                self.path(result_of(function, &args), path)
            }
            Kind::Unary(op, operand) => {
                let operand = self.node(operand);
                match op {
                    UnaryOp::Not => Type::Bool,
                    UnaryOp::Plus | UnaryOp::Minus if operand == Type::Float => Type::Float,
                    UnaryOp::Plus | UnaryOp::Minus => Type::Any,
                }
            }
            Kind::Binary(op, operands) => {
                let left = self.node(&operands.0);
                let right = self.node(&operands.1);
                self.binary(*op, &left, &right, node)
            }
            Kind::If(branches) => {
                let then = self.node(&branches.then);
                self.node(&branches.cond);
                let otherwise = self.node(&branches.otherwise);
                Type::join([then, otherwise])
            }
            Kind::List(items) => {
                let items: Vec<Type> = items.iter().map(|item| self.node(item)).collect();
                Type::List(Box::new(Type::join(items)))
            }
            Kind::Comprehension(comprehension) => self.comprehension(comprehension),
            Kind::Map(entries) => {
                for (key, value) in entries {
                    self.node(key);
                    self.node(value);
                }
                Type::Map(Box::new(Type::Any))
            }
        }
    }

    fn root(&mut self, name: &Arc<str>, at: &Bytes) -> Type {
        if let Some((_, kind)) = self.locals.iter().rev().find(|(local, _)| local == name) {
            return kind.clone();
        }
        if let Some(kind) = self.names.get(name) {
            return kind;
        }
        let known = self.names.list();
        let help = suggest::help(name, "contexts", known.iter().map(String::as_str));
        self.report(Code::UnknownContext, format!("no context `{name}` here"), at, help);
        Type::Any
    }

    fn path(&mut self, mut kind: Type, path: &[Step]) -> Type {
        for step in path {
            kind = match step {
                Step::Attr(name, at) => self.attr(&kind, name, at),
                Step::Item(key, at) => {
                    self.node(key);
                    self.item(&kind, key, at)
                }
            };
        }
        kind
    }

    fn attr(&mut self, kind: &Type, name: &str, at: &Bytes) -> Type {
        match kind {
            Type::Any => Type::Any,
            Type::Map(value) => value.as_ref().clone(),
            Type::Record(record) | Type::Object(record) => self.member(record, name, at),
            Type::Null
            | Type::Bool
            | Type::Int
            | Type::Float
            | Type::Str
            | Type::Status
            | Type::Path
            | Type::Uri
            | Type::Set
            | Type::Always
            | Type::List(_) => {
                let message = format!("{kind} has no properties, so no `{name}`");
                self.report(Code::UnknownProperty, message, at, Some(format!("leave out `.{name}`")));
                Type::Any
            }
        }
    }

    fn member(&mut self, record: &Record, name: &str, at: &Bytes) -> Type {
        if let Some(kind) = record.types.get(name) {
            return kind.clone();
        }
        let help = suggest::help(name, &record.members, record.types.keys().map(AsRef::as_ref));
        self.report(Code::UnknownProperty, format!("`{}` has no `{name}`", record.name), at, help);
        Type::Any
    }

    fn item(&mut self, kind: &Type, key: &Node, at: &Bytes) -> Type {
        match kind {
            Type::Any => Type::Any,
            Type::List(item) => item.as_ref().clone(),
            Type::Map(value) => value.as_ref().clone(),
            Type::Str | Type::Status => Type::Str,
            Type::Record(record) => match &key.kind {
                Kind::Literal(Value::Str(name)) => self.member(record, name, &key.range),
                _ => Type::join(record.types.values().cloned()),
            },
            Type::Null
            | Type::Bool
            | Type::Int
            | Type::Float
            | Type::Path
            | Type::Uri
            | Type::Set
            | Type::Always
            | Type::Object(_) => {
                let at = if key.range.is_empty() { at } else { &key.range };
                let help = "take properties with a dot, as in `flow.title`".to_owned();
                self.report(Code::ExprType, format!("{kind} has no items"), at, Some(help));
                Type::Any
            }
        }
    }

    /// The place must have what the function works on.
    fn allowed(&mut self, function: &Function, at: &Bytes) {
        let needed = match function.name {
            "success" | "failure" | "always" => Some("needs"),
            "hash_files" => Some("flow"),
            _ => None,
        };
        let missing = needed.is_some_and(|context| self.names.get(context).is_none());
        if missing || !self.names.allows(function.name) {
            let help = match needed {
                Some("needs") => "use it in the attributes of a task of a batch",
                Some(_) => "use it where the context `flow` exists",
                None => "use it in the attributes of a live job",
            };
            self.report(Code::UnknownContext, format!("`{}` does not work here", function.name), at, Some(help.into()));
        }
    }

    /// Ids that `success('a')` names must be needs.
    fn needs(&mut self, call: &Node) {
        let Kind::Call { args, .. } = &call.kind else { return };
        let Some(Type::Record(needs) | Type::Object(needs)) = self.names.get("needs") else { return };
        for arg in args {
            if let Kind::Literal(Value::Str(id)) = &arg.kind {
                self.member(&needs, id, &arg.range);
            }
        }
    }

    fn comprehension(&mut self, comprehension: &Comprehension) -> Type {
        let source = self.node(&comprehension.source);
        let item = source.item().unwrap_or_else(|| {
            let help = "give a list, a mapping, a set or a text".to_owned();
            self.report(
                Code::ExprType,
                format!("`for` cannot walk over {source}"),
                &comprehension.source.range,
                Some(help),
            );
            Type::Any
        });
        self.locals.push((Arc::clone(&comprehension.var), item));
        let item = self.node(&comprehension.item);
        comprehension.filter.iter().for_each(|filter| drop(self.node(filter)));
        self.locals.pop();
        Type::List(Box::new(item))
    }

    fn binary(&mut self, op: BinaryOp, left: &Type, right: &Type, node: &Node) -> Type {
        match op {
            BinaryOp::Or | BinaryOp::And => return Type::join([left.clone(), right.clone()]),
            BinaryOp::Equal
            | BinaryOp::Unequal
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual => return Type::Bool,
            BinaryOp::BitOr
            | BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Modulo => {}
        }
        if op != BinaryOp::Add {
            return Type::Any;
        }
        match (group(left), group(right)) {
            (None, _) | (_, None) => Type::Any,
            (Some(a), Some(b)) if a == b && a != Group::Other => match a {
                Group::Text => Type::Str,
                Group::List => Type::join([left.clone(), right.clone()]),
                Group::Number | Group::Other => Type::Any,
            },
            _ => {
                let help = "make both sides texts with `str()`, or both numbers with `int()`".to_owned();
                self.report(
                    Code::ExprType,
                    format!("`+` does not work on {left} and {right}"),
                    &node.range,
                    Some(help),
                );
                Type::Any
            }
        }
    }
}

/// What `+` can join.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Number,
    Text,
    List,
    Other,
}

fn group(kind: &Type) -> Option<Group> {
    match kind {
        Type::Any => None,
        Type::Bool | Type::Int | Type::Float => Some(Group::Number),
        Type::Str | Type::Status => Some(Group::Text),
        Type::List(_) => Some(Group::List),
        Type::Null
        | Type::Path
        | Type::Uri
        | Type::Set
        | Type::Always
        | Type::Map(_)
        | Type::Record(_)
        | Type::Object(_) => Some(Group::Other),
    }
}

/// The type of a function's result; a function that is not listed may give anything.
fn result_of(function: &Function, args: &[Type]) -> Type {
    match function.name {
        "len" | "int" => Type::Int,
        "str" | "lower" | "upper" | "replace" | "join" | "fmt" | "to_json" | "hash_files" | "hash_files_relative" => {
            Type::Str
        }
        "range" => Type::List(Box::new(Type::Int)),
        "keys" => Type::List(Box::new(Type::Any)),
        "values" => match args.first() {
            Some(Type::Record(record)) => Type::List(Box::new(Type::join(record.types.values().cloned()))),
            Some(Type::Map(value)) => Type::List(value.clone()),
            _ => Type::List(Box::new(Type::Any)),
        },
        "success" | "failure" => Type::Bool,
        "always" => Type::Always,
        "nothing" => Type::Null,
        "upload" => args.first().cloned().unwrap_or(Type::Any),
        _ => Type::Any,
    }
}

#[cfg(test)]
mod tests;
