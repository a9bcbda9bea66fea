//! Local actions of other repositories: they would run on the user's machine, so somebody has to allow it. Source: MCH-7.

use flow_core::diag::{Code, Diagnostic, Diagnostics, Severity};
use flow_core::port::{ActionRef, ConfigSource, SourceRef};
use flow_core::resolve::{CalledBody, ResolvedFlow, Workspace};

use crate::EngineError;
use crate::engine::check::Checker;
use crate::load::{folder_name, load};

/// A local action of another repository that nobody has allowed to run on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untrusted {
    /// What calls name.
    pub action: ActionRef,
    /// The text of its file, so that a person can judge it.
    pub text: String,
}

impl Checker {
    /// What a bake of the batch would be refused for until it is allowed.
    ///
    /// Shape: in the order of the calls; none where the flow cannot be read, which others tell. Errors: as
    /// [`Checker::check`].
    pub async fn untrusted(&self, source: &dyn ConfigSource, batch: &str) -> Result<Vec<Untrusted>, EngineError> {
        let workspace = match load(source, Workspace::new(batch)).await {
            Err(EngineError::Config(_)) => return Ok(Vec::new()),
            other => other?,
        };
        let (flow, _) = workspace.resolve(&folder_name(source.workspace()));
        let Some(flow) = flow else { return Ok(Vec::new()) };
        let texts = workspace.texts();
        let with_text = |action: ActionRef| {
            let found = texts.iter().find(|(of, _)| *of == SourceRef::Action(action.clone()));
            let text = found.map(|(_, (_, text))| text.to_string()).unwrap_or_default();
            Untrusted { action, text }
        };
        Ok(refused(source, &flow).await?.into_iter().map(with_text).collect())
    }
}

/// A warning for each local action that is not allowed to run here, where it is called.
pub(super) async fn warnings(
    source: &dyn ConfigSource,
    workspace: &Workspace,
    flow: &ResolvedFlow,
) -> Result<Diagnostics, EngineError> {
    let warning = |action: ActionRef| {
        let message = format!("`{action}` would run on this machine, and nobody has allowed it");
        let place = workspace.place_of(&SourceRef::Action(action.clone()));
        let fault = Diagnostic::warning(Code::UntrustedAction, message);
        let fault = place.into_iter().fold(fault, |fault, at| fault.at(at, "a local action of another repository"));
        fault.help(format!("read it; then allow it for this commit: `apolo-flow update {action} --allow-local`"))
    };
    Ok(refused(source, flow).await?.into_iter().map(warning).collect())
}

/// Errors: `Config` with what must be allowed before anything is started.
pub(super) fn check(diagnostics: &Diagnostics, workspace: &Workspace) -> Result<(), EngineError> {
    let untrusted = diagnostics.iter().filter(|one| one.code == Code::UntrustedAction);
    let errors: Diagnostics = untrusted.map(|one| Diagnostic { severity: Severity::Error, ..one.clone() }).collect();
    if errors.is_empty() { Ok(()) } else { Err(EngineError::config(errors, workspace.sources().clone())) }
}

async fn refused(source: &dyn ConfigSource, flow: &ResolvedFlow) -> Result<Vec<ActionRef>, EngineError> {
    let mut refused = Vec::new();
    for action in flow.shared.actions.iter() {
        let is_remote = matches!(action.reference, ActionRef::GitHub { .. });
        let is_local = matches!(action.body, CalledBody::Local(_));
        if is_remote && is_local && !source.may_run_here(&action.reference).await? {
            refused.push(action.reference.clone());
        }
    }
    Ok(refused)
}
