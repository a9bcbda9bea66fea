//! The page's files, which are part of the program, and the form that takes a token.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

/// What the front end's build made.
#[derive(Debug, RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// The page itself; it finds by its address what to show.
const PAGE: &str = "index.html";
/// The form for those who are not in.
const ENTER: &str = "enter.html";

/// A file of the page. Names of files hold a digest of their content, so browsers may keep them.
pub(crate) async fn file(Path(name): Path<String>) -> Response {
    match Assets::get(&format!("assets/{name}")) {
        Some(file) => answer(StatusCode::OK, &name, file.data.into_owned(), "public, max-age=31536000, immutable"),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The page.
pub(crate) fn page() -> Response {
    named(StatusCode::OK, PAGE)
}

/// The form that takes a token, for those who are not in.
pub(crate) fn enter() -> Response {
    named(StatusCode::UNAUTHORIZED, ENTER)
}

fn named(status: StatusCode, name: &str) -> Response {
    match Assets::get(name) {
        Some(file) => answer(status, name, file.data.into_owned(), "no-store"),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(status: StatusCode, name: &str, bytes: Vec<u8>, keep: &'static str) -> Response {
    let kind = match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
    ];
    (status, headers, bytes).into_response()
}
