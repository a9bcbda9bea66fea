//! [`MemorySource`]: texts given by the caller, for embedders, notebooks and tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use flow_core::port::{ActionRef, ConfigSource, NamedText, SourceError, SourceRef};

/// A workspace that is not on disk.
#[derive(Clone, Debug)]
pub struct MemorySource {
    workspace: String,
    texts: BTreeMap<SourceRef, NamedText>,
}

impl MemorySource {
    /// A workspace without texts; `workspace` is the folder that tasks run in.
    pub fn new(workspace: impl Into<String>) -> Self {
        MemorySource { workspace: workspace.into(), texts: BTreeMap::new() }
    }

    /// Adds the text of a flow.
    pub fn flow(mut self, name: &str, text: impl Into<Arc<str>>) -> Self {
        self.texts.insert(SourceRef::Flow(name.into()), (format!("{name}.yml"), text.into()));
        self
    }

    /// Adds the text of an action or a module; `name` is its path from the workspace.
    pub fn action(mut self, reference: ActionRef, name: &str, text: impl Into<Arc<str>>) -> Self {
        self.texts.insert(SourceRef::Action(reference), (name.to_owned(), text.into()));
        self
    }

    /// Adds the text of the project file.
    pub fn project(mut self, text: impl Into<Arc<str>>) -> Self {
        self.texts.insert(SourceRef::Project, ("project.yml".to_owned(), text.into()));
        self
    }
}

#[async_trait]
impl ConfigSource for MemorySource {
    async fn read(&self, source: &SourceRef) -> Result<Option<NamedText>, SourceError> {
        Ok(self.texts.get(source).cloned())
    }

    async fn flows(&self) -> Result<Vec<String>, SourceError> {
        let names = self.texts.keys().filter_map(|source| match source {
            SourceRef::Flow(name) => Some(name.to_string()),
            SourceRef::Project | SourceRef::Action(_) => None,
        });
        Ok(names.collect())
    }

    fn workspace(&self) -> &str {
        &self.workspace
    }
}
