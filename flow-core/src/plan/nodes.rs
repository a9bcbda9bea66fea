//! [`plan`]: the graph of an attempt, and the graphs that calls open.

use crate::ast::Field;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::Answers;
use crate::model::NodeRecord;
use crate::plan::check;
use crate::plan::entry::{self, Entry};
use crate::plan::evaluate::Problems;
use crate::plan::graph;
use crate::plan::level::{Inputs, Level};
use crate::plan::need::{self, Edges, Ends, Targets};
use crate::plan::strategy::strategy_of;
use crate::plan::unit::missing_image;
use crate::resolve::{ResolvedFlow, TaskDefinition, Work};

/// The graph of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The nodes in graph order: entries as written, rows in matrix order, post tasks last.
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

/// One graph, as far as it is known.
#[derive(Debug, Default)]
pub(crate) struct Drawn {
    pub(crate) nodes: Vec<NodeRecord>,
    /// Whether ids and edges are to be relied on.
    pub(crate) sure: bool,
}

/// Plans a flow: matrices, ids, edges, and all checks that need no run, also of what it calls.
///
/// No plan if there is any error; all errors come at once. Errors: `F0404`…`F0406` and other faults
/// of the evaluated expressions, `F0204`, `F0401`…`F0403` by the static check, `F0501`…`F0506`,
/// `F0511`, `F0513`…`F0515`.
/// Source: CTX-50…78, DEC-1, DEC-2, DEC-16…18, DEC-28, EXT-1.
pub fn plan(flow: &ResolvedFlow, inputs: &Inputs) -> (Option<Plan>, Diagnostics) {
    let mut problems = Problems::default();
    let level = level(flow, inputs, &mut problems);
    let drawn = draw(&flow.tasks, &level, &mut problems);
    let mut checked = check::check(flow, inputs, &level, &drawn);
    checked.evaluated.append(problems.into_diagnostics());
    let diags = checked.into_diagnostics();
    if diags.has_errors() {
        return (None, diags);
    }
    let levels = graph::levels(&drawn.nodes);
    (Some(Plan { nodes: drawn.nodes, levels }), diags)
}

/// Draws one graph, with the problems of its ids, matrices, strategies and edges.
pub(crate) fn draw(tasks: &[TaskDefinition], level: &Level, problems: &mut Problems) -> Drawn {
    let entries = entry::expand_all(tasks, level, problems);
    entry::report_duplicates(tasks, &entries, problems);
    for task in tasks {
        check_task(task, level, problems);
    }
    let before = problems.faults.iter().filter(|fault| fault.code == Code::UnknownNeed).count();
    let (nodes, edges) = connect(tasks, &entries, problems);
    let after = problems.faults.iter().filter(|fault| fault.code == Code::UnknownNeed).count();
    // Of two tasks with one id the edges are anybody's guess.
    if !problems.faults.iter().any(|fault| fault.code == Code::DuplicateId) {
        problems.faults.append(graph::cycles(&nodes, &edges, tasks).into_iter().collect());
    }
    let sure = before == after && entries.iter().all(|entry| !entry.deferred);
    Drawn { nodes, sure }
}

/// The flow's level. Questions are no fault here: each task asks them again when it is prepared.
fn level(flow: &ResolvedFlow, inputs: &Inputs, problems: &mut Problems) -> Level {
    let level = Level::new(flow, inputs, &Answers::new(), problems);
    problems.asks.clear();
    if level.max_parallel < 1 {
        problems.faults.push(no_room(&flow.shared.defaults.max_parallel));
    }
    level
}

/// Checks of one entry that need no graph: a strategy that lets something run, an image.
fn check_task(task: &TaskDefinition, level: &Level, problems: &mut Problems) {
    if matches!(task.work, Work::Post { .. }) {
        return;
    }
    let own = strategy_of(task, level, &Answers::new(), problems).own_max_parallel;
    if let (Some(..1), Some(strategy)) = (own, &task.strategy) {
        problems.faults.push(no_room(&strategy.max_parallel));
    }
    let Some(unit) = task.unit() else { return };
    if matches!(unit.image, Field::Absent | Field::Null(_)) {
        problems.faults.push(missing_image(unit, task.span.head()));
    }
}

/// A `max_parallel` below 1 would let nothing run (DEC-26).
fn no_room(field: &Field<i64>) -> Diagnostic {
    let fault = Diagnostic::error(Code::WrongValue, "`max_parallel` must be 1 or more: nothing would ever run");
    field.span().into_iter().fold(fault, |fault, span| fault.at(span, "")).help("leave it out for the default")
}

/// Makes the nodes with their edges; the edges of a node have its place.
fn connect(tasks: &[TaskDefinition], entries: &[Entry], problems: &mut Problems) -> (Vec<NodeRecord>, Vec<Edges>) {
    let targets = Targets::new(entries);
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    let mut ends: Option<Ends> = None;
    for (entry, task) in entries.iter().zip(tasks) {
        let own: Vec<Edges> = match (&task.work, &task.needs) {
            (Work::Post { of, .. }, _) => {
                let Some(main) = entries.get(*of as usize) else { continue };
                ends.get_or_insert_with(|| Ends::new(&nodes)).edges(entry, main)
            }
            (_, Some(list)) => {
                let rows = entry.rows.iter();
                rows.map(|(_, row)| need::written(&list.value, row, &targets, problems)).collect()
            }
            (_, None) => {
                let before = entries.get(..entry.place as usize).unwrap_or_default();
                vec![need::implicit(before); entry.rows.len()]
            }
        };
        for ((id, row), own) in entry.rows.iter().zip(own) {
            nodes.push(NodeRecord {
                id: id.clone(),
                entry: entry.place,
                matrix: row.clone(),
                group: entry.group.clone(),
                needs: own.needs.clone(),
                names: own.names.clone(),
                local: matches!(task.work, Work::Local(_)),
                late: entry.late,
            });
            edges.push(own);
        }
    }
    (nodes, edges)
}
