//! [`command_line`]: a live job as a call of the platform's command. Source: LIV-22.

use crate::diag::{Code, Diagnostic};
use crate::model::words;
use crate::plan::live::JobSpec;

/// The words of `apolo run …`, the program first.
///
/// Shape: only what the job sets, in the order of LIV-22; tags sorted; `--` even without a command.
/// Errors: `F0406` where `cmd` cannot be split into words. Source: LIV-22…24.
pub fn command_line(job: &JobSpec, project: Option<&str>) -> Result<Vec<String>, Diagnostic> {
    let unit = &job.unit;
    let mut words = vec!["apolo".to_owned(), "run".to_owned()];
    let mut option = |name: &str, value: Option<String>| words.extend(value.map(|value| format!("--{name}={value}")));
    option("description", unit.title.clone());
    option("name", Some(job.name.clone()));
    option("project", project.map(str::to_owned));
    option("preset", unit.preset.clone());
    option("schedule-timeout", unit.schedule_timeout_seconds.map(seconds));
    option("http-port", unit.http_port.map(|port| port.to_string()));
    words.extend(unit.http_auth.map(|on| if on { "--http-auth" } else { "--no-http-auth" }.to_owned()));
    let mut option = |name: &str, value: Option<String>| words.extend(value.map(|value| format!("--{name}={value}")));
    option("entrypoint", unit.entrypoint.clone());
    option("workdir", unit.workdir.clone());
    unit.env.iter().for_each(|(name, value)| option("env", Some(format!("{name}={value}"))));
    unit.volumes.iter().for_each(|volume| option("volume", Some(volume.clone())));
    unit.tags.iter().for_each(|tag| option("tag", Some(tag.clone())));
    option("life-span", unit.life_span_seconds.map(seconds));
    words.extend(job.browse.then(|| "--browse".to_owned()));
    words.extend(job.detach.then(|| "--detach".to_owned()));
    words.extend(job.port_forward.iter().map(|pair| format!("--port-forward={pair}")));
    words.extend((unit.pass_config == Some(true)).then(|| "--pass-config".to_owned()));
    words.extend(unit.restart.as_ref().map(|policy| format!("--restart={policy}")));
    words.extend(unit.image.clone());
    words.push("--".to_owned());
    words.extend(split(unit.cmd.as_deref().unwrap_or_default())?);
    Ok(words)
}

/// Whole seconds.
fn seconds(span: f64) -> String {
    format!("{}s", span.trunc())
}

fn split(cmd: &str) -> Result<Vec<String>, Diagnostic> {
    words::split(cmd).map_err(|_| {
        let message = format!("a quote in the command is not closed: `{cmd}`");
        Diagnostic::error(Code::Conversion, message).help("close the quote, or write the command as `bash`")
    })
}
