//! [`CallDefinition`]: a call bound to what it calls. Source: CTX-60, CTX-61.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::ast::{
    Action, ActionBody, ActionKind, Cache, Call, CallKind, Command, Declared, Field, Image, Input, Named, Output, Unit,
};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::port::{ActionRef, ActionRefError};
use crate::resolve::job::JobUnitDefinition;
use crate::resolve::mixin::Mixins;
use crate::resolve::ring::rings;
use crate::resolve::task::{TaskDefinition, define_tasks};
use crate::resolve::unit::UnitDefinition;
use crate::text::{Span, Spanned};
use crate::value::Value;

/// A call of an action or a module.
#[derive(Clone, Debug, PartialEq)]
pub struct CallDefinition {
    /// The mapping of the task or job that calls.
    pub span: Span,
    /// Which key it was written with.
    pub kind: CallKind,
    /// What is called.
    pub reference: Spanned<ActionRef>,
    /// `args`, if they are written.
    pub args: Option<Spanned<Named<Value>>>,
    /// The place of what is called among the flow's actions.
    pub target: usize,
}

/// An action or a module, bound.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionDefinition {
    /// What calls name it by.
    pub reference: ActionRef,
    /// The folder of its file, below the workspace or absolute.
    pub folder: String,
    /// The document's mapping.
    pub span: Span,
    /// Declared inputs.
    pub inputs: Declared<Input>,
    /// Declared outputs.
    pub outputs: Declared<Output>,
    /// What it does.
    pub body: CalledBody,
}

/// What an action of each kind does.
#[derive(Clone, Debug, PartialEq)]
pub enum CalledBody {
    /// One live job.
    Live(Box<Spanned<JobUnitDefinition>>),
    /// Tasks.
    Tasks(CalledTasks),
    /// A unit, and another one at the end of the bake.
    Stateful(Box<StatefulDefinition>),
    /// A command on the user's machine.
    Local(Command),
}

/// The tasks of an action or a module.
#[derive(Clone, Debug, PartialEq)]
pub struct CalledTasks {
    /// Cache settings.
    pub cache: Option<Cache>,
    /// Its own images.
    pub images: Declared<Image>,
    /// The entries of `tasks`, then the post tasks.
    pub tasks: Arc<[TaskDefinition]>,
}

/// The units of a stateful action.
#[derive(Clone, Debug, PartialEq)]
pub struct StatefulDefinition {
    /// What the call itself runs.
    pub main: Spanned<UnitDefinition>,
    /// What runs at the end of the bake.
    pub post: Option<Spanned<UnitDefinition>>,
    /// Whether `post` runs; absent means always.
    pub post_if: Field<Value>,
}

/// The text of an action or a module.
#[derive(Clone, Debug)]
pub(crate) struct ActionFile {
    /// Its name for people.
    pub(crate) name: String,
    /// What it says; `None` if it is wrong as a whole.
    pub(crate) action: Option<Action>,
    /// What is wrong in it.
    pub(crate) diags: Diagnostics,
}

/// The texts of actions; `None` for one that does not exist.
pub(crate) type ActionFiles = BTreeMap<ActionRef, Option<ActionFile>>;

/// Who calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    /// The mapping of the task or job.
    pub(crate) span: Span,
    /// Whether it is a job of a live flow.
    pub(crate) live: bool,
    /// Whether its file is of the flow, or a module of it, so that the flow's mixins are seen (CTX-39).
    pub(crate) open: bool,
}

/// Binds calls; each action is bound once for each way of seeing mixins.
#[derive(Debug)]
pub(crate) struct Binder<'a> {
    files: &'a ActionFiles,
    /// The flow's mixins.
    pub(crate) mixins: &'a Mixins<'a>,
    known: BTreeMap<(ActionRef, bool), usize>,
    actions: Vec<Option<ActionDefinition>>,
    reported: BTreeSet<ActionRef>,
}

impl<'a> Binder<'a> {
    pub(crate) fn new(files: &'a ActionFiles, mixins: &'a Mixins<'a>) -> Self {
        Binder { files, mixins, known: BTreeMap::new(), actions: Vec::new(), reported: BTreeSet::new() }
    }

    /// From here on, what is wrong in files is told anew: the next job has problems of its own.
    pub(crate) fn tell_again(&mut self) {
        self.reported.clear();
    }

    /// Binds one call. Errors: `F0509`, `F0510`, and what is wrong in the file that is called, once.
    pub(crate) fn call(
        &mut self,
        call: &Call,
        caller: Caller,
        diags: &mut Diagnostics,
    ) -> Option<(CallDefinition, ActionKind)> {
        let reference = match reference(call, caller) {
            Ok(reference) => reference,
            Err(fault) => {
                diags.push(*fault);
                return None;
            }
        };
        let file = self.files.get(&reference).and_then(Option::as_ref);
        let Some(file) = file else {
            diags.push(missing(&reference, call.reference.span));
            return None;
        };
        if self.reported.insert(reference.clone()) {
            diags.append(file.diags.clone());
        }
        let action = file.action.as_ref().filter(|_| !file.diags.has_errors())?;
        if let Some(fault) = wrong_kind(call, action, caller) {
            diags.push(fault);
            return None;
        }
        let open = call.kind == CallKind::Module && caller.open;
        let target = self.target((&reference, open), file, action, diags);
        let definition = CallDefinition {
            span: caller.span,
            kind: call.kind,
            reference: Spanned { value: reference, span: call.reference.span },
            args: call.args.clone(),
            target,
        };
        Some((definition, action.kind()))
    }

    fn target(
        &mut self,
        (reference, open): (&ActionRef, bool),
        file: &ActionFile,
        action: &Action,
        diags: &mut Diagnostics,
    ) -> usize {
        if let Some(known) = self.known.get(&(reference.clone(), open)) {
            return *known;
        }
        let target = self.actions.len();
        // Known before its own calls are bound, so that one that calls itself comes to an end.
        self.known.insert((reference.clone(), open), target);
        self.actions.push(None);
        let definition = ActionDefinition {
            reference: reference.clone(),
            folder: folder_of(&file.name),
            span: action.span,
            inputs: action.inputs.written().cloned().unwrap_or_default(),
            outputs: action.outputs.written().cloned().unwrap_or_default(),
            body: self.body(&action.body, open, diags),
        };
        if let Some(slot) = self.actions.get_mut(target) {
            *slot = Some(definition);
        }
        target
    }

    fn body(&mut self, body: &ActionBody, open: bool, diags: &mut Diagnostics) -> CalledBody {
        match body {
            ActionBody::Live(job) => {
                let unit = JobUnitDefinition::merge(&job.value, &[]);
                CalledBody::Live(Box::new(Spanned { value: unit, span: job.span }))
            }
            ActionBody::Batch(batch) => CalledBody::Tasks(CalledTasks {
                cache: batch.cache.written().cloned(),
                images: batch.images.written().cloned().unwrap_or_default(),
                tasks: define_tasks(&batch.tasks, open, self, diags).into(),
            }),
            ActionBody::Stateful(stateful) => CalledBody::Stateful(Box::new(StatefulDefinition {
                main: unit_of(&stateful.main),
                post: stateful.post.written().map(unit_of),
                post_if: stateful.post_if.clone(),
            })),
            ActionBody::Local(command) => CalledBody::Local(command.clone()),
        }
    }

    /// What the action at a place does, as far as it is bound.
    pub(crate) fn action(&self, target: usize) -> Option<&ActionDefinition> {
        self.actions.get(target).and_then(Option::as_ref)
    }

    /// All that was bound. Errors: `F0512`.
    pub(crate) fn finish(self, diags: &mut Diagnostics) -> Arc<[ActionDefinition]> {
        let actions: Vec<ActionDefinition> = self.actions.into_iter().flatten().collect();
        let edges: Vec<Vec<usize>> =
            actions.iter().map(|action| calls(action).map(|call| call.target).collect()).collect();
        for ring in rings(&edges) {
            diags.push(circle(&actions, &ring));
        }
        actions.into()
    }
}

/// An action sees no mixins (CTX-39).
fn unit_of(unit: &Spanned<Unit>) -> Spanned<UnitDefinition> {
    Spanned { value: UnitDefinition::merge(&unit.value, &[]), span: unit.span }
}

impl ActionDefinition {
    /// Its tasks, if it is a graph of them.
    pub fn tasks(&self) -> Option<&CalledTasks> {
        match &self.body {
            CalledBody::Tasks(body) => Some(body),
            CalledBody::Live(_) | CalledBody::Stateful(_) | CalledBody::Local(_) => None,
        }
    }
}

/// The calls of the tasks of an action.
fn calls(action: &ActionDefinition) -> impl Iterator<Item = &CallDefinition> {
    action.tasks().into_iter().flat_map(|body| body.tasks.iter()).filter_map(TaskDefinition::call)
}

fn circle(actions: &[ActionDefinition], ring: &[usize]) -> Diagnostic {
    let members: Vec<_> = ring.iter().filter_map(|at| actions.get(*at)).collect();
    let names: BTreeSet<_> = members.iter().map(|action| format!("`{}`", action.reference)).collect();
    let words: Vec<_> = names.into_iter().collect();
    let fault = Diagnostic::error(Code::CallCycle, format!("this would never end: {} calls itself", words.join(" → ")));
    let inside = |call: &&CallDefinition| ring.contains(&call.target);
    let places = members.iter().flat_map(|action| calls(action).filter(inside));
    let labelled = places.fold(fault, |fault, call| fault.at(call.reference.span, "called here"));
    labelled.help("drop one of these calls")
}

/// The folder that a name for people lies in; empty for the workspace itself.
fn folder_of(name: &str) -> String {
    name.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())
}

/// What a call names. Modules are local only (CTX-61).
fn reference(call: &Call, caller: Caller) -> Result<ActionRef, Box<Diagnostic>> {
    let text = &call.reference.value;
    let reference = ActionRef::parse(text).map_err(|error| {
        let help = match error {
            ActionRefError::NoScheme | ActionRefError::UnknownScheme | ActionRefError::NoPath => {
                "write `ws:path/of/file.yml`, or `gh:owner/name@version`"
            }
            ActionRefError::NoRepository => "write `gh:owner/name@version`, where the version is a branch or a tag",
        };
        let message = format!("`{text}` {error}");
        Box::new(Diagnostic::error(Code::UnknownAction, message).at(call.reference.span, "").help(help))
    })?;
    match (call.kind, &reference) {
        (CallKind::Module, ActionRef::GitHub { .. }) => {
            let help = "copy it into the workspace, or call it as an `action`";
            let fault = Diagnostic::error(Code::WrongCall, format!("a module cannot come from elsewhere: `{text}`"));
            Err(Box::new(fault.at(caller.span.head(), "this call").at(call.reference.span, "").help(help)))
        }
        (CallKind::Action | CallKind::Module, _) => Ok(reference),
    }
}

fn missing(reference: &ActionRef, span: Span) -> Diagnostic {
    let help = match reference {
        ActionRef::Workspace(path) => format!("write it to `{path}` in the workspace"),
        ActionRef::GitHub { .. } => "check the repository, its version, and that it has an `action.yml`".to_owned(),
    };
    Diagnostic::error(Code::UnknownAction, format!("there is no action `{reference}`")).at(span, "not found").help(help)
}

/// A kind of action that cannot be called from there. Source: CTX-61.
fn wrong_kind(call: &Call, action: &Action, caller: Caller) -> Option<Diagnostic> {
    let kind = action.kind();
    let fits = match (caller.live, call.kind) {
        (true, _) => kind == ActionKind::Live,
        (false, CallKind::Module) => kind == ActionKind::Batch,
        (false, CallKind::Action) => kind != ActionKind::Live,
    };
    if fits {
        return None;
    }
    let who = if caller.live { "a live job" } else { "a task" };
    let how = match call.kind {
        CallKind::Action => "action",
        CallKind::Module => "module",
    };
    let message = format!("{who} cannot call a {how} of kind `{}`", kind.word());
    let help = match (caller.live, call.kind) {
        (true, _) => "call one of kind `live`",
        (false, CallKind::Module) => "call one of kind `batch`, or use `action`",
        (false, CallKind::Action) => "call one of kind `batch`, `stateful` or `local`",
    };
    Some(Diagnostic::error(Code::WrongCall, message).at(call.reference.span, "").help(help))
}
