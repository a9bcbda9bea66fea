//! [`grow`]: the rows of a matrix that uses results of tasks, made when these are there. Source: EXT-2.
//!
//! Until then one node stands for them, which the others need; see the doc of `sched::AttemptState`.

use std::sync::Arc;

use crate::model::NodeRecord;
use crate::plan::entry::{late_name, late_rows};
use crate::plan::evaluate::{Evaluator, Problems};
use crate::plan::level::Level;
use crate::plan::matrix;
use crate::plan::needed::{Needed, RowResult, needs_context};
use crate::plan::prepare::NodeView;
use crate::resolve::TaskDefinition;
use crate::scope::{Context, Place, Scope};
use crate::text::Span;

/// The rows that a late node stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Grown {
    /// Their records, with the needs of the late node.
    pub nodes: Vec<NodeRecord>,
    /// The place of their entry's id.
    pub place: Span,
}

/// Makes the rows of a post entry: one for each row that the entry which it ends has got (DEC-19).
///
/// None where that entry never got rows: there is nothing to end.
pub(crate) fn grow_ends(task: &TaskDefinition, main: (&TaskDefinition, u32), view: &NodeView<'_>) -> Grown {
    let name = late_name(main.0, main.1);
    let rows = match view.needs.get(&name) {
        Some(Needed::Group(rows)) => rows.as_slice(),
        Some(Needed::Task(_)) | None => &[],
    };
    let record = |row: &RowResult| NodeRecord {
        id: format!("post-{}", row.id).into(),
        matrix: row.matrix.clone(),
        late: false,
        ..view.node.clone()
    };
    Grown { nodes: rows.iter().map(record).collect(), place: super::entry::place_of(task) }
}

/// Makes the rows. What is wrong, and what is to be asked first, stands in `problems`.
pub(crate) fn grow(task: &TaskDefinition, level: &Level, view: &NodeView<'_>, problems: &mut Problems) -> Grown {
    let strategy = task.strategy.as_ref().map(|strategy| &strategy.matrix);
    let contexts = level.contexts.clone().with(Context::Needs, needs_context(&view.needs));
    let scope = Scope::new(Place::Matrix(level.kind), &contexts);
    let entry = view.node.entry;
    let mut evaluator = Evaluator { names: &scope, answers: view.answers, problems };
    let rows = strategy.map(|matrix| matrix::rows(matrix, (entry, level.max_rows), &mut evaluator));
    let name = late_name(task, entry);
    let rows = late_rows(task, &name, rows.unwrap_or_default(), problems);
    let record = |(id, row): (Arc<str>, matrix::Row)| NodeRecord {
        id,
        entry,
        matrix: row,
        group: Some(name.clone()),
        late: false,
        ..view.node.clone()
    };
    Grown { nodes: rows.into_iter().map(record).collect(), place: super::entry::place_of(task) }
}
