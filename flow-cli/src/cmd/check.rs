//! `check`: all problems of one or of all batch flows; starts nothing. Source: EXT-6, DEC-22.

use flow_core::diag::Severity;
use flow_engine::source::DirectorySource;
use flow_engine::{Checked, Engine};

use crate::args::Check;
use crate::cmd::params;
use crate::error::{CliError, exit_of};
use crate::exit::Exit;
use crate::report::diagnostic::{closing, counted, draw};
use crate::report::json::{self, CheckView, FlowView};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: &Check) -> Result<Exit, CliError> {
    let source = session.source()?;
    let engine = session.engine()?;
    let found = match &own.flow {
        Some(flow) => vec![engine.check(&source, flow, &params::pairs(&own.param)).await?],
        None => all(session, &engine, &source, own).await?,
    };
    let exit = found.iter().map(|checked| exit_of(&checked.diagnostics)).max_by_key(|exit| exit.code());
    let exit = exit.unwrap_or(Exit::Well);
    if own.json {
        print_json(session, &found, exit)?;
    } else {
        tell(session, &found);
    }
    Ok(exit)
}

/// All batch flows. A flow of another kind is only noted: this version does not check it.
async fn all(
    session: &mut Session,
    engine: &Engine,
    source: &DirectorySource,
    own: &Check,
) -> Result<Vec<Checked>, CliError> {
    let all = engine.check_all(source, &params::pairs(&own.param)).await?;
    for name in &all.left_out {
        session.note(&format!("`{name}` is no batch flow; left out"));
    }
    if all.flows.is_empty() {
        session.note(&format!("no batch flow in `{}`", source.config_folder().display()));
    }
    Ok(all.flows)
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
