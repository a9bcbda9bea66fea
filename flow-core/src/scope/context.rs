//! [`Contexts`]: the values behind the names. Source: CTX-1.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::model::GitInfo;
use crate::scope::Context;
use crate::value::{Int, Value, ValueMap};

/// The values that are known so far, by context.
#[derive(Clone, Debug, Default)]
pub struct Contexts {
    values: BTreeMap<Context, Value>,
}

impl Contexts {
    /// None at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces one.
    pub fn with(mut self, context: Context, value: Value) -> Self {
        self.values.insert(context, value);
        self
    }

    /// Takes one out.
    pub fn without(mut self, context: Context) -> Self {
        self.values.remove(&context);
        self
    }

    /// The value of one.
    pub fn get(&self, context: Context) -> Option<&Value> {
        self.values.get(&context)
    }
}

/// What `project` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectFacts {
    /// The project's id in the files (WS-20, WS-21).
    pub id: Arc<str>,
    /// The platform project.
    pub project_name: Option<String>,
    /// The owner.
    pub owner: Option<String>,
}

impl ProjectFacts {
    /// The context `project`.
    ///
    /// `selected`: the platform project that is selected; it counts where the files name none (WS-26).
    pub fn context(&self, selected: Option<&str>) -> Value {
        Value::object(
            "project",
            [
                ("id", text(&self.id)),
                ("project_name", optional_text(self.project_name.as_deref().or(selected))),
                ("owner", optional_text(self.owner.as_deref())),
            ],
        )
    }
}

/// What `flow` shows.
#[derive(Clone, Debug)]
pub struct FlowFacts<'a> {
    /// The flow's id (WS-30).
    pub id: &'a str,
    /// The project's id.
    pub project_id: &'a str,
    /// The workspace folder, absolute.
    pub workspace: &'a str,
    /// The title (WS-32).
    pub title: &'a str,
    /// The user's name.
    pub username: &'a str,
    /// What else it shows there.
    pub more: FlowMore<'a>,
}

/// The property of `flow` that is not there everywhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FlowMore<'a> {
    /// None, as in a live flow.
    Nothing,
    /// Seconds that the bake may take: at the top of a batch.
    LifeSpan(Option<f64>),
    /// The folder of the file: in actions and modules.
    ActionPath(&'a str),
}

impl FlowFacts<'_> {
    /// The context `flow`.
    pub fn context(&self) -> Value {
        let more = match self.more {
            FlowMore::Nothing => None,
            FlowMore::LifeSpan(seconds) => Some(("life_span", seconds.map_or(Value::Null, Value::Float))),
            FlowMore::ActionPath(folder) => Some(("action_path", Value::LocalPath(folder.into()))),
        };
        let properties = [
            ("flow_id", text(self.id)),
            ("project_id", text(self.project_id)),
            ("workspace", Value::LocalPath(self.workspace.into())),
            ("title", text(self.title)),
            ("username", text(self.username)),
        ];
        Value::object("flow", properties.into_iter().chain(more))
    }
}

/// The context `git`; an object without properties where there is no repository (CTX-2).
pub fn git(git: Option<&GitInfo>) -> Value {
    let Some(git) = git else { return Value::object("git", Vec::<(&str, Value)>::new()) };
    let tags = git.tags.iter().map(|tag| text(tag)).collect();
    Value::object(
        "git",
        [("sha", text(&git.sha)), ("branch", text(&git.branch)), ("tags", Value::List(Arc::new(tags)))],
    )
}

/// The context `params`.
pub fn params(params: &IndexMap<String, String>) -> Value {
    texts(params)
}

/// The context `tags`.
pub fn tags(tags: &BTreeSet<Arc<str>>) -> Value {
    Value::Set(Arc::new(tags.clone()))
}

/// The context `strategy`.
pub fn strategy(fail_fast: bool, max_parallel: i64) -> Value {
    let max_parallel = Value::Int(Int::Small(max_parallel));
    Value::object("strategy", [("fail_fast", Value::Bool(fail_fast)), ("max_parallel", max_parallel)])
}

/// The context `matrix`: the row's variables, `ORDINAL` included; empty without a matrix.
pub fn matrix(row: &IndexMap<Arc<str>, Value>) -> Value {
    let entries: ValueMap = row.iter().map(|(name, value)| (Value::Str(name.clone()), value.clone())).collect();
    Value::Map(Arc::new(entries))
}

/// The context `multi`; `args` are the words behind `--`, joined so that a shell splits them again.
pub fn multi(suffix: &str, args: &str) -> Value {
    Value::object("multi", [("suffix", text(suffix)), ("args", text(args))])
}

/// The context `inputs`.
pub fn inputs(inputs: &IndexMap<Arc<str>, Value>) -> Value {
    matrix(inputs)
}

/// A mapping of texts.
pub fn texts(entries: &IndexMap<String, String>) -> Value {
    let entries: ValueMap = entries.iter().map(|(name, value)| (text(name), text(value))).collect();
    Value::Map(Arc::new(entries))
}

/// The form of an id within a tag: `_` becomes `-`, then lower case. Source: WS-34, BAT-6.
pub fn tag_form(id: &str) -> String {
    id.replace('_', "-").to_lowercase()
}

/// A text value.
pub(crate) fn text(text: &str) -> Value {
    Value::Str(text.into())
}

fn optional_text(value: Option<&str>) -> Value {
    value.map_or(Value::Null, text)
}
