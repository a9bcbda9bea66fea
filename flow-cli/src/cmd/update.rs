//! `update`: remote actions are pinned to what their versions name now. Source: MCH-7.

use flow_core::port::ActionRef;
use flow_engine::EngineError;
use flow_engine::remote::{MovedTags, RemoteActions, RemoteError};
use flow_engine::source::DirectorySource;

use crate::args::Update;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::clean;
use crate::report::json::{self, UpdateView, UpdatesView};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: Update) -> Result<Exit, CliError> {
    let remote = session.remote(&session.workspace_alone()?)?;
    let action = own.action.as_deref().map(action_of).transpose()?;
    let moved = if own.allow_moved { MovedTags::Allow } else { MovedTags::Refuse };
    let (asked, only) = (remote.clone(), action.clone());
    let updates = blocking(move || asked.update(only.as_ref(), moved)).await?;
    if let Some(action) = action.filter(|_| own.allow_local) {
        blocking(move || remote.allow_here(&action)).await?;
    }
    let views: Vec<UpdateView> = updates.into_iter().map(UpdateView::from).collect();
    if own.json {
        session.print(&json::text(&UpdatesView { version: json::VERSION, updates: views }))?;
        return Ok(Exit::Well);
    }
    if views.is_empty() {
        session.note("no remote action in `flow.lock`");
    }
    for view in views {
        let change = match &view.before {
            Some(before) if *before == view.now => format!("{} unchanged", view.now),
            Some(before) => format!("{before} -> {}", view.now),
            None => format!("{} pinned", view.now),
        };
        session.print(&clean::line(&format!("{}  {change}", view.action)))?;
    }
    Ok(Exit::Well)
}

/// Asks, where somebody can be asked, whether local actions from elsewhere may run on this machine (MCH-7).
///
/// What is not allowed is told by whoever would run it.
pub(crate) async fn ask_for_local(
    session: &mut Session,
    source: &DirectorySource,
    batch: &str,
) -> Result<(), CliError> {
    if !session.can_ask() {
        return Ok(());
    }
    for one in session.checker()?.untrusted(source, batch).await? {
        session.say(&format!("{} would run on this machine:", clean::line(&one.action.to_string())));
        session.say(&clean::block(&one.text));
        if session.ask("allow it, for this commit? [y/N] ")? {
            let remote: RemoteActions = session.remote(source)?;
            blocking(move || remote.allow_here(&one.action)).await?;
        }
    }
    Ok(())
}

fn action_of(text: &str) -> Result<ActionRef, CliError> {
    match ActionRef::parse(text) {
        Ok(action @ ActionRef::GitHub { .. }) => Ok(action),
        Ok(ActionRef::Workspace(_)) | Err(_) => {
            Err(EngineError::from(RemoteError::NoAction { action: text.to_owned() }).into())
        }
    }
}

/// Runs what waits for git beside the runtime.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RemoteError> + Send + 'static,
) -> Result<T, CliError> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| CliError::Output { what: "an update", error: std::io::Error::other(error) })?;
    Ok(done.map_err(EngineError::from)?)
}
