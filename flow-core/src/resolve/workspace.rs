//! [`Workspace`]: the texts of one flow, and which of them are still wanted.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ast::{Action, ActionBody, Batch, Call, CallKind, JobBody, Live, Project, Task, TaskBody};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::parse;
use crate::port::{ActionRef, NamedText, SourceRef};
use crate::resolve::call::{ActionFile, ActionFiles};
use crate::resolve::flow::Given;
use crate::resolve::{LiveFlow, ResolvedFlow};
use crate::text::{FileId, SourceMap, Span};

/// The texts that one flow is made of. Pure: whoever has the texts supplies them.
///
/// Shape: wants the project file and the flow file, then each action and module that is called,
/// however deep; a supplied text is never wanted again.
#[derive(Clone, Debug)]
pub struct Workspace {
    name: Arc<str>,
    sources: SourceMap,
    project: Slot<Project>,
    flow: FlowSlot,
    actions: ActionFiles,
    /// The files of actions, in the order they came in.
    action_files: Vec<(ActionRef, FileId)>,
    /// What calls name, as far as it is known.
    called: BTreeMap<ActionRef, Span>,
}

/// What is known of a text.
#[derive(Clone, Debug)]
enum Slot<T> {
    Wanted,
    Absent,
    Present(Parsed<T>),
}

#[derive(Clone, Debug)]
struct Parsed<T> {
    file: FileId,
    tree: Option<Arc<T>>,
    diags: Diagnostics,
}

#[derive(Clone, Debug)]
enum FlowSlot {
    Batch(Slot<Batch>),
    Live(Slot<Live>),
}

impl<T> Slot<T> {
    fn is_wanted(&self) -> bool {
        matches!(self, Slot::Wanted)
    }

    fn file(&self) -> Option<FileId> {
        self.parsed().map(|parsed| parsed.file)
    }

    fn parsed(&self) -> Option<&Parsed<T>> {
        match self {
            Slot::Wanted | Slot::Absent => None,
            Slot::Present(parsed) => Some(parsed),
        }
    }

    fn tree(&self) -> Option<&T> {
        self.parsed().and_then(|parsed| parsed.tree.as_deref())
    }

    /// What is wrong with it, and what it says if nothing is.
    fn checked(&self, diags: &mut Diagnostics) -> Option<&T> {
        let parsed = self.parsed()?;
        diags.append(parsed.diags.clone());
        parsed.tree.as_deref()
    }
}

impl FlowSlot {
    fn is_wanted(&self) -> bool {
        match self {
            FlowSlot::Batch(slot) => slot.is_wanted(),
            FlowSlot::Live(slot) => slot.is_wanted(),
        }
    }

    fn file(&self) -> Option<FileId> {
        match self {
            FlowSlot::Batch(slot) => slot.file(),
            FlowSlot::Live(slot) => slot.file(),
        }
    }
}

impl Workspace {
    /// A workspace for the batch flow of this name; it has no texts yet.
    pub fn new(flow: &str) -> Self {
        Self::of(flow, FlowSlot::Batch(Slot::Wanted))
    }

    /// A workspace for the live flow of this name; it has no texts yet.
    pub fn live(flow: &str) -> Self {
        Self::of(flow, FlowSlot::Live(Slot::Wanted))
    }

    fn of(name: &str, flow: FlowSlot) -> Self {
        Workspace {
            name: name.into(),
            sources: SourceMap::new(),
            project: Slot::Wanted,
            flow,
            actions: ActionFiles::new(),
            action_files: Vec::new(),
            called: BTreeMap::new(),
        }
    }

    /// The texts that are still wanted; empty when it can be resolved.
    pub fn missing(&self) -> Vec<SourceRef> {
        let project = self.project.is_wanted().then_some(SourceRef::Project);
        let flow = self.flow.is_wanted().then(|| SourceRef::Flow(self.name.clone()));
        let actions = self.called.keys().filter(|one| !self.actions.contains_key(*one));
        project.into_iter().chain(flow).chain(actions.cloned().map(SourceRef::Action)).collect()
    }

    /// Supplies a text, or says that there is none. What is not wanted is dropped.
    pub fn supply(&mut self, source: SourceRef, text: Option<NamedText>) {
        match source {
            SourceRef::Project if self.project.is_wanted() => {
                self.project = slot(&mut self.sources, text, parse::parse_project);
            }
            SourceRef::Flow(name) if name == self.name && self.flow.is_wanted() => self.supply_flow(text),
            SourceRef::Action(reference) if !self.actions.contains_key(&reference) => {
                self.supply_action(reference, text);
            }
            SourceRef::Project | SourceRef::Flow(_) | SourceRef::Action(_) => {}
        }
    }

    fn supply_flow(&mut self, text: Option<NamedText>) {
        match &mut self.flow {
            FlowSlot::Batch(flow) => {
                *flow = slot(&mut self.sources, text, parse::parse_batch);
                let calls = flow.tree().into_iter().flat_map(|batch| called_by_tasks(&batch.tasks));
                note_calls(&mut self.called, calls.collect());
            }
            FlowSlot::Live(flow) => {
                *flow = slot(&mut self.sources, text, parse::parse_live);
                let jobs = flow.tree().into_iter().flat_map(|live| live.jobs.values());
                let calls = jobs.filter_map(|job| match &job.body {
                    JobBody::Call(call) => reference(call),
                    JobBody::Unit(_) => None,
                });
                note_calls(&mut self.called, calls.collect());
            }
        }
    }

    fn supply_action(&mut self, reference: ActionRef, text: Option<NamedText>) {
        let file = text.map(|(name, text)| {
            let file = self.sources.add(name.clone(), text.clone());
            self.action_files.push((reference.clone(), file));
            let (action, diags) = parse::parse_action(file, &text);
            ActionFile { name, action, diags }
        });
        if let Some(Action { body: ActionBody::Batch(batch), .. }) = file.as_ref().and_then(|file| file.action.as_ref())
        {
            note_calls(&mut self.called, called_by_tasks(&batch.tasks));
        }
        self.actions.insert(reference, file);
    }

    /// Where an action is called first; `None` for other texts.
    pub fn place_of(&self, source: &SourceRef) -> Option<Span> {
        match source {
            SourceRef::Action(reference) => self.called.get(reference).copied(),
            SourceRef::Project | SourceRef::Flow(_) => None,
        }
    }

    /// All texts, for the places of diagnostics.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// All texts with their names, what a bake keeps: the project first if there is one, the flow, then what
    /// is called.
    pub fn texts(&self) -> Vec<(SourceRef, NamedText)> {
        let project = self.project.file().map(|file| (SourceRef::Project, file));
        let flow = self.flow.file().map(|file| (SourceRef::Flow(self.name.clone()), file));
        let actions = self.action_files.iter().map(|(one, file)| (SourceRef::Action(one.clone()), *file));
        let all = project.into_iter().chain(flow).chain(actions);
        let named = |file| self.sources.get(file).map(|one| (one.name.to_string(), one.text.clone()));
        all.filter_map(|(source, file)| Some((source, named(file)?))).collect()
    }

    /// Binds a batch flow; `folder_name` is the workspace folder's own name (WS-21).
    ///
    /// A flow may come with errors, so that all that is wrong with it can be told at once; it must not be
    /// run then. Errors, all at once: `F0002` if there is no such flow file, and those of parsing and binding.
    pub fn resolve(&self, folder_name: &str) -> (Option<ResolvedFlow>, Diagnostics) {
        let mut diags = Diagnostics::new();
        let project = self.project.checked(&mut diags);
        let batch = match &self.flow {
            FlowSlot::Batch(slot) => slot.checked(&mut diags),
            FlowSlot::Live(_) => None,
        };
        self.check_presence(&mut diags);
        let Some(batch) = batch else { return (None, self.with_called(diags)) };
        let (flow, more) = ResolvedFlow::bind(&self.given(folder_name, project), batch);
        diags.append(more);
        (flow, diags.sorted())
    }

    /// Binds a live flow. Errors: as [`Self::resolve`], but those of a single job stand in the job.
    pub fn resolve_live(&self, folder_name: &str) -> (Option<LiveFlow>, Diagnostics) {
        let mut diags = Diagnostics::new();
        let project = self.project.checked(&mut diags);
        let live = match &self.flow {
            FlowSlot::Live(slot) => slot.checked(&mut diags),
            FlowSlot::Batch(_) => None,
        };
        self.check_presence(&mut diags);
        let Some(live) = live.filter(|_| !diags.has_errors()) else { return (None, self.with_called(diags)) };
        let (flow, more) = LiveFlow::bind(&self.given(folder_name, project), live);
        diags.append(more);
        (flow.filter(|_| !diags.has_errors()), diags.sorted())
    }

    fn given<'a>(&'a self, folder: &'a str, project: Option<&'a Project>) -> Given<'a> {
        Given { flow: &self.name, folder, sources: &self.sources, files: &self.actions, project }
    }

    fn check_presence(&self, diags: &mut Diagnostics) {
        if self.flow.file().is_none() {
            let message = format!("there is no flow `{}`", self.name);
            let help = format!("write it to `{}.yml` in the config folder", self.name);
            diags.push(Diagnostic::error(Code::FlowNotFound, message).help(help));
        }
    }

    /// With what is wrong in the files that are called, as nothing is bound that would say so.
    fn with_called(&self, mut diags: Diagnostics) -> Diagnostics {
        for file in self.actions.values().flatten() {
            diags.append(file.diags.clone());
        }
        diags.sorted()
    }
}

fn slot<T>(sources: &mut SourceMap, text: Option<NamedText>, parse: Parse<T>) -> Slot<T> {
    let Some((name, text)) = text else { return Slot::Absent };
    let file = sources.add(name, text.clone());
    let (tree, diags) = parse(file, &text);
    Slot::Present(Parsed { file, tree: tree.map(Arc::new), diags })
}

/// What a call names, where it may be called: modules are local only (CTX-61).
fn reference(call: &Call) -> Option<(ActionRef, Span)> {
    let reference = ActionRef::parse(&call.reference.value).ok()?;
    let is_wanted = call.kind == CallKind::Action || matches!(reference, ActionRef::Workspace(_));
    is_wanted.then_some((reference, call.reference.span))
}

/// Adds calls; the first of each action stays.
fn note_calls(called: &mut BTreeMap<ActionRef, Span>, calls: Vec<(ActionRef, Span)>) {
    for (reference, span) in calls {
        called.entry(reference).or_insert(span);
    }
}

fn called_by_tasks(tasks: &[Task]) -> Vec<(ActionRef, Span)> {
    let calls = tasks.iter().filter_map(|task| match &task.body {
        TaskBody::Call(call) => reference(call),
        TaskBody::Unit(_) => None,
    });
    calls.collect()
}

type Parse<T> = fn(FileId, &str) -> (Option<T>, Diagnostics);
