//! Who may come in: hosts, origins, cookies, tokens, roles and rates.
//!
//! Main type: [`Gate`]. The rules, each with a test in `tests/safety.rs`:
//! - a request names a host of the allow-list, else it is refused (DNS rebinding);
//! - what changes something comes from our own page or from a program with a token (CSRF);
//! - everything but the page's files and the form wants a cookie or a token, always;
//! - a viewer changes nothing; with `--read-only` nobody does;
//! - guesses and changes are bounded in rate, bodies in size;
//! - each answer forbids framing, sniffing, foreign content and scripts that are not ours.

mod rate;
mod session;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use flow_core::port::Clock;

use crate::gate::rate::Bucket;
use crate::page;
use crate::problem::Problem;
use crate::tokens::Tokens;

pub(crate) use session::Sessions;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Look.
    Viewer,
    /// Look, and steer.
    Operator,
}

/// Who is in: what they may do, and what they are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Visitor {
    pub role: Role,
    /// The name of their token, which is recorded with what they do.
    pub name: Arc<str>,
}

impl Role {
    /// Its word on the wire.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
        }
    }
}

/// How a gate is set up.
#[derive(Debug)]
pub(crate) struct GateOptions {
    pub tokens: Tokens,
    pub clock: Arc<dyn Clock>,
    /// The hosts with their ports that a request may name.
    pub hosts: Vec<String>,
    pub port: u16,
    pub tls: bool,
    pub read_only: bool,
}

/// Decides who may come in.
#[derive(Debug)]
pub(crate) struct Gate {
    tokens: Tokens,
    pub(crate) sessions: Sessions,
    hosts: Vec<String>,
    scheme: &'static str,
    pub(crate) read_only: bool,
    /// What is left of wrong tokens and codes.
    guesses: Bucket,
    /// What is left of changes.
    changes: Bucket,
    /// What is left of requests at all.
    requests: Bucket,
}

/// Where a request comes from, by what browsers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender {
    /// Our own page.
    Own,
    /// A page of somebody else.
    Foreign,
    /// No browser, or one that says nothing.
    Unknown,
}

impl Gate {
    pub(crate) fn new(options: GateOptions) -> Self {
        let GateOptions { tokens, clock, hosts, port, tls, read_only } = options;
        Gate {
            tokens,
            sessions: Sessions::new(clock.clone(), port, tls),
            hosts,
            scheme: if tls { "https" } else { "http" },
            read_only,
            guesses: Bucket::new(clock.clone(), 20, 1),
            changes: Bucket::new(clock.clone(), 60, 5),
            requests: Bucket::new(clock, 2000, 500),
        }
    }

    /// Whoever sent this; a wrong token costs a guess.
    fn visitor(&self, headers: &HeaderMap) -> Result<Option<(Visitor, Proof)>, Problem> {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if let Some(bearer) = bearer {
            let token = bearer.strip_prefix("Bearer ").unwrap_or_default();
            return self.token(token).map(|visitor| Some((visitor, Proof::Token)));
        }
        Ok(self.sessions.visitor(headers).map(|visitor| (visitor, Proof::Cookie)))
    }

    /// Whose token it is. Errors: not a token, or too many guesses.
    pub(crate) fn token(&self, token: &str) -> Result<Visitor, Problem> {
        if let Some(visitor) = self.tokens.visitor(token) {
            return Ok(visitor);
        }
        Err(self.guessed("this token is not known; the file of tokens holds those that are"))
    }

    /// Counts a wrong guess, and says so.
    pub(crate) fn guessed(&self, detail: &str) -> Problem {
        if self.guesses.take() {
            Problem::new(StatusCode::UNAUTHORIZED, detail)
        } else {
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many wrong tokens: wait a minute")
        }
    }

    fn check_host(&self, request: &Request) -> Result<(), Problem> {
        let header = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
        let host = header.or_else(|| request.uri().authority().map(axum::http::uri::Authority::as_str));
        if host.is_some_and(|host| self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))) {
            return Ok(());
        }
        let detail = "this console is not known by that host name; start it with `--host NAME` to allow one";
        Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail))
    }

    fn sender(&self, headers: &HeaderMap) -> Sender {
        let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let is_own = |origin: &str| {
            let host = origin.strip_prefix(self.scheme).and_then(|rest| rest.strip_prefix("://"));
            host.is_some_and(|host| self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host)))
        };
        match (text(header::ORIGIN), text(HeaderName::from_static("sec-fetch-site"))) {
            // A form of a page without referrers names no origin, our own page's neither; no page can write the
            // other header.
            (Some("null") | None, Some("same-origin")) => Sender::Own,
            (Some(origin), None | Some("same-origin")) if is_own(origin) => Sender::Own,
            (None, None) => Sender::Unknown,
            (Some(_), _) | (None, Some(_)) => Sender::Foreign,
        }
    }

    /// Whether somebody who is in may do this.
    fn check_api(&self, request: &Request) -> Result<Visitor, Problem> {
        let Some((visitor, proof)) = self.visitor(request.headers())? else {
            return Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "come in by the address that the console printed, or with a token",
            ));
        };
        let sender = self.sender(request.headers());
        let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
        let is_trusted = match (sender, proof) {
            (Sender::Own, _) | (Sender::Unknown, Proof::Token) => true,
            (Sender::Unknown, Proof::Cookie) => is_safe,
            // A page of somebody else gets nothing, whatever the browser sends along.
            (Sender::Foreign, _) => false,
        };
        if !is_trusted {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "this request comes from another page than the console's own",
            ));
        }
        if !is_safe {
            self.check_change(visitor.role)?;
        }
        Ok(visitor)
    }

    /// Whether a form comes from our own page: others must not let a browser in or out.
    pub(crate) fn check_form(&self, headers: &HeaderMap) -> Result<(), Problem> {
        match self.sender(headers) {
            Sender::Own => Ok(()),
            Sender::Foreign | Sender::Unknown => {
                Err(Problem::new(StatusCode::FORBIDDEN, "this form comes from another page than the console's own"))
            }
        }
    }

    fn check_change(&self, role: Role) -> Result<(), Problem> {
        if self.read_only {
            return Err(Problem::new(StatusCode::FORBIDDEN, "this console was started with `--read-only`"));
        }
        if role == Role::Viewer {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "a viewer may look and not steer; come in with the operator's token",
            ));
        }
        if !self.changes.take() {
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many changes at once: wait a moment"));
        }
        Ok(())
    }
}

/// How somebody showed who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proof {
    Cookie,
    Token,
}

/// The outermost layer: rates, hosts, and what each answer forbids.
pub(crate) async fn outer(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let checked = if gate.requests.take() {
        gate.check_host(&request)
    } else {
        Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many requests at once: wait a moment"))
    };
    let mut response = match checked {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    protect(response.headers_mut(), is_api);
    response
}

/// The layer of the API.
pub(crate) async fn api(State(gate): State<Arc<Gate>>, mut request: Request, next: Next) -> Response {
    match gate.check_api(&request) {
        Ok(visitor) => {
            request.extensions_mut().insert(visitor);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// The layer of the page: who is not in gets the form.
pub(crate) async fn pages(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    if gate.sessions.visitor(request.headers()).is_some() { next.run(request).await } else { page::enter() }
}

/// What each answer forbids.
fn protect(headers: &mut HeaderMap, is_api: bool) {
    let always = [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=()"),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let policy = if is_api {
        "default-src 'none'; sandbox; frame-ancestors 'none'"
    } else {
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    };
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    if is_api {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
