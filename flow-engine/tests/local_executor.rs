//! The local executor with a real supervisor process: this test binary, started again.
//!
//! No sleeps: tests wait for reports, or for a unit that writes to a pipe.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use flow_core::model::{AttemptId, Claim, Exit, FullId, LaunchKey, OutputFiles, Reason, UnitSpec};
use flow_core::port::{
    Channel, Chunk, Cursor, Exec, Executor, ExecutorError, Heard, Launch, Report, Scope, Selector, Stdin, What,
};
use flow_engine::executor::local::{Limits, LocalConfig, LocalExecutor, Machine};
use flow_engine::executor::supervisor::{self, SupervisorConfig};
use flow_engine::secret::EnvironmentSecrets;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long a test waits for what must come, before it fails.
const PATIENCE: Duration = Duration::from_mins(1);
/// More time than any test takes.
const LONG: Duration = Duration::from_mins(10);

/// Not a test: what the executor under test starts as its supervisor.
#[test]
fn supervisor_process() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| arguments.iter().skip_while(|it| *it != name).nth(1).cloned();
    let Some(dir) = value("--dir") else { return };
    let mut config = SupervisorConfig::new(dir);
    config.machine = Machine {
        cpus: value("--cpus").map(|it| it.parse().expect("a number")),
        memory_bytes: value("--memory").map(|it| it.parse().expect("a number")),
        gpus: value("--gpus").map(|it| it.parse().expect("a number")),
    };
    config.idle = Duration::from_millis(value("--idle-millis").map_or(500, |idle| idle.parse().expect("a number")));
    config.life_span_grace = Duration::from_millis(50);
    supervisor::run(&config).expect("the supervisor works");
}

/// A folder with a supervisor.
struct Bench {
    scratch: TempDir,
    machine: Machine,
    limits: Limits,
    secrets: Vec<(String, String)>,
    environment: Vec<(OsString, OsString)>,
}

impl Bench {
    fn new(slots: u32) -> Self {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        std::fs::create_dir(scratch.path().join("workspace")).expect("a workspace");
        let machine = Machine { cpus: Some(slots), ..Machine::default() };
        let limits = Limits { min_free_bytes: 0, ..Limits::default() };
        Bench { scratch, machine, limits, secrets: Vec::new(), environment: std::env::vars_os().collect() }
    }

    fn dir(&self) -> PathBuf {
        self.scratch.path().join("local")
    }

    fn workspace(&self) -> PathBuf {
        self.scratch.path().join("workspace")
    }

    fn executor(&self) -> LocalExecutor {
        let program = std::env::current_exe().expect("we run");
        let arguments = ["supervisor_process", "--exact", "--nocapture", "--"];
        let config = LocalConfig {
            dir: self.dir(),
            self_program: std::iter::once(program.into()).chain(arguments.map(OsString::from)).collect(),
            machine: self.machine,
            limits: self.limits,
            environment: self.environment.clone(),
        };
        let secrets = EnvironmentSecrets::new(self.secrets.iter().cloned());
        LocalExecutor::new(config).expect("a good configuration").with_secrets(Arc::new(secrets))
    }

    /// A unit that runs a script.
    fn launch(&self, node: &str, script: &str) -> Launch {
        self.launch_spec(
            "attempt-1",
            node,
            UnitSpec {
                entrypoint: Some("/bin/sh -c".into()),
                cmd: Some(format!("'{}'", script.replace('\'', r"'\''"))),
                ..UnitSpec::default()
            },
        )
    }

    fn launch_spec(&self, attempt: &str, node: &str, spec: UnitSpec) -> Launch {
        Launch {
            key: LaunchKey::task(&AttemptId::new(attempt), &FullId::root().child(node), 1),
            spec,
            claim: Claim::default(),
            env: BTreeMap::new(),
            workspace: self.workspace().display().to_string(),
            resuming: false,
            stdin: flow_core::port::Stdin::Closed,
        }
    }

    /// A pipe in the workspace, through which a unit says that it is ready.
    fn pipe(&self, name: &str) -> PathBuf {
        let path = self.workspace().join(name);
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RWXU).expect("a pipe");
        path
    }
}

/// What the unit wrote to the pipe, when it has closed it.
async fn heard(pipe: &Path) -> String {
    let pipe = pipe.to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        std::fs::File::open(pipe).expect("a pipe").read_to_string(&mut text).expect("text");
        text
    });
    tokio::time::timeout(PATIENCE, read).await.expect("the unit speaks").expect("read").trim().to_owned()
}

fn scope(attempt: &str) -> Scope {
    Scope::Attempt(AttemptId::new(attempt))
}

async fn take(executor: &LocalExecutor, launches: &[Launch]) {
    for result in executor.start(launches).await {
        result.expect("taken");
    }
}

/// Follows a scope from the beginning until `until` likes what it has seen.
async fn follow(executor: &LocalExecutor, attempt: &str, until: impl Fn(&[Report]) -> bool) -> Vec<Report> {
    let follow = async {
        let (mut all, mut cursor) = (Vec::new(), Cursor::default());
        while !until(&all) {
            let (reports, next) = executor.reports(&scope(attempt), &cursor).await.expect("reports");
            all.extend(reports);
            cursor = next;
        }
        all
    };
    tokio::time::timeout(PATIENCE, follow).await.expect("the news comes")
}

fn is_end(what: &What) -> bool {
    matches!(what, What::Ended { .. } | What::Lost { .. })
}

/// Waits for the end of so many units of the first attempt; gives the ends by node.
async fn ends(executor: &LocalExecutor, count: usize) -> BTreeMap<String, What> {
    let all = follow(executor, "attempt-1", |all| all.iter().filter(|it| is_end(&it.what)).count() >= count).await;
    let ends = all.into_iter().filter(|report| is_end(&report.what));
    ends.map(|report| (report.key.node().expect("a task").to_string(), report.what)).collect()
}

/// Runs one unit to its end.
async fn run(executor: &LocalExecutor, launch: Launch) -> What {
    take(executor, &[launch]).await;
    ends(executor, 1).await.into_values().next().expect("one end")
}

async fn running(executor: &LocalExecutor) -> i32 {
    let all = follow(executor, "attempt-1", |all| all.iter().any(|it| matches!(it.what, What::Running { .. }))).await;
    let mut addresses = all.iter().rev().filter_map(|it| match &it.what {
        What::Running { address } => address.strip_prefix("pid ")?.parse().ok(),
        _ => None,
    });
    addresses.next().expect("a pid")
}

fn ended(exit: Exit, reason: Reason) -> What {
    What::Ended { exit, reason, files: OutputFiles::default() }
}

async fn log(executor: &LocalExecutor, key: &LaunchKey) -> Chunk {
    executor.logs(key, 0, 1 << 20).await.expect("a log")
}

/// Whether a process is there and not just waiting to be waited for.
fn is_alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

fn not_started(what: &What) -> &str {
    match what {
        What::Ended { exit: Exit::None, reason: Reason::NotStarted { message }, .. } => message,
        other => panic!("it started: {other:?}"),
    }
}

#[tokio::test]
async fn units_start_and_end() {
    let bench = Bench::new(4);
    let executor = bench.executor();
    let cases = [
        ("good", "true", Exit::Code(0)),
        ("bad", "exit 42", Exit::Code(42)),
        ("shot", "kill -SEGV $$", Exit::Signal(11)),
        ("termed", "kill -TERM $$", Exit::Signal(15)),
    ];
    let launches: Vec<Launch> = cases.iter().map(|(node, script, _)| bench.launch(node, script)).collect();
    take(&executor, &launches).await;
    let ends = ends(&executor, cases.len()).await;
    for (node, _, exit) in cases {
        assert_eq!(ends.get(node), Some(&ended(exit, Reason::Finished)), "{node}");
    }
}

#[tokio::test]
async fn news_comes_in_order_and_again_from_the_beginning() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    take(&executor, &[bench.launch("a", "true"), bench.launch("b", "true")]).await;
    ends(&executor, 2).await;
    let (again, cursor) = executor.reports(&scope("attempt-1"), &Cursor::default()).await.expect("reports");
    for node in ["a", "b"] {
        let of = |report: &&Report| report.key.node().is_some_and(|id| id.local() == node);
        let words: Vec<_> = again.iter().filter(of).map(|report| &report.what).collect();
        assert!(matches!(words[..], [What::Running { .. }, What::Ended { .. }]), "{words:?}");
    }
    take(&executor, &[bench.launch("c", "true")]).await;
    let (more, _) = executor.reports(&scope("attempt-1"), &cursor).await.expect("reports");
    assert!(!more.is_empty() && more.iter().all(|it| it.key.node().is_some_and(|id| id.local() == "c")), "{more:?}");
}

#[tokio::test]
async fn output_files_come_with_the_end() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let script = r#"printf 'a=1\nb=zwei\n' >> "$APOLO_FLOW_OUTPUT"; printf '\377s=x' >> "$APOLO_FLOW_STATE""#;
    let What::Ended { exit, reason, files } = run(&executor, bench.launch("a", script)).await else { panic!("no end") };
    assert_eq!((exit, reason), (Exit::Code(0), Reason::Finished));
    assert_eq!(files, OutputFiles { output: "a=1\nb=zwei\n".into(), state: "\u{fffd}s=x".into() });
}

#[tokio::test]
async fn an_output_file_has_bounds_and_is_a_file() {
    let bench = Bench::new(2);
    let executor = bench.executor();
    let large = r#"head -c 1048577 /dev/zero > "$APOLO_FLOW_OUTPUT""#;
    let pipe = r#"mkfifo "$APOLO_FLOW_OUTPUT"; ln -s /etc/passwd "$APOLO_FLOW_STATE""#;
    take(&executor, &[bench.launch("large", large), bench.launch("pipe", pipe)]).await;
    let ends = ends(&executor, 2).await;
    // Its outputs are bad; no expression is, which would wind the bake down whatever it asked for (DEC-25).
    let Some(What::Ended { exit: Exit::Code(0), reason: Reason::BadOutputs { message }, files }) = ends.get("large")
    else {
        panic!("{ends:?}")
    };
    assert!(message.contains("`APOLO_FLOW_OUTPUT`") && message.contains("1048577"), "{message}");
    assert_eq!(files, &OutputFiles::default());
    assert_eq!(ends.get("pipe"), Some(&ended(Exit::Code(0), Reason::Finished)));
}

#[tokio::test]
async fn logs_hold_both_streams_at_any_offset() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let launch = bench.launch("a", r"printf one; printf two >&2; printf '\377\000x'");
    let key = launch.key.clone();
    run(&executor, launch).await;
    assert_eq!(log(&executor, &key).await, Chunk { skipped: 0, bytes: b"onetwo\xff\0x".to_vec(), complete: true });
    let cases: [(u64, u32, &[u8], bool); 4] =
        [(3, 3, b"two", false), (6, 3, b"\xff\0x", true), (9, 9, b"", true), (u64::MAX, 9, b"", true)];
    for (from, max, bytes, complete) in cases {
        let chunk = executor.logs(&key, from, max).await.expect("a log");
        assert_eq!(chunk, Chunk { skipped: 0, bytes: bytes.to_vec(), complete }, "{from} {max}");
    }
}

#[tokio::test]
async fn a_log_is_not_complete_while_its_unit_runs() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let pipe = bench.pipe("ready");
    let launch = bench.launch("a", "echo first; echo ready > ready; exec sleep 600");
    let waiting = bench.launch("b", "true");
    take(&executor, &[launch.clone(), waiting.clone()]).await;
    heard(&pipe).await;
    assert_eq!(log(&executor, &launch.key).await, Chunk { skipped: 0, bytes: b"first\n".to_vec(), complete: false });
    assert_eq!(log(&executor, &waiting.key).await, Chunk::default(), "it waits");
    executor.kill(&waiting.key, LONG).await.expect("killed");
    executor.kill(&launch.key, LONG).await.expect("killed");
    ends(&executor, 2).await;
    assert!(log(&executor, &launch.key).await.complete);
    assert_eq!(log(&executor, &waiting.key).await, Chunk { skipped: 0, bytes: vec![], complete: true }, "it never ran");
    let nobody = bench.launch("nobody", "true").key;
    assert_eq!(executor.logs(&nobody, 0, 9).await, Err(ExecutorError::UnknownUnit));
}

#[tokio::test]
async fn a_log_knows_when_it_was_how_long() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let launch = bench.launch("a", "echo first; exec sleep 600");
    take(&executor, std::slice::from_ref(&launch)).await;
    let times = async |from, to| executor.log_times(&launch.key, from, to).await.expect("of ours").expect("are kept");
    let mut found = times(0, 6).await;
    // The supervisor looks each second.
    while found.is_empty() {
        tokio::task::yield_now().await;
        found = times(0, 6).await;
    }
    assert_eq!(found.iter().map(|one| one.bytes).collect::<Vec<_>>(), [6]);
    assert_eq!(times(6, 99).await, [], "nothing was written since");
    executor.kill(&launch.key, LONG).await.expect("killed");
    ends(&executor, 1).await;
    executor.remove(&launch.key).await.expect("removed");
    assert_eq!(times(0, 6).await, [], "it leaves nothing behind");
}

#[tokio::test]
async fn kill_is_polite_first() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let pipe = bench.pipe("ready");
    let script = "trap 'echo bye; exit 7' TERM; echo ready > ready; while :; do sleep 0.01; done 2> /dev/null";
    let launch = bench.launch("a", script);
    take(&executor, std::slice::from_ref(&launch)).await;
    heard(&pipe).await;
    executor.kill(&launch.key, LONG).await.expect("killed");
    executor.kill(&launch.key, LONG).await.expect("killed twice");
    assert_eq!(ends(&executor, 1).await.get("a"), Some(&ended(Exit::Code(7), Reason::Killed)));
    assert_eq!(log(&executor, &launch.key).await.bytes, b"bye\n");
    executor.kill(&launch.key, LONG).await.expect("an ended one is no error");
    executor.kill(&bench.launch("nobody", "true").key, LONG).await.expect("an unknown one is no error");
}

#[tokio::test]
async fn kill_is_forced_after_the_grace() {
    for grace in [Duration::ZERO, Duration::from_millis(20)] {
        let bench = Bench::new(1);
        let executor = bench.executor();
        let pipe = bench.pipe("ready");
        let launch = bench.launch("a", "trap '' TERM; echo ready > ready; while :; do sleep 0.01; done");
        take(&executor, std::slice::from_ref(&launch)).await;
        heard(&pipe).await;
        executor.kill(&launch.key, LONG).await.expect("asked");
        executor.kill(&launch.key, grace).await.expect("forced: a later call shortens the grace");
        assert_eq!(ends(&executor, 1).await.get("a"), Some(&ended(Exit::Signal(9), Reason::Killed)), "{grace:?}");
    }
}

#[tokio::test]
async fn a_stopped_unit_can_be_killed_politely() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let pipe = bench.pipe("ready");
    let launch = bench.launch("a", "trap 'exit 7' TERM; echo ready > ready; kill -STOP $$");
    take(&executor, std::slice::from_ref(&launch)).await;
    heard(&pipe).await;
    executor.kill(&launch.key, LONG).await.expect("killed");
    assert_eq!(ends(&executor, 1).await.get("a"), Some(&ended(Exit::Code(7), Reason::Killed)));
}

#[tokio::test]
async fn nothing_of_a_unit_stays_behind() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let script = "(trap '' TERM; sleep 600 & wait) & sh -c 'sleep 601 & wait' & exit 3";
    let launch = bench.launch("a", script);
    take(&executor, std::slice::from_ref(&launch)).await;
    let group = running(&executor).await;
    assert_eq!(ends(&executor, 1).await.get("a"), Some(&ended(Exit::Code(3), Reason::Finished)));
    let group = Pid::from_raw(group).expect("a pid");
    assert_eq!(rustix::process::test_kill_process_group(group), Err(rustix::io::Errno::SRCH));
}

#[tokio::test]
async fn grandchildren_die_with_a_killed_unit() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let pipe = bench.pipe("children");
    let launch = bench.launch(
        "a",
        "sh -c 'trap \"\" TERM; sh -c \"trap : TERM; echo \\$\\$ > children; while :; do sleep 600; done\"' & wait",
    );
    take(&executor, std::slice::from_ref(&launch)).await;
    let grandchild: i32 = heard(&pipe).await.parse().expect("a pid");
    assert!(is_alive(grandchild));
    executor.kill(&launch.key, LONG).await.expect("killed");
    ends(&executor, 1).await;
    assert!(!is_alive(grandchild));
}

#[tokio::test]
async fn two_attempts_share_one_slot_fairly() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let pipe = bench.pipe("go");
    let mut launches = vec![bench.launch("first", "cat go; echo first >> order")];
    for (attempt, node) in
        [("attempt-1", "a1"), ("attempt-1", "a2"), ("attempt-1", "a3"), ("attempt-2", "b1"), ("attempt-2", "b2")]
    {
        let mut launch = bench.launch(node, &format!("echo {node} >> order"));
        launch.key = LaunchKey::task(&AttemptId::new(attempt), &FullId::root().child(node), 1);
        launches.push(launch);
    }
    take(&executor, &launches).await;
    let waits = |all: &[Report]| all.iter().filter(|it| matches!(it.what, What::Queued { .. })).count();
    follow(&executor, "attempt-1", |all| waits(all) == 3).await;
    follow(&executor, "attempt-2", |all| waits(all) == 2).await;
    tokio::task::spawn_blocking(move || std::fs::write(pipe, "go\n")).await.expect("joined").expect("written");
    ends(&executor, 4).await;
    follow(&executor, "attempt-2", |all| all.iter().filter(|it| is_end(&it.what)).count() == 2).await;
    let order = std::fs::read_to_string(bench.workspace().join("order")).expect("an order");
    // The first attempt has just had its turn.
    assert_eq!(order.split_whitespace().collect::<Vec<_>>(), ["first", "b1", "a1", "b2", "a2", "a3"]);
}

#[tokio::test]
async fn a_waiting_unit_says_so_once_and_can_be_killed() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let long = bench.launch("long", "exec sleep 600");
    let waiting = bench.launch("waiting", "touch ran");
    let mut late = bench.launch("late", "touch ran");
    late.spec.schedule_timeout_seconds = Some(0.01);
    take(&executor, &[long.clone(), waiting.clone(), late]).await;
    executor.kill(&waiting.key, LONG).await.expect("killed");
    let ends_so_far = ends(&executor, 2).await;
    assert_eq!(ends_so_far.get("waiting"), Some(&ended(Exit::None, Reason::Killed)));
    assert_eq!(ends_so_far.get("late"), Some(&ended(Exit::None, Reason::ScheduleTimeout)));
    executor.kill(&long.key, LONG).await.expect("killed");
    ends(&executor, 3).await;
    assert!(!bench.workspace().join("ran").exists());
}

#[tokio::test]
async fn a_key_starts_once() {
    let bench = Bench::new(2);
    let executor = bench.executor();
    let launch = bench.launch("a", "echo x >> ran");
    let twice = executor.start(&[launch.clone(), launch.clone()]).await;
    ends(&executor, 1).await;
    let later = bench.executor().start(&[Launch { resuming: true, ..launch.clone() }]).await;
    let raws: Vec<_> = twice.into_iter().chain(later).map(|raw| raw.expect("taken")).collect();
    assert!(raws.iter().all(|raw| Some(raw) == raws.first()), "{raws:?}");
    take(&executor, &[bench.launch("b", "true")]).await;
    ends(&executor, 2).await;
    assert_eq!(std::fs::read_to_string(bench.workspace().join("ran")).expect("it ran"), "x\n");
}

#[tokio::test]
async fn a_unit_outlives_its_client() {
    let bench = Bench::new(1);
    let pipe = bench.pipe("ready");
    let go = bench.pipe("go");
    let mut launch = bench.launch("a", "echo ready > ready; cat go; exit 5");
    launch.spec.tags = vec!["project:p".into(), "task:a".into()];
    let first = bench.executor();
    take(&first, std::slice::from_ref(&launch)).await;
    heard(&pipe).await;
    let pid = first.supervisor_pid().await.expect("a supervisor");
    drop(first);
    let second = bench.executor();
    let found = second.find(&Selector { tags: vec!["task:a".into()] }).await.expect("found");
    let [unit] = &found[..] else { panic!("{found:?}") };
    assert_eq!((&unit.key, &unit.tags), (&launch.key, &launch.spec.tags));
    assert!(matches!(unit.last.what, What::Running { .. }));
    assert_eq!(second.find(&Selector { tags: vec!["task:b".into()] }).await.expect("none"), []);
    tokio::task::spawn_blocking(move || std::fs::write(go, "")).await.expect("joined").expect("written");
    assert_eq!(ends(&second, 1).await.get("a"), Some(&ended(Exit::Code(5), Reason::Finished)));
    assert_eq!(second.supervisor_pid().await.expect("the same"), pid);
}

#[tokio::test]
async fn a_dead_supervisor_takes_its_units_along() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let pipe = bench.pipe("ready");
    let script = "trap '' TERM HUP; sh -c 'trap \"\" TERM HUP; echo $$ > ready; while :; do sleep 600; done' & wait";
    let done = bench.launch("done", "echo o=1 >> $APOLO_FLOW_OUTPUT");
    take(&executor, &[done, bench.launch("a", script), bench.launch("waiting", "touch ran")]).await;
    let child: i32 = heard(&pipe).await.parse().expect("a pid");
    let leader = running(&executor).await;
    let supervisor = executor.supervisor_pid().await.expect("a supervisor");
    kill_process(Pid::from_raw(supervisor as i32).expect("a pid"), Signal::KILL).expect("killed");
    let ends_now = ends(&executor, 3).await;
    assert_eq!(ends_now.get("a"), Some(&What::Lost { proof_dead: true }));
    assert_eq!(ends_now.get("waiting"), Some(&What::Lost { proof_dead: true }));
    let files = OutputFiles { output: "o=1\n".into(), state: String::new() };
    let end = What::Ended { exit: Exit::Code(0), reason: Reason::Finished, files };
    assert_eq!(ends_now.get("done"), Some(&end));
    assert!(!is_alive(child) && !is_alive(leader));
    assert_ne!(executor.supervisor_pid().await.expect("another"), supervisor);
    assert!(!bench.workspace().join("ran").exists());
    assert!(log(&executor, &bench.launch("a", "").key).await.complete);
}

#[tokio::test]
async fn an_unnoted_process_is_found_and_killed() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let pipe = bench.pipe("ready");
    take(&executor, &[bench.launch("a", "trap '' TERM HUP; echo $$ > ready; while :; do sleep 600; done")]).await;
    let pid: i32 = heard(&pipe).await.parse().expect("a pid");
    let supervisor = executor.supervisor_pid().await.expect("a supervisor");
    kill_process(Pid::from_raw(supervisor as i32).expect("a pid"), Signal::KILL).expect("killed");
    // As if it had died between the start and the note of it.
    let journal = bench.dir().join("supervisor.journal");
    let text = std::fs::read_to_string(&journal).expect("a journal");
    let kept: String = text.split_inclusive('\n').filter(|line| !line.contains("started")).collect();
    assert_ne!(kept, text);
    std::fs::write(&journal, kept).expect("written");
    assert_eq!(ends(&executor, 1).await.get("a"), Some(&What::Lost { proof_dead: true }));
    assert!(!is_alive(pid));
}

#[tokio::test]
async fn a_new_supervisor_tells_old_ends() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let launch = bench.launch("a", "echo o=1 >> $APOLO_FLOW_OUTPUT; echo hello; exit 4");
    let before = run(&executor, launch.clone()).await;
    let (_, cursor) = executor.reports(&scope("attempt-1"), &Cursor::default()).await.expect("reports");
    executor.stop_supervisor().await.expect("idle, so it goes");
    let (reports, _) = executor.reports(&scope("attempt-1"), &cursor).await.expect("repeated, not lost");
    assert_eq!(reports.last().map(|report| &report.what), Some(&before));
    assert_eq!(log(&executor, &launch.key).await, Chunk { skipped: 0, bytes: b"hello\n".to_vec(), complete: true });
    let raw = executor.start(&[launch]).await;
    assert_eq!(ends(&executor, 1).await.len(), 1, "{raw:?}: nothing was started again");
}

#[tokio::test]
async fn an_active_supervisor_does_not_stop() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let launch = bench.launch("a", "exec sleep 600");
    take(&executor, std::slice::from_ref(&launch)).await;
    assert!(matches!(executor.stop_supervisor().await, Err(ExecutorError::Refused { .. })));
    executor.kill(&launch.key, LONG).await.expect("killed");
    ends(&executor, 1).await;
    executor.stop_supervisor().await.expect("now it goes");
    executor.stop_supervisor().await.expect("nobody is there");
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let bench = Bench::new(4);
    let executor = bench.executor();
    std::fs::write(bench.workspace().join("plain"), "no program").expect("written");
    let spec = |cmd: &str| UnitSpec { cmd: Some(cmd.into()), ..UnitSpec::default() };
    let cases = [
        (spec("no-such-program-of-ours x"), "the program `no-such-program-of-ours` was not found along `PATH`"),
        (spec("./absent"), "the program `./absent` does not exist"),
        (spec("./plain"), "`./plain` is not an executable file"),
        (spec("/tmp"), "`/tmp` is not an executable file"),
        (spec("''"), "the program `` was not found along `PATH`"),
        (spec("sh -c 'open"), "the command line has an unclosed `'`"),
        (spec("  "), "there is no `cmd` to run"),
        (UnitSpec::default(), "there is no `cmd` to run"),
        (
            UnitSpec { workdir: Some("/no/such/folder".into()), ..spec("true") },
            "the working folder `/no/such/folder` does not exist",
        ),
        (spec("true a\0b"), "nul byte"),
    ];
    let launches: Vec<Launch> = cases
        .iter()
        .enumerate()
        .map(|(at, (spec, _))| bench.launch_spec("attempt-1", &at.to_string(), spec.clone()))
        .collect();
    take(&executor, &launches).await;
    let ends = ends(&executor, cases.len()).await;
    for (at, (_, message)) in cases.iter().enumerate() {
        let end = ends.get(&at.to_string()).expect("an end");
        assert!(not_started(end).contains(message), "{at}: {end:?}");
    }
}

#[tokio::test]
async fn units_run_where_they_should() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    std::fs::create_dir_all(bench.workspace().join("sub/dir")).expect("a folder");
    std::fs::write(bench.workspace().join("sub/dir/here"), "#!/bin/sh\npwd; echo $0 $*\n").expect("a script");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(bench.workspace().join("sub/dir/here"), executable).expect("executable");
    let workspace = bench.workspace().canonicalize().expect("there").display().to_string();
    let cases = [
        ("a", None, "sh -c pwd", workspace.clone()),
        ("b", Some("sub"), "sh -c pwd", format!("{workspace}/sub")),
        ("c", Some("/"), "pwd", "/".into()),
    ];
    for (node, workdir, cmd, expected) in cases {
        let spec = UnitSpec { workdir: workdir.map(Into::into), cmd: Some(cmd.into()), ..UnitSpec::default() };
        let launch = bench.launch_spec("attempt-1", node, spec);
        let key = launch.key.clone();
        run(&executor, launch).await;
        follow(&executor, "attempt-1", |all| all.iter().any(|it| it.key == key && is_end(&it.what))).await;
        assert_eq!(String::from_utf8_lossy(&log(&executor, &key).await.bytes).trim(), expected, "{node}");
    }
    let spec = UnitSpec { workdir: Some("sub/dir".into()), cmd: Some("./here 'a b'".into()), ..UnitSpec::default() };
    let launch = bench.launch_spec("attempt-1", "d", spec);
    take(&executor, std::slice::from_ref(&launch)).await;
    ends(&executor, 4).await;
    let text = String::from_utf8(log(&executor, &launch.key).await.bytes).expect("text");
    assert!(text.starts_with(&format!("{workspace}/sub/dir\n")) && text.ends_with("here a b\n"), "{text}");
}

#[tokio::test]
async fn the_environment_is_clean() {
    let mut bench = Bench::new(1);
    let outside = [
        ("PATH", "/usr/bin:/bin"),
        ("HOME", "/home/x"),
        ("LC_ALL", "C"),
        ("AWS_SECRET", "s"),
        ("FOO", "out"),
        ("A", "out"),
    ];
    bench.environment = outside.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let executor = bench.executor();
    let mut launch = bench.launch_spec("attempt-1", "a", UnitSpec { cmd: Some("env".into()), ..UnitSpec::default() });
    launch.spec.env =
        [("A", "spec"), ("B", "spec"), ("HOME", "/spec")].map(|(name, value)| (name.into(), value.into())).into();
    launch.env = [("B", "start"), ("APOLO_FLOW_TRY", "1")].map(|(name, value)| (name.into(), value.into())).into();
    let key = launch.key.clone();
    run(&executor, launch).await;
    let folder = bench.dir().join("units/attempt-1");
    let mut expected = vec![
        "A=spec".into(),
        "APOLO_FLOW_TRY=1".into(),
        "B=start".into(),
        "HOME=/spec".into(),
        "LC_ALL=C".into(),
        "PATH=/usr/bin:/bin".into(),
        format!("APOLO_FLOW_OUTPUT={}", folder.join("a.1.output").display()),
        format!("APOLO_FLOW_STATE={}", folder.join("a.1.state").display()),
    ];
    expected.sort();
    let text = String::from_utf8(log(&executor, &key).await.bytes).expect("text");
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, expected);
    let journal = std::fs::read_to_string(bench.dir().join("supervisor.journal")).expect("a journal");
    assert!(!journal.contains("spec") && !journal.contains("/home/x"), "no value is noted: {journal}");
}

#[tokio::test]
async fn a_life_has_a_span() {
    let bench = Bench::new(2);
    let executor = bench.executor();
    let mut polite = bench.launch("polite", "exec sleep 600");
    let mut stubborn = bench.launch("stubborn", "trap '' TERM; while :; do sleep 0.01; done");
    polite.spec.life_span_seconds = Some(0.05);
    stubborn.spec.life_span_seconds = Some(0.05);
    take(&executor, &[polite, stubborn]).await;
    let ends = ends(&executor, 2).await;
    assert_eq!(ends.get("polite"), Some(&ended(Exit::Signal(15), Reason::LifeSpan)));
    let Some(What::Ended { reason, .. }) = ends.get("stubborn") else { panic!("{ends:?}") };
    assert_eq!(reason, &Reason::LifeSpan);
}

#[tokio::test]
async fn there_is_one_supervisor_only() {
    let bench = Bench::new(1);
    let (one, two) = (bench.executor(), bench.executor());
    let (first, second) = tokio::join!(one.supervisor_pid(), two.supervisor_pid());
    assert_eq!(first, second);
    let dir = bench.dir();
    let quits = tokio::task::spawn_blocking(move || supervisor::run(&SupervisorConfig::new(dir)));
    let quits = tokio::time::timeout(PATIENCE, quits).await.expect("at once").expect("joined");
    quits.expect("a second one goes quietly");
    assert_eq!(one.supervisor_pid().await, first);
    let mode = |name: &str| {
        std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(bench.dir().join(name)).expect(name)) & 0o777
    };
    assert_eq!((mode(""), mode("supervisor.sock"), mode("supervisor.journal")), (0o700, 0o600, 0o600));
}

#[tokio::test]
async fn an_idle_supervisor_goes_by_itself() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let pid = executor.supervisor_pid().await.expect("a supervisor") as i32;
    let pidfd = rustix::process::pidfd_open(Pid::from_raw(pid).expect("a pid"), rustix::process::PidfdFlags::empty());
    let pidfd = pidfd.expect("it is there");
    drop(executor);
    let gone = tokio::task::spawn_blocking(move || {
        let mut fds = [rustix::event::PollFd::new(&pidfd, rustix::event::PollFlags::IN)];
        rustix::event::poll(&mut fds, None)
    });
    assert_eq!(tokio::time::timeout(PATIENCE, gone).await.expect("it goes").expect("joined"), Ok(1));
    assert!(!bench.dir().join("supervisor.sock").exists());
}

#[tokio::test]
async fn a_removed_unit_leaves_nothing() {
    let bench = Bench::new(2);
    let executor = bench.executor();
    let (a, long) = (bench.launch("a", "echo x"), bench.launch("long", "exec sleep 600"));
    take(&executor, &[a.clone(), long.clone()]).await;
    ends(&executor, 1).await;
    assert!(matches!(executor.remove(&long.key).await, Err(ExecutorError::Refused { .. })), "it runs");
    executor.remove(&a.key).await.expect("removed");
    executor.remove(&a.key).await.expect("removed twice");
    assert_eq!(executor.logs(&a.key, 0, 9).await, Err(ExecutorError::UnknownUnit));
    executor.kill(&long.key, LONG).await.expect("killed");
    assert_eq!(ends(&executor, 1).await.keys().collect::<Vec<_>>(), ["long"]);
    executor.remove(&long.key).await.expect("removed");
    assert_eq!(executor.find(&Selector::default()).await.expect("none"), []);
    assert!(!bench.dir().join("units/attempt-1").exists());
    executor.stop_supervisor().await.expect("idle");
    assert_eq!(executor.find(&Selector::default()).await.expect("none"), []);
    let journal = std::fs::read_to_string(bench.dir().join("supervisor.journal")).expect("a journal");
    assert_eq!(journal.lines().count(), 1, "only the boot: {journal}");
}

#[tokio::test]
async fn a_supervisor_that_cannot_work_is_told() {
    let bench = Bench::new(1);
    let config = |program: &str| LocalConfig {
        dir: bench.dir(),
        self_program: vec![program.into()],
        machine: Machine::default(),
        limits: Limits::default(),
        environment: Vec::new(),
    };
    let failing = LocalExecutor::new(config("/bin/false")).expect("a good configuration");
    let error = failing.supervisor_pid().await.expect_err("nobody");
    assert!(error.is_retryable() && error.to_string().contains("exit status: 1"), "{error}");
    let absent = LocalExecutor::new(config("/no/such/program")).expect("a good configuration");
    assert!(absent.supervisor_pid().await.expect_err("nobody").is_retryable());
    let none = LocalConfig { self_program: Vec::new(), ..config("") };
    assert!(matches!(LocalExecutor::new(none), Err(ExecutorError::Refused { .. })));
}

#[tokio::test]
async fn a_deep_folder_works_too() {
    let mut bench = Bench::new(1);
    let deep = bench.scratch.path().join("d".repeat(150));
    std::fs::create_dir(&deep).expect("a folder");
    let scratch = tempfile::tempdir_in(&deep).expect("a scratch folder");
    std::fs::create_dir(scratch.path().join("workspace")).expect("a workspace");
    let _outer = std::mem::replace(&mut bench.scratch, scratch);
    let end = run(&bench.executor(), bench.launch("a", "exit 6")).await;
    assert_eq!(end, ended(Exit::Code(6), Reason::Finished));
}

#[tokio::test]
async fn long_news_comes_in_pieces() {
    let bench = Bench::new(4);
    let executor = bench.executor();
    let script = r#"head -c 1048576 /dev/zero | tr '\0' x > "$APOLO_FLOW_OUTPUT""#;
    let launches: Vec<Launch> = (0..8).map(|at| bench.launch(&at.to_string(), script)).collect();
    take(&executor, &launches).await;
    ends(&executor, 8).await;
    let (piece, _) = executor.reports(&scope("attempt-1"), &Cursor::default()).await.expect("reports");
    assert!(piece.iter().filter(|report| is_end(&report.what)).count() < 8);
    let all = ends(&executor, 8).await;
    let whole = |what: &What| matches!(what, What::Ended { files, .. } if files.output.len() == 1 << 20);
    assert!(all.values().all(whole));
}

#[tokio::test]
async fn many_units_end() {
    let bench = Bench::new(2);
    let executor = bench.executor();
    let launches: Vec<Launch> = (0..1000)
        .map(|at| {
            let spec = UnitSpec { cmd: Some("/bin/true".into()), ..UnitSpec::default() };
            bench.launch_spec(&"attempt-1".replace('1', if at % 2 == 0 { "1" } else { "2" }), &at.to_string(), spec)
        })
        .collect();
    take(&executor, &launches).await;
    for attempt in ["attempt-1", "attempt-2"] {
        let all = follow(&executor, attempt, |all| all.iter().filter(|it| is_end(&it.what)).count() >= 500).await;
        let good = ended(Exit::Code(0), Reason::Finished);
        assert_eq!(all.iter().filter(|it| it.what == good).count(), 500);
    }
}

#[tokio::test]
async fn a_claim_larger_than_the_machine_is_refused() {
    let mut bench = Bench::new(2);
    bench.machine.memory_bytes = Some(1 << 30);
    bench.machine.gpus = Some(0);
    let executor = bench.executor();
    assert_eq!(executor.room(), Some(Claim { milli_cpus: 2000, memory_bytes: 1 << 30, gpus: 0 }));
    let large = Launch { claim: Claim { gpus: 1, ..Claim::default() }, ..bench.launch("large", "true") };
    let good = bench.launch("good", "true");
    let results = executor.start(&[large, good]).await;
    let message = "it claims 1 CPU, 1 GPU; this machine has 2 CPUs, 1 GiB of memory, no GPU".to_owned();
    assert_eq!(results.first(), Some(&Err(ExecutorError::Refused { message })));
    assert!(matches!(results.last(), Some(Ok(_))), "{results:?}");
    assert_eq!(ends(&executor, 1).await.get("good"), Some(&ended(Exit::Code(0), Reason::Finished)));
}

#[tokio::test]
async fn units_wait_for_room_and_are_told_their_gpus() {
    let mut bench = Bench::new(4);
    bench.machine.gpus = Some(2);
    let executor = bench.executor();
    let pipe = bench.pipe("ready");
    let claim = |gpus| Claim { gpus, ..Claim::default() };
    let holds = "echo $CUDA_VISIBLE_DEVICES > ready; exec sleep 600";
    let holder = Launch { claim: claim(1), ..bench.launch("holder", holds) };
    take(&executor, std::slice::from_ref(&holder)).await;
    assert_eq!(heard(&pipe).await, "0");
    let both = Launch { claim: claim(2), ..bench.launch("both", "echo $CUDA_VISIBLE_DEVICES") };
    let none = bench.launch("none", "echo ${CUDA_VISIBLE_DEVICES-unset}");
    take(&executor, &[both.clone(), none.clone()]).await;
    assert!(ends(&executor, 1).await.contains_key("none"), "it needs no GPU and passes");
    assert_eq!(log(&executor, &none.key).await.bytes, b"unset\n");
    let all = follow(&executor, "attempt-1", |all| all.iter().any(|it| matches!(it.what, What::Queued { .. }))).await;
    let why = all.iter().find_map(|it| match &it.what {
        What::Queued { why } => Some((it.key.clone(), why.as_str())),
        _ => None,
    });
    assert_eq!(why, Some((both.key.clone(), "waits for 2 GPUs (1 of 2 free)")));
    executor.kill(&holder.key, Duration::ZERO).await.expect("killed");
    ends(&executor, 3).await;
    assert_eq!(log(&executor, &both.key).await.bytes, b"0,1\n");
}

#[tokio::test]
async fn two_equal_bakes_share_the_machine() {
    let bench = Bench::new(2);
    let executor = bench.executor();
    let pipe = bench.pipe("ready");
    // Both slots are held until all units wait, so none starts before the other bake has come.
    let holders: Vec<Launch> =
        (0..2).map(|number| bench.launch(&format!("holder{number}"), "echo ready > ready; exec sleep 600")).collect();
    take(&executor, &holders).await;
    heard(&pipe).await;
    let spec = || bench.launch("a", "true").spec;
    for attempt in ["left", "right"] {
        let units: Vec<Launch> = (0..30).map(|n| bench.launch_spec(attempt, &format!("t{n}"), spec())).collect();
        take(&executor, &units).await;
    }
    for holder in &holders {
        executor.kill(&holder.key, Duration::ZERO).await.expect("killed");
    }
    let mut starts = Vec::new();
    for attempt in ["left", "right"] {
        let all = follow(&executor, attempt, |all| all.iter().filter(|it| is_end(&it.what)).count() >= 30).await;
        let ran = all.iter().filter_map(|it| match &it.what {
            What::Running { address } => Some((it.at, address.clone(), attempt)),
            _ => None,
        });
        starts.extend(ran);
    }
    starts.sort_by_key(|(at, address, _)| (*at, address.strip_prefix("pid ").and_then(|pid| pid.parse::<u32>().ok())));
    assert_eq!(starts.len(), 60);
    for stretch in starts.windows(20) {
        let left = stretch.iter().filter(|(_, _, attempt)| *attempt == "left").count();
        assert!((8..=12).contains(&left), "{left} of 20: {starts:?}");
    }
}

/// A unit with the secret `hunter2 hunter2!` as `TOKEN`.
fn secretive(bench: &Bench, node: &str, script: &str) -> Launch {
    let mut launch = bench.launch(node, script);
    launch.spec.env.insert("TOKEN".into(), "secret:hub-token".into());
    launch
}

/// All that is in the files below a folder.
fn everything_below(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(everything_below(&path));
        } else if path.is_file() {
            all.extend(std::fs::read(path).expect("a file"));
        }
    }
    all
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

const SECRET: &str = "hunter2 hunter2!";

fn secret_bench() -> Bench {
    let mut bench = Bench::new(2);
    bench.secrets = vec![("APOLO_FLOW_SECRET_HUB_TOKEN".into(), SECRET.into())];
    bench
}

#[tokio::test]
async fn a_secret_reaches_the_unit_and_nothing_else() {
    let bench = secret_bench();
    let executor = bench.executor();
    let script = r#"test "$TOKEN" = "hunter2 hunter2!" || exit 9
        echo "token=$TOKEN"; printf 'hunter2 '; printf 'hunter2!\n\377'; printf '%s' "$TOKEN" | base64
        echo "out=$TOKEN" >> "$APOLO_FLOW_OUTPUT"; echo "kept=$TOKEN" >> "$APOLO_FLOW_STATE""#;
    let launch = secretive(&bench, "a", script);
    take(&executor, std::slice::from_ref(&launch)).await;
    let ends = ends(&executor, 1).await;
    let Some(What::Ended { exit: Exit::Code(0), files, .. }) = ends.get("a") else { panic!("{ends:?}") };
    assert_eq!(files, &OutputFiles { output: "out=***\n".into(), state: "kept=***\n".into() });
    let chunk = log(&executor, &launch.key).await;
    assert!(chunk.complete && chunk.bytes.starts_with(b"token=***\n***\n\xff***"), "{chunk:?}");
    let kept = everything_below(&bench.dir());
    assert!(!holds(&kept, SECRET), "nothing that is kept holds it");
    assert!(!holds(&kept, "aHVudGVyMiBodW50ZXIy"), "nor its base 64");
    assert!(holds(&kept, "token=***"), "the files were looked at");
}

#[tokio::test]
async fn the_death_of_the_supervisor_leaves_no_secret_behind() {
    let bench = secret_bench();
    let executor = bench.executor();
    let pipe = bench.pipe("ready");
    let script = r#"echo "out=$TOKEN" >> "$APOLO_FLOW_OUTPUT"; echo "$TOKEN"; echo ready > ready; exec sleep 600"#;
    take(&executor, &[secretive(&bench, "a", script)]).await;
    heard(&pipe).await;
    let pid = executor.supervisor_pid().await.expect("a supervisor");
    kill_process(Pid::from_raw(pid as i32).expect("a pid"), Signal::KILL).expect("killed");
    assert_eq!(ends(&executor, 1).await.get("a"), Some(&What::Lost { proof_dead: true }));
    assert!(!holds(&everything_below(&bench.dir()), SECRET));
}

#[tokio::test]
async fn a_unit_without_its_secret_is_refused_and_one_that_runs_is_found_again() {
    let bench = secret_bench();
    let pipe = bench.pipe("ready");
    let launch = secretive(&bench, "a", "echo ready > ready; exec sleep 600");
    take(&bench.executor(), std::slice::from_ref(&launch)).await;
    heard(&pipe).await;
    let bare = Bench { secrets: Vec::new(), ..bench };
    let executor = bare.executor();
    let again = Launch { resuming: true, ..launch.clone() };
    let results = executor.start(&[again, secretive(&bare, "b", "true")]).await;
    assert!(matches!(results.first(), Some(Ok(_))), "{results:?}");
    let Some(Err(ExecutorError::Refused { message })) = results.last() else { panic!("{results:?}") };
    assert!(message.contains("`hub-token`") && message.contains("`APOLO_FLOW_SECRET_HUB_TOKEN`"), "{message}");
    executor.kill(&launch.key, Duration::ZERO).await.expect("killed");
    ends(&executor, 1).await;
}

#[tokio::test]
async fn output_has_bounds_and_its_head_and_tail_stay() {
    let mut bench = secret_bench();
    bench.limits.max_log_bytes = 64 << 10;
    let executor = bench.executor();
    // More than a hundred times as much as is kept; through a pump, too.
    let script = "echo first; head -c 8000000 /dev/zero | tr '\\0' x; echo; echo last";
    let launches = [bench.launch("plain", script), secretive(&bench, "masked", script)];
    take(&executor, &launches).await;
    ends(&executor, 2).await;
    for launch in &launches {
        let head = executor.logs(&launch.key, 0, 1 << 20).await.expect("a log");
        assert!(head.skipped == 0 && head.bytes.starts_with(b"first\nxxx") && head.bytes.len() == 32 << 10);
        let tail = executor.logs(&launch.key, head.bytes.len() as u64, 1 << 20).await.expect("a log");
        assert!(tail.complete && tail.bytes.ends_with(b"xxx\nlast\n"));
        assert!((16 << 10..20 << 10).contains(&tail.bytes.len()), "{}", tail.bytes.len());
        let whole = head.bytes.len() as u64 + tail.skipped + tail.bytes.len() as u64;
        assert_eq!(whole, 8_000_012, "offsets stay true");
    }
    let used: u64 = std::process::Command::new("du")
        .args(["-sk", &bench.dir().display().to_string()])
        .output()
        .ok()
        .and_then(|done| String::from_utf8(done.stdout).ok()?.split_whitespace().next()?.parse().ok())
        .expect("a figure");
    assert!(used < 1024, "{used} KiB are on the disk");
}

#[tokio::test]
async fn no_unit_starts_while_the_disk_is_short() {
    let mut bench = Bench::new(1);
    bench.limits.min_free_bytes = u64::MAX >> 1;
    let executor = bench.executor();
    let (first, second) = (bench.launch("first", "true"), bench.launch("second", "true"));
    take(&executor, &[first]).await;
    let all = follow(&executor, "attempt-1", |all| !all.is_empty()).await;
    let What::Queued { why } = &all[0].what else { panic!("{all:?}") };
    assert!(why.starts_with("waits for the disk of the logs: ") && why.contains("free"), "{why}");
    // Another engine wants less: the newest word counts.
    bench.limits.min_free_bytes = 0;
    take(&bench.executor(), &[second]).await;
    assert_eq!(ends(&executor, 2).await.len(), 2);
}

/// All that comes out of a channel, and the end.
async fn hear_all(channel: &mut Channel) -> (Vec<u8>, Vec<u8>, Exit) {
    let all = async {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        loop {
            match channel.output.next().await.expect("news") {
                Heard::Output(bytes) => out.extend(bytes),
                Heard::Error(bytes) => err.extend(bytes),
                Heard::Ended(exit) => return (out, err, exit),
            }
        }
    };
    tokio::time::timeout(PATIENCE, all).await.expect("the end comes")
}

fn words(words: &[&str]) -> Exec {
    Exec { words: words.iter().map(|word| (*word).to_owned()).collect(), terminal: None }
}

#[tokio::test]
async fn a_unit_with_open_input_is_written_to_by_all_who_attach() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let launch = Launch { stdin: Stdin::Open, ..bench.launch("a", "echo ready; cat; echo over; exit 3") };
    take(&executor, std::slice::from_ref(&launch)).await;
    let mut first = executor.attach(&launch.key, 0).await.expect("attached");
    let mut second = executor.attach(&launch.key, 0).await.expect("attached");
    first.input.write(b"one\n").await.expect("written");
    second.input.write(b"two\n").await.expect("written");
    // One goes; the unit stays, and its input is open.
    drop(first);
    second.input.write(b"three\n").await.expect("written");
    second.input.close().await.expect("closed");
    let expected = (b"ready\none\ntwo\nthree\nover\n".to_vec(), vec![], Exit::Code(3));
    assert_eq!(hear_all(&mut second).await, expected);
    assert!(matches!(second.input.write(b"late").await, Err(ExecutorError::Refused { .. })));
    let mut later = executor.attach(&launch.key, 6).await.expect("of an ended one too");
    assert_eq!(hear_all(&mut later).await, (b"one\ntwo\nthree\nover\n".to_vec(), vec![], Exit::Code(3)));
    let nobody = bench.launch("nobody", "true").key;
    assert_eq!(executor.attach(&nobody, 0).await.err(), Some(ExecutorError::UnknownUnit));
}

#[tokio::test]
async fn more_input_than_a_pipe_holds_is_waited_for() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let launch = Launch { stdin: Stdin::Open, ..bench.launch("a", "wc -c") };
    take(&executor, std::slice::from_ref(&launch)).await;
    let mut channel = executor.attach(&launch.key, 0).await.expect("attached");
    channel.input.write(&vec![b'x'; 300_000]).await.expect("written");
    channel.input.close().await.expect("closed");
    assert_eq!(hear_all(&mut channel).await.0, b"300000\n");
}

#[tokio::test]
async fn a_command_runs_beside_a_unit_in_its_surroundings() {
    let bench = secret_bench();
    let executor = bench.executor();
    let pipe = bench.pipe("ready");
    let launch = secretive(&bench, "a", "echo ready > ready; exec sleep 600");
    take(&executor, std::slice::from_ref(&launch)).await;
    heard(&pipe).await;
    let script = "cat; echo ${#TOKEN}; pwd >&2; exit 5";
    let mut channel = executor.exec(&launch.key, &words(&["sh", "-c", script])).await.expect("started");
    channel.input.write(b"hello\n").await.expect("written");
    channel.input.close().await.expect("closed");
    let folder = format!("{}\n", bench.workspace().canonicalize().expect("a folder").display());
    let expected = (format!("hello\n{}\n", SECRET.len()).into_bytes(), folder.into_bytes(), Exit::Code(5));
    assert_eq!(hear_all(&mut channel).await, expected);
    assert_eq!(log(&executor, &launch.key).await.bytes, b"", "its output is in no log");
    // It ends with its channel, and with its unit.
    let tell = |name: &str| format!("echo $$ > {name}; exec sleep 600");
    let (dropped, ended) = (bench.pipe("dropped"), bench.pipe("ended"));
    let channel = executor.exec(&launch.key, &words(&["sh", "-c", &tell("dropped")])).await.expect("started");
    let pid: i32 = heard(&dropped).await.parse().expect("a pid");
    assert!(is_alive(pid));
    drop(channel);
    let mut channel = executor.exec(&launch.key, &words(&["sh", "-c", &tell("ended")])).await.expect("started");
    heard(&ended).await;
    executor.kill(&launch.key, Duration::ZERO).await.expect("killed");
    assert_eq!(hear_all(&mut channel).await.2, Exit::Signal(9));
    assert!(!is_alive(pid));
    let after = executor.exec(&launch.key, &words(&["true"])).await;
    assert_eq!(after.err(), Some(ExecutorError::UnknownUnit));
}

#[tokio::test]
async fn a_port_of_a_unit_is_reached() {
    let bench = Bench::new(1);
    let executor = bench.executor();
    let pipe = bench.pipe("ready");
    let launch = bench.launch("a", "echo ready > ready; exec sleep 600");
    take(&executor, std::slice::from_ref(&launch)).await;
    heard(&pipe).await;
    // Who listens on this machine is the machine's affair: the test does.
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let echo = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("somebody");
        let (mut read, mut write) = stream.split();
        tokio::io::copy(&mut read, &mut write).await.expect("copied");
    });
    let mut channel = executor.connect(&launch.key, port).await.expect("connected");
    channel.input.write(b"hello").await.expect("written");
    channel.input.close().await.expect("closed");
    assert_eq!(hear_all(&mut channel).await, (b"hello".to_vec(), vec![], Exit::None));
    echo.await.expect("done");
    let refused = executor.connect(&launch.key, port).await.err();
    assert!(matches!(refused, Some(ExecutorError::Refused { .. })), "{refused:?}");
    executor.kill(&launch.key, Duration::ZERO).await.expect("killed");
    ends(&executor, 1).await;
    assert_eq!(executor.connect(&launch.key, port).await.err(), Some(ExecutorError::UnknownUnit));
}
