//! [`Types`]: what is known before the run of the contexts at a place. Source: EXP-62, CTX-1, CTX-13.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::{Declared, Entries, Image, Input, InputKind};
use crate::expr::{Type, TypeNames};
use crate::model::{NeedsLevel, NodeRecord};
use crate::plan::args::kind_of;
use crate::resolve::{Shared, TaskDefinition};
use crate::scope::{Context, Contexts, Place};

/// The types of contexts.
pub(crate) type Known = BTreeMap<Context, Type>;

/// The types of one place.
pub(crate) struct Types<'a> {
    pub(crate) place: Place,
    /// Those of the task.
    pub(crate) own: &'a Known,
    /// Those that all tasks of the graph share.
    pub(crate) shared: &'a Known,
}

impl TypeNames for Types<'_> {
    fn get(&self, name: &str) -> Option<Type> {
        let context = Context::of(name).filter(|one| self.place.has(*one))?;
        self.own.get(&context).or_else(|| self.shared.get(&context)).cloned()
    }

    fn list(&self) -> Vec<String> {
        let known = |one: &&Context| self.own.contains_key(one) || self.shared.contains_key(one);
        self.place.contexts().iter().filter(known).map(|one| one.name().to_owned()).collect()
    }

    fn allows(&self, function: &str) -> bool {
        self.place.allows(function)
    }
}

/// The contexts of a flow of either kind.
pub(crate) fn of_shared(shared: &Shared, contexts: &Contexts) -> Known {
    let git = [("sha", Type::Str), ("branch", Type::Str), ("tags", Type::List(Box::new(Type::Str)))];
    let volumes = shared.volumes.keys().map(|name| (name.clone(), volume()));
    let mut types = Known::from([
        (Context::Git, Type::object("git", git)),
        (Context::Env, env(shared)),
        (Context::Tags, Type::Set),
        (Context::Volumes, Type::record("volumes", "volumes", volumes)),
        (Context::Images, images(&shared.images)),
    ]);
    for context in [Context::Project, Context::Flow, Context::Strategy] {
        types.extend(contexts.get(context).map(|value| (context, Type::of(value))));
    }
    types
}

/// `params` of a flow or a job.
pub(crate) fn params<'a>(names: impl Iterator<Item = &'a Arc<str>>) -> Type {
    Type::record("params", "params", names.map(|name| (name.clone(), Type::Str)))
}

/// `inputs` of an action or a module.
pub(crate) fn inputs(declared: &Declared<Input>) -> Type {
    let of = |input: &Input| match kind_of(input) {
        InputKind::Str => Type::Str,
        InputKind::Int => Type::Int,
        InputKind::Float => Type::Float,
        InputKind::Bool => Type::Bool,
    };
    Type::record("inputs", "inputs", declared.iter().map(|(name, input)| (name.clone(), of(input))))
}

/// `images` of a flow or an action.
pub(crate) fn images(declared: &Declared<Image>) -> Type {
    Type::record("images", "images", declared.keys().map(|name| (name.clone(), image())))
}

fn volume() -> Type {
    let texts = ["id", "ref", "ref_ro", "ref_rw"].map(|name| (name, Type::Str));
    let others = [
        ("remote", Type::Uri),
        ("mount", Type::Path),
        ("read_only", Type::Bool),
        ("local", Type::Any),
        ("full_local_path", Type::Any),
    ];
    Type::object("volume", texts.into_iter().chain(others))
}

fn image() -> Type {
    let texts = || Type::List(Box::new(Type::Str));
    let open = ["context", "dockerfile", "dockerfile_rel", "build_preset", "extra_kaniko_args"];
    let others = [
        ("id", Type::Str),
        ("ref", Type::Str),
        ("build_args", texts()),
        ("env", Type::Map(Box::new(Type::Str))),
        ("volumes", texts()),
        ("force_rebuild", Type::Bool),
    ];
    Type::object("image", others.into_iter().chain(open.map(|name| (name, Type::Any))))
}

/// The default environment; its names are not known where an expression makes it.
fn env(shared: &Shared) -> Type {
    let mut names: IndexMap<Arc<str>, Type> = IndexMap::new();
    for layer in &shared.defaults.env {
        match layer {
            Entries::Absent => {}
            Entries::Written(written) => names.extend(written.value.keys().map(|name| (name.clone(), Type::Str))),
            Entries::Expr(_) => return Type::Map(Box::new(Type::Str)),
        }
    }
    Type::record("env", "variables of the defaults", names)
}

/// What the rows of each entry know of `matrix` and `needs`.
pub(crate) struct Rows<'a> {
    by_entry: BTreeMap<u32, Vec<&'a NodeRecord>>,
    /// The group of each node that has one.
    groups: BTreeMap<&'a str, &'a str>,
    /// The entries whose rows are made late, with the names of their variables.
    late: BTreeMap<u32, Vec<Arc<str>>>,
    /// What those rows are needed by.
    late_names: BTreeSet<&'a str>,
    nodes: Option<&'a [NodeRecord]>,
}

impl<'a> Rows<'a> {
    /// Of the nodes of a graph of these tasks; no nodes where they are not to be relied on.
    pub(crate) fn new(nodes: Option<&'a [NodeRecord]>, tasks: &[TaskDefinition]) -> Self {
        let mut by_entry: BTreeMap<u32, Vec<&NodeRecord>> = BTreeMap::new();
        for node in nodes.into_iter().flatten() {
            by_entry.entry(node.entry).or_default().push(node);
        }
        let grouped = nodes.into_iter().flatten();
        let groups = grouped.filter_map(|node| Some((node.id.as_ref(), node.group.as_deref()?))).collect();
        let late_nodes = || nodes.into_iter().flatten().filter(|node| node.late);
        let late = late_nodes().map(|node| (node.entry, variables(tasks, node.entry))).collect();
        let late_names = late_nodes().map(|node| node.id.as_ref()).collect();
        Rows { by_entry, groups, late, late_names, nodes }
    }

    /// `matrix` and `needs` as the rows of an entry have them together; anything where no row is known.
    pub(crate) fn of_entry(&self, entry: u32) -> Known {
        let rows = self.by_entry.get(&entry).map_or(&[][..], Vec::as_slice);
        let matrix = match self.late.get(&entry) {
            Some(names) => Type::record("matrix", "variables", names.iter().map(|name| (name.clone(), Type::Any))),
            None => matrix(rows),
        };
        Known::from([(Context::Matrix, matrix), (Context::Needs, self.needs(rows))])
    }

    /// `needs` as the outputs of an action see it: all its tasks.
    pub(crate) fn all(&self) -> Type {
        let Some(nodes) = self.nodes else { return Type::Any };
        let mut types: IndexMap<Arc<str>, Type> = IndexMap::new();
        for node in nodes {
            let is_task = !node.late;
            types.extend(is_task.then(|| (node.id.clone(), Type::object("need", result_types()))));
            types.extend(node.group.iter().map(|group| (group.clone(), group_type())));
        }
        Type::record("needs", "tasks", types)
    }

    fn needs(&self, rows: &[&NodeRecord]) -> Type {
        if rows.is_empty() {
            return Type::Any;
        }
        let mut types: IndexMap<Arc<str>, Type> = IndexMap::new();
        for row in rows {
            types.extend(row.names.iter().filter_map(|name| Some((name.clone(), self.need(row, name)?))));
        }
        Type::record("needs", "completed needs", types)
    }

    /// One entry of `needs`; `None` for a need of level running, which is not there (CTX-70).
    fn need(&self, row: &NodeRecord, name: &str) -> Option<Type> {
        if let Some(need) = row.needs.iter().find(|need| need.id.as_ref() == name) {
            let object = || match self.groups.get(name) {
                Some(_) if self.late_names.contains(name) => group_type(),
                Some(group) if *group == name => single_row_type(),
                Some(_) | None => need_type(),
            };
            return (need.level == NeedsLevel::Completed).then(object);
        }
        let mut members = row.needs.iter().filter(|need| self.groups.get(need.id.as_ref()) == Some(&name));
        let is_completed = members.all(|need| need.level == NeedsLevel::Completed);
        is_completed.then(group_type)
    }
}

/// The variables of an entry's matrix, `ORDINAL` too.
fn variables(tasks: &[TaskDefinition], entry: u32) -> Vec<Arc<str>> {
    let strategy = tasks.get(entry as usize).and_then(|task| task.strategy.as_ref());
    let own = strategy.into_iter().flat_map(|strategy| strategy.matrix.variables.keys().cloned());
    own.chain(std::iter::once("ORDINAL".into())).collect()
}

fn matrix(rows: &[&NodeRecord]) -> Type {
    let Some(first) = rows.first() else { return Type::Any };
    let of = |name: &Arc<str>| Type::join(rows.iter().filter_map(|row| row.matrix.get(name)).map(Type::of));
    Type::record("matrix", "variables", first.matrix.keys().map(|name| (name.clone(), of(name))))
}

fn result_types() -> [(&'static str, Type); 2] {
    [("result", Type::Status), ("outputs", Type::Map(Box::new(Type::Str)))]
}

fn need_type() -> Type {
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
