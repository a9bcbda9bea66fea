//! [`plan`]: the graph of an attempt.

use crate::ast::Field;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::Answers;
use crate::model::NodeRecord;
use crate::plan::check::{self, Checked, Known};
use crate::plan::entry::{self, Entry, start_of};
use crate::plan::evaluate::Problems;
use crate::plan::graph;
use crate::plan::level::{Inputs, Level};
use crate::plan::need::{self, Edges, Targets};
use crate::plan::strategy::strategy_of;
use crate::resolve::{ResolvedFlow, TaskDefinition};

/// The graph of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The nodes in graph order: entries as written, rows in matrix order.
    pub nodes: Vec<NodeRecord>,
    /// The level of each node for drawing; every need lies on a lower one.
    pub levels: Vec<u32>,
}

impl Plan {
    /// The places of the nodes in an order that respects all needs.
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        order.sort_by_key(|at| self.levels.get(*at).copied());
        order
    }
}

/// Plans a flow: matrices, ids, edges, and all checks that need no run.
///
/// No plan if there is any error; all errors come at once. Errors: `F0404`…`F0406` and other faults
/// of the evaluated expressions, `F0204`, `F0401`…`F0403` by the static check, `F0501`…`F0506`.
/// Source: CTX-50…78, DEC-1, DEC-2, DEC-16…18, DEC-28, EXT-1.
pub fn plan(flow: &ResolvedFlow, inputs: &Inputs) -> (Option<Plan>, Diagnostics) {
    let mut problems = Problems::default();
    let level = level(flow, inputs, &mut problems);
    let tasks = flow.tasks.iter().zip(0_u32..);
    let entries: Vec<Entry> = tasks.map(|(task, at)| entry::expand(task, at, &level, &mut problems)).collect();
    entry::report_duplicates(&flow.tasks, &entries, &mut problems);
    for task in flow.tasks.iter() {
        check_task(task, &level, &mut problems);
    }
    let (nodes, edges) = connect(flow, &entries, &mut problems);
    let found = |problems: &Problems, code| problems.faults.iter().any(|fault| fault.code == code);
    // Where one id means two nodes, every path through it is a guess.
    if !found(&problems, Code::DuplicateId) {
        problems.faults.append(graph::cycles(&nodes, &edges, &flow.tasks).into_iter().collect());
    }
    let unsure = found(&problems, Code::UnknownNeed);
    let known = Known { level: &level, inputs, nodes: (!unsure).then_some(nodes.as_slice()) };
    let checked = check::check(flow, &known);
    let diags = all_faults(problems.into_diagnostics(), checked);
    if diags.has_errors() {
        return (None, diags);
    }
    let levels = graph::levels(&nodes);
    (Some(Plan { nodes, levels }), diags)
}

/// Joins both kinds of faults; what evaluation says of a template that the check has refused is left out.
fn all_faults(evaluated: Diagnostics, checked: Checked) -> Diagnostics {
    let said = |fault: &Diagnostic| {
        let span = fault.span();
        span.is_some_and(|span| checked.templates.iter().any(|template| template.to(span) == *template))
    };
    let mut diags: Diagnostics = evaluated.into_iter().filter(|fault| !said(fault)).collect();
    diags.append(checked.diags);
    diags.sorted()
}

/// The flow's level. Questions are no fault here: each task asks them again when it is prepared.
fn level(flow: &ResolvedFlow, inputs: &Inputs, problems: &mut Problems) -> Level {
    let level = Level::new(flow, inputs, &Answers::new(), problems);
    problems.asks.clear();
    if level.max_parallel < 1 {
        problems.faults.push(no_room(&flow.defaults.max_parallel));
    }
    level
}

/// Checks of one entry that need no graph: a strategy that lets something run, an image.
fn check_task(task: &TaskDefinition, level: &Level, problems: &mut Problems) {
    let own = strategy_of(task, level, &Answers::new(), problems).own_max_parallel;
    if let (Some(..1), Some(strategy)) = (own, &task.strategy) {
        problems.faults.push(no_room(&strategy.max_parallel));
    }
    if matches!(task.unit.image, Field::Absent | Field::Null(_)) {
        let fault = Diagnostic::error(Code::MissingImage, "the task has no image");
        problems.faults.push(fault.at(start_of(task), "this task").help("add `image`"));
    }
}

/// A `max_parallel` below 1 would let nothing run (DEC-26).
fn no_room(field: &Field<i64>) -> Diagnostic {
    let fault = Diagnostic::error(Code::WrongValue, "`max_parallel` must be 1 or more: nothing would ever run");
    field.span().into_iter().fold(fault, |fault, span| fault.at(span, "")).help("leave it out for the default")
}

/// Makes the nodes with their edges; the edges of a node have its place.
fn connect(flow: &ResolvedFlow, entries: &[Entry], problems: &mut Problems) -> (Vec<NodeRecord>, Vec<Edges>) {
    let targets = Targets::new(entries);
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    for (entry, task) in entries.iter().zip(flow.tasks.iter()) {
        let before = entries.get(..entry.place as usize).unwrap_or_default();
        let implicit = task.needs.is_none().then(|| need::implicit(before));
        for (id, row) in &entry.rows {
            let own = match (&implicit, &task.needs) {
                (None, Some(list)) => need::written(&list.value, row, &targets, problems),
                (Some(implicit), _) => implicit.clone(),
                (None, None) => Edges::default(),
            };
            nodes.push(NodeRecord {
                id: id.clone(),
                entry: entry.place,
                matrix: row.clone(),
                group: entry.group.clone(),
                needs: own.needs.clone(),
                names: own.names.clone(),
            });
            edges.push(own);
        }
    }
    (nodes, edges)
}
