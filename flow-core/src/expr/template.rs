//! [`Template`]: text with expressions.

use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::HostCall;
use crate::text::{Span, Text};
use crate::value::Value;

/// Text with expressions, compiled.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    text: Text,
}

/// What an expression can see.
pub trait Names {
    /// The value of a root name; `None` if it is no context of this place.
    fn get(&self, name: &str) -> Option<Value>;
    /// All root names, for «did you mean».
    fn list(&self) -> Vec<&str>;
}

/// Answers to host calls that are known already.
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

impl Template {
    /// Compiles a text. Never fails: what is wrong is in the diagnostics, and then there is no template.
    pub fn parse(_text: &Text) -> (Option<Template>, Diagnostics) {
        unimplemented!("contract only")
    }

    /// The place of the whole text.
    pub fn span(&self) -> Span {
        self.text.span
    }

    /// The text, if it holds no expression.
    pub fn constant(&self) -> Option<&str> {
        unimplemented!("contract only")
    }

    /// Evaluates: one part gives its raw value, more parts give the joined text (EXP-45).
    pub fn eval(&self, _names: &dyn Names, _answers: &Answers) -> Eval {
        unimplemented!("contract only")
    }
}
