//! [`rows`]: a matrix to its rows. Source: CTX-50…59, DEC-16, DEC-18.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::{Field, Matrix};
use crate::diag::{Code, Diagnostic, suggest};
use crate::expr::Target;
use crate::plan::evaluate::Evaluator;
use crate::text::{Span, Spanned};
use crate::value::{Int, Value};

/// The largest matrix that is planned unless the settings say else (EXT-2; the reference has 256, CTX-57).
pub(crate) const MAX_ROWS: usize = 10_000;

/// How many times larger than that a product may be before `exclude`: what is larger is a slip, not a plan.
const MAX_EXCLUDED: usize = 10;

/// One combination: variable to value.
pub(crate) type Row = IndexMap<Arc<str>, Value>;

type Entry = Spanned<IndexMap<Arc<str>, (Span, Field<Value>)>>;

/// Expands a matrix into its rows.
///
/// `place`: that of the entry in `tasks`; `max_rows`: how many rows are allowed.
/// Shape: product order, the first variable slowest, without what `exclude` names; `include` rows
/// follow; each row ends with `ORDINAL`, its place from 0. A variable without values is left out;
/// if no variable has values there is no row, and a matrix without variables has one (DEC-18).
/// Cost: linear in the product. Errors: `F0505`, `F0506`, and those of the expressions.
/// Source: CTX-51…57.
pub(crate) fn rows(matrix: &Matrix, (place, max_rows): (u32, usize), evaluator: &mut Evaluator<'_>) -> Vec<Row> {
    let values = matrix.variables.iter().map(|(name, (_, items))| (name.clone(), evaluator.values(items)));
    let values: IndexMap<Arc<str>, Vec<Value>> = values.filter(|(_, values)| !values.is_empty()).collect();
    let size = values.values().try_fold(1_usize, |size, list| size.checked_mul(list.len()));
    if size.is_none_or(|size| size > max_rows.saturating_mul(MAX_EXCLUDED)) {
        evaluator.problems.faults.push(too_large(matrix, place, max_rows));
        return Vec::new();
    }
    let mut rows = if values.is_empty() && !matrix.variables.is_empty() { Vec::new() } else { product(&values) };
    for entry in &matrix.exclude {
        let wanted = entry_values(entry, evaluator);
        if known_variables(entry, matrix, evaluator) {
            rows.retain(|row| !wanted.iter().all(|(name, value)| row.get(name).is_some_and(|one| same(one, value))));
        }
    }
    for entry in &matrix.include {
        let row = entry_values(entry, evaluator);
        match misfit(entry, &values) {
            Some(words) => evaluator.problems.faults.push(wrong_include(matrix, entry, &words)),
            None => rows.push(values.keys().filter_map(|name| row.get_key_value(name)).map(owned).collect()),
        }
    }
    if rows.len() > max_rows {
        evaluator.problems.faults.push(too_large(matrix, place, max_rows));
        return Vec::new();
    }
    number(&mut rows);
    rows
}

fn owned((name, value): (&Arc<str>, &Value)) -> (Arc<str>, Value) {
    (name.clone(), value.clone())
}

fn number(rows: &mut [Row]) {
    for (at, row) in rows.iter_mut().enumerate() {
        row.insert("ORDINAL".into(), Value::Int(Int::Small(at as i64)));
    }
}

fn product(values: &IndexMap<Arc<str>, Vec<Value>>) -> Vec<Row> {
    let mut rows = vec![Row::new()];
    for (name, list) in values {
        let longer = |row: &Row, value: &Value| {
            let mut row = row.clone();
            row.insert(name.clone(), value.clone());
            row
        };
        rows = rows.iter().flat_map(|row| list.iter().map(move |value| longer(row, value))).collect();
    }
    rows
}

fn entry_values(entry: &Entry, evaluator: &mut Evaluator<'_>) -> Row {
    let values = entry.value.iter().filter_map(|(name, (_, field))| {
        evaluator.required(field, Target::Primitive).map(|value| (name.clone(), value))
    });
    values.collect()
}

/// Whether a product value is what an `exclude` entry means (DEC-16).
fn same(product: &Value, excluded: &Value) -> bool {
    product == excluded || product.text() == excluded.text()
}

/// Reports the keys of an `exclude` entry that are no variables.
fn known_variables(entry: &Entry, matrix: &Matrix, evaluator: &mut Evaluator<'_>) -> bool {
    let mut known = true;
    for (name, (span, _)) in &entry.value {
        if matrix.variables.contains_key(name) {
            continue;
        }
        known = false;
        let fault = Diagnostic::error(Code::MatrixShape, format!("the matrix has no variable `{name}`"));
        let help = suggest::help(name, "variables", matrix.variables.keys().map(AsRef::as_ref));
        evaluator.problems.faults.push(Diagnostic { help, ..fault.at(*span, "not a variable") });
    }
    known
}

/// How the keys of an `include` entry differ from the variables, in words.
fn misfit(entry: &Entry, values: &IndexMap<Arc<str>, Vec<Value>>) -> Option<String> {
    let quoted = |name: &Arc<str>| format!("`{name}`");
    let additional: Vec<_> = entry.value.keys().filter(|name| !values.contains_key(*name)).map(quoted).collect();
    let missing: Vec<_> = values.keys().filter(|name| !entry.value.contains_key(*name)).map(quoted).collect();
    let parts = [("additional", additional), ("missing", missing)];
    let words = parts.into_iter().filter(|(_, names)| !names.is_empty());
    let words: Vec<_> = words.map(|(word, names)| format!("{word} {}", names.join(", "))).collect();
    (!words.is_empty()).then(|| words.join("; "))
}

/// The main place is the whole matrix, as CTX-55 has it; the entry is shown as well.
fn wrong_include(matrix: &Matrix, entry: &Entry, words: &str) -> Diagnostic {
    Diagnostic::error(Code::MatrixShape, format!("an `include` entry must name exactly the matrix variables: {words}"))
        .at(matrix.span, "this matrix")
        .at(entry.span, "this entry")
        .help("give the entry a value for each variable and for nothing else")
}

fn too_large(matrix: &Matrix, place: u32, max_rows: usize) -> Diagnostic {
    let message = format!("the matrix of task #{} has more than {max_rows} rows", place + 1);
    Diagnostic::error(Code::MatrixTooLarge, message)
        .at(matrix.span, "")
        .help("let each row work on several values, or raise `matrix_rows` under `[limits]` in engine.toml")
}
