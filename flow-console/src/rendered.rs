//! [`Rendered`]: pages that all viewers share, made once for each position and kept packed.
//!
//! A page of 10,000 tasks costs tens of megabytes while it is made and a few hundred kilobytes packed. So one
//! request makes it, those that come meanwhile wait for it, and what is sent is one buffer, however many read it.

use std::io::{self, Read as _};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use flow_core::model::Timestamp;
use futures_util::{StreamExt as _, stream};
use serde::Serialize;

use crate::problem::Problem;
use crate::server::{Recent, Shared};

/// How many pages are kept.
const KEPT: usize = 16;
/// The longest that a page is kept: how something stands also depends on the time.
const LIFE: Duration = Duration::from_secs(2);
/// A page of so many bytes, packed, costs much to make; smaller ones are always of now.
const LARGE: usize = 32 * 1024;
/// For so long a large page serves, whatever has happened since. Who reads it goes on from its position, so nothing
/// is missed.
const SPARED: Duration = Duration::from_secs(1);
/// Bytes of a piece for those who want no packing.
const PIECE: usize = 64 * 1024;

/// Pages by what they show.
#[derive(Debug)]
pub(crate) struct Rendered {
    slots: Recent<String, Arc<Slot>>,
}

/// Held while its page is made.
type Slot = tokio::sync::Mutex<Option<Page>>;

/// A page as it is sent.
#[derive(Clone, Debug)]
struct Page {
    position: u64,
    at: Timestamp,
    packed: Bytes,
}

impl Page {
    fn is_good(&self, position: u64, now: Timestamp) -> bool {
        let age = now.since(self.at);
        let is_spared = self.packed.len() >= LARGE && age < SPARED;
        age < LIFE && (self.position == position || is_spared)
    }
}

impl Rendered {
    pub(crate) fn new() -> Self {
        Rendered { slots: Recent::new(KEPT) }
    }

    /// The page of a key, made by `make` for a position if there is none that is good.
    pub(crate) async fn page<T: Serialize + Send + 'static>(
        &self,
        shared: &Shared,
        (key, headers): (String, &HeaderMap),
        make: impl AsyncFnOnce(u64) -> Result<T, Problem>,
    ) -> Result<Response, Problem> {
        let slot = self.slots.get_or_insert(key, Arc::default);
        let mut slot = slot.lock().await;
        // Read before the records, so that no change falls between them.
        let position = shared.engine.last_position().await?;
        let now = shared.clock.now();
        if let Some(page) = slot.as_ref().filter(|page| page.is_good(position, now)) {
            return Ok(answer(&page.packed, headers));
        }
        let _permit = shared.heavy().await;
        let content = make(position).await?;
        let packed = tokio::task::spawn_blocking(move || pack(&content)).await.map_err(|_| Problem::broken())?;
        let packed = packed.map_err(|_| Problem::broken())?;
        let page = Page { position, at: shared.clock.now(), packed };
        let answer = answer(&page.packed, headers);
        *slot = Some(page);
        Ok(answer)
    }
}

fn pack(page: &impl Serialize) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    serde_json::to_writer(io::BufWriter::new(&mut encoder), page)?;
    Ok(encoder.finish()?.into())
}

fn answer(packed: &Bytes, headers: &HeaderMap) -> Response {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let vary = (header::VARY, HeaderValue::from_static("accept-encoding"));
    if takes_packed(headers) {
        let packing = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        return ([kind, vary, packing], packed.clone()).into_response();
    }
    ([kind, vary], Body::from_stream(unpacked(packed.clone()))).into_response()
}

/// Whether somebody takes gzip.
fn takes_packed(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut codings = values.flat_map(|value| value.split(','));
    codings.any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = matches!(quality.trim().trim_start_matches("q="), "0" | "0.0" | "0.00" | "0.000");
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// The text piece by piece, so that it is never whole in memory.
fn unpacked(packed: Bytes) -> impl stream::Stream<Item = io::Result<Bytes>> {
    let decoder = GzDecoder::new(io::Cursor::new(packed));
    let pieces = stream::unfold(decoder, async |mut decoder| {
        let mut piece = Vec::with_capacity(PIECE);
        match decoder.by_ref().take(PIECE as u64).read_to_end(&mut piece) {
            Ok(0) => None,
            Ok(_) => Some((Ok(piece.into()), decoder)),
            Err(error) => Some((Err(error), GzDecoder::new(io::Cursor::new(Bytes::new())))),
        }
    });
    pieces.fuse()
}
