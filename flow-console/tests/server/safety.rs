//! Who may come in: one test for each rule of the gate.

use std::os::unix::fs::PermissionsExt;

use flow_console::{Console, ConsoleError, Tokens, TokensError};
use serde_json::json;

use crate::kit::{Running, console, console_with, cookie_of, engine, headers, options, refused};

#[tokio::test]
async fn nothing_is_told_without_a_token() {
    let running = console().await;
    for path in ["/about", "/workloads", "/events", "/openapi.json", "/nowhere"] {
        let answer = running.client.get(running.url(&format!("/api/v1{path}"))).send().await.unwrap();
        assert_eq!(refused(answer).await, 401, "{path}");
    }
    let answer = running.client.get(running.url("/api/v1/about")).bearer_auth("0".repeat(64)).send().await.unwrap();
    assert_eq!(refused(answer).await, 401);
    let page = running.client.get(running.url("/bakes/x")).send().await.unwrap();
    assert_eq!(page.status(), 401, "the page itself asks for a token");
}

#[tokio::test]
async fn the_printed_code_lets_one_browser_in_once() {
    let running = console().await;
    let answer = running.client.get(&running.entrance).send().await.unwrap();
    assert_eq!(answer.status(), 303);
    assert_eq!(answer.headers()["location"], "/", "the code is led away from the address");
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="] {
        assert!(set.contains(part), "{set}");
    }
    let cookie = cookie_of(&answer);
    let about = running.client.get(running.url("/api/v1/about")).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(about.status(), 200);
    let again = running.client.get(&running.entrance).send().await.unwrap();
    assert_eq!(again.status(), 401, "a second use lets nobody in");
    assert!(again.headers().get("set-cookie").is_none());
}

#[tokio::test]
async fn a_viewer_looks_and_an_operator_steers() {
    let running = console().await;
    let post = |token: &str| {
        let url = running.url("/api/v1/cache/clear");
        running.client.post(url).bearer_auth(token).json(&json!({})).send()
    };
    let about = running.client.get(running.url("/api/v1/about")).bearer_auth(&running.viewer).send().await.unwrap();
    assert_eq!(about.json::<serde_json::Value>().await.unwrap()["role"], "viewer");
    assert_eq!(refused(post(&running.viewer).await.unwrap()).await, 403);
    assert_eq!(post(&running.operator).await.unwrap().status(), 200);
}

/// The addresses of everything that changes something, by the description, with names that nothing has.
async fn changes(running: &Running) -> Vec<String> {
    let description = running.json("/openapi.json").await;
    let paths = description["paths"].as_object().unwrap();
    let named = |path: &String| path.replace("{number}", "1").replace(['{', '}'], "");
    let found: Vec<_> = paths.iter().filter(|(_, of)| of.get("post").is_some()).map(|(path, _)| named(path)).collect();
    assert!(found.len() >= 9, "{found:?}");
    found
}

#[tokio::test]
async fn a_viewer_changes_nothing_at_all() {
    let running = console().await;
    for path in changes(&running).await {
        let url = running.url(&format!("/api/v1{path}"));
        let answer = running.client.post(url).bearer_auth(&running.viewer).json(&json!({})).send().await.unwrap();
        assert_eq!(refused(answer).await, 403, "{path}");
    }
}

#[tokio::test]
async fn read_only_binds_operators_too() {
    let running = console_with(|options| options.read_only = true).await;
    for path in changes(&running).await {
        assert_eq!(refused(running.post(&path, &json!({})).send().await.unwrap()).await, 403, "{path}");
    }
    let about = running.json("/about").await;
    assert_eq!((about["role"].as_str(), about["read_only"].as_bool()), (Some("viewer"), Some(true)));
}

#[tokio::test]
async fn only_known_hosts_are_answered() {
    let running = console_with(|options| options.hosts = vec!["flow.example".into()]).await;
    let port = running.base.rsplit(':').next().unwrap().to_owned();
    let ask = |host: String| running.get("/about").header("host", host).send();
    for host in ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example"] {
        assert_eq!(refused(ask(host.to_owned()).await.unwrap()).await, 421, "{host}");
    }
    for host in [format!("localhost:{port}"), format!("LOCALHOST:{port}"), "flow.example".into()] {
        assert_eq!(ask(host.clone()).await.unwrap().status(), 200, "{host}");
    }
}

#[tokio::test]
async fn a_foreign_page_changes_and_reads_nothing() {
    let running = console().await;
    let cookie = running.cookie().await;
    let post = |pairs: &[(&'static str, &str)]| {
        let url = running.url("/api/v1/cache/clear");
        running.client.post(url).header("cookie", &cookie).headers(headers(pairs)).json(&json!({})).send()
    };
    let own = running.base.clone();
    let foreign: &[&[(&str, &str)]] = &[
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", &own), ("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "none")],
        // A browser that says nothing of itself cannot be told from a foreign page.
        &[],
    ];
    for pairs in foreign {
        assert_eq!(refused(post(pairs).await.unwrap()).await, 403, "{pairs:?}");
    }
    assert_eq!(post(&[("origin", &own), ("sec-fetch-site", "same-origin")]).await.unwrap().status(), 200);
    assert_eq!(post(&[("origin", &own)]).await.unwrap().status(), 200);
    // So browsers send the forms of a page that sends no referrers.
    assert_eq!(post(&[("origin", "null"), ("sec-fetch-site", "same-origin")]).await.unwrap().status(), 200);
    let url = running.url("/api/v1/about");
    let read = running.client.get(url).header("cookie", &cookie).header("sec-fetch-site", "cross-site");
    assert_eq!(refused(read.send().await.unwrap()).await, 403);
}

#[tokio::test]
async fn forms_of_foreign_pages_let_nobody_in() {
    let running = console().await;
    let post = |pairs: &[(&'static str, &str)], token: &str| {
        let form = format!("token={token}");
        let request = running.client.post(running.url("/enter")).headers(headers(pairs)).body(form);
        request.header("content-type", "application/x-www-form-urlencoded").send()
    };
    let own = running.base.clone();
    assert_eq!(post(&[("origin", "https://evil.example")], &running.viewer).await.unwrap().status(), 403);
    assert_eq!(post(&[("origin", &own)], "wrong").await.unwrap().status(), 401);
    let answer = post(&[("origin", &own)], &running.viewer).await.unwrap();
    assert_eq!(answer.status(), 303);
    let cookie = cookie_of(&answer);
    let about = running.client.get(running.url("/api/v1/about")).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(about.json::<serde_json::Value>().await.unwrap()["role"], "viewer");
    let leave = running.client.post(running.url("/leave")).header("cookie", &cookie).header("origin", &own);
    assert_eq!(leave.send().await.unwrap().status(), 303);
    let gone = running.client.get(running.url("/api/v1/about")).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(gone.status(), 401);
}

#[tokio::test]
async fn each_answer_forbids_what_pages_do_not_need() {
    let running = console().await;
    let cookie = running.cookie().await;
    let refusal = running.client.get(running.url("/api/v1/about")).send().await.unwrap();
    let page = running.client.get(running.url("/")).header("cookie", &cookie).send().await.unwrap();
    for answer in [running.get("/about").send().await.unwrap(), refusal, page] {
        let is = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
        assert_eq!(is("referrer-policy"), "no-referrer");
        assert_eq!(is("x-content-type-options"), "nosniff");
        assert_eq!(is("x-frame-options"), "DENY");
        assert_eq!(is("cross-origin-resource-policy"), "same-origin");
        assert_eq!(is("cross-origin-opener-policy"), "same-origin");
        let policy = is("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert!(is("access-control-allow-origin").is_empty(), "no other origin may read");
    }
}

#[tokio::test]
async fn large_bodies_are_refused() {
    let running = console().await;
    let body = json!({ "flow": "x".repeat(300 * 1024) });
    let answer = running.post("/cache/clear", &body).send().await.unwrap();
    assert_eq!(answer.status(), 413);
}

#[tokio::test]
async fn guesses_are_bounded() {
    let running = console().await;
    let mut last = 0;
    for _ in 0..60 {
        let guess = running.client.get(running.url("/api/v1/about")).bearer_auth("guess").send().await.unwrap();
        last = guess.status().as_u16();
        if last == 429 {
            break;
        }
        assert_eq!(last, 401);
    }
    assert_eq!(last, 429);
    assert_eq!(running.get("/about").send().await.unwrap().status(), 200, "who has a token is not kept out");
}

#[tokio::test]
async fn changes_are_bounded() {
    let running = console().await;
    let mut statuses = Vec::new();
    for _ in 0..200 {
        let answer = running.post("/bakes/none/cancel", &json!({})).send().await.unwrap();
        statuses.push(answer.status().as_u16());
        if statuses.last() == Some(&429) {
            break;
        }
    }
    assert_eq!(statuses.first(), Some(&404));
    assert_eq!(statuses.last(), Some(&429));
}

#[tokio::test]
async fn tokens_stand_in_an_owner_only_file() {
    let running = console().await;
    let path = running.folder.path().join("tokens");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(running.viewer.len() == 64 && running.operator.len() == 64 && running.viewer != running.operator);
    assert!(!format!("{:?}", Tokens::open(&path).unwrap()).contains(&running.viewer), "digests only in memory");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(Tokens::open(&path), Err(TokensError::Open { .. })));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let token = "0123456789abcdef".repeat(4);
    let wrong = ["viewer = short", "owner = {}", "operator two names = {}", "viewer a/b = {}", "{}", "viewer {}"];
    for line in wrong {
        std::fs::write(&path, format!("# a comment\n\n{}\n", line.replace("{}", &token))).unwrap();
        assert!(matches!(Tokens::open(&path), Err(TokensError::Line { line: 3, .. })), "{line}");
    }
    std::fs::write(&path, format!("operator = {token}\nviewer ben = {token}\n")).unwrap();
    assert!(matches!(Tokens::open(&path), Err(TokensError::Malformed { .. })));
}

#[tokio::test]
async fn what_is_done_is_recorded_under_the_name_of_the_token() {
    let (viewer, operator, ben) = ("1".repeat(64), "2".repeat(64), "3".repeat(64));
    let text = format!("viewer = {viewer}\noperator = {operator}\noperator ben = {ben}\n");
    let running = console_with(|options| {
        std::fs::write(&options.tokens, text).unwrap();
        std::fs::set_permissions(&options.tokens, std::fs::Permissions::from_mode(0o600)).unwrap();
    })
    .await;
    let start = async |token: &str, path: &str, wish: serde_json::Value| {
        let request = running.client.post(running.url(&format!("/api/v1{path}"))).bearer_auth(token).json(&wish);
        request.send().await.unwrap().json::<serde_json::Value>().await.unwrap()
    };
    let bake = start(&ben, "/bakes", json!({ "flow": "train" })).await["bake"].as_str().unwrap().to_owned();
    let job = start(&ben, "/live", json!({ "job": "serve" })).await["id"].as_str().unwrap().to_owned();
    start(&operator, &format!("/live/{job}/kill"), json!({})).await;
    let name = "ada (console: ben)";
    // The command and Python read what the engine has.
    assert_eq!(running.engine.find_bake(&bake).await.unwrap().bake.by, name);
    let job = flow_core::model::LiveJobId::new(job.as_str());
    assert_eq!(running.engine.live_job(&job).await.unwrap().job().order.by, name);
    running.engine.drive_live(&job).await.unwrap();
    let found = running.engine.live_job(&job).await.unwrap();
    assert_eq!(found.job().cancel.as_ref().map(|mark| mark.by.as_str()), Some("ada (console: operator)"));
    let about = running.client.get(running.url("/api/v1/about")).bearer_auth(&ben).send().await.unwrap();
    assert_eq!(about.json::<serde_json::Value>().await.unwrap()["user"], name);
    // A browser that came in with the token does what it does under that name too.
    let form = running.client.post(running.url("/enter")).header("origin", &running.base).body(format!("token={ben}"));
    let form = form.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    let about =
        running.client.get(running.url("/api/v1/about")).header("cookie", cookie_of(&form)).send().await.unwrap();
    assert_eq!(about.json::<serde_json::Value>().await.unwrap()["user"], name);
}

#[tokio::test]
async fn other_addresses_want_tls_or_a_flag() {
    let folder = tempfile::tempdir().unwrap();
    let mut wanted = options(folder.path());
    wanted.bind = std::net::Ipv4Addr::UNSPECIFIED.into();
    let refused = Console::bind(engine().0, None, wanted.clone()).await;
    assert!(matches!(refused, Err(ConsoleError::Unprotected(_))));
    wanted.tls = Some(flow_console::Tls { certificate: folder.path().join("none"), key: folder.path().join("none") });
    let refused = Console::bind(engine().0, None, wanted.clone()).await;
    assert!(matches!(refused, Err(ConsoleError::Tls { .. })));
    wanted.tls = None;
    wanted.insecure = true;
    assert!(Console::bind(engine().0, None, wanted).await.is_ok());
}

#[tokio::test]
async fn what_a_task_prints_is_never_a_page() {
    let running = console().await;
    let html = "<script>window.hacked = 1</script><h1>hello</h1>\n";
    running.executor.script("load", [flow_engine::testing::Script::prints(html)]);
    running.bake().await;
    let log = "/bakes/nightly/attempts/1/tasks/load/log";
    for (path, kind) in [(log.to_owned(), "application/json"), (format!("{log}/download"), "text/plain; charset=utf-8")]
    {
        let answer = running.get(&path).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], kind, "{path}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
        assert!(answer.text().await.unwrap().contains("hacked"), "{path}");
    }
    let download = running.get(&format!("{log}/download")).send().await.unwrap();
    assert!(download.headers()["content-disposition"].to_str().unwrap().starts_with("attachment;"));
}

/// What a TLS server on this port answers to one request, with a certificate that the client trusts.
fn ask_over_tls(port: u16, certificate: &std::path::Path, request: &str) -> String {
    use rustls::pki_types::pem::PemObject;
    use std::io::{Read as _, Write as _};
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let mut connection = rustls::ClientConnection::new(std::sync::Arc::new(config), name).unwrap();
    let mut socket = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut stream = rustls::Stream::new(&mut connection, &mut socket);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A server that closes without a goodbye has still answered.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn with_a_certificate_it_serves_tls_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server/tls").join(name);
    let mut wanted = options(folder.path());
    wanted.tls = Some(flow_console::Tls { certificate: place("certificate.pem"), key: place("key.pem") });
    let console = Console::bind(engine().0, None, wanted).await.unwrap();
    let (port, entrance) = (console.address().port(), console.entrance());
    let path = entrance.strip_prefix(&format!("https://127.0.0.1:{port}")).expect("an address with TLS").to_owned();
    let serving = tokio::spawn(console.serve());
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    let asked = tokio::task::spawn_blocking(move || ask_over_tls(port, &place("certificate.pem"), &request));
    let answer = asked.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    let cookie = answer.lines().find(|line| line.to_lowercase().starts_with("set-cookie:")).expect("a cookie");
    assert!(cookie.contains("__Host-") && cookie.contains("; Secure"), "{cookie}");
    assert!(reqwest::get(format!("http://127.0.0.1:{port}/")).await.is_err(), "no plain answer");
    serving.abort();
}
