//! Live jobs and commands beside them on terminals of their own. Source: LIV-20, LIV-28, MCH-1.

use rustix::termios::LocalModes;

use crate::kit::Place;
use crate::terminal::OnTerminal;

const BATCH: &str = "  - {id: a, image: any, bash: echo x}\n";

/// Ctrl-C as a key.
const INTERRUPT: &str = "\x03";
/// Ctrl-D as a key.
const END: &str = "\x04";

/// A workspace with these jobs.
fn place(jobs: &str) -> Place {
    let place = Place::new(BATCH);
    place.write(".apolo/live.yml", &format!("kind: live\njobs:\n{jobs}"));
    place
}

const LOOKS: &str = "import os
print([os.isatty(number) for number in range(3)], flush=True)
print(*os.get_terminal_size(), open('/dev/tty').isatty(), os.getsid(0) == os.getpid() == os.tcgetpgrp(0))
";

#[test]
fn a_job_has_a_terminal_where_both_ends_are_one() {
    let place = place("  looks: {image: any, cmd: python3 looks.py}\n");
    place.write("looks.py", LOOKS);
    let mut run = OnTerminal::of(place.command("run looks"));
    run.hear_next("[True, True, True]\r\n80 24 True True\r\n");
    assert_eq!(run.end().0, Some(0));
    assert_eq!(place.run("logs looks").expect(0).out, "[True, True, True]\r\n80 24 True True\r\n");
    // At one end only, none: what it prints is for a file.
    let piped = place.run("run looks");
    assert!(piped.code == Some(1) && piped.out.contains("[False, False, False]\n"), "{piped:#?}");
}

/// Tells the size of its terminal, waits for a change without missing one, tells it again, and waits for a key.
const RESIZED: &str = "import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
print('size', *os.get_terminal_size(), flush=True)
signal.sigwait([signal.SIGWINCH])
print('size', *os.get_terminal_size(), flush=True)
input()
";

#[test]
fn a_change_of_the_window_reaches_the_job() {
    let place = place("  resized: {image: any, cmd: python3 resized.py}\n");
    place.write("resized.py", RESIZED);
    let mut run = OnTerminal::of(place.command("run resized"));
    run.hear_next("size 80 24");
    run.resize(50, 132);
    run.hear_next("size 132 50");
    run.answer("\r");
    assert_eq!(run.end().0, Some(0));
}

#[test]
fn an_interpreter_is_talked_to_left_and_found_again() {
    let place = place("  python: {image: any, env: {TERM: dumb, PYTHON_BASIC_REPL: '1'}, cmd: python3 -iq}\n");
    let mut run = OnTerminal::of(place.command("run python"));
    let usual = LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
    assert!(run.modes().local_modes.contains(usual));
    run.hear_next(">>> ");
    assert!(!run.modes().local_modes.intersects(usual), "each key is the job's");
    run.answer("6 * 7000001\r");
    run.hear_next("42000006\r\n>>> ");
    // Who computes hears Ctrl-C for sure; who is about to wait for a key may miss it.
    run.answer("exec('while 1: pass')\r");
    run.hear_next("pass')\r\n");
    run.answer(INTERRUPT);
    run.hear_next("[d]etach and let it run, [k]ill it, send [c]trl-c to it, or go on?");
    run.answer("c");
    run.hear_next("KeyboardInterrupt");
    run.answer(INTERRUPT);
    run.hear_next("[d]etach");
    run.answer("d");
    let (code, heard, modes) = run.end_with_modes();
    assert!(code == Some(130) && heard.contains("python runs on"), "{code:?} {heard}");
    assert!(modes.local_modes.contains(usual), "the terminal is as it was");
    assert_eq!(place.run("status python --json").expect(0).json()["status"], "running");

    let mut again = OnTerminal::of(place.command("run python"));
    again.hear_next("6 * 7000001\r\n42000006\r\n");
    again.hear_next("KeyboardInterrupt\r\n");
    again.hear_next(">>> ");
    again.answer("print(1 + 2 ** 20)\r");
    again.hear_next("1048577\r\n>>> ");
    again.answer(INTERRUPT);
    again.hear_next("[k]ill it");
    again.answer("k");
    let (code, heard, modes) = again.end_with_modes();
    assert!(code == Some(130) && heard.contains("cancelled"), "{code:?} {heard}");
    assert!(modes.local_modes.contains(usual), "the terminal is as it was");
    assert_eq!(place.run("status python --json").expect(0).json()["status"], "cancelled");
}

#[test]
fn the_end_of_input_is_a_key() {
    let place = place("  cat: {image: any, bash: 'echo ready; exec cat'}\n");
    let mut run = OnTerminal::of(place.command("run cat"));
    run.hear_next("ready\r\n");
    // Echoed by the terminal, then written by the program; ü is two bytes and one letter to the delete key.
    run.answer("onü\x7fe\r");
    run.hear_next("e\r\none\r\n");
    run.answer(END);
    let (code, _, modes) = run.end_with_modes();
    assert_eq!(code, Some(0));
    assert!(modes.local_modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG));
}

#[test]
fn no_output_of_a_terminal_is_lost_at_its_end() {
    let place = place("  counts: {image: any, bash: 'seq 1 20000; exit 3'}\n");
    let mut run = OnTerminal::of(place.command("run counts --color never"));
    run.hear_one(&["counts failed"]);
    assert_eq!(run.end().0, Some(3));
    let log = place.run("logs counts").expect(0).out;
    assert!(log.split_terminator("\r\n").eq((1..=20000).map(|number| number.to_string())), "all lines are in the log");
}

#[test]
fn all_of_a_session_ends_with_its_job() {
    // Job control gives the second process a group of its own.
    let place =
        place("  shell: {image: any, bash: 'set -m; (trap \"\" HUP TERM; read go < gate) & echo began $!; wait'}\n");
    let _gate = place.gate("gate");
    let mut run = OnTerminal::of(place.command("run shell"));
    run.hear_next("began ");
    run.hear_next("\r\n");
    let log = place.run("logs shell").expect(0).out;
    let pid: i32 = log.trim().trim_start_matches("began ").parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::test_kill_process(pid).unwrap();
    place.run("kill shell").expect(0);
    assert_eq!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH));
    let (code, heard) = run.end();
    assert!(code == Some(130) && heard.contains("cancelled"), "{code:?} {heard}");
}

#[test]
fn secrets_are_masked_on_a_terminal_too() {
    // MCH-3.
    let place = place("  tells: {image: any, env: {KEY: 'secret:key'}, bash: 'echo it is $KEY'}\n");
    let mut command = place.command("run tells");
    command.env("APOLO_FLOW_SECRET_KEY", "open-sesame");
    let (code, heard) = OnTerminal::of(command).end();
    assert!(code == Some(0) && heard.contains("it is ***\r\n") && !heard.contains("sesame"), "{code:?} {heard}");
}

#[test]
fn a_program_that_cannot_run_is_told_of() {
    let place = place("  broken: {image: any, cmd: ./broken}\n");
    place.write("broken", "#!/no/such/interpreter\n");
    std::fs::set_permissions(place.path("broken"), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let (code, heard) = OnTerminal::of(place.command("run broken")).end();
    assert!(code == Some(126) && heard.contains("broken`: No such file"), "{code:?} {heard}");
}

#[test]
fn a_command_beside_a_job_has_a_terminal_by_the_same_rule() {
    let place = place("  gated: {image: any, env: {WHO: the job}, bash: 'echo at work; read go < gate'}\n");
    let gate = place.gate("gate");
    place.run("run gated --detach").expect(0);
    while place.run("status gated --json").expect(0).json()["status"] != "running" {}
    let exec = |words: &[&str]| {
        let mut command = place.command("exec gated --");
        command.args(words);
        OnTerminal::of(command)
    };
    let (code, heard) = exec(&["sh", "-c", "stty size; echo $WHO; exit 5"]).end();
    assert_eq!((code, &*heard), (Some(5), "24 80\r\nthe job\r\n"));
    let mut cat = exec(&["sh", "-c", "echo ready; exec cat"]);
    cat.hear_next("ready\r\n");
    cat.answer("one\r");
    cat.hear_next("one\r\none\r\n");
    cat.answer(INTERRUPT);
    let (code, _, modes) = cat.end_with_modes();
    assert_eq!(code, Some(130));
    assert!(modes.local_modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG));
    let mut resized = exec(&["python3", "-c", RESIZED]);
    resized.hear_next("size 80 24");
    resized.resize(30, 99);
    resized.hear_next("size 99 30");
    // It ends with the job.
    gate.open();
    assert_eq!(resized.end().0, Some(137));
}
