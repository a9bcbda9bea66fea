//! `restart`: a new attempt that takes over what succeeded. Source: BAT-130…135, DEC-24.

use flow_engine::{RestartRequest, Takeover};

use crate::args::Restart;
use crate::cmd::{drive, find, params};
use crate::error::CliError;
use crate::exit::Exit;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: &Restart) -> Result<Exit, CliError> {
    let engine = session.engine()?;
    let found = find::attempt(&engine, &own.bake, own.which.attempt).await?;
    let takeover = if own.no_from_failed { Takeover::Nothing } else { Takeover::Succeeded };
    let request = RestartRequest { takeover, params: params::pairs(&own.param) };
    let bake = found.row.bake.id.as_str();
    let attempt = engine.restart(bake, found.attempt.number.into(), request).await?;
    session.note(&format!("Attempt #{} is created", attempt.number));
    drive::run(session, &engine, &attempt, &own.drive).await
}
