//! Live jobs for real: run, found, attached to, ended, and nothing lost with an engine or a terminal.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::Value;

use crate::kit::{Gate, Place};
use crate::terminal::OnTerminal;

const BATCH: &str = "  - {id: a, image: any, bash: echo x}\n";

/// A workspace with these jobs.
fn place(jobs: &str) -> Place {
    let place = Place::new(BATCH);
    place.write(".apolo/live.yml", &format!("kind: live\njobs:\n{jobs}"));
    place
}

/// A job that waits at a gate and then ends with 7.
const GATED: &str = "  gated: {image: any, bash: 'echo at work; read go < gate; echo over; exit 7'}\n";

fn gated() -> (Place, Gate) {
    let place = place(GATED);
    let gate = place.gate("gate");
    (place, gate)
}

fn status(place: &Place, job: &str) -> Value {
    place.run(&format!("status {job} --json")).expect(0).json()
}

/// Kills the engine of a live job, and waits until it is gone.
fn kill_engine(id: &str) {
    let of_engine = |path: &std::path::PathBuf| {
        let line = std::fs::read(path.join("cmdline")).unwrap_or_default();
        let arguments: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        arguments.contains(&b"__engine".as_slice()) && arguments.contains(&id.as_bytes())
    };
    let processes = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let pid = processes.filter(|path| of_engine(path)).find_map(|path| path.file_name()?.to_str()?.parse().ok());
    let pid = rustix::process::Pid::from_raw(pid.unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[test]
fn a_job_is_attached_to_and_its_exit_code_is_ours() {
    // DEC-27, LIV-20, LIV-30.
    let place = place(
        "  fails: {image: any, title: Fails, tags: [mine], bash: 'echo one; echo two >&2; exit 7'}\n  never: {image: any}\n",
    );
    let ran = place.run("run fails").expect(7);
    assert_eq!(ran.out, "one\ntwo\n");
    assert!(ran.err.contains("fails failed (exit code 7)"), "{ran:#?}");
    let found = status(&place, "fails");
    let word = |name: &str| found[name].as_str().unwrap().to_owned();
    assert_eq!((word("status"), word("standing"), word("title")), ("failed".into(), "ended".into(), "Fails".into()));
    assert_eq!((word("name"), found["exit_code"].as_i64()), ("w-fails".to_owned(), Some(7)));
    let tags: Vec<&str> = found["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect();
    assert_eq!(tags, ["flow:live", "job:fails", "mine", "project:w"]);
    let listed = place.run("ps --json").expect(0).json();
    let jobs: Vec<_> = listed["jobs"].as_array().unwrap().iter().collect();
    assert_eq!((jobs[0]["status"].as_str(), jobs[1]["status"].as_str()), (Some("failed"), Some("unknown")));
    assert_eq!(place.run("logs fails").expect(0).out, "one\ntwo\n");
    assert_eq!(place.run("logs fails --tail 1").expect(0).out, "two\n");
    let last = place.run("logs fails --json --offset 4").expect(0).json();
    assert_eq!((last["text"].as_str(), last["task"].as_str()), (Some("two"), Some("fails")));
    assert!(place.run("status never").expect(1).err.contains("is not running"));
    assert!(place.run("run nothing").expect(1).err.contains("`fails`"), "the jobs are named");
}

#[test]
fn a_detached_job_runs_on_and_is_killed() {
    // LIV-32, LIV-33.
    let (place, _gate) = gated();
    let id = place.run("run gated --detach").expect(0).out;
    let mut logs = place.command("logs gated -f").stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut first = [0; 8];
    logs.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(&first, b"at work\n");
    assert_eq!(status(&place, id.trim())["status"], "running");
    assert_eq!(place.run("kill gated").expect(0).out, "Killed job gated\n");
    assert!(logs.wait().unwrap().success(), "who follows a log comes to its end");
    assert_eq!(status(&place, "gated")["status"], "cancelled");
    assert_eq!(place.run("kill gated").expect(0).out, "Job gated is not running\n");
    assert_eq!(place.run("kill ALL").expect(0).out, "");
    place.run("run gated --detach").expect(0);
    assert_eq!(place.run("kill ALL").expect(0).out, "Killed job gated\n");
    place.run("kill ALL x").expect(2);
}

#[test]
fn two_runs_at_the_same_time_give_one_job() {
    let (place, gate) = gated();
    let start = || place.command("run gated --json").stdout(std::process::Stdio::piped()).spawn().unwrap();
    let runs = [start(), start(), start()].map(|run| run.wait_with_output().unwrap());
    let ids = runs.map(|run| serde_json::from_slice::<Value>(&run.stdout).unwrap()["id"].as_str().unwrap().to_owned());
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    // Attaching shows the output from the start on, whoever started it.
    let mut attached = place.start("run gated");
    attached.hear(&["connecting"]);
    gate.open();
    let ran = attached.end().expect(7);
    assert_eq!(ran.out, "at work\nover\n");
    assert_eq!(place.run("ps --all --json").expect(0).json()["jobs"].as_array().unwrap().len(), 1);
}

#[test]
fn a_job_outlives_its_engine_and_is_taken_up_again() {
    let (place, gate) = gated();
    let id = place.run("run gated --detach").expect(0).out.trim().to_owned();
    while status(&place, "gated")["status"] != "running" {}
    kill_engine(&id);
    // The lease of a dead process is over at once: nobody waits for it.
    while status(&place, "gated")["status"] != "stalled" {}
    assert!(place.run("ps").expect(0).out.contains("stalled"));
    let mut attached = place.start("run gated");
    attached.hear(&["gated is stalled"]);
    gate.open();
    let ran = attached.end().expect(7);
    assert_eq!(ran.out, "at work\nover\n");
    let found = status(&place, "gated");
    assert_eq!((found["id"].as_str(), found["exit_code"].as_i64()), (Some(id.as_str()), Some(7)));
    assert_eq!(found["tries"].as_array().unwrap().len(), 1, "it was not started again");
}

#[test]
fn the_death_of_the_engine_is_noticed_by_who_is_attached() {
    let (place, gate) = gated();
    let mut attached = place.start("run gated");
    while place.run("ps --json").expect(0).json()["jobs"][0]["status"] != "running" {}
    kill_engine(status(&place, "gated")["id"].as_str().unwrap());
    attached.hear(&["another one takes it up"]);
    gate.open();
    assert_eq!(attached.end().expect(7).out, "at work\nover\n");
}

#[test]
fn a_stalled_job_is_killed_all_the_same() {
    let (place, _gate) = gated();
    let id = place.run("run gated --detach").expect(0).out.trim().to_owned();
    while status(&place, "gated")["status"] != "running" {}
    kill_engine(&id);
    while status(&place, "gated")["status"] != "stalled" {}
    place.run("kill gated").expect(0);
    assert_eq!(status(&place, "gated")["status"], "cancelled");
}

#[test]
fn restart_policies_and_life_spans_are_kept() {
    let place = place(
        "  flaky: {image: any, restart: on-failure, bash: 'echo start $APOLO_FLOW_TRY; test $APOLO_FLOW_TRY -ge 2'}\n  long: {image: any, restart: always, life_span: 1s, cmd: sleep 100}\n",
    );
    let ran = place.run("run flaky").expect(0);
    assert_eq!(ran.out, "start 1\nstart 2\n");
    assert!(ran.err.contains("it is started again in"), "{ran:#?}");
    let ran = place.run("run long");
    assert!(ran.err.contains("life_span"), "{ran:#?}");
    assert_eq!(status(&place, "long")["status"], "failed");
}

#[test]
fn a_multi_job_has_suffixes_and_arguments() {
    // LIV-13, LIV-20, LIV-24.
    let place = place(
        "  many: {image: any, multi: true, params: {rate: '1'}, cmd: 'echo ${{ multi.suffix }} ${{ multi.args }} ${{ params.rate }}'}\n  one: {image: any}\n",
    );
    assert_eq!(place.run("run many -s A_1 -p rate 2 -- --epochs 3").expect(0).out, "A_1 --epochs 3 2\n");
    assert_eq!(status(&place, "many A_1")["name"], "w-many-A-1");
    place.run("run many").expect(0);
    assert_eq!(place.run("ps --json").expect(0).json()["jobs"].as_array().unwrap().len(), 3);
    assert!(place.run("logs many").expect(2).err.contains("`many A_1`"));
    assert_eq!(place.run("logs many A_1").expect(0).out, "A_1 --epochs 3 2\n");
    assert!(place.run("run one -- x").expect(4).err.contains("takes no arguments"));
    assert!(place.run("run many -p nope 1").expect(4).err.contains("nope"));
}

#[test]
fn a_name_of_both_kinds_is_asked_back() {
    let place = place("  same: {image: any, bash: echo the job}\n");
    place.run("bake b -n same --local-executor").expect(0);
    place.run("run same").expect(0);
    let told = place.run("logs same").expect(2).err;
    assert!(told.contains("`same` is a bake and a live job") && told.contains("logs --live same"), "{told}");
    assert_eq!(place.run("logs --live same").expect(0).out, "the job\n");
    assert_eq!(place.run("logs same/a").expect(0).out, "x\n");
}

#[test]
fn a_task_with_pass_config_starts_a_live_job() {
    // MCH-1.
    let place = Place::new(
        "  - {id: start, image: any, pass_config: true, workdir: /, bash: apolo-flow run gated --detach --json}\n",
    );
    place.write(".apolo/live.yml", &format!("kind: live\njobs:\n{GATED}"));
    let gate = place.gate("gate");
    place.run("bake b -n x --local-executor").expect(0);
    // The task is over, and what it started is not.
    let mut attached = place.start("run gated");
    attached.hear(&["connecting"]);
    gate.open();
    assert_eq!(attached.end().expect(7).out, "at work\nover\n");
}

#[test]
fn what_is_typed_or_piped_reaches_the_job() {
    let place = place("  reads: {image: any, bash: 'read name; echo hello $name; cat; echo end'}\n");
    let mut command = place.command("run reads");
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"ada\nmore\n").unwrap();
    drop(input);
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success());
    // The end of our input is the end of the job's.
    assert_eq!(String::from_utf8(ended.stdout).unwrap(), "hello ada\nmore\nend\n");
}

#[test]
fn a_command_runs_beside_a_job() {
    let place = place("  gated: {image: any, env: {WHO: the job}, bash: 'echo at work; read go < gate'}\n");
    let gate = place.gate("gate");
    let mut attached = place.start("run gated");
    while place.run("ps --json").expect(0).json()["jobs"][0]["status"] != "running" {}
    let mut command = place.command("exec gated --");
    let ended = command.args(["bash", "-c", "echo beside $WHO; exit 5"]).output().unwrap();
    assert_eq!((ended.status.code(), &*ended.stdout), (Some(5), &b"beside the job\n"[..]));
    gate.open();
    attached.child.wait().unwrap();
    assert!(place.run("exec gated -- true").expect(1).err.contains("is not running"));
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

const SERVER: &str = "import socket\ns = socket.create_server(('127.0.0.1', PORT))\nprint('ready', flush=True)\nwhile True:\n    c, _ = s.accept()\n    c.sendall(c.recv(99).upper())\n    c.close()\n";

#[test]
fn ports_are_forwarded_as_long_as_the_job_runs() {
    let (local, remote) = (free_port(), free_port());
    let place = place(&format!(
        "  echo: {{image: any, http_port: {remote}, port_forward: ['{local}:{remote}'], cmd: python3 server.py}}\n"
    ));
    place.write("server.py", &SERVER.replace("PORT", &remote.to_string()));
    place.run("run echo --detach").expect(0);
    assert_eq!(status(&place, "echo")["url"], format!("http://localhost:{remote}").as_str());
    let mut logs = place.command("logs echo -f").stdout(std::process::Stdio::piped()).spawn().unwrap();
    logs.stdout.as_mut().unwrap().read_exact(&mut [0; 6]).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", local)).unwrap();
    stream.write_all(b"hello").unwrap();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "HELLO");
    place.run("kill echo").expect(0);
    logs.wait().unwrap();
    let taken = TcpListener::bind(("127.0.0.1", local)).unwrap();
    let refused = place.run("run echo --detach").expect(1).err;
    assert!(refused.contains(&format!("port {local}")), "{refused}");
    drop(taken);
}

#[test]
fn ctrl_c_asks_and_leaving_leaves_it_running() {
    let (place, gate) = gated();
    let mut terminal = OnTerminal::of(place.command("run gated"));
    terminal.hear_one(&["at work"]);
    terminal.interrupt();
    terminal.hear_one(&["[d]etach"]);
    terminal.answer("d\n");
    let (code, heard) = terminal.end();
    assert!(code == Some(130) && heard.contains("gated runs on"), "{code:?} {heard}");
    let mut attached = place.start("run gated");
    attached.hear(&["connecting"]);
    gate.open();
    attached.end().expect(7);
}

#[test]
fn a_second_ctrl_c_kills() {
    let (place, _gate) = gated();
    let mut terminal = OnTerminal::of(place.command("run gated"));
    terminal.hear_one(&["at work"]);
    terminal.interrupt();
    terminal.hear_one(&["[d]etach"]);
    terminal.interrupt();
    let (code, heard) = terminal.end();
    assert!(code == Some(130) && heard.contains("cancelled"), "{code:?} {heard}");
    assert_eq!(status(&place, "gated")["status"], "cancelled");
}

#[test]
fn a_job_finds_another_one_by_its_name() {
    // LIV-10: by tags, so both ways to write a name; the newest of a multi job, or one by its suffix.
    let port = free_port();
    let place = place(&format!(
        "  my_server: {{image: any, http_port: {port}, bash: 'echo at work; read go < gate'}}
  many: {{image: any, multi: true, bash: 'echo at work; read go < gate'}}
  asks: {{image: any, env: {{J: '${{{{ to_json(inspect_job(\"my-server\")) }}}}'}}, bash: 'echo $J'}}
  one: {{image: any, bash: 'echo ${{{{ inspect_job(\"many\", \"b\").name }}}}, newest ${{{{ inspect_job(\"many\").name }}}}'}}\n"
    ));
    let _gate = place.gate("gate");
    place.write(".apolo/engine.toml", "[executor]\ncpu = 8\n");
    let refused = place.run("run asks").expect(4).err;
    assert!(refused.contains("no running job `my-server`") && refused.contains(".apolo/live.yml:5:"), "{refused}");
    assert!(place.run("run asks --dry-run").expect(4).err.contains("really started"));
    let id = place.run("run my_server --detach").expect(0).out;
    while status(&place, "my_server")["status"] != "running" {}
    let told: Value = serde_json::from_str(&place.run("run asks").expect(0).out).unwrap();
    assert_eq!((told["id"].as_str(), told["status"].as_str()), (Some(id.trim()), Some("running")));
    assert_eq!(told["http_url"], format!("http://localhost:{port}").as_str());
    assert_eq!((told["internal_hostname"].as_str(), told["owner"].as_str()), (Some("localhost"), Some("ada")));
    place.run("run many -s b --detach").expect(0);
    place.run("run many -s c --detach").expect(0);
    assert_eq!(place.run("run one").expect(0).out, "w-many-b, newest w-many-c\n");
    place.run("kill ALL").expect(0);
    place.run("run asks").expect(4);
}

#[test]
fn a_page_is_opened_when_its_job_answers() {
    // LIV-20.
    let port = free_port();
    let place = place(&format!(
        "  page: {{image: any, http_port: {port}, browse: true, cmd: python3 server.py}}\n  bare: {{image: any, browse: true, bash: echo x}}\n"
    ));
    place.write("server.py", &SERVER.replace("PORT", &port.to_string()));
    let _opened = place.gate("opened");
    let browser = format!("#!/bin/sh\necho \"$1\" > {}\n", place.path("opened").display());
    place.write("browser", &browser);
    std::fs::set_permissions(place.path("browser"), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let run = |line: &str| {
        let mut command = place.command(line);
        command.env("BROWSER", place.path("browser"));
        command
    };
    let url = format!("http://localhost:{port}\n");
    // Also where the job is left at once; and again for one that runs already.
    let mut detached = run("run page --detach").stdout(std::process::Stdio::null()).spawn().unwrap();
    assert_eq!(place.read("opened"), url);
    assert!(detached.wait().unwrap().success());
    let mut attached = run("run page").stdout(std::process::Stdio::null()).spawn().unwrap();
    assert_eq!(place.read("opened"), url);
    place.run("kill page").expect(0);
    attached.wait().unwrap();
    let said = place.run("run bare").expect(0).err;
    assert!(said.contains("there is no page to open"), "{said}");
}
