//! [`CliError`]: what a command can fail with; how it is told, and the exit code it means.
//!
//! | error | exit |
//! |---|---|
//! | `Config` whose only errors are that a flow does not exist (F0002) | failed |
//! | `Config` else | bad files |
//! | `Store(Held)`, `Driven` | held |
//! | a write to a closed pipe | well: whoever read has seen enough |
//! | a wrong `--meta-from-file` path, `NotRestarted` (BAT-130), `NoLocalPart` (LIV-40), `NotAsked` | usage |
//! | all others | failed |

use std::io::ErrorKind;

use flow_core::diag::{Code, Diagnostics, Severity, suggest};
use flow_core::model::TaskStatus;
use flow_core::port::{ExecutorError, SourceError, StoreError};
use flow_engine::remote::RemoteError;
use flow_engine::storage::StorageError;
use flow_engine::{EngineError, RestartRefusal};
use thiserror::Error;

use crate::exit::Exit;
use crate::report::{clean, diagnostic};
use crate::session::Session;

/// How times are written.
const TIMES: &str =
    "give ISO 8601, such as 2026-11-20 or 2026-11-20T12:00:00+01:00, or a time back from now, such as 1d2h3m4s";

/// What to do with what has not ended.
const BUSY: &str = "wait for its end, or cancel it; one whose engine is gone must be resumed first";

/// At this verbosity not even errors are told.
const SILENT: i16 = -2;

/// Why a command could not do it.
#[derive(Debug, Error)]
pub(crate) enum CliError {
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The supervisor could not work.
    #[error(transparent)]
    Supervisor(#[from] flow_engine::executor::supervisor::SupervisorError),
    /// The console could not serve.
    #[cfg(feature = "console")]
    #[error(transparent)]
    Console(#[from] flow_console::ConsoleError),
    /// No bake has this id or name.
    #[error("no bake `{text}`")]
    UnknownBake {
        text: String,
        /// What is known and near.
        help: Option<String>,
    },
    /// The reference has no such section.
    #[error("the reference has no section `{section}`")]
    NoSection {
        section: String,
        /// What there is.
        help: Option<String>,
    },
    /// It cannot be resumed: somebody drives it.
    #[error("attempt {number} of `{bake}` is driven by another engine")]
    Driven { bake: String, number: u32 },
    /// The task has ended, so there is nothing to cancel.
    #[error("task `{task}` has ended: {status}")]
    TaskEnded { task: String, status: TaskStatus },
    /// There is no log to show.
    #[error("task `{task}` has no log: {why}")]
    NoLog { task: String, why: String },
    /// The task was never tried so often.
    #[error("task `{task}` has no try {number}")]
    NoTry { task: String, number: u32, count: usize },
    /// A name is that of a bake and of a live job.
    #[error("`{name}` is a bake and a live job")]
    Ambiguous { name: String },
    /// `kill ALL` was given a suffix.
    #[error("`kill ALL` takes no suffix")]
    AllWithSuffix,
    /// A time that is none. Source: CLI-22.
    #[error("`{0}` is no time")]
    BadTime(String),
    /// An age that is none.
    #[error("`{0}` is no age")]
    BadAge(String),
    /// Another program is not there, or did not do it.
    #[error("`{program}` {message}")]
    Program { program: String, message: String, hint: String },
    /// Something that cannot be undone was not confirmed.
    #[error("nothing was removed: {what} was not confirmed")]
    NotConfirmed { what: String },
    /// The file of params cannot be read.
    #[error("cannot read `{path}`: {error}")]
    ParamsFile { path: String, error: std::io::Error },
    /// The file of params is no flat mapping.
    #[error("`{place}`: {message}")]
    Params { place: String, message: String },
    /// A new project would overwrite what is there.
    #[error("`{folder}` has what the new project would write: {}", quoted(paths))]
    InTheWay { folder: String, paths: Vec<String> },
    /// The start file of a shell is somewhere, but no variable says where.
    #[error("no variable says where the start file of {shell} is")]
    NoStartFile { shell: &'static str },
    /// The start file of a shell has the begin of our block and not its end.
    #[error("`{path}` has the line `{begin}` and not the line `{end}`")]
    OpenBlock { path: String, begin: &'static str, end: &'static str },
    /// A file cannot be written.
    #[error("cannot write `{path}`: {error}")]
    File { path: String, error: std::io::Error },
    /// Something needs a yes, and nobody can be asked.
    #[error("nobody is there to be asked {what}")]
    NotAsked { what: &'static str, help: String },
    /// A write failed, or this process could not be set up.
    #[error("{what}: {error}")]
    Output { what: &'static str, error: std::io::Error },
}

impl From<ExecutorError> for CliError {
    fn from(error: ExecutorError) -> Self {
        EngineError::from(error).into()
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        EngineError::from(error).into()
    }
}

impl CliError {
    /// The exit code it means; the table is in the module's doc.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            CliError::Engine(EngineError::Config(problems)) => exit_of(&problems.diagnostics),
            CliError::Engine(EngineError::Store(StoreError::Held { .. })) | CliError::Driven { .. } => Exit::Held,
            CliError::Output { error, .. } if error.kind() == ErrorKind::BrokenPipe => Exit::Well,
            CliError::Engine(
                EngineError::NotRestarted { .. }
                | EngineError::NoLocalPart { .. }
                | EngineError::SuffixMissing { .. }
                | EngineError::SuffixUnwanted { .. }
                | EngineError::Remote(RemoteError::NoAction { .. }),
            )
            | CliError::NotAsked { .. }
            | CliError::Ambiguous { .. }
            | CliError::AllWithSuffix
            | CliError::ParamsFile { .. }
            | CliError::NotConfirmed { .. }
            | CliError::BadAge(_)
            | CliError::NoSection { .. } => Exit::Usage,
            #[cfg(feature = "console")]
            CliError::Console(_) => Exit::Failed,
            CliError::Engine(_)
            | CliError::Supervisor(_)
            | CliError::UnknownBake { .. }
            | CliError::TaskEnded { .. }
            | CliError::NoLog { .. }
            | CliError::NoTry { .. }
            | CliError::InTheWay { .. }
            | CliError::BadTime(_)
            | CliError::Program { .. }
            | CliError::NoStartFile { .. }
            | CliError::OpenBlock { .. }
            | CliError::File { .. }
            | CliError::Params { .. }
            | CliError::Output { .. } => Exit::Failed,
        }
    }

    /// Tells it, causes first, hints last, and gives the exit code.
    pub(crate) fn tell(&self, session: &mut Session) -> Exit {
        let exit = self.exit();
        if exit == Exit::Well {
            return exit;
        }
        session.log_error(&self.to_string());
        // CLI-4, OBS-8.3: to be this quiet is to look at the exit code alone.
        if session.verbosity <= SILENT {
            return exit;
        }
        if let CliError::Engine(EngineError::Config(problems)) = self {
            let text =
                diagnostic::draw(&problems.diagnostics, &problems.sources, session.err_look, session.err_width());
            session.say(&text);
            let closing = diagnostic::closing(&problems.diagnostics);
            session.say(&format!("\n{closing}; nothing was started"));
            return exit;
        }
        if session.show_traceback {
            session.say(&clean::block(&format!("{self:#?}")));
        }
        let look = session.err_look;
        for cause in self.causes() {
            session.say(&format!("{} {}", look.bad("error:"), clean::line(&cause)));
        }
        for hint in self.hints() {
            session.say(&format!("{} {}", look.accent("hint:"), clean::line(&hint)));
        }
        exit
    }

    /// What is wrong, each thing for itself.
    fn causes(&self) -> Vec<String> {
        match self {
            CliError::Engine(EngineError::Storage(StorageError::Obstacles(all))) => {
                all.iter().map(ToString::to_string).collect()
            }
            other => vec![other.to_string()],
        }
    }

    /// What can be done about it.
    fn hints(&self) -> Vec<String> {
        match self {
            CliError::Engine(error) => engine_hints(error),
            CliError::UnknownBake { help, .. } => {
                let mut hints: Vec<String> = help.iter().cloned().collect();
                hints.push("`apolo-flow bakes` lists them".to_owned());
                hints
            }
            CliError::Driven { bake, .. } => vec![format!("follow it: `apolo-flow inspect {bake}`")],
            CliError::NoTry { count, .. } => vec![format!("it was tried {count} time(s); tries count from 1")],
            CliError::BadTime(_) => vec![TIMES.to_owned()],
            CliError::BadAge(_) => vec!["give a time such as 30d, 12h or 1d12h".to_owned()],
            CliError::Program { hint, .. } => vec![hint.clone()],
            CliError::NotConfirmed { .. } => vec!["answer `yes`, or give `--yes`".to_owned()],
            #[cfg(feature = "console")]
            CliError::Console(flow_console::ConsoleError::Unprotected(_)) => {
                vec![
                    "give `--tls-cert FILE --tls-key FILE`, or `--insecure` if the network is to be trusted".to_owned(),
                ]
            }
            #[cfg(feature = "console")]
            CliError::Console(_) => Vec::new(),
            CliError::InTheWay { .. } => {
                vec!["nothing was written; give another folder with `--path`, or move these away".to_owned()]
            }
            CliError::NotAsked { help, .. } => vec![help.clone()],
            CliError::NoStartFile { .. } => vec!["set HOME, or use `apolo-flow completion generate`".to_owned()],
            CliError::OpenBlock { .. } => vec!["remove that line, and try again; nothing was changed".to_owned()],
            CliError::NoSection { help, .. } => help.iter().cloned().collect(),
            CliError::Ambiguous { name } => vec![which_kind(name)],
            CliError::AllWithSuffix => vec!["`apolo-flow kill JOB SUFFIX` ends one run of a multi job".to_owned()],
            CliError::Supervisor(_)
            | CliError::TaskEnded { .. }
            | CliError::NoLog { .. }
            | CliError::File { .. }
            | CliError::ParamsFile { .. }
            | CliError::Params { .. }
            | CliError::Output { .. } => Vec::new(),
        }
    }
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// What the diagnostics of a flow mean for the exit code.
pub(crate) fn exit_of(diagnostics: &Diagnostics) -> Exit {
    let mut errors = diagnostics.iter().filter(|one| one.severity == Severity::Error);
    match (diagnostics.has_errors(), errors.all(|one| one.code == Code::FlowNotFound)) {
        (false, _) => Exit::Well,
        (true, true) => Exit::Failed,
        (true, false) => Exit::BadFiles,
    }
}

/// How to say whether a bake or a live job is meant.
fn which_kind(name: &str) -> String {
    format!("for the job: `apolo-flow logs --live {name}`; for a task of the bake: `apolo-flow logs {name}/TASK`")
}

/// What may have been meant.
fn suggested(text: &str, kind: &str, known: &[String]) -> Vec<String> {
    suggest::help(text, kind, known.iter().map(String::as_str)).into_iter().collect()
}

/// How to say which run of a multi job is meant.
fn name_suffix(job: &str, known: &[String]) -> String {
    let lines: Vec<String> = known.iter().map(|suffix| format!("`{job} {suffix}`")).collect();
    if lines.is_empty() {
        return "name its suffix; no run of it is known".to_owned();
    }
    format!("name its suffix: {}", lines.join(", "))
}

fn engine_hints(error: &EngineError) -> Vec<String> {
    match error {
        EngineError::UnknownTask { task, known } => suggested(task, "tasks", known),
        EngineError::Source(SourceError::NoWorkspace { .. }) => {
            vec!["go to the folder that holds `.apolo`, or name it with `--config`".to_owned()]
        }
        EngineError::UnknownAttempt { bake, .. } => {
            vec![format!("attempts count from 1, -1 is the last: `apolo-flow inspect {bake}`")]
        }
        EngineError::Finished { bake, .. } => vec![format!("see what happened: `apolo-flow inspect {bake}`")],
        EngineError::NotRestarted { bake, refusal, .. } => vec![match refusal {
            RestartRefusal::NotEnded => {
                format!("wait for its end, `apolo-flow resume {bake}` it, or `apolo-flow cancel {bake}` it first")
            }
            RestartRefusal::Succeeded => format!("run all of it again: `apolo-flow restart {bake} --no-from-failed`"),
            RestartRefusal::TooMany => "start a new bake with `apolo-flow bake`".to_owned(),
        }],
        EngineError::Store(StoreError::Held { .. }) => vec!["wait until that engine is done, or cancel it".to_owned()],
        EngineError::UnknownLiveJob { job, known } => suggested(job, "jobs", known),
        EngineError::NotRunning { job } => vec![format!("start it: `apolo-flow run {job}`; `apolo-flow ps` lists all")],
        EngineError::SuffixMissing { job, known } => vec![name_suffix(job, known)],
        EngineError::SuffixUnwanted { .. } => vec!["leave the suffix out".to_owned()],
        EngineError::PortTaken { .. } => vec!["end what listens there, or choose another `port_forward`".to_owned()],
        EngineError::UnknownFlow { flow, known } => suggested(flow, "flows", known),
        EngineError::FlowBusy { .. } => vec![BUSY.to_owned()],
        EngineError::Remote(error) => error.help().into_iter().collect(),
        EngineError::UnknownVolume { known, .. } => vec![format!("existing volumes: {}", known.join(", "))],
        EngineError::NoLocalPart { .. } => vec!["add `local: …` to it: the folder that belongs to it".to_owned()],
        EngineError::Config(_)
        | EngineError::Storage(_)
        | EngineError::Source(_)
        | EngineError::Store(_)
        | EngineError::Executor(_)
        | EngineError::UnknownBake(_)
        | EngineError::Unrunnable { .. }
        | EngineError::Spawn { .. }
        | EngineError::Settings { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
