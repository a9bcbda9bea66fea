//! What the engine tells, as plain data: forecasts, explanations, descriptions, inspections.
//!
//! Records keep their stored form; a task's record gets its dotted id and what there is to say of it.

use flow_core::event::SkipReason;
use flow_core::model::note::{note, outcome};
use flow_core::model::{NeedsLevel, NodeRecord, Task, Try};
use flow_core::plan::Plan;
use flow_core::port::BakeRow;
use flow_engine::{
    Because, Change, Checked, Explanation, Fate, Forecast, ForecastTask, Inspection, LiveFound, LiveListing, Origin,
    Outline, OutlineJob, OutlineKind, OutlineParam, Standing, Start, Wait,
};
use serde_json::{Map, Value as Json, json};

/// An attempt with its bake and its tasks.
pub(crate) fn inspection(found: &Inspection) -> Json {
    json!({
        "bake": found.row.bake,
        "attempt": found.attempt,
        "standing": standing(found.standing),
        "restarts": found.restarts,
        "tasks": found.tasks.iter().map(task).collect::<Vec<_>>(),
    })
}

/// A bake in a list, with its last attempt.
pub(crate) fn row(row: &BakeRow, stands: Standing) -> Json {
    json!({"bake": row.bake, "attempt": row.attempt, "standing": standing(stands)})
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Waiting => "waiting",
        Standing::Driven => "driven",
        Standing::Stalled => "stalled",
        Standing::Ended => "ended",
    }
}

/// A task's record, with what there is to say of it and of each of its tries.
pub(crate) fn task(task: &Task) -> Json {
    let mut json = json!(task);
    if let Some(map) = json.as_object_mut() {
        map.insert("dotted".to_owned(), json!(task.id.to_string()));
        map.insert("said".to_owned(), json!(note(task)));
        map.insert("tries".to_owned(), tries(&task.tries));
    }
    json
}

fn tries(tries: &[Try]) -> Json {
    let one = |one: &Try| {
        let mut json = json!(one);
        merge(&mut json, json!({"said": one.outcome.as_ref().and_then(outcome)}));
        json
    };
    tries.iter().map(one).collect()
}

/// A live job's record, with how it stands and what there is to say of it.
pub(crate) fn live(found: &LiveFound) -> Json {
    let job = found.job();
    let said = job.note.clone().or_else(|| job.outcome.as_ref().and_then(outcome));
    let mut json = json!(job);
    merge(&mut json, json!({"standing": standing(found.standing), "said": said, "tries": tries(&job.tries)}));
    json
}

/// A line of the list of live jobs.
pub(crate) fn live_line(line: &LiveListing) -> Json {
    json!({"job": line.job, "suffix": line.suffix, "run": line.found.as_ref().map(live)})
}

/// What a flow offers; the graph of a batch where it can be drawn.
pub(crate) fn outline(found: &Outline, plan: Option<&Plan>) -> Json {
    let params = |params: &[OutlineParam]| -> Map<String, Json> {
        let facts = |param: &OutlineParam| json!({"default": param.default, "descr": param.descr});
        params.iter().map(|param| (param.name.clone(), facts(param))).collect()
    };
    let job = |job: &OutlineJob| (job.id.clone(), json!({"params": params(&job.params), "multi": job.multi}));
    let more = match &found.kind {
        OutlineKind::Batch(own) => json!({"kind": "batch", "params": params(own), "nodes": plan.map(nodes)}),
        OutlineKind::Live(jobs) => json!({"kind": "live", "jobs": jobs.iter().map(job).collect::<Map<_, _>>()}),
    };
    let mut json = json!({"title": found.title});
    merge(&mut json, more);
    json
}

/// The nodes of a graph, each with its level.
fn nodes(plan: &Plan) -> Vec<Json> {
    let levels = plan.levels.iter().copied().chain(std::iter::repeat(0));
    plan.nodes.iter().zip(levels).map(|(node, level)| with_level(node, level)).collect()
}

fn with_level(node: &NodeRecord, level: u32) -> Json {
    let mut json = json!(node);
    if let Some(map) = json.as_object_mut() {
        map.insert("level".to_owned(), json!(level));
    }
    json
}

/// A flow that was checked.
pub(crate) fn checked(checked: &Checked) -> Json {
    json!({"flow": checked.flow, "ok": !checked.diagnostics.has_errors()})
}

/// What a bake would do.
pub(crate) fn forecast(found: &Forecast) -> Json {
    json!({
        "batch": found.batch,
        "params": found.params,
        "tasks": found.tasks.iter().map(forecast_task).collect::<Vec<_>>(),
    })
}

fn forecast_task(task: &ForecastTask) -> Json {
    let mut json = json!({"id": task.id.to_string(), "path": task.id, "node": task.node, "spec": task.spec});
    let more = match &task.fate {
        Fate::Run(start) => json!({"fate": "run", "because": started(start)}),
        Fate::Cached { from, at } => json!({"fate": "cached", "from": from.as_ref().map(origin), "at": at}),
        Fate::Opens => json!({"fate": "opens"}),
        Fate::Grows => json!({"fate": "grows"}),
        Fate::Skipped(reason) => json!({"fate": "skipped", "because": skipped(reason)}),
        Fate::Fails(ended) => json!({"fate": "fails", "said": outcome(ended)}),
        Fate::Asks(_) => json!({"fate": "asks"}),
        Fate::Later(needs) => {
            json!({"fate": "later", "waits_for": needs.iter().map(ToString::to_string).collect::<Vec<_>>()})
        }
    };
    merge(&mut json, more);
    json
}

/// Why a task is where it is.
pub(crate) fn explanation(task: &Task, found: &Explanation) -> Json {
    let because = match &found.because {
        Because::Started(start) => started(start),
        Because::NotEvaluated => json!({"word": "not_evaluated"}),
        Because::Opened => json!({"word": "opened"}),
        Because::Grown => json!({"word": "rows_made"}),
        Because::Cached(from) => json!({"word": "cached", "from": origin(from)}),
        Because::TakenOver(from) => json!({"word": "taken_over", "from": origin(from)}),
        Because::Skipped(reason) => skipped(reason),
        Because::Waits(wait) => waits(wait),
    };
    let mut json =
        json!({"task": task.id.to_string(), "status": task.status, "said": found.outcome.as_ref().and_then(outcome)});
    merge(&mut json, because);
    json
}

fn started(start: &Start) -> Json {
    match start {
        Start::CacheOff => json!({"word": "cache_off"}),
        Start::CacheNotRead => json!({"word": "cache_not_read"}),
        Start::First => json!({"word": "first"}),
        Start::Changed(from, changes) => {
            let change = |one: &Change| json!({"field": one.field, "old": one.old, "new": one.new});
            json!({"word": "changed", "from": origin(from), "changes": changes.iter().map(change).collect::<Vec<_>>()})
        }
        Start::Different(from) => json!({"word": "different", "from": origin(from)}),
        Start::Gone(from) => json!({"word": "gone", "from": origin(from)}),
    }
}

fn skipped(reason: &SkipReason) -> Json {
    match reason {
        SkipReason::Disabled { needs } => {
            let need = |(id, status): &(String, flow_core::model::TaskStatus)| json!({"id": id, "status": status});
            json!({"word": "disabled", "needs": needs.iter().map(need).collect::<Vec<_>>()})
        }
        SkipReason::WindingDown => json!({"word": "winding_down"}),
        SkipReason::Cancelled => json!({"word": "cancelled"}),
        SkipReason::Locals => json!({"word": "locals_failed"}),
    }
}

fn waits(wait: &Wait) -> Json {
    match wait {
        Wait::Needs(needs) => {
            let need = |(id, level, status): &(String, NeedsLevel, flow_core::model::TaskStatus)| json!({"id": id, "level": level, "status": status});
            json!({"word": "waits_for_needs", "needs": needs.iter().map(need).collect::<Vec<_>>()})
        }
        Wait::Turn => json!({"word": "waits_for_its_turn"}),
        Wait::Until(at) => json!({"word": "waits_for_its_next_start", "until": at}),
        Wait::Executor(said) => json!({"word": "waits_for_the_executor", "said": said}),
    }
}

fn origin(origin: &Origin) -> Json {
    json!({"bake": origin.bake, "attempt": origin.number, "at": origin.at})
}

fn merge(into: &mut Json, from: Json) {
    if let (Some(into), Json::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
}
