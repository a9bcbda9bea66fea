//! Events: stored ones in pages, and what happens now as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow_core::model::LiveJobId;
use flow_engine::Follow;
use futures_util::stream::{self, Stream, StreamExt as _};
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::IntoParams;

use crate::feed::Message;
use crate::problem::{Answer, Path, Problem, Query, within};
use crate::server::Shared;
use crate::view::{EventPage, StreamEvent, VERSION};

/// The events of a page where nothing is said.
const PAGE: usize = 200;
/// The most events of a page.
const MOST: usize = 512;
/// The most messages that are sent in one piece.
const AT_ONCE: usize = 64;
/// After so long without news a viewer is told that all is well.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Which stored events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Those after this position.
    #[serde(default)]
    after: u64,
    /// At most so many.
    #[param(minimum = 1, maximum = 512)]
    limit: Option<usize>,
}

/// The stored events of an attempt, in order.
#[utoipa::path(get, path = "/bakes/{bake}/attempts/{number}/events",
    params(("bake" = String, Path), ("number" = i64, Path), Wanted),
    responses((status = 200, body = EventPage), (status = "default", body = Problem)))]
pub(crate) async fn page(
    State(shared): State<Arc<Shared>>,
    Path((bake, number)): Path<(String, i64)>,
    Query(wanted): Query<Wanted>,
) -> Answer<EventPage> {
    let attempt = shared.attempt(&bake, number).await?;
    stored(shared.engine.follow(&attempt, wanted.after), &wanted).await
}

/// The stored events of a live job, in order.
#[utoipa::path(get, path = "/live/{id}/events", params(("id" = String, Path), Wanted),
    responses((status = 200, body = EventPage), (status = "default", body = Problem)))]
pub(crate) async fn live_page(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answer<EventPage> {
    let found = shared.engine.live_job(&LiveJobId::new(id)).await?;
    stored(shared.engine.follow_live(&found.job().id, wanted.after), &wanted).await
}

async fn stored(mut follow: Follow, wanted: &Wanted) -> Answer<EventPage> {
    let limit = within("limit", wanted.limit, (1, MOST), PAGE)?;
    let mut events = follow.ready().await?;
    events.truncate(limit);
    let next = events.last().map_or(wanted.after, |last| last.position);
    Ok(Json(EventPage { version: VERSION, events, next }))
}

/// Where a stream begins, and what it is about.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct From {
    /// Begin after this position; absent: now. The header `Last-Event-ID` wins.
    after: Option<u64>,
    /// The id of the bake that is followed; absent: all.
    bake: Option<String>,
    /// The id of the live job that is followed; absent: all.
    live: Option<String>,
}

/// What happens, one message for each event: its id is the position, its data a `Change`.
#[utoipa::path(get, path = "/events", params(From),
    responses((status = 200, body = StreamEvent, content_type = "text/event-stream"), (status = "default", body = Problem)))]
pub(crate) async fn stream(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Query(from): Query<From>,
) -> Result<Response, Problem> {
    let Ok(permit) = Arc::clone(&shared.viewers).try_acquire_owned() else {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too many viewers at once"));
    };
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let position = match last.or(from.after) {
        Some(position) => position,
        None => shared.engine.last_position().await?,
    };
    let viewer =
        Viewer { shared, position, bake: from.bake, live: from.live, waiting: VecDeque::new(), _permit: permit };
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"))];
    Ok((headers, Body::from_stream(viewer.messages())).into_response())
}

/// One open stream.
struct Viewer {
    shared: Arc<Shared>,
    position: u64,
    bake: Option<String>,
    live: Option<String>,
    /// What was read and is not sent yet; the messages themselves are everybody's.
    waiting: VecDeque<Arc<Message>>,
    _permit: OwnedSemaphorePermit,
}

impl Viewer {
    fn messages(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        let batches = stream::unfold(self, async |mut viewer| {
            let batch = match tokio::time::timeout(KEEP_ALIVE, viewer.next()).await {
                Ok(batch) => batch?,
                Err(_) => Bytes::from_static(b": all is well\n\n"),
            };
            Some((Ok(batch), viewer))
        });
        batches.fuse()
    }

    /// Whether a message is about what this viewer follows: nothing named is everything, two names are both.
    fn wants(&self, message: &Message) -> bool {
        let is = |asked: &Option<String>, own: &Option<String>| asked.is_some() && asked == own;
        (self.bake.is_none() && self.live.is_none()) || is(&self.bake, &message.bake) || is(&self.live, &message.live)
    }

    /// The next messages, a few at once: so a slow viewer costs what it is being sent and no more. Waits until there
    /// are some. `None` if the store failed: the browser comes again.
    async fn next(&mut self) -> Option<Bytes> {
        let mut news = self.shared.feed.watch();
        while self.waiting.is_empty() {
            news.borrow_and_update();
            let (messages, next) = self.shared.feed.after(self.position).await.ok()?;
            let moved = next > self.position;
            self.position = next;
            self.waiting = messages.into_iter().filter(|one| self.wants(one)).collect();
            if self.waiting.is_empty() && !moved {
                news.changed().await.ok()?;
            }
        }
        let count = self.waiting.len().min(AT_ONCE);
        let batch: Vec<u8> = self.waiting.drain(..count).flat_map(|one| one.frame()).collect();
        Some(batch.into())
    }
}
