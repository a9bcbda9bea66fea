//! `init`: a new project from a template; needs neither a workspace nor the network. Source: LIV-60, DEC-21.

use std::path::{Component, PathBuf};

use crate::args::Init;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::diagnostic::counted;
use crate::report::summary::quoted;
use crate::session::Session;
use crate::template::{self, NotPlaced, Template};

pub(crate) fn run(session: &mut Session, own: &Init) -> Result<Exit, CliError> {
    let folder = own.path.as_ref().map_or_else(|| session.io.folder.clone(), |path| session.io.folder.join(path));
    template::place(own.template, &folder).map_err(|error| match error {
        NotPlaced::InTheWay(paths) => CliError::InTheWay { folder: folder.display().to_string(), paths },
        NotPlaced::Io { path, error } => CliError::File { path: path.display().to_string(), error },
    })?;
    let files = own.template.files();
    for file in files {
        session.print(file.path)?;
    }
    let folder = folder.canonicalize().unwrap_or(folder);
    session.note(&format!("\n{} in {}", counted(files.len(), "file"), folder.display()));
    next_steps(session, own.template, own.path.as_ref());
    Ok(Exit::Well)
}

/// What to type next, ready to be copied.
fn next_steps(session: &mut Session, template: Template, path: Option<&PathBuf>) {
    let batch = template.batch();
    let mut lines = Vec::new();
    if let Some(path) = path.filter(|path| path.components().any(|part| part != Component::CurDir)) {
        lines.push((format!("cd {}", quoted(&path.display().to_string())), "where the project is"));
    }
    if template == Template::FraudDetection {
        lines.push(("pip install -r requirements.txt".to_owned(), "what its programs use; see README.md"));
    }
    lines.push(("apolo-flow check".to_owned(), "all problems of all files; runs nothing"));
    lines.push((format!("apolo-flow bake {batch}"), "run it and follow it"));
    let width = lines.iter().map(|(line, _)| line.len()).max().unwrap_or_default();
    session.note("\nNext:");
    for (line, what) in lines {
        session.note(&format!("  {line:width$}  # {what}"));
    }
}
