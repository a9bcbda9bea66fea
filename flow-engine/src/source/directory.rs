//! [`DirectorySource`]: a workspace folder on disk. Source: spec 01 §2, §3.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use flow_core::port::{ActionRef, ConfigSource, NamedText, SourceError, SourceRef};

use crate::remote::RemoteActions;

/// The names of the config folder; in one folder the first wins (WS-4).
const CONFIG_FOLDERS: [&str; 2] = [".apolo", ".neuro"];
/// The first existing one wins (WS-10).
const EXTENSIONS: [&str; 2] = ["yml", "yaml"];
/// The name of the project file, which is no flow.
const PROJECT: &str = "project";

/// A workspace folder on disk.
#[derive(Clone, Debug)]
pub struct DirectorySource {
    workspace: PathBuf,
    name: String,
    config: PathBuf,
    remote: Option<RemoteActions>,
}

impl DirectorySource {
    /// Looks for the config folder from `start` upwards; the root is looked at too (WS-4).
    ///
    /// Links in the path are resolved (WS-7). Errors: `NotAFolder`, `NoWorkspace`.
    pub fn find(start: &Path) -> Result<Self, SourceError> {
        let not_a_folder = || SourceError::NotAFolder { path: start.display().to_string() };
        let resolved = start.canonicalize().map_err(|_| not_a_folder())?;
        if !resolved.is_dir() {
            return Err(not_a_folder());
        }
        for folder in resolved.ancestors() {
            let found = CONFIG_FOLDERS.iter().map(|name| folder.join(name)).find(|config| config.is_dir());
            if let Some(config) = found {
                let (name, workspace) = (folder.display().to_string(), folder.into());
                return Ok(DirectorySource { name, workspace, config, remote: None });
            }
        }
        Err(SourceError::NoWorkspace { start: start.display().to_string() })
    }

    /// The source with actions of other repositories; without, there are none.
    pub fn remote(self, remote: RemoteActions) -> Self {
        DirectorySource { remote: Some(remote), ..self }
    }

    /// The workspace folder.
    pub fn folder(&self) -> &Path {
        &self.workspace
    }

    /// The config folder in it.
    pub fn config_folder(&self) -> &Path {
        &self.config
    }

    /// The files that a reference may mean, the preferred first.
    fn candidates(&self, source: &SourceRef) -> Vec<PathBuf> {
        let in_folder = |folder: &Path, stem: &str| EXTENSIONS.map(|end| folder.join(format!("{stem}.{end}")));
        match source {
            SourceRef::Project => {
                [in_folder(&self.config, PROJECT), in_folder(&self.workspace, PROJECT)].into_iter().flatten().collect()
            }
            SourceRef::Flow(name) => {
                let bare = EXTENSIONS.iter().find_map(|end| name.strip_suffix(&format!(".{end}")));
                in_folder(&self.config, bare.unwrap_or(name)).into()
            }
            SourceRef::Action(ActionRef::Workspace(path)) => {
                let path = self.workspace.join(path.as_ref());
                let with = |end: &&str| path.with_file_name(format!("{}.{end}", file_name(&path)));
                std::iter::once(path.clone()).chain(EXTENSIONS.iter().map(with)).filter(|path| !path.is_dir()).collect()
            }
            // They lie elsewhere: see `read_remote`.
            SourceRef::Action(ActionRef::GitHub { .. }) => Vec::new(),
        }
    }

    /// A remote action; git is waited for on a thread of its own.
    async fn read_remote(&self, action: &ActionRef) -> Result<Option<NamedText>, SourceError> {
        let Some(remote) = self.remote.clone() else { return Ok(None) };
        let action = action.clone();
        let read = tokio::task::spawn_blocking(move || remote.text(&action)).await;
        let read = read.map_err(|error| SourceError::Remote { message: error.to_string(), help: None })?;
        Ok(read?)
    }

    /// The path as people know it: below the workspace.
    fn name_of(&self, path: &Path) -> String {
        path.strip_prefix(&self.workspace).unwrap_or(path).display().to_string()
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[async_trait]
impl ConfigSource for DirectorySource {
    async fn read(&self, source: &SourceRef) -> Result<Option<NamedText>, SourceError> {
        if let SourceRef::Action(action @ ActionRef::GitHub { .. }) = source {
            return self.read_remote(action).await;
        }
        for path in self.candidates(source) {
            let name = self.name_of(&path);
            let unreadable = |message: String| SourceError::Unreadable { path: name.clone(), message };
            match read_file(&path).await {
                Ok(bytes) => {
                    let text = String::from_utf8(bytes).map_err(|error| {
                        unreadable(format!("not UTF-8 text (byte {})", error.utf8_error().valid_up_to()))
                    })?;
                    return Ok(Some((name, Arc::from(text))));
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(unreadable(error.to_string())),
            }
        }
        Ok(None)
    }

    async fn flows(&self) -> Result<Vec<String>, SourceError> {
        let unreadable = |error: std::io::Error| SourceError::Unreadable {
            path: self.name_of(&self.config),
            message: error.to_string(),
        };
        let mut names = Vec::new();
        let mut entries = tokio::fs::read_dir(&self.config).await.map_err(unreadable)?;
        while let Some(entry) = entries.next_entry().await.map_err(unreadable)? {
            let path = entry.path();
            let known = path.extension().is_some_and(|end| EXTENSIONS.iter().any(|one| end == *one));
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            if known && stem != PROJECT && path.is_file() {
                names.push(stem.to_owned());
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn workspace(&self) -> &str {
        &self.name
    }

    async fn may_run_here(&self, action: &ActionRef) -> Result<bool, SourceError> {
        match &self.remote {
            Some(remote) => Ok(remote.may_run_here(action)?),
            None => Ok(false),
        }
    }
}

/// The bytes of a plain file; of a pipe there might be no end.
async fn read_file(path: &Path) -> std::io::Result<Vec<u8>> {
    if !tokio::fs::metadata(path).await?.is_file() {
        return Err(std::io::Error::other("it is not a file"));
    }
    tokio::fs::read(path).await
}

#[cfg(test)]
mod tests;
