//! The shared vectors of batch plans, `batch-plan.jsonl`, and of cache keys, `cache-key.jsonl`.
//! Source: spec 04, DEC-28, DEC-29.
#![expect(clippy::indexing_slicing, reason = "a malformed vector is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flow_core::diag::Diagnostics;
use flow_core::expr::Answers;
use flow_core::model::{FullId, NeedsLevel, NodeRecord, TaskStatus, UnitSpec};
use flow_core::plan::{self, Enabled, FlowValues, Inputs, Needed, NodeView, OpenCall, Prepared, RowResult, TaskResult};
use flow_core::resolve::{ResolvedFlow, Work, Workspace};
use flow_tests::conformance::{Case, Verdict};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use crate::conformance_plan::{self as kit, Place};

/// Judges one plan.
pub(crate) fn judge(case: &Case) -> Verdict {
    let place = Place::new(case, &Json::Null);
    let (actual, checks) = match Run::new(&place, case.text("batch"), &case.fields) {
        Err(error) => (json!({"error": error}), Json::Null),
        Ok(mut run) => run.plan(),
    };
    let actual = kit::placed(&actual, &place);
    let mut said = Vec::new();
    for expected in case.expected() {
        let found = compare(expected, &actual, &checks);
        if found.is_empty() {
            return Verdict { holds: true, actual: String::new() };
        }
        said.extend(found);
    }
    Verdict { holds: false, actual: said.join("\n           ") }
}

fn compare(expected: &Json, actual: &Json, checks: &Json) -> Vec<String> {
    if let Some(error) = expected.get("error") {
        let ours = actual["error"].as_array().into_iter().flatten();
        let held = ours.clone().any(|ours| kit::is_error(error, ours));
        return if held { Vec::new() } else { vec![format!("error: {error} <> {actual}")] };
    }
    let mut wrong = compare_checks(&expected["checks"], checks);
    let mut expected = expected.clone();
    let members = expected.as_object_mut().expect("a mapping");
    members.remove("checks");
    if actual.get("graphs").is_none() {
        // Without a graph there are no tasks to compare: what keeps us from it must have been expected.
        if wrong.is_empty() && checks.as_array().is_none_or(Vec::is_empty) {
            wrong.push(format!("no graph: {actual}"));
        }
        for name in ["graphs", "tasks"] {
            members.remove(name);
        }
    }
    // Where the reference could not draw, the same errors stand among those of its checks.
    if !expected["graphs"]["error"].is_null() {
        let own = actual["graphs"].clone();
        expected["graphs"] = own;
    }
    let empty = |name: &str| expected.get(name).is_none();
    let mut actual = actual.clone();
    for name in ["volumes", "images"] {
        if empty(name) && actual[name].as_object().is_some_and(Map::is_empty) {
            actual.as_object_mut().expect("a mapping").remove(name);
        }
    }
    wrong.extend(kit::differences(&expected, &actual, ""));
    wrong
}

/// Each recorded error must be among ours, and each of ours among the recorded.
fn compare_checks(expected: &Json, ours: &Json) -> Vec<String> {
    let ours: Vec<&Json> = ours.as_array().into_iter().flatten().collect();
    let recorded = expected.as_object().into_iter().flatten().filter(|(_, check)| *check != "ok");
    let recorded: Vec<&Json> = recorded
        .flat_map(|(_, check)| match check["errors"].as_array() {
            Some(several) => several.iter().collect(),
            None => vec![check],
        })
        .collect();
    let missing = recorded.iter().filter(|one| !ours.iter().any(|own| kit::is_error(one, own)));
    let extra = ours.iter().filter(|own| !recorded.iter().any(|one| kit::is_error(one, own)));
    let missing = missing.map(|one| format!("checks: not found: {one}"));
    missing.chain(extra.map(|own| format!("checks: not recorded: {own}"))).collect()
}

/// A flow with what its tasks are taken to have given.
struct Run {
    flow: ResolvedFlow,
    inputs: Inputs,
    results: BTreeMap<String, TaskResult>,
    states: BTreeMap<String, IndexMap<String, String>>,
    tasks: Map<String, Json>,
    graphs: Map<String, Json>,
    keys: BTreeMap<String, Option<String>>,
    wrong: Diagnostics,
}

impl Run {
    fn new(place: &Place, batch: &str, fields: &Json) -> Result<Self, Json> {
        let workspace = place.load(Workspace::new(batch));
        let (flow, diags) = workspace.resolve(&place.folder_name());
        let flow = flow.filter(|_| !diags.has_errors());
        let Some(flow) = flow else { return Err(kit::errors(&diags, workspace.sources())) };
        let (params, diags) = plan::params(&flow, &kit::texts(&fields["params"]));
        if diags.has_errors() {
            return Err(kit::errors(&diags, workspace.sources()));
        }
        let inputs = kit::inputs(place, params, &fields["git"]);
        let results = fields["results"].as_object().into_iter().flatten();
        let states = fields["states"].as_object().into_iter().flatten();
        let run = Run {
            flow,
            inputs,
            results: results.map(|(id, json)| (id.clone(), result(json))).collect(),
            states: states.map(|(id, json)| (id.clone(), kit::texts(json))).collect(),
            tasks: Map::new(),
            graphs: Map::new(),
            keys: BTreeMap::new(),
            wrong: Diagnostics::new(),
        };
        // What stops the loading in the reference: all that is no error of the checks.
        let (_, drawn) = plan::open(&run.flow, &run.inputs, &[], &Answers::new());
        let (_, values) = FlowValues::of_batch(&run.flow, &run.inputs);
        let cycle = |one: &flow_core::diag::Diagnostic| one.code == flow_core::diag::Code::Cycle;
        let stops: Diagnostics = drawn.into_iter().chain(values).filter(|one| !cycle(one)).collect();
        if stops.has_errors() {
            return Err(kit::errors(&stops, workspace.sources()));
        }
        Ok(run)
    }

    /// The plan in the form of the vectors, and the errors of the checks.
    fn plan(&mut self) -> (Json, Json) {
        let (_, diags) = plan::plan(&self.flow, &self.inputs);
        let checks = kit::errors(&diags, &self.flow.shared.sources);
        let (values, _) = FlowValues::of_batch(&self.flow, &self.inputs);
        let shared = &self.flow.shared;
        let selected = self.inputs.platform.as_ref().map(|platform| platform.project.clone());
        let mut json = json!({
            "project_id": &*shared.project.id,
            "project_name": shared.project.project_name.clone().or(selected),
            "flow_id": &*shared.id,
            "title": shared.title,
            "params": self.inputs.params,
            "life_span": values.life_span,
            "defaults": defaults(&values),
            "volumes": volumes(&values, false),
            "images": images(&values),
        });
        self.graph(&mut Vec::new(), &FullId::root());
        let complete = !self.graphs.is_empty() && !self.wrong.has_errors();
        if complete {
            json["tasks"] = Json::Object(std::mem::take(&mut self.tasks));
            json["graphs"] = Json::Object(std::mem::take(&mut self.graphs));
        }
        (json, checks)
    }

    /// Walks through a graph; gives the results of its nodes by their ids.
    fn graph(&mut self, calls: &mut Vec<OpenCall>, prefix: &FullId) -> IndexMap<Arc<str>, Needed> {
        let (plan, diags) = plan::open(&self.flow, &self.inputs, calls, &Answers::new());
        let Some(plan) = plan else {
            self.wrong.append(diags);
            return IndexMap::new();
        };
        let needs = |node: &NodeRecord| {
            let ids: BTreeSet<String> = node.needs.iter().map(|need| prefix.child(&need.id).to_string()).collect();
            json!(ids)
        };
        let edges: Map<String, Json> =
            plan.nodes.iter().map(|node| (prefix.child(&node.id).to_string(), needs(node))).collect();
        self.graphs.insert(prefix.to_string(), Json::Object(edges));
        let mut done: IndexMap<Arc<str>, TaskResult> = IndexMap::new();
        for at in plan.order() {
            let node = &plan.nodes[at];
            let result = self.node(node, &plan.nodes, &done, (calls, prefix));
            done.insert(node.id.clone(), result);
        }
        done.into_iter().map(|(id, result)| (id, Needed::Task(result))).collect()
    }

    fn node(
        &mut self,
        node: &NodeRecord,
        nodes: &[NodeRecord],
        done: &IndexMap<Arc<str>, TaskResult>,
        (calls, prefix): (&mut Vec<OpenCall>, &FullId),
    ) -> TaskResult {
        let id = prefix.child(&node.id);
        let name = id.to_string();
        let own_calls = calls.clone();
        let main = node.id.strip_prefix("post-").map(|main| prefix.child(main).to_string());
        let state_from = main.filter(|_| self.is_post(node, calls));
        let state = state_from.as_ref().and_then(|main| self.states.get(main)).cloned().unwrap_or_default();
        let unanswered = Answers::new();
        let asking = NodeView {
            id: &id,
            node,
            calls: &own_calls,
            inputs: &self.inputs,
            needs: needed(node, nodes, done),
            state,
            answers: &unanswered,
            winding_down: false,
        };
        let mut answers = Answers::new();
        if let Prepared::Ask(questions) = plan::unit(&self.flow, &asking) {
            kit::answer(&questions, &Json::Null, &mut answers);
        }
        let view = NodeView { answers: &answers, ..asking };
        let mut json = json!({"needs": levels(node)});
        if !node.matrix.is_empty() {
            let values = node.matrix.iter().map(|(name, value)| (name.to_string(), kit::value(value)));
            json["matrix"] = Json::Object(values.collect());
        }
        if let Some(main) = &state_from {
            json["state_from"] = json!(main);
        }
        let outcome = self
            .results
            .get(&name)
            .cloned()
            .unwrap_or(TaskResult { status: TaskStatus::Succeeded, outputs: IndexMap::new() });
        self.keys.insert(name.clone(), plan::key(&self.flow, &view).map(|key| key.to_string()));
        match plan::settle(&self.flow, &view) {
            Err(prepared) => json["error"] = self.failed(*prepared),
            Ok(settled) => {
                json["enable"] = match settled.enabled {
                    Enabled::Always => json!("always"),
                    Enabled::Yes => json!(true),
                    Enabled::No => json!(false),
                };
                json["strategy"] = json!({"fail_fast": settled.fail_fast, "max_parallel": settled.max_parallel});
                let cache = if settled.cached { "default" } else { "none" };
                json["cache"] = json!({"strategy": cache, "life_span": settled.cache_life.as_secs_f64()});
                let prepared = plan::unit(&self.flow, &view);
                drop(view);
                self.done(node, prepared, &mut json, (calls, &id));
            }
        }
        self.tasks.insert(name, json);
        outcome
    }

    fn is_post(&self, node: &NodeRecord, calls: &[OpenCall]) -> bool {
        let mut tasks = &self.flow.tasks;
        for call in calls {
            let task = &tasks[call.node.entry as usize];
            let action = &self.flow.shared.actions[task.call().expect("a call").target];
            tasks = &action.tasks().expect("tasks").tasks;
        }
        matches!(tasks[node.entry as usize].work, Work::Post { .. })
    }

    /// What the node does, in the form of the vectors.
    fn done(
        &mut self,
        node: &NodeRecord,
        prepared: Prepared,
        json: &mut Json,
        (calls, id): (&mut Vec<OpenCall>, &FullId),
    ) {
        // A generated id is none that the user wrote.
        let written = (!node.id.starts_with("task-") && !node.id.starts_with("post-")).then(|| node.id.to_string());
        match prepared {
            Prepared::Run { spec, .. } => {
                json["is"] = json!("task");
                json["task"] = unit(&spec, written.as_deref());
            }
            Prepared::Local { spec } => {
                json["is"] = json!("local");
                json["local"] = json!({"id": written, "cmd": spec.cmd});
            }
            Prepared::Open { inputs } => {
                json["is"] = json!("action");
                calls.push(OpenCall { node: node.clone(), inputs });
                let needs = self.graph(calls, id);
                json["outcome"] = self.outcome(calls, &needs);
                calls.pop();
            }
            failed => {
                json["is"] = json!(if self.opens(node, calls) { "action" } else { "task" });
                json["error"] = self.failed(failed);
                self.draw_only(node, calls, id);
            }
        }
    }

    /// The graph below a call that fails: the reference draws it all the same.
    fn draw_only(&mut self, node: &NodeRecord, calls: &mut Vec<OpenCall>, prefix: &FullId) {
        calls.push(OpenCall { node: node.clone(), inputs: IndexMap::new() });
        let (plan, _) = plan::open(&self.flow, &self.inputs, calls, &Answers::new());
        let full = |id: &str| prefix.child(id).to_string();
        let edges = plan.into_iter().flat_map(|plan| plan.nodes).map(|node| {
            let ids: BTreeSet<String> = node.needs.iter().map(|need| full(&need.id)).collect();
            (full(&node.id), json!(ids))
        });
        let edges: Map<String, Json> = edges.collect();
        if !edges.is_empty() {
            self.graphs.insert(prefix.to_string(), Json::Object(edges));
        }
        calls.pop();
    }

    fn opens(&self, node: &NodeRecord, calls: &[OpenCall]) -> bool {
        calls.is_empty() && matches!(self.flow.tasks[node.entry as usize].work, Work::Tasks(_))
    }

    fn outcome(&self, calls: &[OpenCall], needs: &IndexMap<Arc<str>, Needed>) -> Json {
        let bad = [TaskStatus::Failed, TaskStatus::Cancelled];
        let bad = bad.into_iter().find(|status| needs.values().any(|need| need.result() == *status));
        if let Some(status) = bad {
            return json!({"result": status.word(), "outputs": {}});
        }
        match plan::outputs(&self.flow, &self.inputs, calls, needs, &Answers::new()) {
            Ok(outputs) => json!({"result": "succeeded", "outputs": outputs}),
            Err(failed) => json!({"error": self.failed(*failed)}),
        }
    }

    fn failed(&self, prepared: Prepared) -> Json {
        match prepared {
            Prepared::Fault(fault) => kit::error(&fault, &self.flow.shared.sources),
            other => json!(format!("{other:?}")),
        }
    }
}

fn result(json: &Json) -> TaskResult {
    let word = json["result"].as_str().expect("a word");
    let statuses = [TaskStatus::Succeeded, TaskStatus::Failed, TaskStatus::Cancelled, TaskStatus::Skipped];
    let status = statuses.into_iter().find(|status| status.word() == word).expect("a status");
    TaskResult { status, outputs: kit::texts(&json["outputs"]) }
}

fn levels(node: &NodeRecord) -> Json {
    let word = |level| if level == NeedsLevel::Running { "running" } else { "completed" };
    let pairs = node.needs.iter().map(|need| (need.id.to_string(), json!(word(need.level))));
    Json::Object(pairs.collect())
}

/// The needs of level completed under the names that the task has for them.
fn needed(
    node: &NodeRecord,
    nodes: &[NodeRecord],
    done: &IndexMap<Arc<str>, TaskResult>,
) -> IndexMap<Arc<str>, Needed> {
    let level = |id: &str| node.needs.iter().find(|need| need.id.as_ref() == id).map(|need| need.level);
    let mut needs = IndexMap::new();
    for name in &node.names {
        match (level(name), done.get(name)) {
            (Some(NeedsLevel::Running), _) => {}
            (Some(NeedsLevel::Completed), Some(result)) => {
                needs.insert(name.clone(), Needed::Task(result.clone()));
            }
            _ => {
                let rows = nodes.iter().filter(|row| row.group.as_ref() == Some(name));
                let rows = rows.map(|row| RowResult {
                    id: row.id.clone(),
                    matrix: row.matrix.clone(),
                    result: done[&row.id].clone(),
                });
                needs.insert(name.clone(), Needed::Group(rows.collect()));
            }
        }
    }
    needs
}

/// The attributes of a unit that both kinds of plans show.
pub(crate) fn unit(spec: &UnitSpec, id: Option<&str>) -> Json {
    json!({
        "title": spec.title,
        "name": spec.name,
        "image": spec.image,
        "preset": spec.preset,
        "schedule_timeout": spec.schedule_timeout_seconds,
        "http_port": spec.http_port,
        "http_auth": spec.http_auth,
        "pass_config": spec.pass_config,
        "entrypoint": spec.entrypoint,
        "cmd": spec.cmd,
        "workdir": spec.workdir,
        "volumes": spec.volumes,
        "life_span": spec.life_span_seconds,
        "env": spec.env,
        "tags": spec.tags,
        "restart": spec.restart,
        "id": id,
    })
}

/// The defaults that both kinds of plans show.
pub(crate) fn defaults(values: &FlowValues) -> Json {
    json!({
        "volumes": values.volume_refs,
        "workdir": values.workdir,
        "life_span": values.unit_life_span,
        "schedule_timeout": values.schedule_timeout,
        "preset": values.preset,
    })
}

/// The volumes; `forced`: with the references that say their mode.
pub(crate) fn volumes(values: &FlowValues, forced: bool) -> Json {
    let volumes = values.volumes.iter().map(|(id, volume)| {
        let reference = |mode: &str| format!("{}:{}:{mode}", volume.remote, volume.mount);
        let mut json = json!({
            "id": &**id,
            "remote": volume.remote,
            "mount": volume.mount,
            "read_only": volume.read_only,
            "local": volume.local.as_ref().map(|(local, _)| local),
            "full_local_path": volume.local.as_ref().map(|(_, full)| full),
            "ref": reference(if volume.read_only { "ro" } else { "rw" }),
        });
        if forced {
            json["ref_ro"] = json!(reference("ro"));
            json["ref_rw"] = json!(reference("rw"));
        }
        (id.to_string(), json)
    });
    Json::Object(volumes.collect())
}

/// The images.
pub(crate) fn images(values: &FlowValues) -> Json {
    let images = values.images.iter().map(|(id, image)| {
        let files = image.files.as_ref();
        let json = json!({
            "id": &**id,
            "ref": image.reference,
            "context": files.map(|files| &files.context),
            "dockerfile": files.map(|files| &files.dockerfile),
            "dockerfile_rel": files.map(|files| &files.dockerfile_rel),
            "build_args": image.build_args,
            "env": image.env,
            "volumes": image.volumes,
            "build_preset": image.build_preset,
            "force_rebuild": image.force_rebuild,
            "extra_kaniko_args": image.extra_kaniko_args,
        });
        (id.to_string(), json)
    });
    Json::Object(images.collect())
}

/// Judges one pair of plans by their cache keys.
pub(crate) fn judge_keys(case: &Case) -> Verdict {
    let keys = |variant: &str| {
        let mut fields = case.fields["common"].clone();
        let own = case.fields[variant].as_object().cloned().unwrap_or_default();
        fields.as_object_mut().expect("a mapping").extend(own);
        let place = Place::new(case, &fields["edits"]);
        let mut run = Run::new(&place, case.text("batch"), &fields).expect("a flow");
        run.plan();
        run.keys
    };
    let (a, b) = (keys("a"), keys("b"));
    let expected = &case.fields["expect"];
    let mut wrong = Vec::new();
    for (id, relation) in expected["keys"].as_object().into_iter().flatten() {
        let (one, other) = (a.get(id).cloned().flatten(), b.get(id).cloned().flatten());
        let ours = match (&one, &other) {
            (Some(one), Some(other)) if one == other => "equal",
            (Some(_), Some(_)) => "different",
            _ => "without a key",
        };
        if relation != ours {
            wrong.push(format!("{id}: {relation} <> {ours}"));
        }
    }
    let alone = |one: &BTreeMap<String, Option<String>>, other: &BTreeMap<String, Option<String>>| {
        let with_key = one.iter().filter(|(_, key)| key.is_some()).map(|(id, _)| id.clone());
        with_key.filter(|id| other.get(id).is_none_or(Option::is_none)).collect::<BTreeSet<_>>()
    };
    let only: BTreeSet<String> = alone(&a, &b).into_iter().chain(alone(&b, &a)).collect();
    let recorded: BTreeSet<String> = expected["only_in_one"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|id| id.as_str().expect("an id").to_owned())
        .collect();
    if only != recorded {
        wrong.push(format!("only in one: {recorded:?} <> {only:?}"));
    }
    Verdict { holds: wrong.is_empty(), actual: wrong.join("; ") }
}
