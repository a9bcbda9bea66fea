//! The shared vectors of live plans, `live-plan.jsonl`. Source: spec 04, 06 §3.
#![expect(clippy::indexing_slicing, reason = "a malformed vector is a failed test")]

use flow_core::diag::{Diagnostic, Diagnostics};
use flow_core::expr::Answers;
use flow_core::plan::{FlowValues, Inputs, JobRequest, JobSpec, PreparedJob, command_line, is_multi, plan_job};
use flow_core::resolve::{LiveFlow, Workspace};
use flow_tests::conformance::{Case, Verdict};
use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use crate::conformance_batch_plan::{defaults, images, unit, volumes};
use crate::conformance_plan::{self as kit, Place};

/// Judges one live flow, or one job of it.
pub(crate) fn judge(case: &Case) -> Verdict {
    let place = Place::new(case, &Json::Null);
    let name = if case.text("flow").is_empty() { "live" } else { case.text("flow") };
    let workspace = place.load(Workspace::live(name));
    let (flow, diags) = workspace.resolve_live(&place.folder_name());
    let actual = match flow {
        None => json!({"error": kit::errors(&diags, workspace.sources())}),
        Some(flow) => plan(case, &place, &flow),
    };
    let actual = kit::placed(&actual, &place);
    let mut said = Vec::new();
    for expected in case.expected() {
        let found = compare(expected, &actual);
        if found.is_empty() {
            return Verdict { holds: true, actual: String::new() };
        }
        said.extend(found);
    }
    Verdict { holds: false, actual: said.join("\n           ") }
}

fn compare(expected: &Json, actual: &Json) -> Vec<String> {
    if let Some(error) = expected.get("error") {
        let mut ours = actual["error"].as_array().into_iter().flatten();
        let held = ours.any(|ours| kit::is_error(error, ours));
        return if held { Vec::new() } else { vec![format!("error: {error} <> {actual}")] };
    }
    kit::differences(expected, actual, "")
}

fn plan(case: &Case, place: &Place, flow: &LiveFlow) -> Json {
    let inputs = kit::inputs(place, IndexMap::new(), &case.fields["git"]);
    let (values, diags) = FlowValues::of_live(flow, &inputs);
    if diags.has_errors() {
        return json!({"error": kit::errors(&diags, &flow.shared.sources)});
    }
    if case.text("job").is_empty() {
        return json!({"flow": flow_json(flow, &inputs, &values)});
    }
    let suffix = case.fields["suffix"].as_str().map(str::to_owned);
    let request =
        JobRequest { job: case.text("job"), params: kit::texts(&case.fields["params"]), suffix, args: Vec::new() };
    let mut answers = Answers::new();
    loop {
        match plan_job(flow, &inputs, &request, &answers) {
            PreparedJob::Ask(calls) => kit::answer(&calls, &case.fields["running_jobs"], &mut answers),
            PreparedJob::Fault(diags) => return json!({"error": kit::errors(&diags, &flow.shared.sources)}),
            PreparedJob::Run(job) => return job_json(flow, &inputs, &job),
        }
    }
}

fn project_of(flow: &LiveFlow, inputs: &Inputs) -> Option<String> {
    let selected = inputs.platform.as_ref().map(|platform| platform.project.clone());
    flow.shared.project.project_name.clone().or(selected)
}

fn flow_json(flow: &LiveFlow, inputs: &Inputs, values: &FlowValues) -> Json {
    let mut jobs: Vec<&str> = flow.jobs.keys().map(AsRef::as_ref).collect();
    jobs.sort_unstable();
    let multi: serde_json::Map<String, Json> =
        jobs.iter().filter_map(|job| Some(((*job).to_owned(), json!(is_multi(flow, job)?)))).collect();
    let shared = &flow.shared;
    json!({
        "jobs": jobs,
        "project": {
            "id": &*shared.project.id,
            "project_name": project_of(flow, inputs),
            "owner": shared.project.owner,
        },
        "flow": {
            "flow_id": &*shared.id,
            "project_id": &*shared.project.id,
            "workspace": inputs.workspace,
            "title": shared.title,
            "username": inputs.username,
        },
        "tags": values.tags.iter().map(|tag| &**tag).collect::<Vec<_>>(),
        "env": values.env,
        "defaults": defaults(values),
        "volumes": volumes(values, true),
        "images": images(values),
        "multi": multi,
    })
}

fn job_json(flow: &LiveFlow, inputs: &Inputs, job: &JobSpec) -> Json {
    let mut json = unit(&job.unit, Some(&job.id));
    json["detach"] = json!(job.detach);
    json["browse"] = json!(job.browse);
    json["port_forward"] = json!(job.port_forward);
    json["multi"] = json!(job.suffix.is_some());
    match command_line(job, project_of(flow, inputs).as_deref()) {
        Ok(words) => json!({"job": json, "command_line": words}),
        Err(fault) => json!({"error": errors(fault, flow)}),
    }
}

fn errors(fault: Diagnostic, flow: &LiveFlow) -> Json {
    kit::errors(&Diagnostics::from_iter([fault]), &flow.shared.sources)
}
