//! The logs of all tasks of an attempt, each line with its task.

use std::collections::BTreeSet;

use flow_core::model::{FullId, Task, Timestamp};
use flow_core::port::{Chunk, ExecutorError};
use flow_engine::{Engine, Inspection, LogReader};
use indexmap::IndexMap;

use super::lines::{LineCutter, Sink};
use super::{PAUSE, chosen, from_tail, is_since};
use crate::args::Logs;
use crate::error::CliError;
use crate::exit::Exit;
use crate::session::Session;

/// After how many looks at the logs it is asked which tasks there are.
const LOOKS: u32 = 6;

/// A log that is being read.
#[derive(Debug)]
struct Stream {
    reader: LogReader,
    cutter: LineCutter,
    sink: Sink,
    /// Whether its task has ended: then what is there is all.
    is_last: bool,
}

impl Stream {
    /// Prints what is there; whether more can come.
    async fn drain(&mut self, session: &mut Session) -> Result<bool, CliError> {
        loop {
            let chunk = match self.reader.read().await {
                Err(ExecutorError::UnknownUnit) => Chunk::default(),
                other => other?,
            };
            self.sink.print(session, self.cutter.feed(&chunk.bytes))?;
            let is_over = chunk.complete || (self.is_last && chunk.bytes.is_empty());
            if is_over {
                self.sink.print(session, self.cutter.finish())?;
            }
            if is_over || chunk.bytes.is_empty() {
                return Ok(!is_over);
            }
        }
    }
}

/// Prints the logs in the order in which the tasks were started; follows them all if that is wanted.
pub(super) async fn run(
    session: &mut Session,
    engine: &Engine,
    found: &Inspection,
    (own, since): (&Logs, Option<Timestamp>),
) -> Result<Exit, CliError> {
    let mut all = All { known: BTreeSet::new(), open: IndexMap::new() };
    let (bake, number) = (found.row.bake.id.as_str(), i64::from(found.attempt.number));
    loop {
        let now = engine.inspect(bake, number).await?;
        // Asked before reading, so that what is written until the end is read.
        let is_over = now.attempt.status.is_finished() || !own.follow;
        all.take(engine, now.tasks, (own, since, is_over)).await?;
        for _ in 0..LOOKS {
            all.drain(session).await?;
            if is_over {
                return Ok(Exit::Well);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// All logs.
#[derive(Debug)]
struct All {
    known: BTreeSet<(FullId, u32)>,
    open: IndexMap<(FullId, u32), Stream>,
}

impl All {
    /// Opens the logs that are new.
    async fn take(
        &mut self,
        engine: &Engine,
        tasks: Vec<Task>,
        (own, since, is_over): (&Logs, Option<Timestamp>, bool),
    ) -> Result<(), CliError> {
        let mut tasks: Vec<Task> = tasks.into_iter().filter(|task| !task.tries.is_empty()).collect();
        tasks.sort_by_key(|task| chosen(task, own.r#try).map(|one| one.launched_at));
        for task in tasks {
            let Some(one) = chosen(&task, own.r#try) else { continue };
            let name = (task.id.clone(), one.number);
            let is_last = is_over || one.ended_at.is_some();
            if let Some(stream) = self.open.get_mut(&name) {
                stream.is_last = is_last;
            }
            if !is_since(Some(one), since) || !self.known.insert(name.clone()) {
                continue;
            }
            let Some(reader) = engine.log(&task, own.r#try, own.offset) else { continue };
            let reader = from_tail(reader, own.tail).await?;
            let sink = if own.json { Sink::json(&task, Some(one)) } else { Sink::prefixed(&task) };
            let cutter = LineCutter::new(reader.offset());
            self.open.insert(name, Stream { reader, cutter, sink, is_last });
        }
        Ok(())
    }

    async fn drain(&mut self, session: &mut Session) -> Result<(), CliError> {
        let mut ended = Vec::new();
        for (name, stream) in &mut self.open {
            if !stream.drain(session).await? {
                ended.push(name.clone());
            }
        }
        self.open.retain(|name, _| !ended.contains(name));
        Ok(())
    }
}
