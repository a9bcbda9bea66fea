//! [`Workspace`]: the texts of one flow, and which of them are still wanted.

use std::sync::Arc;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::parse;
use crate::port::{NamedText, SourceRef};
use crate::resolve::ResolvedFlow;
use crate::resolve::flow::Given;
use crate::text::{FileId, SourceMap};

/// The texts that one flow is made of. Pure: whoever has the texts supplies them.
///
/// Shape: wants the project file and the flow file, each once; a supplied text is never wanted again.
#[derive(Clone, Debug)]
pub struct Workspace {
    flow: Arc<str>,
    sources: SourceMap,
    project: Slot,
    batch: Slot,
}

/// What is known of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Wanted,
    Absent,
    Present(FileId),
}

impl Slot {
    fn file(self) -> Option<FileId> {
        match self {
            Slot::Wanted | Slot::Absent => None,
            Slot::Present(file) => Some(file),
        }
    }
}

impl Workspace {
    /// A workspace for the batch flow of this name; it has no texts yet.
    pub fn new(flow: &str) -> Self {
        Workspace { flow: flow.into(), sources: SourceMap::new(), project: Slot::Wanted, batch: Slot::Wanted }
    }

    /// The texts that are still wanted; empty when it can be resolved.
    pub fn missing(&self) -> Vec<SourceRef> {
        let project = (self.project == Slot::Wanted).then_some(SourceRef::Project);
        let batch = (self.batch == Slot::Wanted).then(|| SourceRef::Flow(self.flow.clone()));
        project.into_iter().chain(batch).collect()
    }

    /// Supplies a text, or says that there is none. What is not wanted is dropped.
    pub fn supply(&mut self, source: SourceRef, text: Option<NamedText>) {
        match source {
            SourceRef::Project if self.project == Slot::Wanted => self.project = self.slot(text),
            SourceRef::Flow(name) if name == self.flow && self.batch == Slot::Wanted => self.batch = self.slot(text),
            SourceRef::Project | SourceRef::Flow(_) => {}
        }
    }

    fn slot(&mut self, text: Option<NamedText>) -> Slot {
        text.map_or(Slot::Absent, |(name, text)| Slot::Present(self.sources.add(name, text)))
    }

    /// All texts, for the places of diagnostics.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// Names and texts, the project first if there is one: what a bake keeps.
    pub fn texts(&self) -> Vec<(String, Arc<str>)> {
        let files = self.project.file().into_iter().chain(self.batch.file());
        files.filter_map(|file| self.sources.get(file)).map(|one| (one.name.to_string(), one.text.clone())).collect()
    }

    /// Parses and binds; `folder_name` is the workspace folder's own name (WS-21).
    ///
    /// A flow may come with errors, so that all that is wrong with it can be told at once; it must not be
    /// run then. Errors, all at once: `F0002` if there is no flow file, and those of parsing and binding.
    pub fn resolve(&self, folder_name: &str) -> (Option<ResolvedFlow>, Diagnostics) {
        let mut diags = Diagnostics::new();
        let project = self.parsed(self.project, parse::parse_project, &mut diags);
        if self.batch.file().is_none() {
            let message = format!("there is no flow `{}`", self.flow);
            let help = format!("write it to `{}.yml` in the config folder", self.flow);
            diags.push(Diagnostic::error(Code::FlowNotFound, message).help(help));
        }
        let batch = self.parsed(self.batch, parse::parse_batch, &mut diags);
        diags.append(project.as_ref().map(parse::unsupported_by_project).unwrap_or_default());
        diags.append(batch.as_ref().map(parse::unsupported).unwrap_or_default());
        let Some(batch) = batch else { return (None, diags.sorted()) };
        let given = Given { flow: &self.flow, folder: folder_name, sources: &self.sources };
        let (flow, more) = ResolvedFlow::bind(&given, project, batch);
        diags.append(more);
        (flow, diags.sorted())
    }

    fn parsed<T>(&self, slot: Slot, parse: Parse<T>, diags: &mut Diagnostics) -> Option<T> {
        let file = slot.file()?;
        let source = self.sources.get(file)?;
        let (parsed, found) = parse(file, &source.text);
        diags.append(found);
        parsed
    }
}

type Parse<T> = fn(FileId, &str) -> (Option<T>, Diagnostics);
