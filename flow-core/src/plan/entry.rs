//! [`Entry`]: an entry of `tasks` with its rows and their ids. Source: CTX-71, DEC-17, EXT-1.

use std::cell::Cell;
use std::sync::Arc;

use crate::ast::{Field, Items, Strategy};
use crate::diag::{Code, Diagnostic};
use crate::expr::{Answers, HOST_FUNCTIONS, Names, Target, Template};
use crate::plan::evaluate::{Evaluator, Problems};
use crate::plan::level::Level;
use crate::plan::matrix::{self, Row};
use crate::resolve::{TaskDefinition, Work};
use crate::scope::{self, Context, Contexts, Place, Scope};
use crate::text::Span;
use crate::value::Value;

/// An entry of `tasks` with its rows.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its place in `tasks`, from 0.
    pub(crate) place: u32,
    /// The rows with their ids, in order; one with an empty row where there is no matrix.
    pub(crate) rows: Vec<(Arc<str>, Row)>,
    /// Whether the ids were written, so that `needs` may name them.
    pub(crate) named: bool,
    /// The group that the rows form (EXT-1); a single row has the group's own name.
    pub(crate) group: Option<Arc<str>>,
    /// Whether its rows depend on inputs that are not known yet, so that there are none (CTX-53).
    pub(crate) deferred: bool,
    /// Whether its rows are made when its needs are complete; until then one node stands for them (EXT-2).
    pub(crate) late: bool,
}

/// Expands all entries of a graph; post tasks have the rows of the entry that they end (CTX-67).
pub(crate) fn expand_all(tasks: &[TaskDefinition], level: &Level, problems: &mut Problems) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::with_capacity(tasks.len());
    for (task, place) in tasks.iter().zip(0_u32..) {
        let entry = match task.work {
            Work::Post { of, .. } => end_of(entries.get(of as usize), place),
            Work::Unit(_) | Work::Tasks(_) | Work::Main(_) | Work::Local(_) => expand(task, place, level, problems),
        };
        entries.push(entry);
    }
    entries
}

fn end_of(main: Option<&Entry>, place: u32) -> Entry {
    let rows = main.iter().flat_map(|main| &main.rows);
    let rows = rows.map(|(id, row)| (Arc::from(format!("post-{id}")), row.clone())).collect();
    let (deferred, late) = main.map_or((false, false), |main| (main.deferred, main.late));
    Entry { place, rows, named: false, group: None, deferred, late }
}

/// Whether a matrix uses the inputs of a call that is not made yet (CTX-53).
fn is_deferred(strategy: &Strategy, level: &Level) -> bool {
    let is_open = |name: &str| {
        let Some(context) = Context::of(name) else { return false };
        matches!(context, Context::Inputs | Context::Images) && level.contexts.get(context).is_none()
    };
    templates(strategy).into_iter().flat_map(Template::roots).any(|(name, _)| is_open(&name))
}

/// Whether a matrix uses results of tasks, or asks what only the machine knows (EXT-2); with the first place.
pub(crate) fn is_late(strategy: &Strategy) -> Option<Span> {
    let asks = |template: &Template| {
        let mut calls = template.calls().into_iter();
        calls.find(|call| HOST_FUNCTIONS.contains(&call.function)).map(|call| call.span)
    };
    let uses = |template: &Template| {
        let mut roots = template.roots().into_iter();
        roots.find(|(root, _)| root.as_ref() == Context::Needs.name()).map(|(_, span)| span)
    };
    templates(strategy).into_iter().find_map(|template| uses(template).or_else(|| asks(template)))
}

/// The expressions that the rows of a matrix are made from.
fn templates(strategy: &Strategy) -> Vec<&Template> {
    let values = strategy.matrix.variables.values().flat_map(|(_, items)| of_items(items));
    let rows = strategy.matrix.exclude.iter().chain(&strategy.matrix.include);
    let fields = rows.flat_map(|row| row.value.values()).filter_map(|(_, field)| template(field));
    values.chain(fields).collect()
}

fn of_items(items: &Items<Value>) -> Vec<&Template> {
    match items {
        Items::Expr(template) => vec![template],
        Items::Written(written) => written.value.iter().filter_map(template).collect(),
        Items::Absent | Items::Null(_) => Vec::new(),
    }
}

fn template<T>(field: &Field<T>) -> Option<&Template> {
    match field {
        Field::Expr(template) => Some(template),
        Field::Absent | Field::Null(_) | Field::Literal(_) => None,
    }
}

/// Expands one entry. An id that cannot be evaluated leaves its row out and stands in `problems`.
fn expand(task: &TaskDefinition, place: u32, level: &Level, problems: &mut Problems) -> Entry {
    let deferred = task.strategy.as_ref().is_some_and(|strategy| is_deferred(strategy, level));
    if !deferred && task.strategy.as_ref().and_then(is_late).is_some() {
        let name = late_name(task, place);
        let (rows, group) = (vec![(name.clone(), Row::new())], Some(name));
        return Entry { place, rows, named: false, group, deferred: false, late: true };
    }
    let rows = match &task.strategy {
        None => vec![Row::new()],
        Some(_) if deferred => Vec::new(),
        Some(strategy) => {
            let scope = Scope::new(Place::Matrix(level.kind), &level.contexts);
            let mut evaluator = Evaluator { names: &scope, answers: &Answers::new(), problems };
            matrix::rows(&strategy.matrix, (place, level.max_rows), &mut evaluator)
        }
    };
    if matches!(task.id, Field::Absent | Field::Null(_)) {
        let base = format!("task-{}", place + 1);
        let rows = rows.into_iter().map(|row| (generated(&base, &row), row)).collect();
        return Entry { place, rows, named: false, group: None, deferred, late: false };
    }
    Entry { deferred, ..named(task, place, rows, problems) }
}

/// What stands for rows that are made late: the id as written, or a generated one where there is none, or
/// where it uses `matrix`.
pub(crate) fn late_name(task: &TaskDefinition, place: u32) -> Arc<str> {
    let written = !matches!(task.id, Field::Absent | Field::Null(_));
    let own = written.then(|| group_name(task, &[])).flatten();
    own.unwrap_or_else(|| format!("task-{}", place + 1).into())
}

/// The rows of a late matrix with their ids; they form a group, however many they are.
pub(crate) fn late_rows(
    task: &TaskDefinition,
    name: &str,
    rows: Vec<Row>,
    problems: &mut Problems,
) -> Vec<(Arc<str>, Row)> {
    let uses_matrix = |id: &Template| id.roots().iter().any(|(root, _)| root.as_ref() == Context::Matrix.name());
    if !matches!(&task.id, Field::Expr(id) if uses_matrix(id)) {
        return rows.into_iter().map(|row| (generated(name, &row), row)).collect();
    }
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        let contexts = Contexts::new().with(Context::Matrix, scope::matrix(&row));
        let scope = Scope::new(Place::Id, &contexts);
        let mut evaluator = Evaluator { names: &scope, answers: &Answers::new(), problems };
        let id: Option<String> = evaluator.required(&task.id, Target::Id);
        ids.extend(id.map(|id| (Arc::from(id), row)));
    }
    ids
}

fn named(task: &TaskDefinition, place: u32, rows: Vec<Row>, problems: &mut Problems) -> Entry {
    let mut uses_matrix = false;
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        let contexts = Contexts::new().with(Context::Matrix, scope::matrix(&row));
        let names = Watched { scope: Scope::new(Place::Id, &contexts), asked: Cell::new(false) };
        let mut evaluator = Evaluator { names: &names, answers: &Answers::new(), problems };
        let id: Option<String> = evaluator.required(&task.id, Target::Id);
        uses_matrix |= names.asked.get();
        ids.extend(id.map(|id| (Arc::from(id), row)));
    }
    if task.strategy.is_none() || uses_matrix {
        return Entry { place, rows: ids, named: true, group: None, deferred: false, late: false };
    }
    let group = group_name(task, &ids);
    if ids.len() == 1 {
        // One row keeps the id as written, so that `strategy` on a single task changes no name.
        return Entry { place, rows: ids, named: true, group, deferred: false, late: false };
    }
    let rows = ids.into_iter().map(|(id, row)| (generated(&id, &row), row)).collect();
    Entry { place, rows, named: false, group, deferred: false, late: false }
}

/// The name of a group. A matrix without rows still has one, so that it can be needed.
fn group_name(task: &TaskDefinition, ids: &[(Arc<str>, Row)]) -> Option<Arc<str>> {
    if let Some((id, _)) = ids.first() {
        return Some(id.clone());
    }
    let nothing = Contexts::new();
    let scope = Scope::new(Place::Param, &nothing);
    let mut problems = Problems::default();
    let mut evaluator = Evaluator { names: &scope, answers: &Answers::new(), problems: &mut problems };
    evaluator.required::<String>(&task.id, Target::Id).map(Arc::from)
}

/// The id of a row: the values of all variables in alphabetical order of their names.
///
/// Source: CTX-71, DEC-17. Deliberate difference: variables with upper-case letters count too.
fn generated(base: &str, row: &Row) -> Arc<str> {
    let mut variables: Vec<_> = row.iter().filter(|(name, _)| name.as_ref() != "ORDINAL").collect();
    variables.sort_by(|one, other| one.0.cmp(other.0));
    let values = variables.into_iter().map(|(_, value)| escaped(&value.text()));
    values.fold(base.to_owned(), |id, value| id + "-" + &value).into()
}

/// Each byte outside of `[A-Za-z0-9_.-]` as `~` and two hex digits (DEC-17).
fn escaped(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let pieces =
        value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("~{byte:02x}") });
    pieces.collect()
}

/// A scope that notes whether `matrix` was asked for.
struct Watched<'a> {
    scope: Scope<'a>,
    asked: Cell<bool>,
}

impl Names for Watched<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        self.asked.set(self.asked.get() || name == Context::Matrix.name());
        self.scope.get(name)
    }

    fn list(&self) -> Vec<&str> {
        self.scope.list()
    }
}

/// The place that shows whose entry it is: its id, else the beginning of its mapping.
pub(crate) fn place_of(task: &TaskDefinition) -> Span {
    task.id.span().unwrap_or_else(|| task.span.head())
}

/// Reports ids that occur twice, with both places (DEC-2).
pub(crate) fn report_duplicates(tasks: &[TaskDefinition], entries: &[Entry], problems: &mut Problems) {
    let mut seen: indexmap::IndexMap<&Arc<str>, u32> = indexmap::IndexMap::new();
    for entry in entries {
        let own = entry.rows.iter().map(|(id, _)| id);
        for id in own.chain(entry.group.iter().filter(|_| !entry.named && !entry.late)) {
            if let Some(first) = seen.insert(id, entry.place) {
                problems.faults.push(duplicate(tasks, id, first, entry.place));
                break;
            }
        }
    }
}

fn duplicate(tasks: &[TaskDefinition], id: &str, first: u32, second: u32) -> Diagnostic {
    let place = |at: u32| tasks.get(at as usize).map(place_of);
    let fault = Diagnostic::error(Code::DuplicateId, format!("two tasks have the id `{id}`"));
    if first == second {
        let fault = place(first).into_iter().fold(fault, |fault, span| fault.at(span, "two rows of this matrix"));
        return fault.help("use matrix variables in the id so that each row gets its own, or drop equal values");
    }
    let labels = [(second, "again here"), (first, "first here")];
    let placed = labels.into_iter().filter_map(|(at, text)| Some((place(at)?, text)));
    placed.fold(fault, |fault, (span, text)| fault.at(span, text)).help("rename one of them")
}
