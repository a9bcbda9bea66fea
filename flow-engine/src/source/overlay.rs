//! [`OverlaySource`]: a workspace folder of which some texts are given by hand, as an editor has them open.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use flow_core::port::{ActionRef, ConfigSource, NamedText, SourceError, SourceRef};

use crate::source::DirectorySource;

/// A workspace folder with some texts in place of those on disk.
#[derive(Clone, Debug)]
pub struct OverlaySource {
    source: DirectorySource,
    texts: BTreeMap<PathBuf, Arc<str>>,
}

impl OverlaySource {
    /// `texts` are given by absolute path; those of files that the folder lacks are not seen.
    pub fn new(source: DirectorySource, texts: BTreeMap<PathBuf, Arc<str>>) -> Self {
        OverlaySource { source, texts }
    }
}

#[async_trait]
impl ConfigSource for OverlaySource {
    async fn read(&self, source: &SourceRef) -> Result<Option<NamedText>, SourceError> {
        let found = self.source.read(source).await?;
        Ok(found.map(|(name, text)| {
            let given = self.texts.get(&self.source.folder().join(&name)).cloned();
            (name, given.unwrap_or(text))
        }))
    }

    async fn flows(&self) -> Result<Vec<String>, SourceError> {
        self.source.flows().await
    }

    fn workspace(&self) -> &str {
        self.source.workspace()
    }

    async fn may_run_here(&self, action: &ActionRef) -> Result<bool, SourceError> {
        self.source.may_run_here(action).await
    }
}
