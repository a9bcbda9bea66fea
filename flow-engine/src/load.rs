//! The loop that loads a flow: ask the workspace what is missing, read it, until nothing is missing.

use std::path::Path;

use flow_core::port::ConfigSource;
use flow_core::resolve::Workspace;

use crate::EngineError;

/// Reads all texts of a flow.
///
/// Errors: `Source` where a file is there and cannot be read. A missing flow is a diagnostic of
/// the workspace.
pub(crate) async fn load(source: &dyn ConfigSource, flow: &str) -> Result<Workspace, EngineError> {
    let mut workspace = Workspace::new(flow);
    loop {
        let missing = workspace.missing();
        if missing.is_empty() {
            return Ok(workspace);
        }
        for reference in missing {
            let text = source.read(&reference).await?;
            workspace.supply(reference, text);
        }
    }
}

/// The name of the workspace's folder, which gives the project its id where no file does (WS-21).
pub(crate) fn folder_name(workspace: &str) -> String {
    Path::new(workspace).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
