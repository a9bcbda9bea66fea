//! The `apolo-flow` command as a library: arguments, printing, exit codes; nothing else.
//!
//! Main item: [`run`]. What lives here: what a person types and sees (`args`, `cmd`, `report`).
//! What does not: anything that an embedder would want as well, which is the engine's.
#![warn(missing_docs)]

mod args;
mod attach;
mod cmd;
mod complete;
mod error;
mod exit;
mod help;
mod io;
mod log;
mod report;
mod session;
mod template;
mod watch;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::FromArgMatches as _;
use clap::error::ErrorKind;

use crate::args::Args;
use crate::error::CliError;
use crate::session::Session;

pub use exit::Exit;
pub use io::{AskSize, Input, Io, Output, Size};

/// Runs one command line; the first argument is the program's name.
///
/// Blocks until the command is done; must not be called from within an asynchronous runtime.
/// Results go to `io.out`, everything for people goes to `io.err`.
pub fn run(args: impl IntoIterator<Item = impl Into<OsString> + Clone>, mut io: Io) -> Exit {
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    if complete::is_asked(&io) {
        return complete::answer(&args, io);
    }
    let (name, args) = match parse(&args) {
        Ok(parsed) => parsed,
        Err(error) => return explain(&error, &mut io),
    };
    if let args::Command::Terminal(own) = &args.command {
        // It runs in the environment of a unit, in which nothing of ours is to be looked for or written.
        return cmd::terminal::run(own);
    }
    let mut session = match Session::new(&args.global, io) {
        Ok(session) => session,
        Err(stopped) => return stopped,
    };
    session.begin(&name);
    // A panic has been reported by its hook when it arrives here.
    let done = catch_unwind(AssertUnwindSafe(|| start(args, &mut session)));
    let exit = done.unwrap_or_else(|_| {
        session.say("this is an error in apolo-flow itself; please report it with the lines above");
        Exit::Bug
    });
    session.end(&name, exit);
    exit
}

/// The command's name, and all that was typed.
fn parse(args: &[OsString]) -> Result<(String, Args), clap::Error> {
    let matches = help::command().try_get_matches_from(args)?;
    let args = Args::from_arg_matches(&matches)?;
    Ok((matches.subcommand_name().unwrap_or_default().to_owned(), args))
}

fn start(args: Args, session: &mut Session) -> Exit {
    let done = match args.command {
        // The supervisor outlives engines and runs on plain threads.
        args::Command::Supervisor(own) => cmd::supervisor::run(session, &own),
        command => runtime().and_then(|runtime| {
            let done = runtime.block_on(cmd::dispatch(session, command));
            // Reads that nobody waits for any more end with the process.
            runtime.shutdown_background();
            done
        }),
    };
    done.unwrap_or_else(|error| error.tell(session))
}

fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|error| CliError::Output { what: "the runtime", error })
}

/// Prints help, the version, or what is wrong with the command line.
fn explain(error: &clap::Error, io: &mut Io) -> Exit {
    if error.kind() == ErrorKind::DisplayVersion {
        // CLI-2.
        io.out.say(&format!("apolo-flow package version: {}", env!("CARGO_PKG_VERSION")));
        return Exit::Well;
    }
    let wanted = error.kind() == ErrorKind::DisplayHelp;
    let (output, exit) = if wanted { (&mut io.out, Exit::Well) } else { (&mut io.err, Exit::Usage) };
    let text = report::clean::block(&error.render().to_string());
    output.say(text.trim_end());
    exit
}
