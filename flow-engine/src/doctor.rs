//! [`examine`]: what this machine can do for flows, and how to mend what it cannot. It changes nothing.
//!
//! Main type: [`Finding`]. What a person sees of it does not belong here.

mod machine;
mod place;

use std::path::Path;

use flow_core::port::{ConfigSource as _, SourceError};
use serde::Serialize;

use crate::config::{Environment, Settings};
use crate::source::DirectorySource;

/// What is wrong with a finding, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Nothing.
    Ok,
    /// Flows run, but something is missing or deserves a word.
    Note,
    /// No flow can be run until it is mended.
    Problem,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, such as `git`.
    pub subject: &'static str,
    /// Whether it is fine.
    pub health: Health,
    /// What was found, in one line.
    pub found: String,
    /// How to mend it; present unless it is fine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

impl Finding {
    fn ok(subject: &'static str, found: impl Into<String>) -> Self {
        Finding { subject, health: Health::Ok, found: found.into(), mend: None }
    }

    fn note(subject: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Finding { subject, health: Health::Note, found: found.into(), mend: Some(mend.into()) }
    }

    fn problem(subject: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Finding { subject, health: Health::Problem, found: found.into(), mend: Some(mend.into()) }
    }
}

/// Whether flows can be run: no finding is a problem.
pub fn can_run(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.health != Health::Problem)
}

/// Looks at the machine as one who runs flows from `start`, with these variables.
///
/// Shape: in the order in which a person would look; not empty. Runs `git`, `python3` and `dot` for their
/// versions, and nothing else.
pub async fn examine(start: &Path, environment: Environment<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let source = workspace(start, &mut findings).await;
    let config = source.as_ref().map(DirectorySource::config_folder);
    match settings(config, environment) {
        Ok((settings, finding)) => {
            findings.push(finding);
            findings.extend(place::findings(&settings));
            findings.extend(machine::executors(&settings, environment));
        }
        Err(finding) => findings.push(finding),
    }
    findings.extend(machine::programs(environment));
    findings
}

async fn workspace(start: &Path, findings: &mut Vec<Finding>) -> Option<DirectorySource> {
    const SUBJECT: &str = "workspace";
    let source = match DirectorySource::find(start) {
        Ok(source) => source,
        Err(error @ SourceError::NoWorkspace { .. }) => {
            let mend = "go to the folder that holds `.apolo`, or make a project: `apolo-flow init`";
            findings.push(Finding::note(SUBJECT, error.to_string(), mend));
            return None;
        }
        Err(error) => {
            findings.push(Finding::problem(SUBJECT, error.to_string(), "name another folder with `--config`"));
            return None;
        }
    };
    let folder = source.folder().display();
    findings.push(match source.flows().await {
        Ok(flows) if flows.is_empty() => {
            Finding::note(SUBJECT, format!("{folder} has no flow"), "write one; `apolo-flow init` shows how one looks")
        }
        Ok(flows) => Finding::ok(SUBJECT, format!("{folder}, flows: {}", flows.join(", "))),
        Err(error) => Finding::problem(SUBJECT, error.to_string(), "make the config folder readable"),
    });
    Some(source)
}

fn settings(config: Option<&Path>, environment: Environment<'_>) -> Result<(Settings, Finding), Finding> {
    const SUBJECT: &str = "settings";
    let file = Settings::file(config, environment);
    let found = file.map_or("no engine.toml, so the defaults".to_owned(), |file| file.display().to_string());
    match Settings::read(config, environment) {
        Ok(settings) => Ok((settings, Finding::ok(SUBJECT, found))),
        Err(error) => Err(Finding::problem(SUBJECT, error.to_string(), "mend that place, or remove what it says")),
    }
}

#[cfg(test)]
mod tests;
