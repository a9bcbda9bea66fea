//! `bake`: checks, keeps the texts, starts an engine and follows it. Source: CLI-20, MCH-4.

use flow_engine::{BakeRequest, Engine};

use crate::args::Bake;
use crate::cmd::{drive, params, update};
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::{diagnostic, graph};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: Bake) -> Result<Exit, CliError> {
    let mut given = match &own.meta_from_file {
        Some(path) => params::from_file(&session.io.folder.join(path))?,
        None => indexmap::IndexMap::new(),
    };
    given.extend(params::pairs(&own.param));
    let source = session.source_with(own.fetching)?;
    let engine: Engine = session.engine()?;
    update::ask_for_local(session, &source, &own.batch).await?;
    let request = BakeRequest { batch: own.batch, params: given, name: own.name, tags: own.tag };
    let created = engine.create_bake(&source, request).await?;
    if !created.diagnostics.is_empty() {
        let width = session.err_width();
        let text = diagnostic::draw(&created.diagnostics, &created.sources, session.err_look, width);
        session.note(&text);
    }
    if !own.drive.json {
        for line in graph::draw(&created.plan.nodes, session.err_look, session.err_width()) {
            session.note(&line);
        }
        session.note("");
    }
    let attempt = engine.inspect(created.bake.as_str(), 1).await?.attempt;
    drive::run(session, &engine, &attempt, &own.drive).await
}
