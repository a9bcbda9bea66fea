//! [`Session`]: one run of the command: what it has from outside, and how it speaks.
//!
//! The workspace is looked up by the commands that need it, and only then (DEC-21).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flow_core::model::{Timestamp, Window};
use flow_core::port::{Clock, SourceError};
use flow_engine::config::Settings;
use flow_engine::remote::RemoteActions;
use flow_engine::source::DirectorySource;
use flow_engine::sys::SystemClock;
use flow_engine::{Checker, Engine, EngineError, GitProgram};

use crate::args::{Color, Fetching, Global};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::{Io, Output};
use crate::log::OwnLog;
use crate::report::clean::{LogCleaner, LogFilter};
use crate::report::look::Look;
use crate::report::table::Table;
use crate::report::time::Zone;

/// The variable that names the workspace where `--config` does not.
const WORKSPACE_VARIABLE: &str = "APOLO_FLOW_WORKSPACE";

/// One run of the command.
#[derive(Debug)]
pub(crate) struct Session {
    pub io: Io,
    /// How results look.
    pub out_look: Look,
    /// How everything for people looks.
    pub err_look: Look,
    pub zone: Zone,
    /// 0 is usual, more says more, less says less.
    pub verbosity: i16,
    /// Whether errors are told with all that the program knows of them.
    pub show_traceback: bool,
    clock: SystemClock,
    began: Timestamp,
    log: OwnLog,
    /// Where the search for the config folder begins, if it was said.
    start: Option<PathBuf>,
}

impl Session {
    /// Begins a run; a `--config` that is a file ends it at once (CLI-2).
    pub(crate) fn new(global: &Global, mut io: Io) -> Result<Self, Exit> {
        // A task that may use the engine that runs it works on that engine's workspace (MCH-1).
        let passed = io.variable(WORKSPACE_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        let start = global.config.as_ref().or(passed.as_ref()).map(|path| io.folder.join(path));
        if let Some(path) = start.as_ref().filter(|path| path.is_file()) {
            io.err.say(&format!("error: `--config` wants a folder, and `{}` is a file", path.display()));
            return Err(Exit::Usage);
        }
        let zone = Zone::of(io.variable("TZ").as_deref());
        let out_look = look(&io, &io.out, global.color);
        let err_look = look(&io, &io.err, global.color);
        let began = SystemClock.now();
        let verbosity = global.verbosity();
        let (log, show_traceback) = (OwnLog::new(None, None), global.show_traceback);
        let mut session =
            Session { out_look, err_look, zone, verbosity, show_traceback, clock: SystemClock, began, log, start, io };
        // Settings that cannot be read are told by the commands that need them.
        if let Ok(settings) = session.settings() {
            session.log = OwnLog::new(Some(settings.data.clone()), Some(settings.log_folder()));
        }
        Ok(session)
    }

    /// Notes in the own log that a command begins; its arguments may be secrets and are left out.
    pub(crate) fn begin(&self, command: &str) {
        let folder = self.start().display();
        self.log.line(self.began, &format!("{command} begins: apolo-flow {} in {folder}", env!("CARGO_PKG_VERSION")));
    }

    /// Notes in the own log, and for those who want to hear more, how a command ended.
    pub(crate) fn end(&mut self, command: &str, exit: Exit) {
        let now = self.now();
        let took = crate::report::time::span(now.since(self.began));
        let line = format!("{command} ended after {took}: exit code {}, {}", exit.code(), exit.meaning());
        self.log.line(now, &line);
        if self.verbosity > 0 {
            self.say(&line);
        }
    }

    /// Notes in the own log why a command failed.
    pub(crate) fn log_error(&self, text: &str) {
        self.log.line(self.now(), &format!("error: {text}"));
    }

    /// Says a line to people.
    pub(crate) fn say(&mut self, line: &str) {
        self.io.err.say(line);
    }

    /// Says a line to people unless they want it quiet.
    pub(crate) fn note(&mut self, line: &str) {
        if self.verbosity >= 0 {
            self.say(line);
        }
    }

    /// Prints a line of results.
    pub(crate) fn print(&mut self, line: &str) -> Result<(), CliError> {
        self.print_bytes(format!("{line}\n").as_bytes())
    }

    /// Prints bytes of results.
    pub(crate) fn print_bytes(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        self.io.out.write(bytes).map_err(|error| CliError::Output { what: "the output", error })
    }

    /// Prints a table of results that fits the terminal.
    pub(crate) fn print_table(&mut self, table: &Table) -> Result<(), CliError> {
        let columns = self.io.out.size().map(|size| size.width);
        table.draw(self.out_look, columns).iter().try_for_each(|line| self.print(line))
    }

    /// What task output passes on its way out: cleaned for a terminal, untouched for a pipe.
    pub(crate) fn log_filter(&self) -> LogFilter {
        if self.io.out.is_terminal() { LogFilter::Clean(LogCleaner::default()) } else { LogFilter::Raw }
    }

    /// How wide lines for people may be.
    pub(crate) fn err_width(&self) -> usize {
        self.io.err.size().map_or(100, |size| size.width)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether a person can be asked.
    pub(crate) fn can_ask(&self) -> bool {
        self.io.err.is_terminal() && self.io.input.as_ref().is_some_and(|input| input.terminal)
    }

    /// How large the terminal is, where both our input and our output are one.
    pub(crate) fn terminal_window(&self) -> Option<Window> {
        self.window().filter(|_| self.io.input.as_ref().is_some_and(|input| input.terminal))
    }

    /// How large the terminal at our output is now.
    pub(crate) fn window(&self) -> Option<Window> {
        let letters = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        self.io.out.size().map(|size| Window { rows: letters(size.height), columns: letters(size.width) })
    }

    /// Asks a person a question that is answered by yes or no; all but yes is no.
    pub(crate) fn ask(&mut self, question: &str) -> Result<bool, CliError> {
        let failed = |error| CliError::Output { what: "the question", error };
        self.io.err.write(question.as_bytes()).map_err(failed)?;
        let mut line = String::new();
        if let Some(input) = &mut self.io.input {
            input.reader.read_line(&mut line).map_err(failed)?;
        }
        Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// The workspace, with its remote actions. Errors: `NoWorkspace`, `NotAFolder`, `Settings`.
    pub(crate) fn source(&self) -> Result<DirectorySource, CliError> {
        self.source_with(Fetching { locked: false })
    }

    /// The workspace, with remote actions that may be fetched or may not. Errors: as [`Self::source`].
    pub(crate) fn source_with(&self, fetching: Fetching) -> Result<DirectorySource, CliError> {
        let source = self.workspace_alone()?;
        let remote = self.remote(&source)?;
        Ok(source.remote(if fetching.locked { remote.locked() } else { remote }))
    }

    /// The workspace without remote actions.
    pub(crate) fn workspace_alone(&self) -> Result<DirectorySource, CliError> {
        Ok(DirectorySource::find(self.start()).map_err(EngineError::from)?)
    }

    /// Where the search for the workspace begins.
    pub(crate) fn start(&self) -> &Path {
        self.start.as_deref().unwrap_or(&self.io.folder)
    }

    /// The remote actions of a workspace.
    pub(crate) fn remote(&self, source: &DirectorySource) -> Result<RemoteActions, CliError> {
        Ok(self.settings()?.remote_actions(source.config_folder(), self.io.environment.clone()))
    }

    /// The settings: the workspace's if there is one, else the user's.
    pub(crate) fn settings(&self) -> Result<Settings, CliError> {
        let source = self.workspace()?;
        Ok(Settings::read(source.as_ref().map(DirectorySource::config_folder), &|name| self.io.variable(name))?)
    }

    /// The engine on those settings.
    pub(crate) fn engine(&self) -> Result<Engine, CliError> {
        Ok(self.settings()?.open(self.self_program()?, self.io.environment.clone())?)
    }

    /// An engine for those who only look: where nothing was kept yet, nothing is made.
    pub(crate) fn engine_to_read(&self) -> Result<Engine, CliError> {
        let settings = self.settings()?;
        let open = if settings.has_store() { Settings::open } else { Settings::open_empty };
        Ok(open(&settings, self.self_program()?, self.io.environment.clone())?)
    }

    /// What checks flows; it needs neither store nor executor.
    pub(crate) fn checker(&self) -> Result<Checker, CliError> {
        let settings = self.settings()?;
        let secrets = settings.secret_source(self.io.environment.iter().cloned());
        let storage = settings.storage_root();
        let checker = Checker::new(Arc::new(GitProgram), settings.user).max_rows(settings.max_rows).storage(storage);
        Ok(checker.machine(settings.presets, settings.machine.room()).secrets(Some(secrets)))
    }

    /// The workspace, if there is one.
    pub(crate) fn workspace(&self) -> Result<Option<DirectorySource>, CliError> {
        match DirectorySource::find(self.start()) {
            Ok(source) => Ok(Some(source)),
            Err(SourceError::NoWorkspace { .. }) => Ok(None),
            Err(error) => Err(EngineError::from(error).into()),
        }
    }

    /// How helper processes are started: with the same workspace, so with the same settings.
    fn self_program(&self) -> Result<Vec<OsString>, CliError> {
        let mut program = self.io.self_program.clone();
        if let Some(source) = self.workspace()? {
            program.extend(["--config".into(), source.folder().into()]);
        }
        Ok(program)
    }
}

/// Colours only where they are seen and wanted, line drawing only where the locale has it.
fn look(io: &Io, output: &Output, color: Color) -> Look {
    let is_set = |name: &str| io.variable(name).is_some_and(|value| !value.is_empty());
    let dumb = io.variable("TERM").is_some_and(|term| term == "dumb");
    let color = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => output.is_terminal() && !dumb && !is_set("NO_COLOR"),
    };
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find(|name| is_set(name));
    let locale = locale.and_then(|name| io.variable(name)).unwrap_or_default().to_lowercase();
    Look { color, unicode: locale.contains("utf-8") || locale.contains("utf8"), dumb }
}

#[cfg(test)]
mod tests;
