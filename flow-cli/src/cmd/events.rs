//! `events`: the stream of what happened, from a position on; `docs/events.md` describes its JSON.
//!
//! Source: EXT-5.

use std::time::Duration;

use flow_core::event::{Event, EventKind};
use flow_core::model::Attempt;
use flow_engine::{Engine, Follow, Standing};

use crate::args::Events;
use crate::cmd::find;
use crate::cmd::logs::is_ended;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::clean;
use crate::report::json::{self, EventView};
use crate::session::Session;

/// How often it is asked whether anything can still come.
const PAUSE: Duration = Duration::from_secs(1);

pub(crate) async fn run(session: &mut Session, own: &Events) -> Result<Exit, CliError> {
    let engine = session.engine_to_read()?;
    let found = find::attempt(&engine, &own.bake, own.which.attempt).await?;
    let mut follow = engine.follow(&found.attempt, own.after);
    let more = own.follow && found.standing != Standing::Ended;
    loop {
        // One that has ended has all its events; of others the last is waited for.
        let events = if more { next(&engine, &found.attempt, &mut follow).await? } else { follow.ready().await? };
        for event in &events {
            print(session, event, own.json)?;
        }
        let is_last = events.iter().any(|event| matches!(event.kind, EventKind::AttemptEnded { .. }));
        if is_last || events.is_empty() {
            return Ok(Exit::Well);
        }
    }
}

/// Waits for the next events; none if the attempt has ended before the position.
async fn next(engine: &Engine, attempt: &Attempt, follow: &mut Follow) -> Result<Vec<Event>, CliError> {
    loop {
        tokio::select! {
            events = follow.next() => return Ok(events?),
            () = tokio::time::sleep(PAUSE) => {
                if is_ended(engine, attempt).await? {
                    return Ok(follow.ready().await?);
                }
            }
        }
    }
}

fn print(session: &mut Session, event: &Event, json: bool) -> Result<(), CliError> {
    if json {
        return session.print(&json::text(&EventView { version: json::VERSION, event }));
    }
    let look = session.out_look;
    let place = look.faint(&format!("{:>6}  {}", event.position, session.zone.full(event.at)));
    let task = event.kind.task().map(|task| clean::line(&task.to_string())).unwrap_or_default();
    session.print(format!("{place}  {:<15}  {task}", event.kind.word()).trim_end())
}
