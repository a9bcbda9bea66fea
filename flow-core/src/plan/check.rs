//! The static check: what can be known to go wrong before the run, in a flow and in all that it calls.
//!
//! Source: EXP-60…64, CTX-13, CTX-70, CTX-83, DEC-28. Deliberate differences: expressions inside of lists
//! and mappings are checked too, and the names of params, environment and matrices are known.

use std::collections::{BTreeMap, BTreeSet};

use crate::ast::{CallKind, Field};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::{Answers, Lookup, Template, Type, check as check_template, check_type};
use crate::plan::args;
use crate::plan::conflict::ImageRefs;
use crate::plan::evaluate::Problems;
use crate::plan::level::{Entrance, Inputs, Level};
use crate::plan::mount::check_volumes;
use crate::plan::nodes::{Drawn, draw};
use crate::plan::open::called;
use crate::plan::strategy::{CacheValues, strategy_of};
use crate::plan::types::{self, Known, Rows, Types};
use crate::plan::unit::missing_image;
use crate::plan::walk::{self, Found};
use crate::resolve::{ActionDefinition, CallDefinition, CalledBody, ResolvedFlow, TaskDefinition, Work};
use crate::scope::{Context, Place};
use crate::text::Span;

/// What the check found.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// The problems.
    pub(crate) diags: Diagnostics,
    /// The templates that have one: what their evaluation says is the same again.
    pub(crate) templates: Vec<Span>,
    /// What evaluation found in graphs below the top.
    pub(crate) evaluated: Diagnostics,
    /// What stands among the problems already.
    said: BTreeSet<Said>,
}

/// What makes two problems the same one.
type Said = (Option<Span>, Code, String);

/// Which way a graph is seen: what is called, whether as a module, and of which graph it then sees things.
type Sight = (usize, bool, Option<usize>);

/// Walks through a flow and what it calls.
struct Checker<'a> {
    flow: &'a ResolvedFlow,
    inputs: &'a Inputs,
    checked: Checked,
    seen: BTreeSet<Sight>,
    refs: ImageRefs,
}

/// One graph under check.
struct Graph<'a> {
    tasks: &'a [TaskDefinition],
    level: &'a Level,
    drawn: &'a Drawn,
    types: &'a Known,
    /// The nearest action around it that is no module; `None` for the flow.
    anchor: Option<usize>,
}

/// Checks a flow whose top graph is drawn. Errors: `F0401`…`F0403`, `F0504`, `F0511`, `F0513`, `F0514`, and
/// those of the graphs below; a warning `F0401` for `git` outside of a repository.
pub(crate) fn check(flow: &ResolvedFlow, inputs: &Inputs, level: &Level, drawn: &Drawn) -> Checked {
    let mut checker =
        Checker { flow, inputs, checked: Checked::default(), seen: BTreeSet::new(), refs: ImageRefs::default() };
    let mut types = types::of_shared(&flow.shared, &level.contexts);
    types.insert(Context::Params, types::params(flow.params.keys()));
    types.insert(Context::State, Type::Map(Box::new(Type::Str)));
    let git = inputs.git.is_some();
    checker.checked.templates(walk::of_flow(flow), |_| Known::new(), &types, git);
    checker.refs.add(&flow.shared.images, &level.images);
    checker.graph(&Graph { tasks: &flow.tasks, level, drawn, types: &types, anchor: None });
    checker.checked.diags.append(checker.refs.conflicts());
    checker.checked
}

impl Checked {
    /// Both kinds of faults, by place; what evaluation says of a template that the check has refused is left out.
    pub(crate) fn into_diagnostics(self) -> Diagnostics {
        let said = |fault: &Diagnostic| {
            let span = fault.span();
            span.is_some_and(|span| self.templates.iter().any(|template| template.to(span) == *template))
        };
        let mut diags: Diagnostics = self.evaluated.into_iter().filter(|fault| !said(fault)).collect();
        diags.append(self.diags);
        diags.sorted()
    }

    /// Checks templates; `own` gives what is known of the contexts of an entry.
    pub(crate) fn templates(&mut self, found: Vec<Found<'_>>, own: impl Fn(u32) -> Known, shared: &Known, git: bool) {
        let mut cached: BTreeMap<u32, Known> = BTreeMap::new();
        let nothing = Known::new();
        for found in found {
            let own = match found.entry {
                Some(entry) => cached.entry(entry).or_insert_with(|| own(entry)),
                None => &nothing,
            };
            let names = Types { place: found.place, own, shared };
            let mut diags = hinted(&found, check_template(found.template, &names));
            if diags.has_errors() {
                self.templates.push(found.template.span());
            }
            diags.append(check_git(&found, git));
            self.add(diags);
        }
    }

    /// Adds what was not said before: an action is looked at once for each way of seeing it.
    pub(crate) fn add(&mut self, diags: Diagnostics) {
        for one in diags {
            if self.said.insert((one.span(), one.code, one.message.clone())) {
                self.diags.push(one);
            }
        }
    }
}

impl Checker<'_> {
    fn graph(&mut self, graph: &Graph<'_>) {
        let nodes = graph.drawn.sure.then_some(graph.drawn.nodes.as_slice());
        let rows = Rows::new(nodes, graph.tasks);
        let git = self.inputs.git.is_some();
        let found = walk::of_tasks(graph.tasks, graph.level.kind);
        self.checked.templates(found, |entry| rows.of_entry(entry), graph.types, git);
        self.checked.add(self.local_after_remote(graph));
        for (task, entry) in graph.tasks.iter().zip(0_u32..) {
            if let Work::Unit(unit) | Work::Post { unit, .. } = &task.work {
                self.checked.add(check_volumes(unit, self.inputs.host_storage()));
            }
            let Some(call) = task.call() else { continue };
            let Some(action) = self.flow.shared.actions.get(call.target) else { continue };
            let own = rows.of_entry(entry);
            let names = Types { place: Place::Task(graph.level.kind), own: &own, shared: graph.types };
            let type_of = |template: &Template| check_type(template, &names).0;
            self.checked.add(args::check_names(call, action));
            self.checked.add(args::check_types(call, action, type_of));
            match task.work {
                Work::Tasks(_) => self.descend(graph, task),
                Work::Main(_) | Work::Local(_) => self.alone(action),
                Work::Unit(_) | Work::Post { .. } => {}
            }
        }
    }

    /// What a stateful or a local action runs.
    fn alone(&mut self, action: &ActionDefinition) {
        let types = Known::from([(Context::Inputs, types::inputs(&action.inputs))]);
        self.checked.templates(walk::of_inputs_only(action), |_| Known::new(), &types, true);
        let CalledBody::Stateful(stateful) = &action.body else { return };
        self.checked.add(check_volumes(&stateful.main.value, self.inputs.host_storage()));
        let units = std::iter::once(&stateful.main).chain(&stateful.post);
        let faults = units.filter(|unit| matches!(unit.value.image, Field::Absent | Field::Null(_)));
        self.checked.add(faults.map(|unit| missing_image(&unit.value, unit.span.head())).collect());
    }

    /// The graph below a call.
    fn descend(&mut self, outer: &Graph<'_>, task: &TaskDefinition) {
        let Some((call, action, body)) = called(self.flow, task) else { return };
        let is_module = call.kind == CallKind::Module;
        let anchor = if is_module { outer.anchor } else { Some(call.target) };
        if !self.seen.insert((call.target, is_module, anchor)) {
            return;
        }
        let mut problems = Problems::default();
        let strategy = strategy_of(task, outer.level, &Answers::new(), &mut problems);
        let entrance = Entrance { action, kind: call.kind, inputs: None, strategy, cache: CacheValues::BUILT_IN };
        let level = outer.level.enter((self.flow, self.inputs), &entrance, &Answers::new(), &mut problems);
        // What the strategy has to say was said where the caller was drawn.
        let mut problems = Problems::default();
        let drawn = draw(&body.tasks, &level, &mut problems);
        self.refs.evaluate(&body.images, &level, &self.inputs.workspace, &mut problems);
        let types = Self::types_below(outer, action, &level);
        let git = self.inputs.git.is_some();
        let rows = Rows::new(drawn.sure.then_some(drawn.nodes.as_slice()), &body.tasks);
        let mut with_needs = types.clone();
        with_needs.insert(Context::Needs, rows.all());
        self.checked.templates(walk::of_called(action, body, level.kind), |_| Known::new(), &with_needs, git);
        self.checked.evaluated.append(problems.faults.into_iter().filter(|fault| !is_too_early(fault)).collect());
        self.graph(&Graph { tasks: &body.tasks, level: &level, drawn: &drawn, types: &types, anchor });
    }

    fn types_below(outer: &Graph<'_>, action: &ActionDefinition, level: &Level) -> Known {
        let mut types = match level.kind {
            crate::scope::GraphKind::Module => outer.types.clone(),
            crate::scope::GraphKind::Flow | crate::scope::GraphKind::Action => Known::new(),
        };
        let kept = [Context::Git, Context::Strategy, Context::State];
        types.extend(kept.into_iter().filter_map(|one| Some((one, outer.types.get(&one)?.clone()))));
        types.extend(level.contexts.get(Context::Flow).map(|flow| (Context::Flow, Type::of(flow))));
        types.insert(Context::Inputs, types::inputs(&action.inputs));
        let images = action.tasks().map(|body| types::images(&body.images));
        types.extend(images.map(|images| (Context::Images, images)));
        types
    }

    /// A local action runs before the bake, so it can need nothing that runs in it. Source: CTX-69.
    fn local_after_remote(&self, graph: &Graph<'_>) -> Diagnostics {
        let by_id: BTreeMap<&str, u32> = graph.drawn.nodes.iter().map(|node| (node.id.as_ref(), node.entry)).collect();
        let task_of = |entry: u32| graph.tasks.get(entry as usize);
        let mut diags = Diagnostics::new();
        for node in &graph.drawn.nodes {
            let Some(TaskDefinition { work: Work::Local(call), .. }) = task_of(node.entry) else { continue };
            let needed = node.needs.iter().filter_map(|need| Some((need, task_of(*by_id.get(need.id.as_ref())?)?)));
            for (need, _) in needed.filter(|(_, task)| self.is_remote(task)) {
                diags.push(after_remote(&node.id, &need.id, call));
            }
        }
        diags
    }

    /// Whether anything of a task does not run on the user's machine, however deep.
    fn is_remote(&self, task: &TaskDefinition) -> bool {
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        let mut open = vec![task];
        while let Some(task) = open.pop() {
            match &task.work {
                Work::Unit(_) | Work::Main(_) | Work::Post { .. } => return true,
                Work::Tasks(call) if seen.insert(call.target) => {
                    let action = self.flow.shared.actions.get(call.target);
                    open.extend(
                        action.and_then(ActionDefinition::tasks).into_iter().flat_map(|body| body.tasks.iter()),
                    );
                }
                Work::Tasks(_) | Work::Local(_) => {}
            }
        }
        false
    }
}

/// Before the run a matrix or a strategy may lack what it uses; the check of its names has said the rest.
fn is_too_early(fault: &Diagnostic) -> bool {
    matches!(fault.code, Code::UnknownContext | Code::UnknownProperty)
}

fn after_remote(id: &str, need: &str, call: &CallDefinition) -> Diagnostic {
    let message = format!("the local action `{id}` needs `{need}`, which does not run on this machine");
    Diagnostic::error(Code::LocalAfterRemote, message)
        .at(call.span.head(), "runs before the bake")
        .help("put it before those tasks, and give it `needs: []` if it has none")
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
            Context::Volumes => "declare it under `volumes`",
            Context::Images => "declare it under `images`: an action or a module sees its own only",
            Context::Inputs => "declare it under `inputs`",
            Context::Project
            | Context::Flow
            | Context::Git
            | Context::Tags
            | Context::Multi
            | Context::State
            | Context::Strategy => return None,
        };
        Some(help.to_owned())
    };
    let add = |fault: Diagnostic| Diagnostic { help: fault.help.clone().or_else(|| hint(&fault)), ..fault };
    diags.into_iter().map(add).collect()
}

/// A warning only: the expression may stand in a branch that is never taken (CTX-2).
fn check_git(found: &Found<'_>, has_git: bool) -> Diagnostics {
    if has_git || !found.place.has(Context::Git) {
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
