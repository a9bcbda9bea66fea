//! [`items`] and [`entries`]: attributes that hold a list or a mapping of values, or one expression.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::{Declared, Entries, Items, Name, Named, Section};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::{Target, Template};
use crate::parse::field::{self, Expressions, Kind, PLAIN_ID, field, plain};
use crate::parse::shape::{self, Entry, used_at};
use crate::parse::surprise;
use crate::text::Spanned;
use crate::yaml::{Node, NodeKind};

/// Reads `List<T>`: items of `kind`, or one expression.
pub(super) fn items<T>(entry: Option<Entry<'_>>, kind: &Kind<T>, diagnostics: &mut Diagnostics) -> Items<T> {
    let Some(entry) = entry else { return Items::Absent };
    if entry.value.is_null() {
        return Items::Null(entry.place());
    }
    if let Whole::Expr(whole) = whole(entry, "a list", diagnostics) {
        return whole.map_or(Items::Absent, Items::Expr);
    }
    let NodeKind::Seq(list) = &entry.value.kind else {
        let mut found = shape::wrong_shape(entry, "a list");
        if let Some(scalar) = entry.value.scalar() {
            found = found.help(format!("write a list of one: `[{}]`", scalar.text.content.trim()));
        }
        diagnostics.push(found);
        return Items::Absent;
    };
    let list = list.iter().map(|item| field(Some(entry.item(item)), kind, diagnostics)).collect();
    Items::Written(Spanned::new(list, entry.value.span))
}

/// Reads `Map<T>`: names and values of `kind`, or one expression. Null is an error.
pub(super) fn entries<T>(entry: Option<Entry<'_>>, kind: &Kind<T>, diagnostics: &mut Diagnostics) -> Entries<T> {
    let Some(entry) = entry else { return Entries::Absent };
    if let Whole::Expr(whole) = whole(entry, "a mapping", diagnostics) {
        return whole.map_or(Entries::Absent, Entries::Expr);
    }
    named(entry, kind, diagnostics).map_or(Entries::Absent, Entries::Written)
}

/// Reads a mapping of free names to values of `kind`; `None`, reported, if it is none.
pub(super) fn named<T>(entry: Entry<'_>, kind: &Kind<T>, diagnostics: &mut Diagnostics) -> Option<Spanned<Named<T>>> {
    let mut found = IndexMap::new();
    for (key, value) in shape::mapping(entry, diagnostics)? {
        let Some(name) = name(key, diagnostics) else { continue };
        let field = field(Some(Entry::new(&name, key.span, value)), kind, diagnostics);
        found.entry(name.clone()).or_insert((key.span, field));
    }
    Some(Spanned::new(found, entry.value.span))
}

/// Reads a section of things with names of their own, each by `read`; what is wrong is left out.
pub(super) fn declared<T>(
    entry: Option<Entry<'_>>,
    diagnostics: &mut Diagnostics,
    read: fn(Entry<'_>, &mut Diagnostics) -> Option<T>,
) -> Section<Declared<T>> {
    shape::section(entry, |entry| {
        let mut found = IndexMap::new();
        for (key, value) in shape::mapping(entry, diagnostics)? {
            let Some(name) = identifier(key, diagnostics) else { continue };
            let one = read(Entry::new(&name.value, key.span, value), diagnostics);
            if let Some(one) = one {
                found.entry(name.value).or_insert(one);
            }
        }
        Some(found)
    })
}

/// What stands for a whole list or mapping.
enum Whole {
    /// One expression; `None`: reported, it is wrong.
    Expr(Option<Template>),
    /// Something else.
    Other,
}

fn whole(entry: Entry<'_>, what: &str, diagnostics: &mut Diagnostics) -> Whole {
    match entry.value.scalar() {
        Some(scalar) if Template::is_expression(&scalar.text.content) => {
            Whole::Expr(field::template(entry, &scalar.text, (Expressions::Alone, what), diagnostics))
        }
        _ => Whole::Other,
    }
}

/// A free name, such as that of an environment variable: the text of any scalar (YML-7).
fn name(key: &Node, diagnostics: &mut Diagnostics) -> Option<Arc<str>> {
    let scalar = key.scalar()?;
    let at = Entry::new(&scalar.text.content, key.span, key);
    surprise::warn(at, scalar, Target::Str, diagnostics);
    if key.is_null() {
        let found = Diagnostic::error(Code::WrongValue, "a name is needed here").at(key.span, "no name");
        diagnostics.push(used_at(found.help("write the name of the value, in quotes if YAML reads it as null"), key));
        return None;
    }
    Some(scalar.value.text())
}

/// A key that must be an identifier (WS-40).
pub(super) fn identifier(key: &Node, diagnostics: &mut Diagnostics) -> Option<Name> {
    let name = key.scalar().map_or("", |scalar| scalar.text.content.as_ref());
    let found = plain(Some(Entry::new(name, key.span, key)), &PLAIN_ID, diagnostics)?;
    Some(Spanned::new(Arc::from(found.value), found.span))
}
