//! [`prepared`]: a launch as this machine runs it: folders of the storage stand for mounts. Source: MCH-2.

use flow_core::expr::storage::HostStorage;
use flow_core::plan::on_host;
use flow_core::port::{ExecutorError, Launch};

use crate::storage::StorageRoot;

/// The launch with folders for mounts; the folders are there then. Blocks.
///
/// The folder of a read-only volume is made as well: it is empty where nothing was uploaded.
/// Errors: `Refused` without a storage, and for what is no folder of it.
pub(super) fn prepared(launch: Launch, storage: Option<&StorageRoot>) -> Result<Launch, ExecutorError> {
    if launch.spec.volumes.is_empty() || launch.spec.build.is_some() {
        return Ok(launch);
    }
    let refused = |message: String| ExecutorError::Refused { message };
    let storage = storage.ok_or_else(|| refused("it has volumes, and this engine has no storage".to_owned()))?;
    let root = storage.folder().display().to_string();
    let there = on_host(&launch.spec, HostStorage { root: &root }).map_err(|misfit| refused(misfit.message))?;
    for volume in &there.volumes {
        storage.make(&volume.uri).map_err(|error| refused(error.to_string()))?;
    }
    Ok(Launch { spec: there.spec, ..launch })
}
