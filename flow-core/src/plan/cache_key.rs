//! [`cache_key`]: what decides «cached». Source: CTX-82, BAT-101, DEC-29.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{CacheKey, Digest, TaskStatus, UnitSpec};
use crate::plan::needed::{Needed, RowResult, TaskResult};
use crate::plan::prepare::NodeView;
use crate::resolve::Shared;
use crate::value::Value;

/// The canonical form: fields in this order, mappings sorted by key, lists as they are.
///
/// Leaves out title, tags, name, `max_parallel`, `fail_fast`, cache settings and whatever belongs to
/// the machine (DEC-29). A change of this form makes every earlier result miss: count `form` up.
#[derive(Serialize)]
struct Canonical<'a> {
    form: u32,
    project: &'a str,
    flow: &'a str,
    id: Vec<&'a str>,
    always: bool,
    image: Option<&'a str>,
    preset: Option<&'a str>,
    entrypoint: Option<&'a str>,
    cmd: Option<&'a str>,
    workdir: Option<&'a str>,
    env: BTreeMap<&'a str, &'a str>,
    volumes: &'a [String],
    life_span: Option<f64>,
    schedule_timeout: Option<f64>,
    http_port: Option<i64>,
    http_auth: Option<bool>,
    pass_config: Option<bool>,
    restart: Option<&'a str>,
    needs: BTreeMap<&'a str, CanonicalNeed<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    state: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum CanonicalNeed<'a> {
    Task(CanonicalResult<'a>),
    Group(Vec<CanonicalRow<'a>>),
}

#[derive(Serialize)]
struct CanonicalResult<'a> {
    result: TaskStatus,
    outputs: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct CanonicalRow<'a> {
    id: &'a str,
    matrix: BTreeMap<&'a str, &'a Value>,
    result: CanonicalResult<'a>,
}

/// The key of a node that is about to run `spec`: the digest of its [`canonical`] text.
///
/// Equal project, flow, full id, evaluated unit, completed needs and saved state give an equal key, on every
/// machine.
pub(crate) fn cache_key(shared: &Shared, view: &NodeView<'_>, spec: &UnitSpec, always: bool) -> CacheKey {
    CacheKey(Digest::of(canonical(shared, view, spec, always).as_bytes()))
}

/// All that decides whether a node that is about to run `spec` does what was done before.
///
/// Shape: a JSON object without blanks, its fields in a fixed order, mappings sorted by key. No
/// secret's text is in it, as none is in the spec.
pub fn canonical(shared: &Shared, view: &NodeView<'_>, spec: &UnitSpec, always: bool) -> String {
    let canonical = Canonical {
        form: 2,
        project: &shared.project.id,
        flow: &shared.id,
        id: view.id.0.iter().map(AsRef::as_ref).collect(),
        always,
        image: spec.image.as_deref(),
        preset: spec.preset.as_deref(),
        entrypoint: spec.entrypoint.as_deref(),
        cmd: spec.cmd.as_deref(),
        workdir: spec.workdir.as_deref(),
        env: spec.env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        volumes: &spec.volumes,
        life_span: spec.life_span_seconds,
        schedule_timeout: spec.schedule_timeout_seconds,
        http_port: spec.http_port,
        http_auth: spec.http_auth,
        pass_config: spec.pass_config,
        restart: spec.restart.as_deref(),
        state: view.state.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        needs: view.needs.iter().map(|(name, need)| (name.as_ref(), canonical_need(need))).collect(),
    };
    serde_json::to_string(&canonical).expect("texts, numbers and mappings with text keys always serialize")
}

fn canonical_need(need: &Needed) -> CanonicalNeed<'_> {
    match need {
        Needed::Task(task) => CanonicalNeed::Task(canonical_result(task)),
        Needed::Group(rows) => CanonicalNeed::Group(rows.iter().map(canonical_row).collect()),
    }
}

fn canonical_row(row: &RowResult) -> CanonicalRow<'_> {
    let matrix = row.matrix.iter().map(|(name, value)| (name.as_ref(), value)).collect();
    CanonicalRow { id: &row.id, matrix, result: canonical_result(&row.result) }
}

/// Cached counts as succeeded, else a second run would never hit.
fn canonical_result(task: &TaskResult) -> CanonicalResult<'_> {
    let outputs = task.outputs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    CanonicalResult { result: task.status.as_result(), outputs }
}
