//! `plan`: what a bake would do, without doing it. Source: EXT-6.

use flow_engine::BakeRequest;

use crate::args::Plan;
use crate::cmd::{graph_file, params};
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::diagnostic::draw;
use crate::report::{clean, forecast, graph, json};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: Plan) -> Result<Exit, CliError> {
    let source = session.source_with(own.fetching)?;
    let mut given = own.meta_from_file.as_deref().map(params::from_file).transpose()?.unwrap_or_default();
    given.extend(params::pairs(&own.param));
    let request = BakeRequest { batch: own.batch, params: given, ..BakeRequest::default() };
    let found = session.engine_to_read()?.forecast(&source, request).await?;
    graph_file::write(session, &own.graph, &format!("{}.gv", found.batch), |max_rows| found.graph(max_rows))?;
    if own.json {
        session.print(&json::text(&forecast::PlanView::new(&found)))?;
        return Ok(Exit::Well);
    }
    let (look, width) = (session.err_look, session.err_width());
    if !found.diagnostics.is_empty() {
        session.say(&draw(&found.diagnostics, &found.sources, look, width));
    }
    for (name, value) in &found.params {
        session.note(&format!("{} = {}", clean::line(name), clean::short(value, width)));
    }
    for line in graph::draw(&found.plan.nodes, look, width) {
        session.note(&line);
    }
    let (now, zone) = (session.now(), session.zone.clone());
    session.print_table(&forecast::table(&found, |at| zone.when(at, now)))?;
    session.note(&forecast::closing(&found));
    Ok(Exit::Well)
}
