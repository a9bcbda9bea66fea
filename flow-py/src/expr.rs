//! [`Expr`]: an expression that is compiled once and evaluated often, and conversions to the types of keys.

use std::cell::{OnceCell, RefCell};

use flow_core::diag::Diagnostics;
use flow_core::expr::{
    Answers, Eval, HostCall, Misfit, Names, Target, Template, convert, convert_literal, convert_optional,
};
use flow_core::text::{SourceMap, Span, Text};
use flow_core::value::Value;
use indexmap::IndexMap;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::{from_json, from_value, to_value};
use crate::error::{config_error, raised};
use crate::tree::tree;

/// A compiled expression, or a text with expressions in it.
#[pyclass(frozen, module = "apolo_flow")]
pub(crate) struct Expr {
    template: Template,
    sources: SourceMap,
}

/// Contexts that were converted once, for many evaluations.
#[pyclass(frozen, module = "apolo_flow")]
pub(crate) struct Contexts {
    values: IndexMap<String, Value>,
}

#[pymethods]
impl Contexts {
    #[new]
    fn new(contexts: &Bound<'_, PyDict>) -> PyResult<Self> {
        let value = |(name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| Ok((name.extract()?, to_value(&value, 0)?));
        Ok(Contexts { values: contexts.iter().map(value).collect::<PyResult<_>>()? })
    }

    fn __repr__(&self) -> String {
        let names: Vec<&str> = self.values.keys().map(String::as_str).collect();
        format!("<contexts {}>", names.join(", "))
    }
}

#[pymethods]
impl Expr {
    #[new]
    fn new(py: Python<'_>, text: &str) -> PyResult<Self> {
        // Without a mark the text is what stands between them.
        let whole = if Template::is_expression(text) { text.to_owned() } else { format!("${{{{ {text} }}}}") };
        Self::compile(py, &whole)
    }

    /// A text in which expressions may stand, or none at all.
    #[staticmethod]
    fn template(py: Python<'_>, text: &str) -> PyResult<Self> {
        Self::compile(py, text)
    }

    #[getter]
    fn text(&self) -> &str {
        &self.template.text().content
    }

    /// The names of contexts that it looks at, each once, in the order of writing.
    #[getter]
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.template.roots().into_iter().map(|(name, _)| name.to_string()).collect();
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names
    }

    /// Its syntax tree as plain data.
    fn tree<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        from_json(py, &tree(&self.template, &self.sources))
    }

    #[pyo3(signature = (contexts=None, to=None, optional=false))]
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        contexts: Option<&Bound<'py, PyAny>>,
        to: Option<&str>,
        optional: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let value = match contexts {
            None => self.value(py, &Contexts { values: IndexMap::new() })?,
            Some(given) => match given.cast::<Contexts>() {
                Ok(ready) => self.value(py, ready.get())?,
                Err(_) => self.value_of(py, given.cast::<PyDict>()?)?,
            },
        };
        let Some(to) = to else { return from_value(py, &value) };
        let target = target(to)?;
        if !target.allows_concatenation() && self.template.single().is_none() {
            return Err(self.misfit(py, &Misfit::new(format!("{} cannot be joined from parts", target.wanted()))));
        }
        let converted = if optional && self.template.single().is_some() {
            convert_optional(&value, target).map(|value| value.unwrap_or(Value::Null))
        } else {
            convert(&value, target)
        };
        from_value(py, &converted.map_err(|misfit| self.misfit(py, &misfit))?)
    }

    fn __repr__(&self) -> String {
        format!("Expr({:?})", self.text())
    }
}

impl Expr {
    fn compile(py: Python<'_>, text: &str) -> PyResult<Self> {
        let mut sources = SourceMap::new();
        let file = sources.add("expression", text);
        let end = u32::try_from(text.len()).map_err(|_| PyValueError::new_err("an expression of more than 4 GiB"))?;
        match Template::parse(&Text::plain(text, Span::new(file, 0..end))) {
            (Some(template), _) => Ok(Expr { template, sources }),
            (None, found) => Err(config_error(py, &found, &sources)),
        }
    }

    /// The value by a dictionary; only the names that it looks at are converted.
    fn value_of(&self, py: Python<'_>, dict: &Bound<'_, PyDict>) -> PyResult<Value> {
        let names = DictNames { dict, failed: RefCell::new(None), listed: OnceCell::new() };
        let value = self.value(py, &names);
        match names.failed.into_inner() {
            Some(error) => Err(error),
            None => value,
        }
    }

    fn value(&self, py: Python<'_>, names: &dyn Names) -> PyResult<Value> {
        let mut answers = Answers::new();
        loop {
            match self.template.eval(names, &answers) {
                Eval::Done(value) => return Ok(value),
                Eval::Fault(fault) => {
                    return Err(config_error(py, &Diagnostics::from_iter([*fault]), &self.sources));
                }
                Eval::Ask(calls) => {
                    for call in calls {
                        let answer = answer(py, &call)?;
                        answers.insert(call, answer);
                    }
                }
            }
        }
    }

    fn misfit(&self, py: Python<'_>, misfit: &Misfit) -> PyErr {
        use flow_core::diag::{Code, Diagnostic};
        let found = Diagnostic::error(Code::WrongValue, misfit.message.clone()).at(self.template.value_span(), "");
        let found = Diagnostic { help: misfit.help.clone(), ..found };
        config_error(py, &Diagnostics::from_iter([found]), &self.sources)
    }
}

/// Answers what needs no engine.
fn answer(py: Python<'_>, call: &HostCall) -> PyResult<Value> {
    let refused = |name: &str| raised(py, "FlowError", &format!("`{name}` is answered in a bake only"), Vec::new());
    match call {
        HostCall::HashFiles { root, patterns } => {
            let hashed = py.detach(|| flow_engine::hash_files(std::path::Path::new(root), patterns));
            hashed.map(Value::from).map_err(|message| raised(py, "FlowError", &message, Vec::new()))
        }
        HostCall::Upload { .. } => Err(refused("upload")),
        HostCall::InspectJob { .. } => Err(refused("inspect_job")),
        HostCall::ParseVolume { .. } => Err(refused("parse_volume")),
    }
}

impl Names for Contexts {
    fn get(&self, name: &str) -> Option<Value> {
        self.values.get(name).cloned()
    }

    fn list(&self) -> Vec<&str> {
        self.values.keys().map(String::as_str).collect()
    }
}

/// A dictionary whose values are converted when they are looked at.
struct DictNames<'a, 'py> {
    dict: &'a Bound<'py, PyDict>,
    failed: RefCell<Option<PyErr>>,
    listed: OnceCell<Vec<String>>,
}

impl Names for DictNames<'_, '_> {
    fn get(&self, name: &str) -> Option<Value> {
        let found = self.dict.get_item(name).and_then(|found| found.map(|one| to_value(&one, 0)).transpose());
        found.unwrap_or_else(|error| {
            self.failed.replace(Some(error));
            None
        })
    }

    fn list(&self) -> Vec<&str> {
        let names = || self.dict.keys().iter().filter_map(|name| name.extract().ok()).collect();
        self.listed.get_or_init(names).iter().map(String::as_str).collect()
    }
}

/// A value as a key of a type takes it; a text as it is written in a file.
#[pyfunction(name = "convert")]
#[pyo3(signature = (value, to, *, literal=false))]
pub(crate) fn convert_value<'py>(
    py: Python<'py>,
    value: &Bound<'py, PyAny>,
    to: &str,
    literal: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let (value, target) = (to_value(value, 0)?, target(to)?);
    let converted = if literal { convert_literal(&value, target) } else { convert(&value, target) };
    let converted = converted.map_err(|misfit| {
        let help = misfit.help.map(|help| format!(" ({help})")).unwrap_or_default();
        raised(py, "ConfigError", &format!("{}{help}", misfit.message), Vec::new())
    })?;
    from_value(py, &converted)
}

fn target(name: &str) -> PyResult<Target> {
    let found = TARGETS.iter().find(|(known, _)| *known == name).map(|(_, target)| *target);
    found.ok_or_else(|| {
        let known: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        PyValueError::new_err(format!("no type `{name}`; there are {}", known.join(", ")))
    })
}

/// The types of keys by their names.
const TARGETS: &[(&str, Target)] = &[
    ("any", Target::Any),
    ("str", Target::Str),
    ("bool", Target::Bool),
    ("enable", Target::Enable),
    ("int", Target::Int),
    ("float", Target::Float),
    ("seconds", Target::Seconds),
    ("id", Target::Id),
    ("primitive", Target::Primitive),
    ("local-path", Target::LocalPath),
    ("remote-path", Target::RemotePath),
    ("uri", Target::Uri),
    ("port-pair", Target::PortPair),
    ("restart", Target::Restart),
    ("bash", Target::Bash),
    ("python", Target::Python),
    ("list", Target::List),
    ("text-list", Target::TextList),
    ("port-pair-list", Target::PortPairList),
    ("text-map", Target::TextMap),
];
