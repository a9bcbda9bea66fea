//! [`params`]: the params of an attempt. Source: CTX-65.

use indexmap::IndexMap;

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
    for name in given.keys().filter(|name| !flow.params.contains_key(name.as_str())) {
        let known = flow.params.keys().map(AsRef::as_ref);
        let fault = Diagnostic::error(Code::UnknownParam, format!("the flow has no param `{name}`"));
        let help = suggest::help(name, "params", known).unwrap_or_else(|| "the flow declares no params".to_owned());
        problems.faults.push(fault.help(help));
    }
    let nothing = Contexts::new();
    let scope = Scope::new(Place::Param, &nothing);
    let mut values = IndexMap::new();
    for (name, param) in flow.params.iter() {
        let faults = problems.faults.len();
        let mut evaluator = Evaluator { names: &scope, answers: &Answers::new(), problems: &mut problems };
        let value = given.get(name.as_ref()).cloned();
        if let Some(value) = value.or_else(|| evaluator.field(&param.default, Target::Str)) {
            values.insert(name.to_string(), value);
        } else if problems.faults.len() == faults {
            let message = format!("the param `{name}` has no value");
            let help = format!("give one with `-p {name}=VALUE`, or write a default");
            problems.faults.push(
                Diagnostic::error(Code::MissingParam, message)
                    .at(param.default.span().unwrap_or(param.name), "has no default")
                    .help(help),
            );
        }
    }
    (values, problems.into_diagnostics())
}
