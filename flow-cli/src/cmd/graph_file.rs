//! Writes the graph of an attempt or a plan: for Graphviz, as SVG, as PDF; and opens it. Source: CLI-24.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flow_core::plan::{DRAWN_ROWS, TaskGraph};

use crate::args::Graph;
use crate::error::CliError;
use crate::report::clean;
use crate::session::Session;

impl Graph {
    /// Whether a graph is wanted at all.
    fn is_wanted(&self) -> bool {
        self.dot || self.svg || self.pdf || self.view || self.output.is_some()
    }

    /// How many rows of a matrix are drawn each by itself.
    fn max_rows(&self) -> usize {
        if self.all_rows { usize::MAX } else { DRAWN_ROWS }
    }
}

/// What of a graph is written, and where.
struct Files {
    dot: Option<PathBuf>,
    svg: Option<PathBuf>,
    pdf: Option<PathBuf>,
}

impl Files {
    /// The file has the ending that belongs to it, or gets it: `nightly`, `nightly.svg`, `bake-1_2.gv`.
    ///
    /// A file alone says by its ending what is wanted.
    fn of(own: &Graph, folder: &Path, default: &str) -> Self {
        let path = folder.join(own.output.clone().unwrap_or_else(|| default.into()));
        let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default().to_owned();
        let is_said = own.dot || own.svg || own.pdf || own.view;
        let svg = own.svg || (own.view && !own.pdf) || (!is_said && ending == "svg");
        let pdf = own.pdf || (!is_said && ending == "pdf");
        let dot = own.dot || (!is_said && !svg && !pdf);
        let named = |wanted: bool, endings: &[&str]| {
            wanted.then(|| if endings.contains(&ending.as_str()) { path.clone() } else { with_ending(&path, endings) })
        };
        Files { dot: named(dot, &["gv", "dot"]), svg: named(svg, &["svg"]), pdf: named(pdf, &["pdf"]) }
    }
}

/// The path with the first of these endings; one of ours is replaced, all else is part of the name.
fn with_ending(path: &Path, endings: &[&str]) -> PathBuf {
    let own = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    let ending = endings.first().copied().unwrap_or_default();
    if ["gv", "dot", "svg", "pdf"].contains(&own) {
        return path.with_extension(ending);
    }
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    name.into()
}

/// Writes what is wanted; `graph` is given how many rows of a matrix are drawn each by itself.
///
/// Errors: `File`; `Program` where Graphviz or a viewer is missing.
pub(crate) fn write(
    session: &mut Session,
    own: &Graph,
    default: &str,
    graph: impl Fn(usize) -> TaskGraph,
) -> Result<(), CliError> {
    if !own.is_wanted() {
        return Ok(());
    }
    let files = Files::of(own, &session.io.folder, default);
    // Graphviz is given all rows: its reader cannot open what is closed.
    let dot = || graph(usize::MAX).dot();
    if let Some(path) = &files.dot {
        say(session, "Saving file", path);
        save(path, dot().as_bytes())?;
    }
    if let Some(path) = &files.svg {
        say(session, "Saving file", path);
        save(path, graph(own.max_rows()).svg().as_bytes())?;
    }
    if let Some(path) = &files.pdf {
        say(session, "Rendering", path);
        render(path, &dot())?;
    }
    match files.pdf.or(files.svg) {
        Some(path) if own.view => open(&path),
        _ => Ok(()),
    }
}

fn say(session: &mut Session, what: &str, path: &Path) {
    session.note(&format!("{what} {}", clean::line(&path.display().to_string())));
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    std::fs::write(path, bytes).map_err(|error| CliError::File { path: path.display().to_string(), error })
}

/// Asks Graphviz. Source: OBS-8.8.
fn render(path: &Path, dot: &str) -> Result<(), CliError> {
    let mut command = Command::new("dot");
    command.arg("-Tpdf").arg("-o").arg(path).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let failed = |message: String| CliError::Program {
        program: "dot".to_owned(),
        message,
        hint: "PDF is drawn by Graphviz: install it and make sure that `dot` is on your PATH, or use `--svg`, which \
               needs nothing"
            .to_owned(),
    };
    let mut child = command.spawn().map_err(|error| failed(format!("cannot be run: {error}")))?;
    if let Some(mut input) = child.stdin.take() {
        // If it has ended already, its own words tell more.
        let _ = input.write_all(dot.as_bytes());
    }
    let done = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if done.status.success() {
        return Ok(());
    }
    Err(failed(format!("failed: {}", String::from_utf8_lossy(&done.stderr).trim())))
}

/// Opens a file with the program that the desktop has for it.
fn open(path: &Path) -> Result<(), CliError> {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let failed = |message: String| CliError::Program {
        program: program.to_owned(),
        message,
        hint: format!("the picture is there, open it yourself: {}", path.display()),
    };
    let status = command.status().map_err(|error| failed(format!("cannot be run: {error}")))?;
    if status.success() { Ok(()) } else { Err(failed(format!("ended with {status}"))) }
}

#[cfg(test)]
mod tests;
