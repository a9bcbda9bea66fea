//! [`Needs`]: the edges of each node, as written or from the implicit chain.
//!
//! Source: CTX-70…77, DEC-18, EXT-1.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use crate::ast::NeedItem;
use crate::diag::{Code, Diagnostic, suggest};
use crate::expr::{Answers, Target};
use crate::model::{Need, NeedsLevel, NodeRecord};
use crate::plan::entry::Entry;
use crate::plan::evaluate::{Evaluator, Problems};
use crate::plan::matrix::Row;
use crate::scope::{self, Context, Contexts, Place, Scope};
use crate::text::Span;

/// The edges of one node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edges {
    /// Opened to rows, in the order of writing.
    pub(crate) needs: Vec<Need>,
    /// The names by which the task sees them.
    pub(crate) names: Vec<Arc<str>>,
    /// Where each of `needs` was written; `None` where the implicit chain made it.
    pub(crate) places: Vec<Option<Span>>,
}

/// What `needs` may name.
pub(crate) struct Targets<'a> {
    tasks: BTreeMap<&'a str, &'a Arc<str>>,
    groups: BTreeMap<&'a str, &'a Entry>,
    /// Whether some ids are not known yet.
    open: bool,
}

impl<'a> Targets<'a> {
    /// Collects the written ids and the groups of a graph.
    pub(crate) fn new(entries: &'a [Entry]) -> Self {
        let named = entries.iter().filter(|entry| entry.named);
        let tasks = named.flat_map(|entry| &entry.rows).map(|(id, _)| (id.as_ref(), id)).collect();
        let groups = entries.iter().filter_map(|entry| Some((entry.group.as_deref()?, entry))).collect();
        let open = entries.iter().any(|entry| entry.deferred);
        Targets { tasks, groups, open }
    }

    fn names(&self) -> impl Iterator<Item = &'a str> {
        let groups = self.groups.keys().filter(|name| !self.tasks.contains_key(*name));
        self.tasks.keys().chain(groups).copied()
    }
}

/// The edges that the implicit chain gives the entry after `before`: all nodes of the nearest entry
/// that has some (CTX-73, DEC-18).
pub(crate) fn implicit(before: &[Entry]) -> Edges {
    let Some(entry) = before.iter().rev().find(|entry| !entry.rows.is_empty()) else { return Edges::default() };
    let needs: Vec<_> = entry.rows.iter().map(|(id, _)| completed(id)).collect();
    let names = match &entry.group {
        Some(group) => vec![group.clone()],
        None => entry.rows.iter().map(|(id, _)| id.clone()).collect(),
    };
    let places = vec![None; needs.len()];
    Edges { needs, names, places }
}

/// Appends the post tasks' edges: they run at the end of the graph, in the order of their entries.
///
/// Those of the first need every node that no other task needs, those of the next all of the one
/// before; each row its own main, too. Source: CTX-67, DEC-19.
pub(crate) struct Ends {
    before: Vec<Arc<str>>,
}

impl Ends {
    /// The ends of a graph of these nodes.
    pub(crate) fn new(nodes: &[NodeRecord]) -> Self {
        let needed: BTreeSet<&str> = nodes.iter().flat_map(|node| &node.needs).map(|need| need.id.as_ref()).collect();
        let ends = nodes.iter().filter(|node| !needed.contains(node.id.as_ref()));
        Ends { before: ends.map(|node| node.id.clone()).collect() }
    }

    /// The edges of each row of a post entry, given those of the entry that it ends.
    pub(crate) fn edges(&mut self, post: &Entry, main: &Entry) -> Vec<Edges> {
        let edges = main.rows.iter().map(|(own, _)| {
            let mut ids: IndexSet<Arc<str>> = self.before.iter().cloned().collect();
            ids.insert(own.clone());
            let needs: Vec<_> = ids.iter().map(completed).collect();
            let places = vec![None; needs.len()];
            Edges { needs, names: ids.into_iter().collect(), places }
        });
        let edges = edges.collect();
        if !post.rows.is_empty() {
            self.before = post.rows.iter().map(|(id, _)| id.clone()).collect();
        }
        edges
    }
}

fn completed(id: &Arc<str>) -> Need {
    Need { id: id.clone(), level: NeedsLevel::Completed }
}

/// The edges that a node's own `needs` give it. Errors: `F0501`.
pub(crate) fn written(list: &[NeedItem], row: &Row, targets: &Targets<'_>, problems: &mut Problems) -> Edges {
    let contexts = Contexts::new().with(Context::Matrix, scope::matrix(row));
    let scope = Scope::new(Place::Id, &contexts);
    let mut edges: IndexMap<Arc<str>, (NeedsLevel, Option<Span>)> = IndexMap::new();
    let mut names = IndexSet::new();
    for item in list {
        let mut evaluator = Evaluator { names: &scope, answers: &Answers::new(), problems };
        let Some(name) = evaluator.required::<String>(&item.id, Target::Id) else { continue };
        let span = item.id.span();
        let opened: Vec<Arc<str>> = match (targets.tasks.get(name.as_str()), targets.groups.get(name.as_str())) {
            (Some(id), _) => vec![Arc::clone(id)],
            (None, Some(group)) => group.rows.iter().map(|(id, _)| id.clone()).collect(),
            // It may be a row that is made later.
            (None, None) if targets.open => Vec::new(),
            (None, None) => {
                problems.faults.push(unknown(&name, span, targets));
                continue;
            }
        };
        // Of two needs that name the same task the last level counts (CTX-77).
        edges.extend(opened.into_iter().map(|id| (id, (item.level, span))));
        names.insert(Arc::from(name));
    }
    let needs = edges.iter().map(|(id, (level, _))| Need { id: id.clone(), level: *level }).collect();
    let places = edges.values().map(|(_, span)| *span).collect();
    Edges { needs, names: names.into_iter().collect(), places }
}

/// Does not name the node, so that the rows of a matrix report it once.
fn unknown(name: &str, span: Option<Span>, targets: &Targets<'_>) -> Diagnostic {
    let fault = Diagnostic::error(Code::UnknownNeed, format!("there is no task `{name}`"));
    let fault = span.into_iter().fold(fault, |fault, span| fault.at(span, "needed here"));
    let help = suggest::help(name, "tasks", targets.names());
    fault.help(help.unwrap_or_else(|| "give the needed task an `id`".to_owned()))
}
