//! Searching in logs: a text, or the first error of a log however long.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Log, MOST, Named, next};
use crate::problem::{Answer, Path, Problem, Query};
use crate::server::Shared;
use crate::view::{LogFirst, LogFound, LogHit, VERSION};

/// The most bytes that one search for a text looks at.
const SEARCHED: u64 = 32 * 1024 * 1024;
/// The most hits of one search.
const HITS: usize = 200;
/// The longest line of a hit, in characters.
const LINE: usize = 300;
/// A line without end is looked at in pieces of so many bytes, so that it takes no memory without end.
const LONGEST: usize = 1024 * 1024;
/// The longest text, in bytes.
const TEXT: usize = 1000;
/// What a line with an error holds, in any case.
const ERRORS: &str = "error|exception|traceback|fatal|panicked|failed";

/// What to search in a log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Search {
    r#try: Option<u32>,
    /// A text, in any case; absent: the words of errors.
    #[param(min_length = 1)]
    text: Option<String>,
    /// The first byte to look at.
    #[serde(default)]
    from: u64,
}

/// Where to look for the first error.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct First {
    r#try: Option<u32>,
    /// The first byte to look at.
    #[serde(default)]
    from: u64,
}

/// Lines of a task's log that hold a text; a part of the log at a time.
#[utoipa::path(get, path = "/bakes/{bake}/attempts/{number}/tasks/{task}/log/search",
    params(("bake" = String, Path), ("number" = i64, Path), ("task" = String, Path), Search),
    responses((status = 200, body = LogFound), (status = "default", body = Problem)))]
pub(crate) async fn search(
    State(shared): State<Arc<Shared>>,
    Path(named): Path<Named>,
    Query(search): Query<Search>,
) -> Answer<LogFound> {
    let log = Log::of_task(&shared, &named, search.r#try).await?;
    lines(&shared, &log, &search).await
}

/// Lines of a live job's log that hold a text; a part of the log at a time.
#[utoipa::path(get, path = "/live/{id}/log/search", params(("id" = String, Path), Search),
    responses((status = 200, body = LogFound), (status = "default", body = Problem)))]
pub(crate) async fn live_search(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    Query(search): Query<Search>,
) -> Answer<LogFound> {
    let log = Log::of_live(&shared, id, search.r#try).await?;
    lines(&shared, &log, &search).await
}

/// The first line of a task's log with an error; the whole log is looked at, however long.
#[utoipa::path(get, path = "/bakes/{bake}/attempts/{number}/tasks/{task}/log/first-error",
    params(("bake" = String, Path), ("number" = i64, Path), ("task" = String, Path), First),
    responses((status = 200, body = LogFirst), (status = "default", body = Problem)))]
pub(crate) async fn first_error(
    State(shared): State<Arc<Shared>>,
    Path(named): Path<Named>,
    Query(first): Query<First>,
) -> Answer<LogFirst> {
    let log = Log::of_task(&shared, &named, first.r#try).await?;
    error_from(&shared, &log, first.from).await
}

/// The first line of a live job's log with an error; the whole log is looked at, however long.
#[utoipa::path(get, path = "/live/{id}/log/first-error", params(("id" = String, Path), First),
    responses((status = 200, body = LogFirst), (status = "default", body = Problem)))]
pub(crate) async fn live_first_error(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    Query(first): Query<First>,
) -> Answer<LogFirst> {
    let log = Log::of_live(&shared, id, first.r#try).await?;
    error_from(&shared, &log, first.from).await
}

async fn lines(shared: &Shared, log: &Log, search: &Search) -> Answer<LogFound> {
    let pattern = match &search.text {
        None => ERRORS.to_owned(),
        Some(text) if text.is_empty() || text.len() > TEXT => {
            return Err(Problem::bad_request(format!("`text` has from 1 to {TEXT} bytes")));
        }
        Some(text) => regex::escape(text),
    };
    let finder = Finder::new(&pattern, search.from, HITS)?;
    let (finder, over) = find(shared, log, finder, search.from.saturating_add(SEARCHED)).await?;
    let next = (!over).then_some(finder.at);
    Ok(Json(LogFound { version: VERSION, number: log.number, hits: finder.hits, next }))
}

async fn error_from(shared: &Shared, log: &Log, from: u64) -> Answer<LogFirst> {
    let (finder, _) = find(shared, log, Finder::new(ERRORS, from, 1)?, u64::MAX).await?;
    Ok(Json(LogFirst { version: VERSION, number: log.number, hit: finder.hits.into_iter().next() }))
}

/// Looks from where the finder stands up to a place, or until it has enough; whether that was the log's end.
async fn find(shared: &Shared, log: &Log, mut finder: Finder, to: u64) -> Result<(Finder, bool), Problem> {
    let _permit = shared.searching().await;
    let mut reader = log.reader(shared, finder.at)?;
    while !finder.is_full() && reader.offset() < to {
        let chunk = next(&mut reader, MOST).await?;
        if chunk.bytes.is_empty() {
            finder.finish();
            // Hits that did not fit are found by whoever goes on.
            let over = !finder.is_full();
            return Ok((finder, over));
        }
        finder.skip(chunk.skipped);
        finder.feed(&chunk.bytes);
    }
    Ok((finder, false))
}

/// Finds lines in pieces. Most pieces hold nothing: lines are only told apart around a hit.
#[derive(Debug)]
pub(super) struct Finder {
    pattern: Regex,
    /// Where the text begins that is kept.
    at: u64,
    kept: Vec<u8>,
    hits: Vec<LogHit>,
    most: usize,
}

impl Finder {
    pub(super) fn new(pattern: &str, at: u64, most: usize) -> Result<Self, Problem> {
        let pattern = RegexBuilder::new(pattern).case_insensitive(true).build();
        let pattern = pattern.map_err(|_| Problem::bad_request("this text is too long to be searched"))?;
        Ok(Finder { pattern, at, kept: Vec::new(), hits: Vec::new(), most })
    }

    fn is_full(&self) -> bool {
        self.hits.len() >= self.most
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.kept.extend_from_slice(bytes);
        let whole = self.kept.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        let whole = whole.or_else(|| (self.kept.len() >= LONGEST).then_some(self.kept.len()));
        self.look(whole.unwrap_or(0));
    }

    /// Goes on behind a part that is gone: the line before it ends there.
    pub(super) fn skip(&mut self, gone: u64) {
        if gone > 0 {
            self.finish();
            self.at += gone;
        }
    }

    /// Looks at what is left, a last line without a line feed.
    pub(super) fn finish(&mut self) {
        self.look(self.kept.len());
    }

    /// Looks at the first so many bytes and lets them go, up to the line with the last hit that fits.
    fn look(&mut self, end: usize) {
        let text = self.kept.get(..end).unwrap_or_default();
        let mut done = 0;
        while self.hits.len() < self.most {
            let Some(found) = text.get(done..).and_then(|rest| self.pattern.find(rest)) else {
                done = end;
                break;
            };
            let found = done + found.start();
            let (before, behind) = text.split_at(found);
            let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            done = behind.iter().position(|byte| *byte == b'\n').map_or(end, |at| found + at + 1);
            let line = String::from_utf8_lossy(text.get(start..done).unwrap_or_default());
            let line = line.trim_end_matches(['\n', '\r']).chars().take(LINE).collect();
            self.hits.push(LogHit { at: self.at + start as u64, line });
        }
        self.kept.drain(..done);
        self.at += done as u64;
    }
}

#[cfg(test)]
mod tests;
