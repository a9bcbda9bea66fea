//! [`EngineBuilder`]: an engine made of parts.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;

use flow_core::plan::Presets;
use flow_core::port::{Clock, Executor, GitSource, Ids, SecretSource, Store};

use crate::engine::{Engine, Inner};
use crate::git::GitProgram;
use crate::owner;
use crate::storage::StorageRoot;
use crate::store::MemoryStore;
use crate::sys::{SystemClock, SystemIds};

/// Collects the parts of an engine.
///
/// Only the executor must be given; by default the store is in memory, the clock and the ids are
/// the system's, and git is asked through its program.
#[derive(Debug, Default)]
pub struct EngineBuilder {
    store: Option<Arc<dyn Store>>,
    clock: Option<Arc<dyn Clock>>,
    ids: Option<Arc<dyn Ids>>,
    git: Option<Arc<dyn GitSource>>,
    user: Option<String>,
    self_program: Vec<OsString>,
    max_rows: Option<u32>,
    connection: BTreeMap<String, String>,
    storage: Option<StorageRoot>,
    presets: Presets,
    secrets: Option<Arc<dyn SecretSource>>,
}

impl EngineBuilder {
    /// Where everything is kept.
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Where the time comes from.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Where fresh ids come from.
    pub fn ids(mut self, ids: Arc<dyn Ids>) -> Self {
        self.ids = Some(ids);
        self
    }

    /// Where git facts come from.
    pub fn git(mut self, git: Arc<dyn GitSource>) -> Self {
        self.git = Some(git);
        self
    }

    /// Who is recorded as the one who asked.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// The program and first arguments that start `apolo-flow` itself, for background engines.
    pub fn self_program(mut self, program: Vec<OsString>) -> Self {
        self.self_program = program;
        self
    }

    /// How many rows a matrix may have; absent: 10,000 (EXT-2).
    pub fn max_rows(mut self, max_rows: Option<u32>) -> Self {
        self.max_rows = max_rows;
        self
    }

    /// The variables by which a unit with `pass_config` finds this engine's store (MCH-1); the workspace is added.
    pub fn connection(mut self, connection: BTreeMap<String, String>) -> Self {
        self.connection = connection;
        self
    }

    /// The storage of this machine, for copies to it and for executors that mount nothing; absent: none (MCH-2).
    pub fn storage(mut self, storage: StorageRoot) -> Self {
        self.storage = Some(storage);
        self
    }

    /// What presets claim of the machine; by default none is declared.
    pub fn presets(mut self, presets: Presets) -> Self {
        self.presets = presets;
        self
    }

    /// Where the secrets that flows name are looked up before anything starts; by default nowhere.
    pub fn secrets(mut self, source: Arc<dyn SecretSource>) -> Self {
        self.secrets = Some(source);
        self
    }

    /// The engine, running its units on `executor`.
    pub fn build(self, executor: Arc<dyn Executor>) -> Engine {
        let ids = self.ids.unwrap_or_else(|| Arc::new(SystemIds));
        Engine::from_inner(Inner {
            store: self.store.unwrap_or_else(|| Arc::new(MemoryStore::new())),
            executor,
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
            git: self.git.unwrap_or_else(|| Arc::new(GitProgram)),
            owner: owner::this_process(ids.as_ref()),
            ids,
            user: self.user.unwrap_or_else(|| "unknown".to_owned()),
            self_program: self.self_program,
            max_rows: self.max_rows,
            connection: self.connection,
            storage: self.storage,
            presets: self.presets,
            secrets: self.secrets,
        })
    }
}
