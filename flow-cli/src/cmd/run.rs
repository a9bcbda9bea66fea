//! `run --dry-run`: the command lines that would start a live job on the platform. Source: LIV-22, LIV-27.

use flow_core::model::words;
use flow_core::plan::JobRequest;
use flow_engine::sys::SystemIds;

use crate::args::Run;
use crate::cmd::params;
use crate::error::CliError;
use crate::exit::Exit;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: &Run) -> Result<Exit, CliError> {
    let source = session.source_with(own.fetching)?;
    let request = JobRequest { job: &own.job, params: params::pairs(&own.param), suffix: own.suffix.clone() };
    let dry = session.checker()?.dry_run(&source, &own.flow, request, &SystemIds).await?;
    for line in dry.before.iter().chain([&dry.command]) {
        session.print(&words::join(line))?;
    }
    Ok(Exit::Well)
}
