//! What a live flow's text comes to: what is wrong with it, job by job.

use std::sync::Arc;

use flow_core::diag::{Diagnostics, Severity};
use flow_core::expr::Answers;
use flow_core::plan::{Inputs, JobRequest, PreparedJob, check_live, plan_job};
use flow_core::port::{ActionRef, SourceRef};
use flow_core::resolve::{LiveFlow, Workspace};
use flow_core::text::SourceMap;

const FLOW: &str = "kind: live
defaults: {env: {STAGE: draft}}
jobs:
  good: {image: x, cmd: '${{ env.STAGE }}'}
  many: {image: x, multi: true, cmd: '${{ multi.suffix }}'}
  bad: {image: x, cmd: '${{ multi.suffix }} ${{ evn.STAGE }}'}
  lost: {action: 'ws:nowhere.yml'}
  wrong: {action: 'ws:bell.yml', args: {times: often}}
  open: {module: 'ws:bell.yml', args: {times: 3}}
  closed: {action: 'ws:bell.yml', args: {times: 3}}
";

const BELL: &str = "kind: live
inputs: {times: {type: int}}
job: {image: x, cmd: '${{ inputs.times }} ${{ env.STAGE }}'}
";

fn flow() -> LiveFlow {
    let mut workspace = Workspace::live("live");
    let bell = ActionRef::Workspace("bell.yml".into());
    workspace.supply(SourceRef::Project, None);
    workspace.supply(SourceRef::Flow("live".into()), Some((".apolo/live.yml".to_owned(), Arc::from(FLOW))));
    for wanted in workspace.missing() {
        let text = (wanted == SourceRef::Action(bell.clone())).then(|| ("bell.yml".to_owned(), Arc::from(BELL)));
        workspace.supply(wanted, text);
    }
    let (flow, diags) = workspace.resolve_live("my-ws");
    flow.unwrap_or_else(|| panic!("{diags:#?}"))
}

fn lines(diags: &Diagnostics, sources: &SourceMap) -> Vec<String> {
    let errors = diags.iter().filter(|one| one.severity == Severity::Error);
    let line = |one: &flow_core::diag::Diagnostic| {
        let at = one.span().and_then(|span| Some((sources.get(span.file)?, sources.position(span)?)));
        let at = at.map(|(file, at)| format!("{}:{}:{} ", file.name, at.line, at.column)).unwrap_or_default();
        format!("{} {at}{}", one.code.number(), one.message)
    };
    errors.map(line).collect()
}

#[test]
fn each_job_has_its_own_mistakes() {
    let flow = flow();
    let (own, jobs) = check_live(&flow, &Inputs::default());
    assert!(own.is_empty(), "{own:#?}");
    let found: Vec<String> = jobs
        .iter()
        .flat_map(|(job, diags)| {
            lines(diags, &flow.shared.sources).into_iter().map(move |line| format!("{job}: {line}"))
        })
        .collect();
    assert_eq!(
        found,
        [
            "bad: F0401 .apolo/live.yml:6:29 no context `multi` here",
            "bad: F0401 .apolo/live.yml:6:49 no context `evn` here",
            "lost: F0509 .apolo/live.yml:7:18 there is no action `ws:nowhere.yml`",
            "wrong: F0511 .apolo/live.yml:8:48 the input `times` takes int, not str",
            "wrong: F0401 bell.yml:3:47 no context `env` here",
            "closed: F0401 bell.yml:3:47 no context `env` here",
        ]
    );
}

#[test]
fn jobs_are_planned_one_by_one() {
    let flow = flow();
    let plan = |job: &str, suffix: Option<&str>| {
        let request = JobRequest { job, suffix: suffix.map(str::to_owned), ..JobRequest::default() };
        match plan_job(&flow, &Inputs::default(), &request, &Answers::new()) {
            PreparedJob::Run(job) => vec![format!("{} {}", job.name, job.unit.cmd.unwrap_or_default())],
            PreparedJob::Ask(calls) => vec![format!("{calls:?}")],
            PreparedJob::Fault(diags) => lines(&diags, &flow.shared.sources),
        }
    };
    let cases = [
        ("good", None, "my-ws-good draft"),
        ("many", Some("s_1"), "my-ws-many-s-1 s_1"),
        ("good", Some("s_1"), "F0010 `good` is no multi job, so it takes no suffix"),
        ("god", None, "F0009 the flow has no job `god`"),
        ("lost", None, "F0509 .apolo/live.yml:7:18 there is no action `ws:nowhere.yml`"),
        ("open", None, "my-ws-open 3 draft"),
    ];
    for (job, suffix, wanted) in cases {
        assert_eq!(plan(job, suffix), [wanted], "{job}");
    }
}
