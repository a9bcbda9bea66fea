//! [`Texts`]: what the editor has open, and the workspaces that it is of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flow_core::ide::{Document, Page};
use flow_core::text::{Columns, FileId};
use flow_engine::source::{DirectorySource, OverlaySource};
use lsp_types::Uri;

use crate::cmd::lsp::place::path_of;

/// The name of the project file without its ending.
const PROJECT: &str = "project";

/// What the editor has open, by path.
#[derive(Debug)]
pub(super) struct Texts {
    open: BTreeMap<PathBuf, Arc<str>>,
    /// How the editor counts columns.
    pub(super) columns: Columns,
}

impl Default for Texts {
    fn default() -> Self {
        Texts { open: BTreeMap::new(), columns: Columns::Utf16 }
    }
}

impl Texts {
    pub(super) fn count_in(&mut self, utf8: bool) {
        self.columns = if utf8 { Columns::Utf8 } else { Columns::Utf16 };
    }

    /// Whether the text is of a file, and is known now as it is.
    pub(super) fn open(&mut self, uri: &Uri, text: String) -> bool {
        path_of(uri).is_some_and(|path| {
            self.open.insert(path, text.into());
            true
        })
    }

    pub(super) fn close(&mut self, uri: &Uri) -> bool {
        path_of(uri).is_some_and(|path| self.open.remove(&path).is_some())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Path, &Arc<str>)> {
        self.open.iter().map(|(path, text)| (path.as_path(), text))
    }

    /// The text of a file: as it is open, else as it is on disk.
    pub(super) fn read(&self, path: &Path) -> Option<Arc<str>> {
        let open = self.open.get(path).cloned();
        open.or_else(|| std::fs::read_to_string(path).ok().map(Arc::from))
    }

    /// The pages of the workspace that a file is of, with their paths: it comes first, then those that share names
    /// with it.
    pub(super) fn pages(&self, path: &Path) -> Vec<(PathBuf, Page)> {
        let mut paths = vec![path.to_owned()];
        let workspace = path.parent().and_then(|folder| DirectorySource::find(folder).ok());
        if let Some(source) = &workspace {
            let folders = [source.config_folder(), source.folder()];
            let files = folders.iter().flat_map(std::fs::read_dir).flatten().flatten();
            let yaml = files.map(|file| file.path()).filter(|file| is_yaml(file) && file != path);
            paths.extend(yaml.filter(|file| is_page(source, file)));
        }
        let page = |(at, path): (usize, PathBuf)| {
            let document = workspace.as_ref().map_or(Document::Flow, |source| document(source, &path));
            let text = self.read(&path)?;
            Some((path, Page { file: FileId(u32::try_from(at).ok()?), document, text }))
        };
        paths.into_iter().enumerate().filter_map(page).collect()
    }

    /// The workspaces that something is open of, each once.
    pub(super) fn workspaces(&self) -> Vec<DirectorySource> {
        let mut found: Vec<DirectorySource> = Vec::new();
        for folder in self.open.keys().filter_map(|path| path.parent()) {
            let source = DirectorySource::find(folder).ok();
            found.extend(source.filter(|one| found.iter().all(|known| known.folder() != one.folder())));
        }
        found
    }

    /// A workspace as the editor shows it.
    pub(super) fn overlay(&self, source: DirectorySource) -> OverlaySource {
        OverlaySource::new(source, self.open.clone())
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "yml" || end == "yaml")
}

/// Whether a file is one whose names others see: a flow, or the project file.
fn is_page(source: &DirectorySource, path: &Path) -> bool {
    path.parent() == Some(source.config_folder()) || is_project(path)
}

fn is_project(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == PROJECT)
}

/// The sort of a file, by where it lies.
pub(super) fn document(source: &DirectorySource, path: &Path) -> Document {
    let folder = path.parent();
    let at_top = folder == Some(source.config_folder());
    match is_project(path) && (at_top || folder == Some(source.folder())) {
        true => Document::Project,
        false if at_top => Document::Flow,
        false => Document::Action,
    }
}
