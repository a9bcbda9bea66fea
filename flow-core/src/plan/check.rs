//! The static check: what can be known to go wrong in expressions before the run.
//!
//! Source: EXP-60…64, CTX-13, CTX-70, DEC-28. Deliberate differences: expressions inside of lists and
//! mappings are checked too, and the names of params, environment and matrices are known.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::Entries;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::{Lookup, Type, TypeNames, check as check_template};
use crate::model::{NeedsLevel, NodeRecord};
use crate::plan::level::{Inputs, Level};
use crate::plan::walk::{Found, templates};
use crate::resolve::ResolvedFlow;
use crate::scope::{Context, Place};
use crate::text::Span;

/// What the check found.
pub(crate) struct Checked {
    /// The problems.
    pub(crate) diags: Diagnostics,
    /// The templates that have one: what their evaluation says is the same again.
    pub(crate) templates: Vec<Span>,
}

/// What the check knows of a flow.
pub(crate) struct Known<'a> {
    pub(crate) level: &'a Level,
    pub(crate) inputs: &'a Inputs,
    /// The nodes; `None` where they are not to be relied on.
    pub(crate) nodes: Option<&'a [NodeRecord]>,
}

/// Checks all expressions of a flow. Errors: `F0401`…`F0403`; a warning `F0401` for `git` outside of a
/// repository.
pub(crate) fn check(flow: &ResolvedFlow, known: &Known<'_>) -> Checked {
    let shared = shared_types(flow, known);
    let rows = by_entry(known.nodes);
    let groups = groups(known.nodes);
    let mut checked = Checked { diags: Diagnostics::new(), templates: Vec::new() };
    for found in templates(flow) {
        let entry = found.entry.map(|entry| rows.get(&entry).map_or(&[][..], Vec::as_slice));
        let own = BTreeMap::from([(Context::Matrix, matrix_type(entry)), (Context::Needs, needs_type(entry, &groups))]);
        let names = Types { place: found.place, own: &own, shared: &shared };
        let mut diags = hinted(&found, check_template(found.template, &names));
        if diags.has_errors() {
            checked.templates.push(found.template.span());
        }
        diags.append(check_git(&found, known.inputs));
        checked.diags.append(diags);
    }
    checked
}

/// The types of one place.
struct Types<'a> {
    place: Place,
    own: &'a BTreeMap<Context, Type>,
    shared: &'a BTreeMap<Context, Type>,
}

impl TypeNames for Types<'_> {
    fn get(&self, name: &str) -> Option<Type> {
        let context = Context::of(name).filter(|one| self.place.has(*one))?;
        Some(self.own.get(&context).or_else(|| self.shared.get(&context)).cloned().unwrap_or(Type::Any))
    }

    fn list(&self) -> Vec<String> {
        self.place.contexts().iter().map(|one| one.name().to_owned()).collect()
    }
}

/// The contexts that all tasks share.
fn shared_types(flow: &ResolvedFlow, known: &Known<'_>) -> BTreeMap<Context, Type> {
    let git = [("sha", Type::Str), ("branch", Type::Str), ("tags", Type::List(Box::new(Type::Str)))];
    let params = flow.params.keys().map(|name| (name.clone(), Type::Str));
    let mut types = BTreeMap::from([
        (Context::Git, Type::object("git", git)),
        (Context::Params, Type::record("params", "params", params)),
        (Context::Env, env_type(flow)),
        (Context::Tags, Type::Set),
    ]);
    for context in [Context::Project, Context::Flow, Context::Strategy] {
        types.extend(known.level.contexts.get(context).map(|value| (context, Type::of(value))));
    }
    types
}

/// The default environment; its names are not known where an expression makes it.
fn env_type(flow: &ResolvedFlow) -> Type {
    let mut names: IndexMap<Arc<str>, Type> = IndexMap::new();
    for layer in &flow.defaults.env {
        match layer {
            Entries::Absent => {}
            Entries::Written(written) => names.extend(written.value.keys().map(|name| (name.clone(), Type::Str))),
            Entries::Expr(_) => return Type::Map(Box::new(Type::Str)),
        }
    }
    Type::record("env", "variables of the defaults", names)
}

fn by_entry(nodes: Option<&[NodeRecord]>) -> BTreeMap<u32, Vec<&NodeRecord>> {
    let mut entries: BTreeMap<u32, Vec<&NodeRecord>> = BTreeMap::new();
    for node in nodes.into_iter().flatten() {
        entries.entry(node.entry).or_default().push(node);
    }
    entries
}

/// The group of each node that has one.
fn groups(nodes: Option<&[NodeRecord]>) -> BTreeMap<&str, &str> {
    nodes.into_iter().flatten().filter_map(|node| Some((node.id.as_ref(), node.group.as_deref()?))).collect()
}

/// `matrix` as the rows of an entry have it; anything where no row is known.
fn matrix_type(rows: Option<&[&NodeRecord]>) -> Type {
    let Some(first) = rows.and_then(<[_]>::first) else { return Type::Any };
    let of = |name: &Arc<str>| {
        let values = rows.into_iter().flatten().filter_map(|row| row.matrix.get(name));
        Type::join(values.map(Type::of))
    };
    Type::record("matrix", "variables", first.matrix.keys().map(|name| (name.clone(), of(name))))
}

/// `needs` as the rows of an entry have it together; anything where no row is known.
fn needs_type(rows: Option<&[&NodeRecord]>, groups: &BTreeMap<&str, &str>) -> Type {
    let Some(rows) = rows.filter(|rows| !rows.is_empty()) else { return Type::Any };
    let mut types: IndexMap<Arc<str>, Type> = IndexMap::new();
    for row in rows {
        types.extend(row.names.iter().filter_map(|name| Some((name.clone(), need_type(row, name, groups)?))));
    }
    Type::record("needs", "completed needs", types)
}

/// One entry of `needs`; `None` for a need of level running, which is not there (CTX-70).
fn need_type(row: &NodeRecord, name: &str, groups: &BTreeMap<&str, &str>) -> Option<Type> {
    if let Some(need) = row.needs.iter().find(|need| need.id.as_ref() == name) {
        let object = || if groups.get(name) == Some(&name) { single_row_type() } else { need_object() };
        return (need.level == NeedsLevel::Completed).then(object);
    }
    let mut members = row.needs.iter().filter(|need| groups.get(need.id.as_ref()) == Some(&name));
    let is_completed = members.all(|need| need.level == NeedsLevel::Completed);
    is_completed.then(group_type)
}

fn result_types() -> [(&'static str, Type); 2] {
    [("result", Type::Status), ("outputs", Type::Map(Box::new(Type::Str)))]
}

fn need_object() -> Type {
    Type::object("need", result_types())
}

fn rows_type() -> (&'static str, Type) {
    let own = [("id", Type::Str), ("matrix", Type::Map(Box::new(Type::Any)))];
    let row = Type::object("row", own.into_iter().chain(result_types()));
    ("rows", Type::List(Box::new(row)))
}

fn group_type() -> Type {
    Type::object("group", [("result", Type::Status), rows_type()])
}

/// A group of one row is seen as a task as well.
fn single_row_type() -> Type {
    Type::object("group", result_types().into_iter().chain([rows_type()]))
}

/// Adds what to do where a context has no members at all, so that nothing can be suggested.
fn hinted(found: &Found<'_>, diags: Diagnostics) -> Diagnostics {
    let lookups = found.template.lookups();
    let hint = |fault: &Diagnostic| {
        let of = |lookup: &&Lookup| lookup.member.as_ref().map(|(_, span)| *span) == fault.span();
        let lookup = lookups.iter().find(of).filter(|_| fault.code == Code::UnknownProperty)?;
        let help = match Context::of(&lookup.root)? {
            Context::Needs => "name it in `needs`, at level `completed`",
            Context::Params => "declare it under `params`",
            Context::Env => "set it under `defaults.env`: a task's own variables are not seen here",
            Context::Matrix => "give the task a `strategy` with a `matrix`",
            Context::Project | Context::Flow | Context::Git | Context::Tags | Context::Strategy => return None,
        };
        Some(help.to_owned())
    };
    let add = |fault: Diagnostic| Diagnostic { help: fault.help.clone().or_else(|| hint(&fault)), ..fault };
    diags.into_iter().map(add).collect()
}

/// A warning only: the expression may stand in a branch that is never taken (CTX-2).
fn check_git(found: &Found<'_>, inputs: &Inputs) -> Diagnostics {
    if inputs.git.is_some() || !found.place.has(Context::Git) {
        return Diagnostics::new();
    }
    let roots = found.template.roots().into_iter().filter(|(root, _)| root.as_ref() == Context::Git.name());
    let warnings = roots.map(|(_, span)| {
        Diagnostic::warning(Code::UnknownContext, "there are no git facts: the workspace is in no repository")
            .at(span, "")
            .help("run it in a git repository that has a commit")
    });
    warnings.collect()
}
