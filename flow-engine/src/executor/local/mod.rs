//! [`LocalExecutor`]: runs units as processes of this machine (MCH-1).
//!
//! It is a client: the processes belong to the supervisor (`executor::supervisor`), which it starts
//! when there is none. Logs are read straight from their files.

mod beside;
mod channel;
mod client;
pub(crate) mod cut;
mod environment;
pub(crate) mod layout;
pub(crate) mod log;
mod machine;
mod mount;
pub(crate) mod protocol;
pub(crate) mod times;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flow_core::model::{Claim, LaunchKey, RawId};
use flow_core::plan::secret_name;
use flow_core::port::{
    Abilities, Channel, Chunk, Cursor, Exec, Executor, ExecutorError, Found, Launch, LogTime, Report, Scope,
    SecretSource, Selector, What,
};

use crate::executor::local::client::Client;
use crate::executor::local::layout::Layout;
use crate::executor::local::protocol::{Request, Response, UnitSecrets};
use crate::secret::SECRET_PREFIX;
use crate::storage::StorageRoot;

pub use machine::Machine;
pub use protocol::Limits;

/// How long one question for reports may wait, in milliseconds.
const REPORTS_WAIT_MILLIS: u32 = 20_000;
/// How many units are sent at once, so that no message grows without bound.
const UNITS_AT_ONCE: usize = 256;

/// Where the local executor works, and how its supervisor is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalConfig {
    /// The folder of the supervisor, its journal and the logs. One folder is one supervisor.
    pub dir: PathBuf,
    /// The program and the arguments that run `supervisor::run`; `--dir DIR`, and `--cpus N`, `--memory BYTES`
    /// and `--gpus N` for what `machine` says, are put behind them.
    pub self_program: Vec<OsString>,
    /// What units may take of the machine. A supervisor that is there already keeps its own numbers.
    pub machine: Machine,
    /// How much output is kept, and how much of the disk is left to others.
    pub limits: Limits,
    /// The caller's environment, as `std::env::vars_os` tells it; units get a part of it.
    pub environment: Vec<(OsString, OsString)>,
}

/// Runs units as processes of this machine.
///
/// Units go on when this value, or its process, goes. All values with one folder see the same units.
#[derive(Debug)]
pub struct LocalExecutor {
    client: Arc<Client>,
    layout: Layout,
    machine: Machine,
    limits: Limits,
    secrets: Option<Arc<dyn SecretSource>>,
    environment: BTreeMap<String, String>,
    /// The caller's whole environment, which local actions get (BAT-22).
    own_environment: BTreeMap<String, String>,
    /// Where the program of this engine lies, for units that may use it (MCH-1).
    program_folder: Option<String>,
    /// The folder that volumes lie in; absent: units with volumes are refused.
    storage: Option<StorageRoot>,
    /// The words that lead to `terminal::enter`; empty: there are no terminals.
    terminal_program: Vec<OsString>,
}

impl LocalExecutor {
    /// Makes one; nothing is started before it is needed.
    ///
    /// Errors: `Refused` if there is no program to start, or the folder is relative and the current
    /// one cannot be told.
    pub fn new(config: LocalConfig) -> Result<Self, ExecutorError> {
        let refused = |message: String| ExecutorError::Refused { message };
        let layout = Layout::new(&config.dir).map_err(|error| refused(error.to_string()))?;
        if config.self_program.is_empty() {
            return Err(refused("no program is known that runs the supervisor".into()));
        }
        let program = config.self_program.first().map(PathBuf::from).filter(|program| program.is_absolute());
        let program_folder = program.and_then(|program| Some(program.parent()?.to_str()?.to_owned()));
        let client = Arc::new(Client::new(layout.clone(), config.self_program, config.machine));
        let mut own_environment = environment::texts(config.environment);
        // Secrets are for the units that name them.
        own_environment.retain(|name, _| !name.starts_with(SECRET_PREFIX));
        let environment = environment::passed_on(&own_environment);
        let LocalConfig { machine, limits, .. } = config;
        let (storage, secrets) = (None, None);
        Ok(LocalExecutor {
            client,
            layout,
            machine,
            limits,
            secrets,
            environment,
            own_environment,
            program_folder,
            storage,
            terminal_program: Vec::new(),
        })
    }

    /// Looks up the secrets of units in `source`; without one, units that name any are refused.
    pub fn with_secrets(self, source: Arc<dyn SecretSource>) -> Self {
        LocalExecutor { secrets: Some(source), ..self }
    }

    /// The executor with a storage: its folders stand for the mounts of units, since nothing is mounted (MCH-2).
    ///
    /// Missing folders are made. Nothing keeps a unit from writing to a volume that it is to read only.
    pub fn storage(self, storage: StorageRoot) -> Self {
        LocalExecutor { storage: Some(storage), ..self }
    }

    /// The executor with terminals: `program` are the words that start a process which calls
    /// `executor::terminal::enter` with what is put behind them, as those of `SupervisorConfig` must be.
    pub fn with_terminals(self, program: Vec<OsString>) -> Self {
        LocalExecutor { terminal_program: program, ..self }
    }

    /// The pid of the supervisor, which is started if there is none.
    pub async fn supervisor_pid(&self) -> Result<u32, ExecutorError> {
        match self.client.call(&Request::Ping).await? {
            Response::Hello { pid, .. } => Ok(pid),
            other => Err(unexpected(&other)),
        }
    }

    /// Ends the supervisor, if one is there.
    ///
    /// Errors: `Refused` while it owns a unit that waits or runs.
    pub async fn stop_supervisor(&self) -> Result<(), ExecutorError> {
        match self.client.call_if_there(&Request::Stop).await? {
            None | Some(Response::Done) => Ok(()),
            Some(other) => Err(unexpected(&other)),
        }
    }

    /// Sends one part of a batch, but for what cannot run on this machine.
    async fn start_some(&self, batch: &[Launch]) -> Result<Vec<Result<RawId, ExecutorError>>, ExecutorError> {
        let (mut taken, mut results) = (Vec::new(), Vec::new());
        for prepared in self.prepared(batch).await? {
            results.push(prepared.map(|launch| taken.push(launch)));
        }
        if taken.is_empty() {
            return Ok(results.into_iter().filter_map(Result::err).map(Err).collect());
        }
        let count = taken.len();
        let mut secrets = Vec::with_capacity(count);
        for launch in &taken {
            secrets.push(self.secrets_of(launch).await);
        }
        let (environment, limits) = (self.environment.clone(), self.limits);
        let request = Request::Start { environment, limits, batch: taken, secrets };
        let mut started = match self.client.call(&request).await? {
            Response::Started { results } if results.len() == count => results.into_iter(),
            other => return Err(unexpected(&other)),
        };
        let merged = results.into_iter().map(|result| {
            result.and_then(|()| started.next().expect("there are as many answers as launches were taken"))
        });
        Ok(merged.collect())
    }

    /// Launches as they are sent: with the environment of local actions, and folders for mounts.
    async fn prepared(&self, batch: &[Launch]) -> Result<Vec<Result<Launch, ExecutorError>>, ExecutorError> {
        let batch: Vec<Launch> = batch.iter().map(|launch| self.with_own_environment(launch)).collect();
        let storage = self.storage.clone();
        let prepare = move || batch.into_iter().map(|launch| mount::prepared(launch, storage.as_ref())).collect();
        let done = tokio::task::spawn_blocking(prepare).await;
        done.map_err(|error| ExecutorError::Unreachable { message: error.to_string() })
    }

    /// The texts of the secrets that a unit names. Errors: one cannot be had, for people.
    async fn secrets_of(&self, launch: &Launch) -> Result<UnitSecrets, String> {
        let mut texts = UnitSecrets::new();
        for (variable, value) in &launch.spec.env {
            let Some(name) = secret_name(value) else { continue };
            let source = self.secrets.as_ref().ok_or("this executor was given no secrets")?;
            texts.insert(variable.clone(), source.text(name).await.map_err(|error| error.to_string())?);
        }
        Ok(texts)
    }

    /// A launch as it is sent: that of a local action bears the caller's environment, one that may use the engine
    /// finds its program at the end of `PATH`.
    fn with_own_environment(&self, launch: &Launch) -> Launch {
        let mut launch = launch.clone();
        if launch.spec.local {
            let own = self.own_environment.iter().map(|(name, value)| (name.clone(), value.clone()));
            launch.env = own.chain(std::mem::take(&mut launch.env)).collect();
        }
        if let Some(folder) = self.program_folder.as_ref().filter(|_| launch.spec.pass_config == Some(true)) {
            let path = launch.spec.env.get("PATH").or_else(|| self.environment.get("PATH"));
            let path = path.map_or_else(|| folder.clone(), |path| format!("{path}:{folder}"));
            launch.env.insert("PATH".to_owned(), path);
        }
        launch
    }

    /// Carries out what is answered by «done».
    async fn command(&self, request: &Request) -> Result<(), ExecutorError> {
        match self.client.call(request).await? {
            Response::Done => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    /// Whether a unit without a log has ended. Errors: `UnknownUnit`.
    async fn is_over(&self, key: &LaunchKey) -> Result<bool, ExecutorError> {
        match self.client.call(&Request::Last { key: key.clone() }).await? {
            Response::Last { report: Some(report) } => {
                Ok(matches!(report.what, What::Ended { .. } | What::Lost { .. }))
            }
            Response::Last { report: None } => Err(ExecutorError::UnknownUnit),
            other => Err(unexpected(&other)),
        }
    }
}

#[async_trait]
impl Executor for LocalExecutor {
    async fn start(&self, batch: &[Launch]) -> Vec<Result<RawId, ExecutorError>> {
        let mut results = Vec::with_capacity(batch.len());
        for part in batch.chunks(UNITS_AT_ONCE) {
            match self.start_some(part).await {
                Ok(some) => results.extend(some),
                Err(error) => results.extend(part.iter().map(|_| Err(error.clone()))),
            }
        }
        results
    }

    async fn reports(&self, scope: &Scope, after: &Cursor) -> Result<(Vec<Report>, Cursor), ExecutorError> {
        let (scope, after) = (scope.clone(), after.clone());
        match self.client.call(&Request::Reports { scope, after, wait_millis: REPORTS_WAIT_MILLIS }).await? {
            Response::Reports { reports, cursor } => Ok((reports, cursor)),
            other => Err(unexpected(&other)),
        }
    }

    async fn logs(&self, key: &LaunchKey, from: u64, max: u32) -> Result<Chunk, ExecutorError> {
        let files = self.layout.unit(key);
        let read = tokio::task::spawn_blocking(move || log::read(&files, from, max)).await;
        let chunk = read.map_err(|error| ExecutorError::Unreachable { message: error.to_string() })?;
        match chunk.map_err(|error| ExecutorError::Unreachable { message: format!("cannot read the log: {error}") })? {
            Some(chunk) => Ok(chunk),
            None => Ok(Chunk { complete: self.is_over(key).await?, ..Chunk::default() }),
        }
    }

    async fn log_times(&self, key: &LaunchKey, from: u64, to: u64) -> Result<Option<Vec<LogTime>>, ExecutorError> {
        let files = self.layout.unit(key);
        let read = tokio::task::spawn_blocking(move || times::read(&files.times, from, to)).await;
        let read = read.map_err(|error| ExecutorError::Unreachable { message: error.to_string() })?;
        let failed =
            |error| ExecutorError::Unreachable { message: format!("cannot read the times of the log: {error}") };
        Ok(Some(read.map_err(failed)?))
    }

    async fn kill(&self, key: &LaunchKey, grace: Duration) -> Result<(), ExecutorError> {
        let grace_millis = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        self.command(&Request::Kill { key: key.clone(), grace_millis }).await
    }

    async fn find(&self, tags: &Selector) -> Result<Vec<Found>, ExecutorError> {
        match self.client.call(&Request::Find { tags: tags.tags.clone() }).await? {
            Response::Found { units } => Ok(units),
            other => Err(unexpected(&other)),
        }
    }

    async fn remove(&self, key: &LaunchKey) -> Result<(), ExecutorError> {
        self.command(&Request::Remove { key: key.clone() }).await
    }

    fn abilities(&self) -> Abilities {
        Abilities { name: "local", survives_engine: true, images: false, mounts: false }
    }

    fn shares_host(&self) -> bool {
        true
    }

    fn gives_terminals(&self) -> bool {
        !self.terminal_program.is_empty()
    }

    async fn attach(&self, key: &LaunchKey, from: u64) -> Result<Channel, ExecutorError> {
        channel::attached(Arc::clone(&self.client), self.layout.unit(key), key, from).await
    }

    async fn exec(&self, key: &LaunchKey, command: &Exec) -> Result<Channel, ExecutorError> {
        beside::beside(&self.client, &self.layout.unit(key), key, (command, &self.terminal_program)).await
    }

    async fn connect(&self, key: &LaunchKey, port: u16) -> Result<Channel, ExecutorError> {
        channel::connected(&self.client, key, port).await
    }

    fn room(&self) -> Option<Claim> {
        Some(self.machine.room())
    }
}

/// The error behind an answer that does not fit its question.
fn unexpected(response: &Response) -> ExecutorError {
    match response {
        Response::Failed { error } => error.clone(),
        other => ExecutorError::Unreachable { message: format!("the supervisor's answer does not fit: {other:?}") },
    }
}
