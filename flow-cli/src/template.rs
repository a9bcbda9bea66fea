//! [`Template`]: the new projects that the program carries, and [`place`], which writes one. Source: LIV-60.
//!
//! The texts are files: `templates/`, and the example of this repository. `build.rs` lists them.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// The id that templates have where the new project's own is meant.
const ID: &str = "my_project";

/// The config folder: it comes last and at once, so that half a project is no workspace.
const CONFIG: &str = ".apolo";

/// How paths in it begin.
const IN_CONFIG: &str = ".apolo/";

/// The folders that make a folder a workspace (WS-4).
const CONFIG_FOLDERS: [&str; 2] = [CONFIG, ".neuro"];

/// A file of a template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TemplateFile {
    /// Its place in the project, with `/` between the parts.
    pub path: &'static str,
    pub text: &'static str,
}

/// A new project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// One batch with two tasks, and nothing else
    Barebone,
    /// A batch that trains a model, live jobs, and programs that need nothing but Python
    Default,
    /// The whole example: from raw transactions to a deployed fraud model
    FraudDetection,
}

impl Template {
    /// Its files, sorted by path; paths are unique.
    pub(crate) fn files(self) -> &'static [TemplateFile] {
        match self {
            Template::Barebone => BAREBONE,
            Template::Default => DEFAULT,
            Template::FraudDetection => FRAUD_DETECTION,
        }
    }

    /// The batch to begin with.
    pub(crate) fn batch(self) -> &'static str {
        match self {
            Template::Barebone => "hello",
            Template::Default | Template::FraudDetection => "train",
        }
    }
}

/// Why no project was made. Then nothing was written, or what was written is gone again.
#[derive(Debug)]
pub(crate) enum NotPlaced {
    /// These exist already, as paths below the folder.
    InTheWay(Vec<String>),
    /// The disk said no.
    Io { path: PathBuf, error: io::Error },
}

/// Writes a template into a folder, which is made if it is missing; nothing that exists is changed.
///
/// All or nothing: a failure takes back what was written. The config folder comes last, in one step.
pub(crate) fn place(template: Template, folder: &Path) -> Result<(), NotPlaced> {
    let found = in_the_way(template, folder);
    if !found.is_empty() {
        return Err(NotPlaced::InTheWay(found));
    }
    let mut placed = Placed::default();
    let done = placed.write(template, folder);
    if done.is_err() {
        placed.take_back();
    }
    done
}

/// What exists of that which the template would make: files, files where it wants folders, a workspace.
fn in_the_way(template: Template, folder: &Path) -> Vec<String> {
    let exists = |path: &str| folder.join(path).symlink_metadata().is_ok();
    let mut found: Vec<String> =
        CONFIG_FOLDERS.iter().filter(|path| exists(path)).map(|name| (*name).to_owned()).collect();
    for file in template.files().iter().filter(|file| !file.path.starts_with(IN_CONFIG)) {
        let parents = file.path.match_indices('/').filter_map(|(at, _)| file.path.get(..at));
        let blocked = parents.into_iter().find(|parent| exists(parent) && !folder.join(parent).is_dir());
        match blocked {
            Some(parent) if found.iter().all(|one| one != parent) => found.push(parent.to_owned()),
            None if exists(file.path) => found.push(file.path.to_owned()),
            Some(_) | None => {}
        }
    }
    found
}

/// What was made so far.
#[derive(Default)]
struct Placed {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Placed {
    fn write(&mut self, template: Template, folder: &Path) -> Result<(), NotPlaced> {
        let id = project_id(folder);
        // Hidden under another name until it is whole.
        let hidden = format!("{CONFIG}.new-{}", std::process::id());
        let (config, others): (Vec<&TemplateFile>, Vec<&TemplateFile>) =
            template.files().iter().partition(|file| file.path.starts_with(IN_CONFIG));
        for file in others.into_iter().chain(config) {
            let path = file.path.strip_prefix(IN_CONFIG).map(|rest| format!("{hidden}/{rest}"));
            let path = path.unwrap_or_else(|| file.path.to_owned());
            self.file(&folder.join(path), &file.text.replace(ID, &id))?;
        }
        let (from, to) = (folder.join(hidden), folder.join(CONFIG));
        rustix::fs::renameat_with(rustix::fs::CWD, &from, rustix::fs::CWD, &to, rustix::fs::RenameFlags::NOREPLACE)
            .map_err(|error| NotPlaced::Io { path: to, error: error.into() })
    }

    fn file(&mut self, path: &Path, text: &str) -> Result<(), NotPlaced> {
        let wrong = |error| NotPlaced::Io { path: path.to_path_buf(), error };
        if let Some(folder) = path.parent() {
            self.folder(folder).map_err(wrong)?;
        }
        // `create_new`: a file that has appeared meanwhile is not ours.
        let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(wrong)?;
        self.files.push(path.to_path_buf());
        file.write_all(text.as_bytes()).and_then(|()| File::sync_all(&file)).map_err(wrong)
    }

    /// Makes a folder with its parents.
    fn folder(&mut self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.folder(parent)?;
        }
        match std::fs::create_dir(path) {
            Ok(()) => self.folders.push(path.to_path_buf()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Removes what was made; what others have put into our folders stays, and so do those.
    fn take_back(&self) {
        for file in &self.files {
            let _ = std::fs::remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// An id made from the folder's name that is one by WS-40; [`ID`] where the name has no letter to give.
fn project_id(folder: &Path) -> String {
    let resolved = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let name = resolved.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let mut id: String = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
    if !id.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        id.insert_str(0, "project_");
    }
    if name.contains(|letter: char| letter.is_ascii_alphanumeric()) { id } else { ID.to_owned() }
}

#[cfg(test)]
mod tests;
