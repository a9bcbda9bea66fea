//! [`Level`]: the flow's defaults, evaluated, and the contexts that all its tasks see.
//!
//! Source: CTX-11 (stages 1 and 2), CTX-30, CTX-45.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::event::AttemptCreated;
use crate::expr::{Answers, Target};
use crate::model::GitInfo;
use crate::plan::evaluate::{Evaluator, Problems};
use crate::resolve::ResolvedFlow;
use crate::scope::{self, Context, Contexts, FlowFacts, Place, Scope, tag_form};

/// Tasks that run at once unless the flow says else (BAT-76).
pub(crate) const MAX_PARALLEL: i64 = 10;

/// What an attempt is given from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// Evaluated params, as [`params`](crate::plan::params) gives them.
    pub params: IndexMap<String, String>,
    /// Facts of the workspace's repository.
    pub git: Option<GitInfo>,
    /// The workspace folder, absolute.
    pub workspace: String,
    /// The user's name.
    pub username: String,
}

impl From<&AttemptCreated> for Inputs {
    fn from(created: &AttemptCreated) -> Self {
        Inputs {
            params: created.params.clone(),
            git: created.git.clone(),
            workspace: created.workspace.clone(),
            username: created.by.clone(),
        }
    }
}

/// Evaluated defaults of a unit.
#[derive(Debug, Default)]
pub(crate) struct UnitDefaults {
    pub(crate) env: IndexMap<String, String>,
    pub(crate) volumes: Vec<String>,
    pub(crate) tags: BTreeSet<Arc<str>>,
    pub(crate) workdir: Option<String>,
    pub(crate) life_span: Option<f64>,
    pub(crate) preset: Option<String>,
    pub(crate) schedule_timeout: Option<f64>,
}

/// The flow's own level.
#[derive(Debug)]
pub(crate) struct Level {
    /// `project flow git params env tags`, and `strategy` as the level has it.
    pub(crate) contexts: Contexts,
    /// Defaults of units.
    pub(crate) unit: UnitDefaults,
    /// Whether one failure stops the bake.
    pub(crate) fail_fast: bool,
    /// How many tasks of the bake run at once.
    pub(crate) max_parallel: i64,
}

impl Level {
    /// Evaluates the level. What cannot be evaluated is left out and stands in `problems`.
    pub(crate) fn new(flow: &ResolvedFlow, inputs: &Inputs, answers: &Answers, problems: &mut Problems) -> Self {
        let contexts = outer_contexts(flow, inputs, problems);
        let scope = Scope::new(Place::Defaults, &contexts);
        let unit = unit_defaults(flow, Evaluator { names: &scope, answers, problems });
        let contexts =
            contexts.with(Context::Env, scope::texts(&unit.env)).with(Context::Tags, scope::tags(&unit.tags));
        let scope = Scope::new(Place::LateDefaults, &contexts);
        let mut late = Evaluator { names: &scope, answers, problems };
        let fail_fast = late.field(&flow.defaults.fail_fast, Target::Bool).unwrap_or(true);
        let max_parallel = late.field(&flow.defaults.max_parallel, Target::Int).unwrap_or(MAX_PARALLEL);
        let contexts = contexts.with(Context::Strategy, scope::strategy(fail_fast, max_parallel));
        Level { contexts, unit, fail_fast, max_parallel }
    }
}

/// What exists before any default: `project flow git params`.
fn outer_contexts(flow: &ResolvedFlow, inputs: &Inputs, problems: &mut Problems) -> Contexts {
    let nothing = Contexts::new();
    let scope = Scope::new(Place::Param, &nothing);
    let mut bare = Evaluator { names: &scope, answers: &Answers::new(), problems };
    let facts = FlowFacts {
        id: &flow.id,
        project_id: &flow.project.id,
        workspace: &inputs.workspace,
        title: &flow.title,
        username: &inputs.username,
        life_span: bare.field(&flow.life_span, Target::Seconds),
    };
    Contexts::new()
        .with(Context::Project, flow.project.context())
        .with(Context::Flow, facts.context())
        .with(Context::Git, scope::git(inputs.git.as_ref()))
        .with(Context::Params, scope::params(&inputs.params))
}

fn unit_defaults(flow: &ResolvedFlow, mut evaluator: Evaluator<'_>) -> UnitDefaults {
    let defaults = &flow.defaults;
    let mut env = IndexMap::new();
    for layer in &defaults.env {
        evaluator.lay_entries(layer, &mut env);
    }
    let own_tags: Vec<String> = defaults.tags.iter().flat_map(|layer| evaluator.texts(layer)).collect();
    let system = [format!("project:{}", tag_form(&flow.project.id)), format!("flow:{}", tag_form(&flow.id))];
    UnitDefaults {
        env,
        volumes: defaults.volumes.iter().flat_map(|layer| evaluator.texts(layer)).collect(),
        tags: own_tags.into_iter().chain(system).map(Arc::from).collect(),
        workdir: evaluator.field(&defaults.workdir, Target::RemotePath),
        life_span: evaluator.field(&defaults.life_span, Target::Seconds),
        preset: evaluator.field(&defaults.preset, Target::Str),
        schedule_timeout: evaluator.field(&defaults.schedule_timeout, Target::Seconds),
    }
}
