//! [`Needed`]: how the needs of a task ended, and the context `needs`. Source: CTX-1, EXT-1.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::model::TaskStatus;
use crate::scope;
use crate::value::{Value, ValueMap};

/// How a needed task ended.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskResult {
    /// Its final status.
    pub status: TaskStatus,
    /// Name to text.
    pub outputs: IndexMap<String, String>,
}

/// How a row of a needed group ended (EXT-1).
#[derive(Clone, Debug, PartialEq)]
pub struct RowResult {
    /// Its id.
    pub id: Arc<str>,
    /// Its variables.
    pub matrix: IndexMap<Arc<str>, Value>,
    /// How it ended.
    pub result: TaskResult,
}

/// What a task sees under one name of `needs`.
#[derive(Clone, Debug, PartialEq)]
pub enum Needed {
    /// One task.
    Task(TaskResult),
    /// A group, in row order.
    Group(Vec<RowResult>),
}

impl Needed {
    /// The result as `needs.x.result` shows it; that of a group is settled as that of a bake (DEC-4).
    pub fn result(&self) -> TaskStatus {
        match self {
            Needed::Task(task) => task.status.as_result(),
            Needed::Group(rows) => {
                let any = |status| rows.iter().any(|row| row.result.status == status);
                let bad = [TaskStatus::Failed, TaskStatus::Cancelled].into_iter().find(|status| any(*status));
                bad.unwrap_or(TaskStatus::Succeeded)
            }
        }
    }
}

/// The context `needs`. Source: CTX-1, EXT-1.
pub(crate) fn needs_context(needs: &IndexMap<Arc<str>, Needed>) -> Value {
    let entries = needs.iter().map(|(name, need)| (Value::Str(name.clone()), need_value(name, need)));
    Value::Map(Arc::new(entries.collect::<ValueMap>()))
}

/// A group of one row, whose row bears the group's name, is seen as a task as well.
fn need_value(name: &Arc<str>, need: &Needed) -> Value {
    let result = ("result", Value::Status(need.result().word().into()));
    match need {
        Needed::Task(task) => Value::object("need", [result, ("outputs", scope::texts(&task.outputs))]),
        Needed::Group(rows) => {
            let single = rows.first().filter(|row| row.id == *name);
            let outputs = single.map(|row| ("outputs", scope::texts(&row.result.outputs)));
            let rows = ("rows", Value::list(rows.iter().map(row_value)));
            Value::object("group", [result].into_iter().chain(outputs).chain([rows]))
        }
    }
}

fn row_value(row: &RowResult) -> Value {
    let properties = [
        ("id", Value::Str(row.id.clone())),
        ("matrix", scope::matrix(&row.matrix)),
        ("result", Value::Status(row.result.status.as_result().word().into())),
        ("outputs", scope::texts(&row.result.outputs)),
    ];
    Value::object("row", properties)
}
