//! `delete-flow`: removes all that is kept of a flow, after a question. Source: CLI-32.

use flow_engine::FlowContents;

use crate::args::DeleteFlow;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::clean;
use crate::report::json::{self, DeletedView};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: &DeleteFlow) -> Result<Exit, CliError> {
    let engine = session.engine_to_read()?;
    // Looked at all together, so that a wrong name or a bake at work stops it before anything is gone.
    let mut all = Vec::new();
    for flow in &own.flows {
        all.push(engine.flow_contents(flow).await?);
    }
    if !own.yes {
        confirm(session, &all)?;
    }
    for contents in &all {
        engine.delete_flow(contents).await?;
        if own.json {
            session.print(&json::text(&DeletedView { version: json::VERSION, flow: &contents.flow }))?;
        } else {
            session.note(&format!("Flow '{}' was successfully removed.", clean::line(&contents.flow)));
        }
    }
    Ok(Exit::Well)
}

/// Asks on a terminal. Errors: `NotConfirmed`, also where nobody can be asked.
fn confirm(session: &mut Session, all: &[FlowContents]) -> Result<(), CliError> {
    let names: Vec<String> = all.iter().map(|contents| format!("`{}`", clean::line(&contents.flow))).collect();
    let what = format!("the removal of {}", names.join(", "));
    let refused = || CliError::NotConfirmed { what: what.clone() };
    if !session.can_ask() {
        return Err(refused());
    }
    for contents in all {
        let (flow, bakes, jobs) = (clean::line(&contents.flow), contents.bakes.len(), contents.live_jobs.len());
        session.say(&format!("{flow}: {bakes} bakes and {jobs} live jobs with their logs, and all cached results"));
    }
    let asked = session.io.err.write(b"remove all of it, for good? [yes/NO] ");
    let mut input = session.io.input.take().filter(|_| asked.is_ok()).ok_or_else(refused)?;
    let mut line = String::new();
    let is_yes = input.reader.read_line(&mut line).is_ok() && matches!(line.trim(), "yes" | "y" | "YES" | "Yes");
    session.io.input = Some(input);
    if is_yes { Ok(()) } else { Err(refused()) }
}
