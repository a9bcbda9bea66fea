//! [`Settings`]: where the store is, which executor runs units. The only reader of `engine.toml`.
//!
//! Source: EXT-7, MCH-5.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flow_core::plan::Presets;
use flow_core::port::SecretSource;
#[cfg(feature = "sqlite")]
use flow_core::port::Store;
use flow_core::text::LineIndex;
use serde::Deserialize;

use crate::EngineError;
use crate::config::table::{ActionsTable, ExecutorTable, LogsTable, PresetTable, SecretsTable};
use crate::executor::local::{Limits, Machine};
#[cfg(feature = "sqlite")]
use crate::executor::local::{LocalConfig, LocalExecutor};
use crate::remote::{Protocol, RemoteActions, RemoteConfig};
use crate::secret::{EnvironmentSecrets, FileSecrets, SecretChain};
use crate::storage::StorageRoot;
#[cfg(feature = "sqlite")]
use crate::{
    Engine,
    store::{Durability, FileSystem, MemoryStore, SqliteStore},
};

mod table;

/// The name of the settings file.
const FILE: &str = "engine.toml";

/// The variable that names the data folder, absolute; it wins over the settings file. A unit with `pass_config` has
/// it, and so reaches the store of the engine that runs it (MCH-1).
pub const DATA_VARIABLE: &str = "APOLO_FLOW_DATA";

/// The variable that names the executor.
pub const EXECUTOR_VARIABLE: &str = "APOLO_FLOW_EXECUTOR";

/// A look-up of environment variables, given by the face.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What the settings file may hold; unknown keys are errors.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    executor: ExecutorTable,
    #[serde(default)]
    store: StoreTable,
    #[serde(default)]
    limits: LimitsTable,
    #[serde(default)]
    presets: BTreeMap<String, PresetTable>,
    #[serde(default)]
    logs: LogsTable,
    #[serde(default)]
    secrets: SecretsTable,
    #[serde(default)]
    storage: StorageTable,
    #[serde(default)]
    actions: ActionsTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreTable {
    path: Option<PathBuf>,
    #[cfg(feature = "sqlite")]
    #[serde(default)]
    durability: Durability,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsTable {
    matrix_rows: Option<NonZeroU32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct StorageTable {
    root: Option<PathBuf>,
}

/// Where and how this engine works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The folder of everything that is kept.
    pub data: PathBuf,
    /// What units may take of this machine.
    pub machine: Machine,
    /// How much output is kept, and how much of the disk is left to others.
    pub limits: Limits,
    /// The file that secrets are in which no variable holds.
    pub secrets: Option<PathBuf>,
    /// What presets claim of it.
    pub presets: Presets,
    /// Who is recorded as the one who asked.
    pub user: String,
    /// How many rows a matrix may have; absent: 10,000 (EXT-2).
    pub max_rows: Option<u32>,
    /// What a commit of the store outlives (MCH-5).
    #[cfg(feature = "sqlite")]
    pub durability: Durability,
    /// The folder that holds all volumes; by default `storage` in the data folder (MCH-2).
    pub storage: PathBuf,
    /// How repositories of remote actions are reached (MCH-7).
    pub protocol: Protocol,
}

impl Settings {
    /// Reads the settings: the file in the config folder, else the user's own, else the defaults.
    ///
    /// A folder that a variable names counts only if it is absolute, as the base directory rules of XDG
    /// have it: a place that depends on the current folder would be another one at each call.
    /// Errors: `Settings` with file and place.
    pub fn read(config_folder: Option<&Path>, environment: Environment<'_>) -> Result<Self, EngineError> {
        let folder = |variable: &str| environment(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = folder("HOME");
        let below = |variable: &str, rest: &str| {
            folder(variable)
                .or_else(|| home.as_ref().map(|home| home.join(rest)))
                .map(|folder| folder.join("apolo-flow"))
        };
        let user_folder = below("XDG_CONFIG_HOME", ".config");
        let folders = config_folder.into_iter().chain(user_folder.as_deref());
        let file = read_first(folders.map(|folder| folder.join(FILE)))?;
        let name = environment(EXECUTOR_VARIABLE).filter(|name| !name.is_empty()).or(file.executor.name.clone());
        if let Some(name) = name.filter(|name| name != "local") {
            return Err(wrong("executor", &format!("`{name}` is not available in this version; use `local`")));
        }
        check(&file)?;
        let data = folder(DATA_VARIABLE).or(file.store.path).or_else(|| below("XDG_DATA_HOME", ".local/share"));
        let data = data.ok_or_else(|| wrong("HOME", "names no folder, so there is no place for the store"))?;
        let user = environment("USER").or_else(|| environment("LOGNAME")).unwrap_or_else(user_of_process);
        let protocol = file.actions.protocol().map_err(|message| wrong("actions", message))?;
        let storage = file.storage.root.unwrap_or_else(|| data.join("storage"));
        Ok(Settings {
            data,
            machine: file.executor.machine(),
            limits: file.logs.limits(),
            secrets: file.secrets.file,
            presets: table::presets(file.presets),
            user,
            max_rows: file.limits.matrix_rows.map(NonZeroU32::get),
            #[cfg(feature = "sqlite")]
            durability: file.store.durability,
            storage,
            protocol,
        })
    }

    /// Where secrets are looked up: the environment, then the file.
    pub fn secret_source(&self, environment: impl IntoIterator<Item = (OsString, OsString)>) -> Arc<dyn SecretSource> {
        let texts = environment.into_iter();
        let texts = texts.filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
        let mut sources: Vec<Arc<dyn SecretSource>> = vec![Arc::new(EnvironmentSecrets::new(texts))];
        if let Some(path) = &self.secrets {
            sources.push(Arc::new(FileSecrets::new(path)));
        }
        Arc::new(SecretChain(sources))
    }

    /// Remote actions of the flows in a config folder; `environment` as `std::env::vars_os` tells it.
    pub fn remote_actions(&self, config_folder: &Path, environment: Vec<(OsString, OsString)>) -> RemoteActions {
        RemoteActions::new(RemoteConfig {
            protocol: self.protocol.clone(),
            cache: self.data.join("actions"),
            lock: config_folder.join("flow.lock"),
            environment,
        })
    }

    /// The storage of this machine.
    pub fn storage_root(&self) -> StorageRoot {
        StorageRoot::new(&self.storage)
    }

    /// The settings file that [`Self::read`] reads; `None` where there is none and the defaults hold.
    pub fn file(config_folder: Option<&Path>, environment: Environment<'_>) -> Option<PathBuf> {
        let folder = |variable: &str| environment(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        let user = folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")));
        let user = user.map(|folder| folder.join("apolo-flow"));
        let folders = config_folder.map(Path::to_path_buf).into_iter().chain(user);
        folders.map(|folder| folder.join(FILE)).find(|path| path.exists())
    }

    /// The folder of the program's own logs.
    pub fn log_folder(&self) -> PathBuf {
        self.data.join("logs")
    }

    /// The folder of the supervisor, its units and their logs.
    pub fn units_folder(&self) -> PathBuf {
        self.data.join("local")
    }

    /// The file that a background engine's own words go to.
    pub fn engine_log(&self) -> PathBuf {
        self.data.join("engine.log")
    }

    /// An engine on the embedded defaults: SQLite and local processes.
    ///
    /// `self_program` starts this program; `__engine`, `__supervisor` and `__terminal` are put behind it. Units get
    /// a part of `environment`.
    /// Errors: `Store` where the data folder cannot be made or the file is not ours.
    #[cfg(feature = "sqlite")]
    pub fn open(
        &self,
        self_program: Vec<OsString>,
        environment: Vec<(OsString, OsString)>,
    ) -> Result<Engine, EngineError> {
        let store = SqliteStore::open_durable(self.store_file(), self.durability)?;
        self.engine(Arc::new(store), self_program, environment)
    }

    /// What the store's folder lies on; `Local` while it is not there yet.
    #[cfg(feature = "sqlite")]
    pub fn file_system(&self) -> FileSystem {
        FileSystem::of(&self.data)
    }

    /// Whether anything was kept yet.
    #[cfg(feature = "sqlite")]
    pub fn has_store(&self) -> bool {
        self.store_file().exists()
    }

    /// As [`Self::open`], on an empty store that is gone with the engine: for those who only look.
    #[cfg(feature = "sqlite")]
    pub fn open_empty(
        &self,
        self_program: Vec<OsString>,
        environment: Vec<(OsString, OsString)>,
    ) -> Result<Engine, EngineError> {
        self.engine(Arc::new(MemoryStore::new()), self_program, environment)
    }

    /// The store's file.
    #[cfg(feature = "sqlite")]
    pub fn store_file(&self) -> PathBuf {
        self.data.join("flow.db")
    }

    #[cfg(feature = "sqlite")]
    fn engine(
        &self,
        store: Arc<dyn Store>,
        self_program: Vec<OsString>,
        environment: Vec<(OsString, OsString)>,
    ) -> Result<Engine, EngineError> {
        let secrets = self.secret_source(environment.iter().cloned());
        let executor = LocalExecutor::new(LocalConfig {
            dir: self.units_folder(),
            self_program: self_program.iter().cloned().chain(["__supervisor".into()]).collect(),
            machine: self.machine,
            limits: self.limits,
            environment,
        })?
        .with_secrets(Arc::clone(&secrets))
        .with_terminals(self_program.iter().cloned().chain(["__terminal".into()]).collect());
        let connection = [(DATA_VARIABLE, self.data.display().to_string()), (EXECUTOR_VARIABLE, "local".to_owned())];
        let connection = connection.map(|(name, value)| (name.to_owned(), value)).into();
        let builder = Engine::builder().store(store).user(&self.user).self_program(self_program);
        let builder =
            builder.max_rows(self.max_rows).presets(self.presets.clone()).storage(self.storage_root()).secrets(secrets);
        Ok(builder.connection(connection).build(Arc::new(executor.storage(self.storage_root()))))
    }
}

fn wrong(place: &str, message: &str) -> EngineError {
    EngineError::Settings { place: place.into(), message: message.into() }
}

/// What each key alone cannot know to be wrong.
fn check(file: &File) -> Result<(), EngineError> {
    let paths =
        [("store.path", &file.store.path), ("storage.root", &file.storage.root), ("secrets.file", &file.secrets.file)];
    for (place, path) in paths {
        if let Some(path) = path.as_ref().filter(|path| !path.is_absolute()) {
            return Err(wrong(place, &format!("`{}` is not an absolute path", path.display())));
        }
    }
    if file.executor.slots.is_some() && file.executor.cpu.is_some() {
        return Err(wrong("executor.slots", "says the same as `cpu`; keep one of them"));
    }
    Ok(())
}

/// The name of the user that this process runs as, for shells that do not say it.
fn user_of_process() -> String {
    let id = rustix::process::getuid().as_raw();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == id.to_string()).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| format!("user {id}"))
}

/// The first of the files that exists; the defaults if none does.
fn read_first(paths: impl Iterator<Item = PathBuf>) -> Result<File, EngineError> {
    for path in paths {
        let wrong = |message: String| EngineError::Settings { place: path.display().to_string(), message };
        match std::fs::read_to_string(&path) {
            Ok(text) => return toml::from_str(&text).map_err(|error| misread(&path, &text, &error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(wrong(error.to_string())),
        }
    }
    Ok(File::default())
}

/// What is wrong with the text, in one line with its place.
fn misread(path: &Path, text: &str, error: &toml::de::Error) -> EngineError {
    let start = error.span().and_then(|span| u32::try_from(span.start).ok()).unwrap_or_default();
    let position = LineIndex::new(text).position(text, start);
    let place = format!("{}:{}:{}", path.display(), position.line, position.column);
    EngineError::Settings { place, message: error.message().to_owned() }
}

#[cfg(test)]
mod tests;
