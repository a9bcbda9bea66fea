//! The static check: every name of every expression that can be known before the run.
//!
//! Source: EXP-60…64, CTX-13, CTX-70, DEC-28. Deliberate differences: expressions inside of lists and
//! mappings are checked too, and names of params, environment and matrices are known.

use std::collections::{BTreeMap, BTreeSet};

use crate::ast::Entries;
use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::expr::Template;
use crate::model::{NeedsLevel, NodeRecord};
use crate::plan::level::Inputs;
use crate::plan::walk::{Found, templates};
use crate::resolve::ResolvedFlow;
use crate::scope::{Context, Place};
use crate::text::Span;

/// Functions that look at `needs`.
const STATUS_FUNCTIONS: [&str; 3] = ["success", "failure", "always"];

/// What the check found.
pub(crate) struct Checked {
    /// The problems.
    pub(crate) diags: Diagnostics,
    /// The templates that have one: what their evaluation says is the same again.
    pub(crate) templates: Vec<Span>,
}

/// What is known of the graph: `None` where the nodes are not to be relied on.
pub(crate) type Nodes<'a> = Option<&'a [NodeRecord]>;

/// Checks all expressions of a flow. Errors: `F0401`, `F0402`; warnings: `F0401` for `git`.
pub(crate) fn check(flow: &ResolvedFlow, nodes: Nodes<'_>, inputs: &Inputs) -> Checked {
    let needs = nodes.map(needs_by_entry);
    let env = env_names(flow);
    let mut checked = Checked { diags: Diagnostics::new(), templates: Vec::new() };
    for found in templates(flow) {
        let check = Check { flow, found: &found, needs: needs.as_ref(), env: env.as_ref(), inputs };
        let diags = check.run();
        if diags.has_errors() {
            checked.templates.push(found.template.span());
        }
        checked.diags.append(diags);
    }
    checked
}

/// The names that the nodes of each entry see in `needs`: those of level completed (CTX-70).
fn needs_by_entry(nodes: &[NodeRecord]) -> BTreeMap<u32, BTreeSet<&str>> {
    let groups: BTreeMap<&str, Option<&str>> =
        nodes.iter().map(|node| (node.id.as_ref(), node.group.as_deref())).collect();
    let mut names: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
    for node in nodes {
        let running = node.needs.iter().filter(|need| need.level == NeedsLevel::Running);
        let hidden: BTreeSet<&str> =
            running.flat_map(|need| [Some(need.id.as_ref()), groups.get(need.id.as_ref()).copied().flatten()]).flatten().collect();
        let seen = node.names.iter().map(AsRef::as_ref).filter(|name| !hidden.contains(name));
        names.entry(node.entry).or_default().extend(seen);
    }
    names
}

/// The names of the default environment; `None` if an expression makes it.
fn env_names(flow: &ResolvedFlow) -> Option<BTreeSet<&str>> {
    let mut names = BTreeSet::new();
    for layer in &flow.defaults.env {
        match layer {
            Entries::Absent => {}
            Entries::Written(written) => names.extend(written.value.keys().map(AsRef::as_ref)),
            Entries::Expr(_) => return None,
        }
    }
    Some(names)
}

/// The check of one template.
struct Check<'a> {
    flow: &'a ResolvedFlow,
    found: &'a Found<'a>,
    needs: Option<&'a BTreeMap<u32, BTreeSet<&'a str>>>,
    env: Option<&'a BTreeSet<&'a str>>,
    inputs: &'a Inputs,
}

impl Check<'_> {
    fn run(&self) -> Diagnostics {
        let template: &Template = self.found.template;
        let lookups = template.lookups();
        let names = lookups.iter().filter_map(|lookup| {
            let member = lookup.member.as_ref().map(|(name, span)| (name.as_ref(), *span));
            self.lookup((&lookup.root, lookup.root_span), member)
        });
        let calls = template.calls();
        let functions = calls.iter().flat_map(|(name, span, texts)| self.call(name, *span, texts));
        names.chain(functions).collect()
    }

    fn lookup(&self, (root, span): (&str, Span), member: Option<(&str, Span)>) -> Option<Diagnostic> {
        let Some(context) = Context::of(root).filter(|one| self.found.place.has(*one)) else {
            return Some(self.unknown_root(root, span));
        };
        if context == Context::Git && self.inputs.git.is_none() {
            let warning = Diagnostic::warning(Code::UnknownContext, "there are no git facts: this is no repository");
            return Some(warning.at(span, "").help("run inside of a git repository that has a commit"));
        }
        let (name, span) = member?;
        let known = self.members(context)?;
        if known.contains(&name) {
            return None;
        }
        let fault = Diagnostic::error(Code::UnknownProperty, unknown_member(context, name)).at(span, "");
        let help = suggest::help(name, plural(context), known).or_else(|| nothing_there(context));
        Some(Diagnostic { help, ..fault })
    }

    fn unknown_root(&self, root: &str, span: Span) -> Diagnostic {
        if Context::of(root).is_some() {
            let fault = Diagnostic::error(Code::UnknownContext, format!("`{root}` is not available here"));
            let here: Vec<_> = self.found.place.contexts().iter().map(|one| format!("`{}`", one.name())).collect();
            let help = if here.is_empty() { "no context is".to_owned() } else { format!("these are: {}", here.join(", ")) };
            return fault.at(span, "").help(help);
        }
        let fault = Diagnostic::error(Code::UnknownContext, format!("unknown context `{root}`")).at(span, "");
        let help = suggest::help(root, "contexts", self.found.place.contexts().iter().map(|one| one.name()));
        Diagnostic { help, ..fault }
    }

    /// The names below a context; `None` if they are not known before the run.
    fn members(&self, context: Context) -> Option<Vec<&str>> {
        match context {
            Context::Project => Some(vec!["id", "project_name", "owner"]),
            Context::Flow => Some(vec!["flow_id", "project_id", "workspace", "title", "username", "life_span"]),
            Context::Git => Some(vec!["sha", "branch", "tags"]),
            Context::Strategy => Some(vec!["fail_fast", "max_parallel"]),
            Context::Params => Some(self.flow.params.keys().map(AsRef::as_ref).collect()),
            Context::Env => Some(self.env?.iter().copied().collect()),
            Context::Tags => None,
            Context::Matrix => Some(self.variables()),
            Context::Needs => Some(self.needs()?.iter().copied().collect()),
        }
    }

    fn variables(&self) -> Vec<&str> {
        let task = self.found.entry.and_then(|entry| self.flow.tasks.get(entry as usize));
        let Some(strategy) = task.and_then(|task| task.strategy.as_ref()) else { return Vec::new() };
        strategy.matrix.variables.keys().map(AsRef::as_ref).chain(["ORDINAL"]).collect()
    }

    fn needs(&self) -> Option<&BTreeSet<&str>> {
        self.needs?.get(&self.found.entry?)
    }

    /// Status functions only where there are needs, and only about needs that the task has (EXP-52).
    fn call(&self, name: &str, span: Span, texts: &[(std::sync::Arc<str>, Span)]) -> Vec<Diagnostic> {
        if !STATUS_FUNCTIONS.contains(&name) {
            return Vec::new();
        }
        if self.found.place != Place::Task {
            let message = format!("`{name}()` is only available where a task is enabled or described");
            let help = "it looks at the results of needed tasks, which are not known here";
            return vec![Diagnostic::error(Code::UnknownContext, message).at(span, "").help(help)];
        }
        let Some(known) = self.needs().filter(|_| name != "always") else { return Vec::new() };
        let unknown = texts.iter().filter(|(text, _)| !known.contains(text.as_ref()));
        let faults = unknown.map(|(text, span)| {
            let fault = Diagnostic::error(Code::UnknownProperty, unknown_member(Context::Needs, text)).at(*span, "");
            let help = suggest::help(text, "needs", known.iter().copied()).or_else(|| nothing_there(Context::Needs));
            Diagnostic { help, ..fault }
        });
        faults.collect()
    }
}

fn unknown_member(context: Context, name: &str) -> String {
    match context {
        Context::Needs => format!("the task does not need `{name}` to be completed"),
        Context::Params => format!("the flow has no param `{name}`"),
        Context::Env => format!("the defaults have no environment variable `{name}`"),
        Context::Matrix => format!("the matrix has no variable `{name}`"),
        Context::Project | Context::Flow | Context::Git | Context::Strategy | Context::Tags => {
            format!("`{}` has no property `{name}`", context.name())
        }
    }
}

fn plural(context: Context) -> &'static str {
    match context {
        Context::Needs => "needs",
        Context::Params => "params",
        Context::Env => "default variables",
        Context::Matrix => "variables",
        Context::Project | Context::Flow | Context::Git | Context::Strategy | Context::Tags => "properties",
    }
}

/// What to do where a context is empty.
fn nothing_there(context: Context) -> Option<String> {
    let help = match context {
        Context::Needs => "name it in `needs`",
        Context::Params => "declare it under `params`",
        Context::Env => "set it under `defaults.env`; a task's own variables are not seen here",
        Context::Matrix => "give the task a `strategy` with a `matrix`",
        Context::Project | Context::Flow | Context::Git | Context::Strategy | Context::Tags => return None,
    };
    Some(help.to_owned())
}
