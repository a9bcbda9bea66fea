//! [`strategy`]: a task's rows. Source: spec 02 §5.3.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::{Items, Matrix, Named, Section, Strategy};
use crate::diag::Diagnostics;
use crate::parse::field::{COUNT, FLAG, PRIMITIVE, field};
use crate::parse::list::{identifier, items};
use crate::parse::shape::{self, Entry, Rule, Table};
use crate::text::{Span, Spanned};
use crate::value::Value;
use crate::yaml::{Node, NodeKind};

pub(super) const TABLE: Table = Table {
    what: "`strategy`",
    keys: &[&[
        ("matrix", Rule::Required("write the variables of the rows: `matrix: {name: [first, second]}`")),
        ("fail_fast", Rule::Optional),
        ("max_parallel", Rule::Optional),
    ]],
    foreign: &[],
};

/// Reads `strategy`; absent, reported, if there is no matrix in it.
pub(super) fn strategy(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Section<Strategy> {
    shape::section(entry, |entry| written(entry, diagnostics))
}

fn written(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Option<Strategy> {
    let fields = shape::fields(entry, &TABLE, diagnostics)?;
    let fail_fast = field(fields.get("fail_fast"), &FLAG, diagnostics);
    let max_parallel = field(fields.get("max_parallel"), &COUNT, diagnostics);
    let matrix = matrix(fields.get("matrix")?, diagnostics)?;
    Some(Strategy { span: fields.span, matrix, fail_fast, max_parallel })
}

fn matrix(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Option<Matrix> {
    let written = shape::mapping(entry, diagnostics)?;
    let span = entry.value.span;
    let mut matrix = Matrix { span, variables: IndexMap::new(), exclude: Vec::new(), include: Vec::new() };
    for (key, value) in written {
        let name = key.scalar().map_or("", |scalar| scalar.text.content.as_ref());
        let entry = Entry::new(name, key.span, value);
        match name {
            "include" => matrix.include = rows(entry, diagnostics),
            "exclude" => matrix.exclude = rows(entry, diagnostics),
            _ => variable(&mut matrix, key, entry, diagnostics),
        }
    }
    Some(matrix)
}

fn variable(matrix: &mut Matrix, key: &Node, entry: Entry<'_>, diagnostics: &mut Diagnostics) {
    let Some(name) = identifier(key, diagnostics) else { return };
    if entry.value.is_null() {
        diagnostics.push(shape::null(entry, "a list of values"));
        return;
    }
    let values: Items<Value> = items(Some(entry), &PRIMITIVE, diagnostics);
    matrix.variables.entry(name.value).or_insert((name.span, values));
}

/// Reads `include` or `exclude`: literals keep their YAML type (DEC-16).
fn rows(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Vec<Spanned<Named<Value>>> {
    let NodeKind::Seq(list) = &entry.value.kind else {
        let found = shape::wrong_shape(entry, "a list of mappings");
        diagnostics.push(found.help(format!("write `{}:` and below it `- {{name: value}}` for each row", entry.name)));
        return Vec::new();
    };
    list.iter().filter_map(|item| row(entry.item(item), diagnostics)).collect()
}

fn row(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<Named<Value>>> {
    let mut found: IndexMap<Arc<str>, (Span, _)> = IndexMap::new();
    for (key, value) in shape::mapping(entry, diagnostics)? {
        let Some(name) = identifier(key, diagnostics) else { continue };
        let entry = Entry::new(&name.value, key.span, value);
        let value = field(Some(entry), &PRIMITIVE, diagnostics);
        found.entry(name.value.clone()).or_insert((name.span, value));
    }
    Some(Spanned::new(found, entry.value.span))
}
