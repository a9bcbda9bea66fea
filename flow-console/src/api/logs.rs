//! Logs, a piece at a time: however long a log is, only what is shown is read and held. Searching is `search`.

pub(crate) mod search;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use flow_core::model::{LiveJob, LiveJobId, Task, TaskStatus, Timestamp, Try};
use flow_core::port::{Chunk, ExecutorError, LogTime};
use flow_engine::LogReader;
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::problem::{Answer, Path, Problem, Query, within};
use crate::server::Shared;
use crate::view::{LogPage, VERSION};

/// Bytes of a piece where nothing is said.
const PIECE: u32 = 64 * 1024;
/// The most bytes of a piece.
const MOST: u32 = 256 * 1024;
/// A try that is not longer may end before anybody notes the length of its log.
const SHORT: Duration = Duration::from_secs(3);

/// Which piece of a log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Piece {
    /// The try; absent or 0: the last.
    r#try: Option<u32>,
    /// The first byte; absent: the end of the log.
    from: Option<u64>,
    /// At most so many bytes.
    #[param(minimum = 1, maximum = 262_144)]
    max: Option<u32>,
}

/// Which log to download.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Download {
    r#try: Option<u32>,
}

type Named = (String, i64, String);

/// A log that exists.
struct Log {
    of: Writer,
    number: u32,
}

/// What wrote a log.
enum Writer {
    Task(Box<Task>),
    Live(Box<LiveJob>),
}

impl Writer {
    fn tries(&self) -> &[Try] {
        match self {
            Writer::Task(task) => &task.tries,
            Writer::Live(job) => &job.tries,
        }
    }
}

impl Log {
    /// The log of a try of a task. Errors: no such task or try, or one without a log.
    async fn of_task(shared: &Shared, (bake, number, id): &Named, wanted: Option<u32>) -> Result<Self, Problem> {
        let attempt = shared.attempt(bake, *number).await?;
        let task = shared.engine.task(&attempt, id).await?;
        let task = shared.engine.as_run(&task).await?;
        let (what, status) = (format!("task `{id}`"), task.status);
        Log::of(Writer::Task(Box::new(task)), wanted, (&what, status))
    }

    /// The log of a start of a live job. Errors: as for a task.
    async fn of_live(shared: &Shared, id: String, wanted: Option<u32>) -> Result<Self, Problem> {
        let found = shared.engine.live_job(&LiveJobId::new(id)).await?;
        let job = found.row.job;
        let (what, status) = (format!("live job `{}`", job.order.job), job.status);
        Log::of(Writer::Live(Box::new(job)), wanted, (&what, status))
    }

    fn of(of: Writer, wanted: Option<u32>, (what, status): (&str, TaskStatus)) -> Result<Self, Problem> {
        let wanted = wanted.unwrap_or(0);
        let found = of.tries().iter().map(|one| one.number).rfind(|number| wanted == 0 || *number == wanted);
        match found {
            Some(number) => Ok(Log { of, number }),
            None if wanted == 0 => Err(Problem::not_found(format!("{what} has no log: {status}"))),
            None => Err(Problem::not_found(format!("{what} has no try {wanted}"))),
        }
    }

    fn reader(&self, shared: &Shared, from: u64) -> Result<LogReader, Problem> {
        let reader = match &self.of {
            Writer::Task(task) => shared.engine.log(task, self.number, from),
            Writer::Live(job) => shared.engine.live_log(job, self.number, from),
        };
        reader.ok_or_else(|| Problem::not_found("this try ended before it began: it has no log"))
    }

    /// When the bytes were there, at the latest, that nobody has noted a time of: now, or when the try ended.
    ///
    /// Lengths are noted each second and at the end, so an ended try without notes is a short one; of a long one,
    /// which an older version ran, times are not kept.
    fn last_moment(&self, notes: &[LogTime], now: Timestamp) -> Option<Timestamp> {
        let this = self.of.tries().iter().find(|one| one.number == self.number)?;
        let Some(end) = this.ended_at else { return Some(now) };
        let is_short = end.since(this.started_at.unwrap_or(this.launched_at)) <= SHORT;
        (is_short || !notes.is_empty()).then_some(end)
    }

    /// How long the log is now.
    async fn end(&self, shared: &Shared) -> Result<u64, Problem> {
        let reader = self.reader(shared, 0)?;
        let ended = self.of.tries().iter().find(|one| one.number == self.number).filter(|one| one.outcome.is_some());
        match ended.map(|one| one.log.bytes) {
            Some(bytes) if bytes > 0 => Ok(bytes),
            _ => match reader.end().await {
                // Between the decision to start a task and its start the executor does not know it.
                Err(ExecutorError::UnknownUnit) => Ok(0),
                other => Ok(other?),
            },
        }
    }
}

async fn next(reader: &mut LogReader, max: u32) -> Result<Chunk, Problem> {
    match reader.read_at_most(max).await {
        Err(ExecutorError::UnknownUnit) => Ok(Chunk::default()),
        other => Ok(other?),
    }
}

/// A piece of a task's log.
#[utoipa::path(get, path = "/bakes/{bake}/attempts/{number}/tasks/{task}/log",
    params(("bake" = String, Path), ("number" = i64, Path), ("task" = String, Path), Piece),
    responses((status = 200, body = LogPage), (status = "default", body = Problem)))]
pub(crate) async fn read(
    State(shared): State<Arc<Shared>>,
    Path(named): Path<Named>,
    Query(piece): Query<Piece>,
) -> Answer<LogPage> {
    let log = Log::of_task(&shared, &named, piece.r#try).await?;
    piece_of(&shared, &log, &piece).await
}

/// A piece of a live job's log.
#[utoipa::path(get, path = "/live/{id}/log", params(("id" = String, Path), Piece),
    responses((status = 200, body = LogPage), (status = "default", body = Problem)))]
pub(crate) async fn live_read(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    Query(piece): Query<Piece>,
) -> Answer<LogPage> {
    let log = Log::of_live(&shared, id, piece.r#try).await?;
    piece_of(&shared, &log, &piece).await
}

async fn piece_of(shared: &Shared, log: &Log, piece: &Piece) -> Answer<LogPage> {
    let max = within("max", piece.max, (1, MOST), PIECE)?;
    let end = log.end(shared).await?;
    let from = piece.from.unwrap_or_else(|| end.saturating_sub(max.into()));
    let is_tail = piece.from.is_none() && from > 0;
    let mut reader = log.reader(shared, from)?;
    let chunk = next(&mut reader, max).await?;
    let is_cut = chunk.bytes.len() as u64 == u64::from(max);
    let (skipped, kept) = whole_lines(&chunk.bytes, is_tail, is_cut);
    let from = from + chunk.skipped + skipped as u64;
    let next = from + kept.len() as u64;
    let lines = starts(from, kept);
    let page = LogPage {
        version: VERSION,
        number: log.number,
        from,
        gone: chunk.skipped,
        next,
        end: end.max(next),
        complete: chunk.complete && next >= end,
        text: String::from_utf8_lossy(kept).into_owned(),
        times: times(shared, log, &lines, next).await?,
        lines,
    };
    Ok(Json(page))
}

/// When each line was there; `None` where that is not known.
async fn times(shared: &Shared, log: &Log, lines: &[u64], to: u64) -> Result<Option<Vec<String>>, Problem> {
    let Some(first) = lines.first() else { return Ok(Some(Vec::new())) };
    let notes = match log.reader(shared, *first)?.times(to).await {
        Err(ExecutorError::UnknownUnit) | Ok(None) => return Ok(None),
        other => other?.unwrap_or_default(),
    };
    let Some(last) = log.last_moment(&notes, shared.clock.now()) else { return Ok(None) };
    Ok(Some(line_times(lines, &notes, last).iter().map(ToString::to_string).collect()))
}

/// For each line the first moment at which there was more than its begin; `last` for those that were not seen since.
fn line_times(lines: &[u64], notes: &[LogTime], last: Timestamp) -> Vec<Timestamp> {
    let mut notes = notes.iter().peekable();
    let time = |line: &u64| {
        while notes.next_if(|note| note.bytes <= *line).is_some() {}
        notes.peek().map_or(last, |note| note.at)
    };
    lines.iter().map(time).collect()
}

/// Where the lines of a piece begin that begins at `from`.
fn starts(from: u64, bytes: &[u8]) -> Vec<u64> {
    let mut next = from;
    let begin = |line: &[u8]| {
        let at = next;
        next += line.len() as u64;
        at
    };
    bytes.split_inclusive(|byte| *byte == b'\n').map(begin).collect()
}

/// The whole lines of a piece, and how many bytes stand before them: a tail may begin, and a full piece may
/// end, within a line. A line that fills the piece stays as it is, up to a character's end.
fn whole_lines(bytes: &[u8], is_tail: bool, is_cut: bool) -> (usize, &[u8]) {
    let first = bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1).filter(|_| is_tail).unwrap_or(0);
    let rest = bytes.get(first..).unwrap_or_default();
    if !is_cut {
        return (first, rest);
    }
    let line = rest.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
    let end = line.unwrap_or_else(|| character_end(rest));
    (first, rest.get(..end).unwrap_or(rest))
}

/// Where the last whole character ends.
fn character_end(bytes: &[u8]) -> usize {
    // A character has at most four bytes; its first is no continuation.
    let start = bytes.iter().rposition(|byte| byte & 0xC0 != 0x80).unwrap_or(0);
    let is_whole = std::str::from_utf8(bytes.get(start..).unwrap_or_default()).is_ok();
    if is_whole || start == 0 { bytes.len() } else { start }
}

/// A task's whole log as it was written.
#[utoipa::path(get, path = "/bakes/{bake}/attempts/{number}/tasks/{task}/log/download",
    params(("bake" = String, Path), ("number" = i64, Path), ("task" = String, Path), Download),
    responses((status = 200, body = String, content_type = "text/plain"), (status = "default", body = Problem)))]
pub(crate) async fn download(
    State(shared): State<Arc<Shared>>,
    Path(named): Path<Named>,
    Query(wanted): Query<Download>,
) -> Result<Response, Problem> {
    let log = Log::of_task(&shared, &named, wanted.r#try).await?;
    let (_, number, task) = &named;
    whole(&shared, &log, &file_name(task, *number)).await
}

/// A live job's whole log as it was written.
#[utoipa::path(get, path = "/live/{id}/log/download", params(("id" = String, Path), Download),
    responses((status = 200, body = String, content_type = "text/plain"), (status = "default", body = Problem)))]
pub(crate) async fn live_download(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    Query(wanted): Query<Download>,
) -> Result<Response, Problem> {
    let log = Log::of_live(&shared, id, wanted.r#try).await?;
    let name = match &log.of {
        Writer::Live(job) => file_name(&job.order.name, i64::from(log.number)),
        Writer::Task(task) => file_name(&task.id.to_string(), i64::from(log.number)),
    };
    whole(&shared, &log, &name).await
}

async fn whole(shared: &Shared, log: &Log, name: &str) -> Result<Response, Problem> {
    let end = log.end(shared).await?;
    let reader = log.reader(shared, 0)?;
    let pieces = stream::unfold((reader, end), async |(mut reader, end)| {
        if reader.offset() >= end {
            return None;
        }
        match reader.read().await {
            // Also what the executor does not know yet: the log is as long as that.
            Err(ExecutorError::UnknownUnit) => None,
            Ok(chunk) if chunk.bytes.is_empty() => None,
            Ok(chunk) => Some((Ok(Bytes::from(chunk.bytes)), (reader, end))),
            Err(error) => Some((Err(error), (reader, 0))),
        }
    });
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::try_from(name).unwrap_or(HeaderValue::from_static("attachment"))),
    ];
    // Whoever compresses it may ask once more behind the end.
    Ok((headers, Body::from_stream(pieces.fuse())).into_response())
}

/// `attachment` with a name of harmless characters.
fn file_name(writer: &str, number: i64) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let writer: String = writer.chars().take(100).map(plain).collect();
    format!("attachment; filename=\"{writer}-{number}.log\"")
}

#[cfg(test)]
mod tests;
