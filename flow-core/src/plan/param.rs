//! [`params`]: the params of an attempt. Source: CTX-65.

use indexmap::IndexMap;

use crate::ast::{Declared, Param};
use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::expr::{Answers, Target};
use crate::plan::evaluate::{Evaluator, Problems};
use crate::resolve::ResolvedFlow;
use crate::scope::{Contexts, Place, Scope};

/// Settles the params: the given value, else the default.
///
/// Shape: one entry for each declared param, in the order of declaration; those without a value are
/// left out. Errors, all at once: `F0005`, `F0006`, and those of the defaults' expressions.
pub fn params(flow: &ResolvedFlow, given: &IndexMap<String, String>) -> (IndexMap<String, String>, Diagnostics) {
    let mut problems = Problems::default();
    let nothing = Contexts::new();
    let scope = Scope::new(Place::Param, &nothing);
    let mut evaluator = Evaluator { names: &scope, answers: &Answers::new(), problems: &mut problems };
    let values = settle_params(("flow", &flow.params), given, &mut evaluator);
    (values, problems.into_diagnostics())
}

/// Settles what something declares, the flow or a job; the defaults are evaluated where the evaluator stands.
pub(crate) fn settle_params(
    (owner, declared): (&str, &Declared<Param>),
    given: &IndexMap<String, String>,
    evaluator: &mut Evaluator<'_>,
) -> IndexMap<String, String> {
    for name in given.keys().filter(|name| !declared.contains_key(name.as_str())) {
        let known = declared.keys().map(AsRef::as_ref);
        let fault = Diagnostic::error(Code::UnknownParam, format!("the {owner} has no param `{name}`"));
        let help = suggest::help(name, "params", known).unwrap_or_else(|| format!("the {owner} declares no params"));
        evaluator.problems.faults.push(fault.help(help));
    }
    let mut values = IndexMap::new();
    for (name, param) in declared {
        let before = evaluator.problems.faults.len() + evaluator.problems.asks.len();
        let value = given.get(name.as_ref()).cloned();
        let value = value.or_else(|| evaluator.field(&param.default, Target::Str));
        let after = evaluator.problems.faults.len() + evaluator.problems.asks.len();
        match value {
            Some(value) => {
                values.insert(name.to_string(), value);
            }
            None if before == after => evaluator.problems.faults.push(missing(name, param)),
            None => {}
        }
    }
    values
}

fn missing(name: &str, param: &Param) -> Diagnostic {
    Diagnostic::error(Code::MissingParam, format!("the param `{name}` has no value"))
        .at(param.default.span().unwrap_or(param.name), "has no default")
        .help(format!("give one with `-p {name} VALUE`, or write a default"))
}
