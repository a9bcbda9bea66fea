//! The loop that loads a flow: ask the workspace what is missing, read it, until nothing is missing.

use std::path::Path;

use flow_core::diag::{Code, Diagnostic, Diagnostics};
use flow_core::port::{ConfigSource, SourceError};
use flow_core::resolve::Workspace;

use crate::EngineError;

/// Reads all texts that a workspace wants.
///
/// Errors: `Config` with `F0003` for each file that is there and cannot be read, `F0020` for each remote action that
/// cannot be had. A missing flow is a
/// diagnostic of the workspace.
pub(crate) async fn load(source: &dyn ConfigSource, mut workspace: Workspace) -> Result<Workspace, EngineError> {
    let mut unreadable = Diagnostics::new();
    loop {
        let missing = workspace.missing();
        if missing.is_empty() && unreadable.has_errors() {
            return Err(EngineError::config(unreadable, workspace.sources().clone()));
        }
        if missing.is_empty() {
            return Ok(workspace);
        }
        for reference in missing {
            let text = match source.read(&reference).await {
                Err(error @ SourceError::Unreadable { .. }) => {
                    unreadable.push(Diagnostic::error(Code::FileUnreadable, error.to_string()));
                    None
                }
                Err(SourceError::Remote { message, help }) => {
                    let fault = Diagnostic::error(Code::RemoteAction, message);
                    let fault = workspace.place_of(&reference).into_iter().fold(fault, |fault, at| fault.at(at, ""));
                    unreadable.push(Diagnostic { help, ..fault });
                    None
                }
                other => other?,
            };
            workspace.supply(reference, text);
        }
    }
}

/// The name of the workspace's folder, which gives the project its id where no file does (WS-21).
pub(crate) fn folder_name(workspace: &str) -> String {
    Path::new(workspace).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
