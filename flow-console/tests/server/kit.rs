//! A console on a loopback port, over a scripted engine in memory.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use flow_console::{Console, Options};
use flow_core::model::AttemptId;
use flow_core::port::{Clock, ConfigSource};
use flow_engine::source::MemorySource;
use flow_engine::store::MemoryStore;
use flow_engine::sys::SystemClock;
use flow_engine::testing::ScriptedExecutor;
use flow_engine::{BakeRequest, Engine, FixedGit};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;

/// A flow with a group, a call-free chain and a param.
pub(crate) const FLOW: &str = "kind: batch
title: Training
params:
  rate: {default: '0.1', descr: how fast it learns}
tasks:
  - id: load
    image: ubuntu
    cmd: load --from storage
    env: {API_TOKEN: hush, PLAIN: shown}
  - id: fit
    needs: [load]
    image: ubuntu
    cmd: fit ${{ params.rate }}
  - id: report
    needs: [fit]
    image: ubuntu
    cmd: report
";

/// A live flow with a job that serves and one that may run many times.
pub(crate) const LIVE: &str = "kind: live
jobs:
  serve:
    title: The server
    image: ubuntu
    params: {port: {default: '8080', descr: where it listens}}
    cmd: serve --port ${{ params.port }}
    env: {API_TOKEN: hush, PLAIN: shown}
    life_span: 1h
  shell:
    image: ubuntu
    multi: true
    cmd: sh ${{ multi.args }}
";

/// A running console.
pub(crate) struct Running {
    pub(crate) engine: Engine,
    pub(crate) executor: Arc<ScriptedExecutor>,
    pub(crate) source: Arc<dyn ConfigSource>,
    pub(crate) base: String,
    pub(crate) entrance: String,
    pub(crate) client: Client,
    pub(crate) viewer: String,
    pub(crate) operator: String,
    pub(crate) folder: tempfile::TempDir,
    _serving: Serving,
}

/// Ends the server with the test.
struct Serving(tokio::task::JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(crate) fn options(folder: &Path) -> Options {
    Options {
        bind: std::net::Ipv4Addr::LOCALHOST.into(),
        port: 0,
        hosts: Vec::new(),
        read_only: false,
        tls: None,
        insecure: false,
        tokens: folder.join("tokens"),
        engine_log: folder.join("engine.log"),
    }
}

pub(crate) fn engine() -> (Engine, Arc<ScriptedExecutor>) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let executor = Arc::new(ScriptedExecutor::new(Arc::clone(&clock)));
    let builder = Engine::builder().store(Arc::new(MemoryStore::new())).clock(clock).user("ada");
    // A background engine that is a harmless program: tests drive their bakes themselves.
    let builder = builder.git(Arc::new(FixedGit(None))).self_program(vec!["/bin/true".into()]);
    (builder.build(executor.clone()), executor)
}

pub(crate) async fn console() -> Running {
    console_with(|_| {}).await
}

pub(crate) async fn console_with(change: impl FnOnce(&mut Options)) -> Running {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (engine, executor) = engine();
    let source: Arc<dyn ConfigSource> = Arc::new(MemorySource::new("/srv/demo").flow("train", FLOW).flow("live", LIVE));
    let mut options = options(folder.path());
    change(&mut options);
    let console = Console::bind(engine.clone(), Some(Arc::clone(&source)), options).await.expect("it listens");
    let base = format!("http://{}", console.address());
    let entrance = console.entrance();
    let serving = tokio::spawn(async move { console.serve().await.expect("it serves") });
    let text = std::fs::read_to_string(folder.path().join("tokens")).expect("the tokens");
    let token = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} = ")));
        line.expect("a token").to_owned()
    };
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let (viewer, operator) = (token("viewer"), token("operator"));
    let serving = Serving(serving);
    Running { engine, executor, source, base, entrance, client, viewer, operator, folder, _serving: serving }
}

impl Running {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(&format!("/api/v1{path}"))).bearer_auth(&self.operator)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(self.url(&format!("/api/v1{path}"))).bearer_auth(&self.operator).json(body)
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.expect("JSON")
    }

    /// The cookie of a browser that came in by the printed address.
    pub(crate) async fn cookie(&self) -> String {
        let answer = self.client.get(&self.entrance).send().await.expect("an answer");
        cookie_of(&answer)
    }

    /// Makes a bake and drives it to its end.
    pub(crate) async fn bake(&self) -> (String, AttemptId) {
        let request = BakeRequest { batch: "train".into(), name: Some("nightly".into()), ..BakeRequest::default() };
        let created = self.engine.create_bake(self.source.as_ref(), request).await.expect("a bake");
        self.engine.drive(&created.attempt).await.expect("it ends");
        (created.bake.to_string(), created.attempt)
    }
}

pub(crate) fn cookie_of(answer: &Response) -> String {
    let value = answer.headers().get("set-cookie").expect("a cookie").to_str().expect("text");
    value.split(';').next().expect("a pair").to_owned()
}

pub(crate) fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (name.parse().expect("a name"), HeaderValue::from_str(value).expect("a value")))
        .collect()
}

/// A refusal's status, after checking that it says why in the right form.
pub(crate) async fn refused(answer: Response) -> u16 {
    let kind = answer.headers().get("content-type").map(|kind| kind.to_str().expect("text").to_owned());
    assert_eq!(kind.as_deref(), Some("application/problem+json"));
    let status = answer.status().as_u16();
    let problem: Value = answer.json().await.expect("JSON");
    assert_eq!(problem["status"], status);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{problem}");
    status
}

/// The data of the next messages of a stream, until one is of the wanted kind.
pub(crate) async fn messages(answer: &mut Response, last: &str) -> Vec<(u64, Value)> {
    let (mut text, mut found) = (String::new(), Vec::new());
    while !found.last().is_some_and(|(_, change): &(u64, Value)| change["event"] == last) {
        let chunk = tokio::time::timeout(Duration::from_secs(20), answer.chunk()).await.expect("news in time");
        text.push_str(
            std::str::from_utf8(&chunk.expect("as it should be").expect("the stream goes on"))
                .expect("as it should be"),
        );
        while let Some(end) = text.find("\n\n") {
            let message: String = text.drain(..end + 2).collect();
            assert!(message.len() < 1024, "{} bytes: {message}", message.len());
            let field = |name: &str| message.lines().find_map(|line| line.strip_prefix(name));
            let Some(data) = field("data: ") else { continue };
            let id = field("id: ").expect("as it should be").parse().expect("as it should be");
            found.push((id, serde_json::from_str(data).expect("as it should be")));
        }
    }
    found
}
