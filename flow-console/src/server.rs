//! [`Console`]: the server: what it listens on, what its routes share, and how browsers come in.

use std::hash::Hash;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router, middleware};
use axum_server::tls_rustls::RustlsConfig;
use flow_core::model::{Attempt, AttemptId};
use flow_core::port::{Clock, ConfigSource};
use flow_engine::sys::SystemClock;
use flow_engine::{Engine, EngineError, Expectation};
use indexmap::IndexMap;
use serde::Deserialize;
use thiserror::Error;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;

use crate::feed::Feed;
use crate::gate::{self, Gate, GateOptions, Role, Visitor};
use crate::problem::Problem;
use crate::rendered::Rendered;
use crate::tokens::{Tokens, TokensError};
use crate::view::{Started, StartedLive};
use crate::{api, page};

/// The most bytes of a request's body.
const BODY: usize = 256 * 1024;
/// How much of an answer is ready for a connection at once, in bytes.
const BUFFER: usize = 64 * 1024;
/// The most open streams of events.
const VIEWERS: usize = 1000;
/// How many requests may read whole attempts at once: this bounds memory.
const HEAVY: usize = 1;
/// How many searches through logs go on at once.
const SEARCHES: usize = 2;
/// How many starts are remembered by their keys.
const STARTS: usize = 256;
/// For how many attempts it is remembered what was learnt.
const EXPECTATIONS: usize = 16;
/// How long to wait before a failed store is read again.
const AGAIN: Duration = Duration::from_secs(1);

/// The files of a certificate and its key, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The chain of certificates.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Where and how a console serves.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address; anything but loopback wants `tls` or `insecure`.
    pub bind: IpAddr,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// More host names that requests may name.
    pub hosts: Vec<String>,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// The certificate to serve with.
    pub tls: Option<Tls>,
    /// Whether others may read along the way to an address that is not loopback.
    pub insecure: bool,
    /// The owner-only file of long-lived tokens; made if it is not there.
    pub tokens: PathBuf,
    /// What background engines say goes here.
    pub engine_log: PathBuf,
}

/// Why a console cannot serve.
#[derive(Debug, Error)]
pub enum ConsoleError {
    /// The address is not loopback, and nothing protects the way there.
    #[error("`{0}` can be reached from other machines, and without TLS others can read along")]
    Unprotected(IpAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {message}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        message: String,
    },
    /// The certificate or its key cannot be used.
    #[error("cannot use `{certificate}` and `{key}` for TLS: {message}")]
    Tls {
        /// The certificate's file.
        certificate: String,
        /// The key's file.
        key: String,
        /// What is wrong.
        message: String,
    },
    /// The file of tokens cannot be used.
    #[error(transparent)]
    Tokens(#[from] TokensError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The server stopped by itself.
    #[error("the server stopped: {0}")]
    Stopped(String),
}

/// What all routes share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) source: Option<Arc<dyn ConfigSource>>,
    pub(crate) engine_log: PathBuf,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) feed: Feed,
    pub(crate) viewers: Arc<Semaphore>,
    /// Bakes that were started, by the key of the wish.
    pub(crate) started: Mutex<Recent<String, Started>>,
    /// Live jobs that were started, likewise.
    pub(crate) started_live: Mutex<Recent<String, StartedLive>>,
    /// What was learnt for attempts: earlier bakes do not change.
    pub(crate) expectations: Recent<AttemptId, Arc<Expectation>>,
    /// Pages that all viewers share.
    pub(crate) rendered: Rendered,
    heavy: Semaphore,
    searches: Semaphore,
}

/// The newest entries by key.
#[derive(Debug)]
pub(crate) struct Recent<K, T> {
    entries: std::sync::Mutex<IndexMap<K, T>>,
    most: usize,
}

impl<K: Hash + Eq, T: Clone> Recent<K, T> {
    pub(crate) fn new(most: usize) -> Self {
        Recent { entries: std::sync::Mutex::default(), most }
    }

    pub(crate) fn get(&self, key: &K) -> Option<T> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(crate) fn get_or_insert(&self, key: K, fresh: impl FnOnce() -> T) -> T {
        match self.get(&key) {
            Some(entry) => entry,
            None => self.insert(key, fresh()),
        }
    }

    /// Adds one, and forgets the oldest if there are too many; of two with one key the first stays.
    pub(crate) fn insert(&self, key: K, entry: T) -> T {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= self.most {
            entries.shift_remove_index(0);
        }
        entries.entry(key).or_insert(entry).clone()
    }
}

impl Shared {
    /// The workspace. Errors: there is none.
    pub(crate) fn workspace(&self) -> Result<&dyn ConfigSource, Problem> {
        let missing = || Problem::conflict("the console was started outside of a workspace: it knows no flows");
        self.source.as_deref().ok_or_else(missing)
    }

    /// Errors: the workspace has no flow of this name.
    pub(crate) async fn known_flow(&self, source: &dyn ConfigSource, name: &str) -> Result<(), Problem> {
        let known = source.flows().await.map_err(EngineError::from)?;
        let missing = || Problem::not_found(format!("the workspace has no flow `{name}`"));
        known.iter().any(|flow| flow == name).then_some(()).ok_or_else(missing)
    }

    /// Waits for room to read a whole attempt.
    pub(crate) async fn heavy(&self) -> Option<SemaphorePermit<'_>> {
        self.heavy.acquire().await.ok()
    }

    /// Waits for room to search a log.
    pub(crate) async fn searching(&self) -> Option<SemaphorePermit<'_>> {
        self.searches.acquire().await.ok()
    }

    /// An attempt of a bake without its tasks; -1 is the last.
    pub(crate) async fn attempt(&self, bake: &str, number: i64) -> Result<Attempt, Problem> {
        let row = self.engine.find_bake(bake).await?;
        if number == -1 || number == i64::from(row.attempt.number) {
            return Ok(row.attempt);
        }
        let attempts = self.engine.attempts(&row.bake.id).await?;
        let found = attempts.into_iter().find(|attempt| i64::from(attempt.number) == number);
        found.ok_or_else(|| EngineError::UnknownAttempt { bake: bake.to_owned(), number }.into())
    }
}

/// A console that listens, and serves as soon as it is told to.
#[derive(Debug)]
pub struct Console {
    shared: Arc<Shared>,
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<RustlsConfig>,
}

impl Console {
    /// Listens. Errors: [`ConsoleError`]; nothing is served then.
    pub async fn bind(
        engine: Engine,
        source: Option<Arc<dyn ConfigSource>>,
        options: Options,
    ) -> Result<Self, ConsoleError> {
        if !options.bind.is_loopback() && options.tls.is_none() && !options.insecure {
            return Err(ConsoleError::Unprotected(options.bind));
        }
        let tokens = Tokens::open(&options.tokens)?;
        let tls = match &options.tls {
            Some(files) => Some(certificate(files).await?),
            None => None,
        };
        let wanted = SocketAddr::new(options.bind, options.port);
        let listen = || {
            let listener = TcpListener::bind(wanted)?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let failed = |error: std::io::Error| ConsoleError::Listen { address: wanted, message: error.to_string() };
        let (listener, address) = listen().map_err(failed)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let gate = Gate::new(GateOptions {
            tokens,
            clock: Arc::clone(&clock),
            hosts: hosts(address, &options.hosts),
            port: address.port(),
            tls: tls.is_some(),
            read_only: options.read_only,
        });
        let feed = Feed::new(engine.clone()).await?;
        let shared = Arc::new(Shared {
            engine,
            source,
            engine_log: options.engine_log,
            clock,
            gate: Arc::new(gate),
            feed,
            viewers: Arc::new(Semaphore::new(VIEWERS)),
            started: Mutex::new(Recent::new(STARTS)),
            started_live: Mutex::new(Recent::new(STARTS)),
            expectations: Recent::new(EXPECTATIONS),
            rendered: Rendered::new(),
            heavy: Semaphore::new(HEAVY),
            searches: Semaphore::new(SEARCHES),
        });
        Ok(Console { shared, listener, address, tls })
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address for a browser; its code lets one in, once, as an operator.
    pub fn entrance(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let host = match self.address.ip() {
            ip if ip.is_unspecified() => SocketAddr::new(loopback(ip), self.address.port()),
            _ => self.address,
        };
        let visitor = Visitor { role: Role::Operator, name: Role::Operator.word().into() };
        format!("{scheme}://{host}/enter?code={}", self.shared.gate.sessions.code(visitor))
    }

    /// Serves until the future is dropped. Errors: `Stopped`.
    pub async fn serve(self) -> Result<(), ConsoleError> {
        let Console { shared, listener, address: _, tls } = self;
        let routes = routes(Arc::clone(&shared)).into_make_service();
        let stopped = |error: std::io::Error| ConsoleError::Stopped(error.to_string());
        let serve = async {
            if let Some(tls) = tls {
                let mut server = axum_server::from_tcp_rustls(listener, tls).map_err(stopped)?;
                server.http_builder().http1().max_buf_size(BUFFER);
                server.serve(routes).await
            } else {
                let mut server = axum_server::from_tcp(listener).map_err(stopped)?;
                server.http_builder().http1().max_buf_size(BUFFER);
                server.serve(routes).await
            }
            .map_err(stopped)
        };
        let feed = async {
            loop {
                // Viewers keep what they have, and go on when the store is back.
                let _ = shared.feed.run().await;
                tokio::time::sleep(AGAIN).await;
            }
        };
        tokio::select! {
            served = serve => served,
            never = feed => never,
        }
    }
}

fn loopback(like: IpAddr) -> IpAddr {
    match like {
        IpAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    }
}

/// The hosts that a request may name: this machine's own names for itself, the address, and what was allowed.
fn hosts(address: SocketAddr, more: &[String]) -> Vec<String> {
    let port = address.port();
    let own = ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{port}"));
    let more = more.iter().flat_map(|name| [name.clone(), format!("{name}:{port}")]);
    own.into_iter().chain([address.to_string()]).chain(more).collect()
}

async fn certificate(files: &Tls) -> Result<RustlsConfig, ConsoleError> {
    // A second call finds the first one's; either way there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = RustlsConfig::from_pem_file(&files.certificate, &files.key).await;
    config.map_err(|error| ConsoleError::Tls {
        certificate: files.certificate.display().to_string(),
        key: files.key.display().to_string(),
        message: error.to_string(),
    })
}

fn routes(shared: Arc<Shared>) -> Router {
    let gate = Arc::clone(&shared.gate);
    let api = api::router().layer(middleware::from_fn_with_state(Arc::clone(&gate), gate::api));
    let pages = Router::new()
        .fallback(get(async || page::page()))
        .layer(middleware::from_fn_with_state(Arc::clone(&gate), gate::pages));
    Router::new()
        .nest("/api/v1", api)
        .route("/assets/{file}", get(page::file))
        .route("/enter", get(enter).post(enter_with_token))
        .route("/leave", post(leave))
        .fallback_service(pages)
        .layer(CompressionLayer::new().gzip(true))
        .layer(RequestBodyLimitLayer::new(BODY))
        .layer(middleware::from_fn_with_state(gate, gate::outer))
        .with_state(shared)
}

/// What the printed address carries.
#[derive(Debug, Deserialize)]
struct Code {
    code: Option<String>,
}

/// What the form sends.
#[derive(Debug, Deserialize)]
struct Token {
    token: String,
}

/// Exchanges the code for a cookie, and leads away from the address that held it.
async fn enter(State(shared): State<Arc<Shared>>, asked: crate::problem::Query<Code>) -> Response {
    let Some(code) = asked.0.code else { return page::enter() };
    match shared.gate.sessions.exchange(&code) {
        Some(visitor) => welcome(&shared, visitor),
        None => match shared.gate.guessed("this code is used up or too old") {
            problem if problem.is_unauthorized() => page::enter(),
            problem => problem.into_response(),
        },
    }
}

/// Exchanges a token for a cookie.
async fn enter_with_token(State(shared): State<Arc<Shared>>, headers: HeaderMap, Form(form): Form<Token>) -> Response {
    if let Err(problem) = shared.gate.check_form(&headers) {
        return problem.into_response();
    }
    match shared.gate.token(form.token.trim()) {
        Ok(visitor) => welcome(&shared, visitor),
        Err(problem) if problem.is_unauthorized() => page::enter(),
        Err(problem) => problem.into_response(),
    }
}

fn welcome(shared: &Shared, visitor: Visitor) -> Response {
    let cookie = shared.gate.sessions.begin(visitor);
    ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}

/// Forgets the browser.
async fn leave(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if let Err(problem) = shared.gate.check_form(request.headers()) {
        return problem.into_response();
    }
    let cookie = shared.gate.sessions.end(request.headers());
    (StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}
