//! The console under load: a bake of many scripted tasks that many viewers watch, and a long log.
//!
//! The console is a process of its own, so its memory is its own; the bake is driven here, the viewers are here.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use flow_core::model::{AttemptId, BakeId};
use flow_core::port::Clock;
use flow_engine::source::DirectorySource;
use flow_engine::store::SqliteStore;
use flow_engine::sys::SystemClock;
use flow_engine::testing::{Script, ScriptedExecutor};
use flow_engine::{BakeRequest, Engine};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Failure;
use crate::measure::median;
use crate::once::program;

/// Who watches.
const VIEWERS: usize = 100;
/// Tasks of the bake.
const TASKS: usize = 10_000;
/// Changes after which a viewer reads the page of the attempt again.
const AGAIN: usize = 10_000;
/// Bytes of the long log.
const LOG: u64 = 1 << 30;

/// A console that runs.
struct Console {
    process: Child,
    address: String,
    token: String,
}

impl Drop for Console {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a viewer has seen.
#[derive(Default)]
struct Seen {
    changes: usize,
    longest: usize,
    pages: Vec<f64>,
    bytes: usize,
}

/// Prints the figures.
#[tokio::main]
pub(crate) async fn report() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let config = folder.path().join(".apolo");
    std::fs::create_dir(&config)?;
    let rows: Vec<String> = (1..TASKS).map(|row| row.to_string()).collect();
    let flow = format!(
        "kind: batch\ndefaults: {{max_parallel: 64, cache: {{strategy: none}}}}\ntasks:\n  - id: fan\n    image: i\n    cmd: a\n    \
         strategy: {{matrix: {{row: [{}]}}}}\n  - {{id: join, needs: [fan], image: i, cmd: b}}\n",
        rows.join(", ")
    );
    std::fs::write(config.join("fan.yml"), flow)?;
    let store = SqliteStore::open(folder.path().join("apolo-flow/flow.db"))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let executor = Arc::new(ScriptedExecutor::new(Arc::clone(&clock)));
    executor.script("join", [Script::prints("done\n")]);
    let engine = Engine::builder().store(Arc::new(store)).clock(clock).build(executor);
    let source = DirectorySource::find(folder.path())?;
    let created = engine.create_bake(&source, BakeRequest { batch: "fan".into(), ..BakeRequest::default() }).await?;
    let console = start(folder.path())?;
    let (bake, attempt) = (created.bake, created.attempt);
    viewers(&console, &engine, (&bake, &attempt)).await?;
    long_log(&console, folder.path()).await
}

fn start(folder: &Path) -> Result<Console, Failure> {
    let mut process = Command::new(program()?);
    process.args(["console", "--port", "0"]).current_dir(folder).env("XDG_DATA_HOME", folder);
    let mut process = process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut line = String::new();
    BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let address = line.trim().strip_prefix("http://").and_then(|rest| rest.split('/').next());
    let address = address.ok_or("the console does not listen")?.to_owned();
    let tokens = std::fs::read_to_string(folder.join("apolo-flow/console-tokens"))?;
    let token = tokens.lines().find_map(|line| line.strip_prefix("viewer = ")).ok_or("no token")?.to_owned();
    Ok(Console { process, address, token })
}

async fn viewers(console: &Console, engine: &Engine, (bake, attempt): (&BakeId, &AttemptId)) -> Result<(), Failure> {
    println!("console: {:.0} MB before anybody looks", peak(console)?);
    let begun = Instant::now();
    let mut watching = tokio::task::JoinSet::new();
    for number in 0..VIEWERS {
        let stream = open(console, "/events").await?;
        let (address, token) = (console.address.clone(), console.token.clone());
        let page = format!("/bakes/{bake}/attempts/1");
        watching.spawn(async move {
            watch(stream, (&address, &token), &page, number).await.map_err(|error| error.to_string())
        });
    }
    let (engine, attempt) = (engine.clone(), attempt.clone());
    let driven = tokio::spawn(async move { engine.drive(&attempt).await });
    let mut all = Seen::default();
    while let Some(seen) = watching.join_next().await {
        let seen = seen??;
        all.changes += seen.changes;
        all.bytes += seen.bytes;
        all.longest = all.longest.max(seen.longest);
        all.pages.extend(seen.pages);
    }
    let result = driven.await??.word();
    tell(&all, result, begun.elapsed().as_secs_f64());
    others(console, bake).await
}

/// What the viewers have seen.
fn tell(all: &Seen, result: &str, seconds: f64) {
    let longest = all.pages.iter().copied().fold(0.0, f64::max);
    println!("{VIEWERS} viewers of a {TASKS}-task bake ({result}): {seconds:.0} s");
    println!(
        "  {} messages, the longest {} bytes; {} attempt pages, {:.0} ms (median), {:.0} ms at most, {:.0} KB each",
        all.changes,
        all.longest,
        all.pages.len(),
        median(all.pages.iter().copied()) * 1e3,
        longest * 1e3,
        all.bytes as f64 / all.pages.len() as f64 / 1e3
    );
}

/// What other pages of the bake cost.
async fn others(console: &Console, bake: &BakeId) -> Result<(), Failure> {
    println!("  server memory: {:.0} MB at most", peak(console)?);
    for (name, path) in [
        ("graph, folded", "/graph"),
        ("graph, 10,000 boxes", "/graph?rows=10000"),
        ("estimate", "/estimate"),
        ("a task", "/tasks/join"),
    ] {
        let begun = Instant::now();
        let bytes = page((&console.address, &console.token), &format!("/bakes/{bake}/attempts/1{path}")).await?;
        println!("  {name}: {:.0} ms, {:.0} KB", begun.elapsed().as_secs_f64() * 1e3, bytes as f64 / 1e3);
    }
    println!("  server memory after all: {:.0} MB at most", peak(console)?);
    Ok(())
}

/// Follows the stream to the end of the attempt, and reads its page now and then.
async fn watch(
    mut stream: tokio::io::BufReader<TcpStream>,
    (address, token): (&str, &str),
    path: &str,
    number: usize,
) -> Result<Seen, Failure> {
    let mut seen = Seen::default();
    let mut line = String::new();
    // Not all at the same moment.
    let mut next = number * AGAIN / VIEWERS;
    let mut message = 0;
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err("the stream has ended".into());
        }
        message = if line.trim().is_empty() { 0 } else { message + line.len() };
        seen.longest = seen.longest.max(message);
        let Some(data) = line.strip_prefix("data: ") else { continue };
        seen.changes += 1;
        let is_over = data.contains("\"event\":\"attempt_ended\"");
        if seen.changes >= next || is_over {
            next = seen.changes + AGAIN;
            let begun = Instant::now();
            seen.bytes += page((address, token), path).await?;
            seen.pages.push(begun.elapsed().as_secs_f64());
        }
        if is_over {
            return Ok(seen);
        }
    }
}

async fn ask((address, token): (&str, &str), path: &str) -> Result<tokio::io::BufReader<TcpStream>, Failure> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "GET /api/v1{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nAccept-Encoding: gzip\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut stream = tokio::io::BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    if !line.contains(" 200 ") {
        return Err(format!("{path}: {}", line.trim()).into());
    }
    Ok(stream)
}

async fn open(console: &Console, path: &str) -> Result<tokio::io::BufReader<TcpStream>, Failure> {
    ask((&console.address, &console.token), path).await
}

/// Reads a whole answer; how many bytes came.
async fn page(console: (&str, &str), path: &str) -> Result<usize, Failure> {
    let mut stream = ask(console, path).await?;
    let mut bytes = Vec::new();
    Ok(stream.read_to_end(&mut bytes).await?)
}

/// How a log of a gigabyte opens. A real task writes it; its last line but one is the only error.
async fn long_log(console: &Console, folder: &Path) -> Result<(), Failure> {
    let script = format!("yes {} | head -c {LOG}; echo; echo an error; echo done", "x".repeat(127));
    let flow = format!("kind: batch\ntasks:\n  - {{id: long, image: i, cmd: \"bash -c '{script}'\"}}\n");
    std::fs::write(folder.join(".apolo/long.yml"), flow)?;
    let mut bake = Command::new(program()?);
    bake.args(["bake", "long", "--name", "long"]).current_dir(folder).env("XDG_DATA_HOME", folder);
    let status = bake.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if !status.success() {
        return Err(format!("the bake of the log ended with {status}").into());
    }
    for (name, query) in [("its end", ""), ("its middle", "?from=536870912"), ("the first error", "/first-error")] {
        let begun = Instant::now();
        let path = format!("/bakes/long/attempts/1/tasks/long/log{query}");
        let bytes = page((&console.address, &console.token), &path).await?;
        println!("a log of 1 GB, {name}: {:.0} ms, {bytes} bytes", begun.elapsed().as_secs_f64() * 1e3);
    }
    println!("  server memory after all: {:.0} MB at most", peak(console)?);
    crate::fan::stop_supervisor(&folder.join("apolo-flow/local"))
}

/// The most memory that the console has had, in megabytes.
fn peak(console: &Console) -> Result<f64, Failure> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", console.process.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024.0)
}
