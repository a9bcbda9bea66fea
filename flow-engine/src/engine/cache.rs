//! Forgetting what is in the cache. Source: BAT-105, CLI-28.

use flow_core::model::{CacheKey, Digest, FullId, ProjectId};
use flow_core::port::{CacheScope, CachedResult, ConfigSource, SourceRef};
use flow_core::resolve::Workspace;

use crate::EngineError;
use crate::engine::Engine;
use crate::load::folder_name;

/// A flow without tasks: it shows which project the flows of a workspace belong to.
const EMPTY: &str = "kind: batch\ntasks: []\n";

/// What somebody wants forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheClear {
    /// All results of the workspace's project.
    All,
    /// Those of a batch.
    Batch(String),
    /// Those of a task of a batch, named by its dotted id.
    Task(String, String),
    /// One result of a task of a batch, by its key.
    Result(String, String, String),
}

impl Engine {
    /// Forgets cached results of the workspace's project, and says how many; 0 if there are none such.
    ///
    /// What bakes show of the past stays. Neither the batch nor the task need exist any more.
    /// Errors: `Source`, `Config` where the project file is wrong, `Store`.
    pub async fn clear_cache(&self, source: &dyn ConfigSource, what: &CacheClear) -> Result<u64, EngineError> {
        let project = self.project_of(source).await?;
        let scope = match what {
            CacheClear::All => CacheScope::Project,
            CacheClear::Batch(batch) => CacheScope::Batch(batch.as_str().into()),
            CacheClear::Task(batch, text) => {
                let Some(task) = self.cached_task(&project, batch, text).await? else { return Ok(0) };
                CacheScope::Task(batch.as_str().into(), task)
            }
            CacheClear::Result(batch, text, key) => {
                let Some(task) = self.cached_task(&project, batch, text).await? else { return Ok(0) };
                CacheScope::Result(batch.as_str().into(), task, CacheKey(Digest(key.as_str().into())))
            }
        };
        Ok(self.inner.store.clear_cache(&project, &scope).await?)
    }

    /// Looked up among the known ids: an id may itself hold dots (DEC-17).
    async fn cached_task(&self, project: &ProjectId, batch: &str, text: &str) -> Result<Option<FullId>, EngineError> {
        let known = self.inner.store.cached_tasks(project, batch).await?;
        Ok(known.into_iter().find(|task| task.to_string() == text))
    }

    /// The cached results of the workspace's project, of all batches or of one, the newest first, with what used them.
    ///
    /// Errors: `Source`, `Config` where the project file is wrong, `Store`.
    pub async fn cached_results(
        &self,
        source: &dyn ConfigSource,
        batch: Option<&str>,
    ) -> Result<Vec<CachedResult>, EngineError> {
        let project = self.project_of(source).await?;
        Ok(self.inner.store.cached_results(&project, batch).await?)
    }

    /// The project that the workspace's flows belong to.
    pub(super) async fn project_of(&self, source: &dyn ConfigSource) -> Result<ProjectId, EngineError> {
        let mut workspace = Workspace::new("");
        workspace.supply(SourceRef::Project, source.read(&SourceRef::Project).await?);
        workspace.supply(SourceRef::Flow("".into()), Some((String::new(), EMPTY.into())));
        let (flow, diagnostics) = workspace.resolve(&folder_name(source.workspace()));
        match flow.filter(|_| !diagnostics.has_errors()) {
            Some(flow) => {
                let fresh = ProjectId::new(self.inner.ids.fresh("project"));
                Ok(self.inner.store.project(&flow.shared.project.id, fresh).await?)
            }
            None => Err(EngineError::config(diagnostics, workspace.sources().clone())),
        }
    }
}
