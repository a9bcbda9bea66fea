//! [`Source`]: where the texts of flows come from: a workspace folder, or texts in memory.

use std::path::PathBuf;
use std::sync::Arc;

use flow_core::port::{ActionRef, ConfigSource};
use flow_engine::EngineError;
use flow_engine::config::Settings;
use flow_engine::source::{DirectorySource, MemorySource};
use indexmap::IndexMap;
use pyo3::prelude::*;

use crate::error::exception;

/// The texts of one workspace.
#[pyclass(frozen, module = "apolo_flow")]
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) texts: Arc<dyn ConfigSource>,
    config: Option<PathBuf>,
}

#[pymethods]
impl Source {
    /// The workspace at a folder or above it, with its remote actions; a locked one fetches none (MCH-7).
    #[staticmethod]
    #[pyo3(signature = (path, locked=false))]
    fn folder(py: Python<'_>, path: PathBuf, locked: bool) -> PyResult<Self> {
        let open = || -> Result<Self, EngineError> {
            let found = DirectorySource::find(&path)?;
            let config = found.config_folder().to_owned();
            let settings = Settings::read(Some(&config), &|name| std::env::var(name).ok())?;
            let remote = settings.remote_actions(&config, std::env::vars_os().collect());
            let found = found.remote(if locked { remote.locked() } else { remote });
            Ok(Source { texts: Arc::new(found), config: Some(config) })
        };
        open().map_err(|error| exception(py, error))
    }

    /// Texts in memory; tasks run in the folder `workspace`.
    #[staticmethod]
    #[pyo3(signature = (workspace, flows, project=None, actions=None))]
    fn memory(
        workspace: String,
        flows: IndexMap<String, String>,
        project: Option<String>,
        actions: Option<IndexMap<String, String>>,
    ) -> Self {
        let mut source =
            flows.into_iter().fold(MemorySource::new(workspace), |source, (name, text)| source.flow(&name, text));
        if let Some(project) = project {
            source = source.project(project);
        }
        for (path, text) in actions.unwrap_or_default() {
            source = source.action(ActionRef::Workspace(path.as_str().into()), &path, text);
        }
        Source { texts: Arc::new(source), config: None }
    }

    #[getter]
    fn workspace(&self) -> &str {
        self.texts.workspace()
    }

    /// The config folder, where settings are looked for first; None for texts in memory.
    #[getter]
    fn config_folder(&self) -> Option<PathBuf> {
        self.config.clone()
    }
}
