//! `check`: all problems of some or of all flows; starts nothing, opens no store. Source: EXT-6, DEC-22.

use flow_core::diag::Severity;
use flow_engine::Checked;

use crate::args::Check;
use crate::cmd::params;
use crate::error::{CliError, exit_of};
use crate::exit::Exit;
use crate::report::diagnostic::{closing, counted, draw};
use crate::report::json::{self, CheckView, FlowView};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: &Check) -> Result<Exit, CliError> {
    let source = session.source_with(own.fetching)?;
    let (checker, given) = (session.checker()?, params::pairs(&own.param));
    let mut found = Vec::new();
    for flow in &own.flows {
        found.push(checker.check(&source, flow, &given).await?);
    }
    if own.flows.is_empty() {
        found = checker.check_all(&source, &given).await?;
    }
    let exit = found.iter().map(|checked| exit_of(&checked.diagnostics)).max_by_key(|exit| exit.code());
    let exit = exit.unwrap_or(Exit::Well);
    if own.json {
        print_json(session, &found, exit)?;
    } else {
        if found.is_empty() {
            session.note(&format!("no flow in `{}`", source.config_folder().display()));
        }
        tell(session, &found);
    }
    Ok(exit)
}

fn print_json(session: &mut Session, found: &[Checked], exit: Exit) -> Result<(), CliError> {
    let view =
        CheckView { version: json::VERSION, ok: exit == Exit::Well, flows: found.iter().map(FlowView::from).collect() };
    session.print(&json::text(&view))
}

fn tell(session: &mut Session, found: &[Checked]) {
    let (look, width) = (session.err_look, session.err_width());
    for checked in found.iter().filter(|checked| !checked.diagnostics.is_empty()) {
        session.say(&draw(&checked.diagnostics, &checked.sources, look, width));
        session.say("");
    }
    // A file that several flows share is counted in each of them.
    let bad = found.iter().filter(|checked| checked.diagnostics.has_errors()).count();
    match found {
        [] => {}
        [checked] if !checked.diagnostics.is_empty() => session.say(&closing(&checked.diagnostics)),
        _ if bad > 0 => {
            let errors = found.iter().flat_map(|checked| checked.diagnostics.iter());
            let errors = errors.filter(|one| one.severity == Severity::Error).count();
            session.say(&format!("{} in {}", counted(errors, "error"), counted(bad, "flow")));
        }
        _ => session.note(&format!("{} checked, no errors", counted(found.len(), "flow"))),
    }
}
