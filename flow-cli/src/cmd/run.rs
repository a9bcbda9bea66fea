//! `run`: a live job, made or found, and attached to; `--dry-run` prints the command lines that would start it on
//! the platform. Source: LIV-20…28, DEC-27.

use flow_core::model::{Stdin, words};
use flow_core::plan::JobRequest;
use flow_engine::sys::SystemIds;
use flow_engine::{Engine, LiveFound, LiveRun, RunRequest, Standing};

use crate::args::Run;
use crate::attach::{self, Ending};
use crate::cmd::params;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::{clean, diagnostic, json, live};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: Run) -> Result<Exit, CliError> {
    if own.dry {
        return dry_run(session, &own).await;
    }
    let source = session.source_with(own.fetching)?;
    let engine = session.engine()?;
    let request = RunRequest {
        flow: own.flow.name.clone(),
        job: own.job,
        params: params::pairs(&own.param),
        suffix: own.suffix,
        args: own.args,
        stdin: stdin(session),
        detach: own.detach || own.json,
    };
    let made = engine.run_live(&source, request).await?;
    warn(session, &made);
    let found = &made.found;
    let name = clean::line(&live::name(found.job()));
    if !made.is_new && !own.json {
        session.note(&format!("{name} is {}, connecting...", found.word()));
    }
    // A job whose engine is gone gets another one.
    if made.is_new || found.standing == Standing::Stalled {
        start(session, &engine, found)?;
    }
    if own.json {
        session.print(&json::text(&live::StatusView::new(found)))?;
        return Ok(Exit::Well);
    }
    if own.detach || found.job().order.detach {
        detached(session, &engine, found).await?;
        return Ok(Exit::Well);
    }
    let ending = attach::run(session, &engine, &found.job().id).await?;
    Ok(told(session, &ending))
}

/// Where the job's input comes from: what stands at our own two ends.
fn stdin(session: &Session) -> Stdin {
    match (&session.io.input, session.terminal_window()) {
        (_, Some(window)) => Stdin::Terminal(window),
        // Somebody at a terminal whose output goes elsewhere is asked about Ctrl-C, and types for nobody else.
        (Some(input), _) if !input.terminal => Stdin::Open,
        _ => Stdin::Closed,
    }
}

fn warn(session: &mut Session, made: &LiveRun) {
    if !made.diagnostics.is_empty() {
        let text = diagnostic::draw(&made.diagnostics, &made.sources, session.err_look, session.err_width());
        session.note(&text);
    }
}

/// Starts an engine of the job's own.
fn start(session: &mut Session, engine: &Engine, found: &LiveFound) -> Result<(), CliError> {
    let log = session.settings()?.engine_log();
    Ok(engine.drive_live_in_background(&found.job().id, &log)?)
}

/// What to type next about a job that runs on its own.
async fn detached(session: &mut Session, engine: &Engine, found: &LiveFound) -> Result<(), CliError> {
    let job = found.job();
    let name = clean::line(&live::name(job));
    if job.order.browse {
        attach::browse(session, engine, job).await?;
    }
    if let Some(url) = &job.order.url {
        session.note(&format!("{name} serves at {}", clean::line(url)));
    }
    session.note(&format!("{name} runs on; see `apolo-flow status {name}`, `logs {name}`, `kill {name}`"));
    session.print(&clean::line(job.id.as_str()))
}

/// How an attached job ended, and the exit code that tells it.
fn told(session: &mut Session, ending: &Ending) -> Exit {
    match ending {
        Ending::Ended(job) => {
            let name = clean::line(&live::name(job));
            session.note(&format!("{name} {}", live::how(job, session.err_look)));
            live::exit_of(job)
        }
        Ending::Left(job) => {
            let name = clean::line(&live::name(job));
            let again = live::run_line(job);
            session.note(&format!("left; {name} runs on: `{again}` attaches again, `apolo-flow kill {name}` ends it"));
            Exit::Cancelled
        }
    }
}

async fn dry_run(session: &mut Session, own: &Run) -> Result<Exit, CliError> {
    let source = session.source_with(own.fetching)?;
    let request = JobRequest {
        job: &own.job,
        params: params::pairs(&own.param),
        suffix: own.suffix.clone(),
        args: own.args.clone(),
    };
    let dry = session.checker()?.dry_run(&source, &own.flow.name, request, &SystemIds).await?;
    for line in dry.before.iter().chain([&dry.command]) {
        session.print(&words::join(line))?;
    }
    Ok(Exit::Well)
}
