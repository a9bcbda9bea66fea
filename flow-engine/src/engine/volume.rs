//! [`FlowVolume`]: the volumes of a flow as they are moved: to the storage, back, away. Source: LIV-40, LIV-41, DEC-30.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use flow_core::diag::Code;
use flow_core::plan::{FlowValues, Inputs, VolumeSpec, params};
use flow_core::port::ConfigSource;
use flow_core::resolve::Workspace;
use indexmap::IndexMap;

use crate::EngineError;
use crate::engine::check::Checker;
use crate::load::{folder_name, load};
use crate::storage::{self, CopyProgress, CopyReport, Ignore, StorageError, StorageRoot, Survey};

/// Which volumes of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeChoice {
    /// All with a local part, in the order of their definition, the project's first.
    All,
    /// The one of this id.
    One(String),
}

/// A volume with both of its ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowVolume {
    /// Its id.
    pub id: Arc<str>,
    /// Its URI.
    pub remote: String,
    /// The folder, or file, of the workspace that belongs to it, absolute.
    pub local: PathBuf,
    storage: StorageRoot,
}

/// Which way a volume is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the storage; `.apoloignore` says what is left out.
    Upload,
    /// To the workspace; all is copied.
    Download,
}

impl Checker {
    /// The chosen volumes of a flow of either kind.
    ///
    /// Errors: `Config` where the flow's own settings have problems, `UnknownVolume`, `NoLocalPart` for one that was
    /// named, `Storage` without a storage.
    pub async fn volumes(
        &self,
        source: &dyn ConfigSource,
        flow: &str,
        choice: &VolumeChoice,
    ) -> Result<Vec<FlowVolume>, EngineError> {
        let storage = self.storage.clone().ok_or(StorageError::NoStorage)?;
        let specs = self.volume_specs(source, flow).await?;
        let volume = |(id, spec): (&Arc<str>, &VolumeSpec)| {
            let local = PathBuf::from(&spec.local.as_ref()?.1);
            Some(FlowVolume { id: id.clone(), remote: spec.remote.clone(), local, storage: storage.clone() })
        };
        let VolumeChoice::One(name) = choice else { return Ok(specs.iter().filter_map(volume).collect()) };
        let Some(found) = specs.get_key_value(name.as_str()) else {
            let known = specs.keys().map(ToString::to_string).collect();
            return Err(EngineError::UnknownVolume { volume: name.clone(), known });
        };
        let found = volume(found).ok_or_else(|| EngineError::NoLocalPart { volume: name.clone() })?;
        Ok(vec![found])
    }

    async fn volume_specs(
        &self,
        source: &dyn ConfigSource,
        flow: &str,
    ) -> Result<IndexMap<Arc<str>, VolumeSpec>, EngineError> {
        match self.ready_live(source, flow).await {
            Ok(ready) => Ok(FlowValues::of_live(&ready.flow, &ready.inputs).0.volumes),
            Err(EngineError::Config(problems))
                if problems.diagnostics.iter().any(|one| one.code == Code::WrongKind) =>
            {
                self.batch_volumes(source, flow).await
            }
            Err(error) => Err(error),
        }
    }

    async fn batch_volumes(
        &self,
        source: &dyn ConfigSource,
        name: &str,
    ) -> Result<IndexMap<Arc<str>, VolumeSpec>, EngineError> {
        let workspace = load(source, Workspace::new(name)).await?;
        let (flow, mut diagnostics) = workspace.resolve(&folder_name(source.workspace()));
        let flow = flow.filter(|_| !diagnostics.has_errors());
        let Some(flow) = flow else { return Err(EngineError::config(diagnostics, workspace.sources().clone())) };
        let (params, problems) = params(&flow, &IndexMap::new());
        diagnostics.append(problems);
        let inputs: Inputs = self.inputs(source, params).await;
        let (values, problems) = FlowValues::of_batch(&flow, &inputs);
        if problems.has_errors() {
            diagnostics.append(problems);
            return Err(EngineError::config(diagnostics, workspace.sources().clone()));
        }
        Ok(values.volumes)
    }
}

impl FlowVolume {
    /// The folder of the storage that it is. Errors: `BadUri`.
    pub fn place(&self) -> Result<PathBuf, StorageError> {
        self.storage.path_of(&self.remote)
    }

    /// Copies what changed; nothing is removed. Blocks; `progress` is called from several threads.
    ///
    /// Errors: all of [`StorageError`].
    pub fn copy(
        &self,
        direction: Direction,
        progress: &(dyn Fn(CopyProgress) + Sync),
    ) -> Result<CopyReport, StorageError> {
        let place = self.place()?;
        let (from, to, ignore) = self.ends(direction, &place);
        storage::copy(from, to, ignore, progress)
    }

    /// What [`Self::copy`] would do. Blocks; changes nothing. Errors: as [`Self::copy`].
    pub fn survey(&self, direction: Direction) -> Result<Survey, StorageError> {
        let place = self.place()?;
        let (from, to, ignore) = self.ends(direction, &place);
        storage::survey(from, to, ignore)
    }

    fn ends<'a>(&'a self, direction: Direction, place: &'a Path) -> (&'a Path, &'a Path, Ignore) {
        match direction {
            Direction::Upload => (&self.local, place, Ignore::Rules),
            Direction::Download => (place, &self.local, Ignore::Nothing),
        }
    }

    /// Makes its folder in the storage, with all above it. Blocks. Errors: `BadUri`, `System`.
    pub fn make(&self) -> Result<PathBuf, StorageError> {
        self.storage.make(&self.remote)
    }

    /// Removes all that the storage holds of it; whether there was something. Blocks. Errors: `BadUri`, `System`.
    pub fn clean(&self) -> Result<bool, StorageError> {
        self.storage.remove(&self.remote)
    }
}
