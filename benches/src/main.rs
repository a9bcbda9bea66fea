//! Speed figures: what the engine costs beside a floor that does the same work without it.
//!
//! `make bench` runs all of it in release. Machines are noisy, so each figure is the median of
//! several runs, and what is compared runs in turn, A B A B. CPU is that of all processes of a
//! run, as the kernel accounts it when they are reaped.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod console;
mod expr;
mod fan;
mod layout;
mod measure;
mod once;
mod sched;
mod text;

use std::process::ExitCode;

/// What one bench may run into; it is only printed.
pub(crate) type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        // Parts of a measured run: processes of their own, so that their CPU is theirs alone.
        ["run-fan", count, parallel] => fan::run(count, parallel),
        ["run-floor", count, parallel] => fan::run_floor(count, parallel),
        ["__supervisor", "--dir", folder, "--cpus", cpus] => fan::run_supervisor(folder, cpus),
        // The other side of `benches/python.py`.
        ["run-scripted", count] => sched::run_scripted(count),
        ["layout"] => layout::report(),
        ["console"] => console::report(),
        [] => all(),
        _ => Err(format!("unknown arguments: {}", words.join(" ")).into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn all() -> Result<(), Failure> {
    println!("apolo-flow benches, {} cores", std::thread::available_parallelism()?);
    expr::report()?;
    text::report()?;
    layout::report()?;
    sched::report()?;
    once::report()?;
    fan::report()
}
