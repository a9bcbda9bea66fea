//! [`Checker::dry_run`]: what `apolo` would be called with to run a live job. Source: LIV-22, LIV-27.

use flow_core::diag::{Code, Diagnostic, Diagnostics};
use flow_core::expr::{Answers, HostCall};
use flow_core::plan::{JobRequest, JobSpec, PreparedJob, command_line, is_multi, plan_job};
use flow_core::port::{ConfigSource, Ids};
use flow_core::resolve::LiveFlow;
use flow_core::value::Value;

use crate::EngineError;
use crate::driver::{Volumes, answer};
use crate::engine::check::{Checker, ReadyLive};

/// What a live job would be started with.
#[derive(Clone, Debug, PartialEq)]
pub struct DryRun {
    /// What `upload()` would run first, each as words.
    pub before: Vec<Vec<String>>,
    /// The job's own command line as words.
    pub command: Vec<String>,
    /// Warnings about the flow.
    pub diagnostics: Diagnostics,
}

impl Checker {
    /// Evaluates a job of a live flow and gives the command lines that would start it on the platform.
    ///
    /// Looks nothing up and starts nothing; a multi job without a suffix gets a fresh one.
    /// Errors: `Config` with the problems of the flow or of this job; those of other jobs do not count (DEC-28).
    pub async fn dry_run(
        &self,
        source: &dyn ConfigSource,
        flow: &str,
        mut request: JobRequest<'_>,
        ids: &dyn Ids,
    ) -> Result<DryRun, EngineError> {
        let mut ready = self.ready_live(source, flow).await?;
        // The platform mounts volumes.
        ready.inputs.storage = None;
        if request.suffix.is_none() && is_multi(&ready.flow, request.job) == Some(true) {
            request.suffix = Some(fresh_suffix(ids));
        }
        let (job, before) = evaluate(&ready, &request).await?;
        let project = ready.flow.shared.project.project_name.clone();
        let command = command_line(&job, project.as_deref());
        let command = command.map_err(|fault| config(&ready.flow, Diagnostics::from_iter([fault])))?;
        Ok(DryRun { before, command, diagnostics: ready.diagnostics })
    }
}

/// Ten hexadecimal digits (LIV-20).
pub(super) fn fresh_suffix(ids: &dyn Ids) -> String {
    let id = ids.fresh("job");
    let digits: Vec<char> = id.chars().filter(char::is_ascii_hexdigit).collect();
    // The last ones: those of a counting source of ids differ there.
    digits.iter().skip(digits.len().saturating_sub(10)).collect::<String>().to_lowercase()
}

/// The job with all its questions answered, and the command lines of its uploads.
pub(super) async fn evaluate(
    ready: &ReadyLive,
    request: &JobRequest<'_>,
) -> Result<(JobSpec, Vec<Vec<String>>), EngineError> {
    let (mut answers, mut before) = (Answers::new(), Vec::new());
    loop {
        match plan_job(&ready.flow, &ready.inputs, request, &answers) {
            PreparedJob::Run(job) => return Ok((*job, before)),
            PreparedJob::Fault(diagnostics) => return Err(config(&ready.flow, diagnostics)),
            PreparedJob::Ask(calls) => {
                for call in calls {
                    let answer = match &call {
                        HostCall::Upload { local, remote } => {
                            before.extend(upload_lines(local, remote));
                            Value::Bool(true)
                        }
                        _ => answer(call.clone(), &Volumes::default())
                            .await
                            .map_err(|message| unanswered(&ready.flow, &message))?,
                    };
                    answers.insert(call, answer);
                }
            }
        }
    }
}

/// The two commands of an upload. Source: LIV-41.
fn upload_lines(local: &str, remote: &str) -> [Vec<String>; 2] {
    let trimmed = remote.trim_end_matches('/');
    let parent = trimmed.rsplit_once('/').map_or_else(
        || trimmed.split_once(':').map_or(trimmed, |(scheme, _)| trimmed.get(..=scheme.len()).unwrap_or(trimmed)),
        |(parent, _)| parent,
    );
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    [
        words(&["apolo", "mkdir", "--parents", parent]),
        words(&["apolo", "cp", "--recursive", "--update", "--no-target-directory", local, remote]),
    ]
}

fn unanswered(flow: &LiveFlow, message: &str) -> EngineError {
    let fault = Diagnostic::error(Code::ExprValue, message.to_owned());
    config(flow, Diagnostics::from_iter([fault]))
}

fn config(flow: &LiveFlow, diagnostics: Diagnostics) -> EngineError {
    EngineError::config(diagnostics, flow.shared.sources.as_ref().clone())
}
