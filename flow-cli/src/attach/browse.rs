//! [`browse`]: opens a job's port in a browser as soon as somebody answers there.

use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use flow_core::model::LiveJob;
use flow_engine::Engine;

use crate::error::CliError;
use crate::session::Session;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often it is looked.
const PAUSE: Duration = Duration::from_millis(200);
/// What opens a page, where `BROWSER` names nothing.
const OPENERS: [&str; 2] = ["xdg-open", "open"];

/// Waits until the job's port answers, then opens its page.
pub(crate) async fn browse(session: &mut Session, engine: &Engine, job: &LiveJob) -> Result<(), CliError> {
    let Some((url, port)) = job.order.url.clone().zip(job.order.http_port.and_then(|port| u16::try_from(port).ok()))
    else {
        session.note("there is no page to open: the job has no `http_port` that can be reached from here");
        return Ok(());
    };
    if !answers(engine, job, port).await? {
        session.note(&format!("nobody answers at {url} yet; open it later"));
        return Ok(());
    }
    let environment = session.io.environment.clone();
    let chosen = session.io.variable("BROWSER").filter(|name| !name.is_empty());
    let openers = chosen.into_iter().chain(OPENERS.map(str::to_owned));
    if !openers.into_iter().any(|opener| opens(&opener, &url, &environment)) {
        session.note(&format!("no browser is known here; open {url} yourself"));
    }
    Ok(())
}

/// Whether somebody answers at the port before the patience or the job is over.
async fn answers(engine: &Engine, job: &LiveJob, port: u16) -> Result<bool, CliError> {
    let looks = PATIENCE.as_millis() / PAUSE.as_millis();
    for _ in 0..looks {
        let now = engine.live_job(&job.id).await?.row.job;
        if now.status.is_finished() {
            return Ok(false);
        }
        if engine.connect_live(&now, port).await.is_ok() {
            return Ok(true);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(false)
}

fn opens(opener: &str, url: &str, environment: &[(OsString, OsString)]) -> bool {
    let mut command = std::process::Command::new(opener);
    command.arg(url).env_clear().envs(environment.iter().cloned());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}
