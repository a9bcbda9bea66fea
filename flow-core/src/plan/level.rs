//! [`Level`]: what all tasks of one graph see: defaults, evaluated, and contexts.
//!
//! Source: CTX-11 (stages 1 and 2), CTX-30, CTX-41, CTX-45, CTX-62.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::CallKind;
use crate::event::AttemptCreated;
use crate::expr::storage::HostStorage;
use crate::expr::uri::Home;
use crate::expr::{Answers, Target};
use crate::model::GitInfo;
use crate::plan::evaluate::{Evaluator, Problems};
use crate::plan::image::{self, ImageSpec};
use crate::plan::matrix::MAX_ROWS;
use crate::plan::mount::references;
use crate::plan::retry::RetryPolicy;
use crate::plan::strategy::{CacheValues, StrategyValues};
use crate::plan::volume::{self, VolumeSpec, full_path};
use crate::resolve::{ActionDefinition, MergedDefaults, ResolvedFlow, Shared};
use crate::scope::{self, Context, Contexts, FlowFacts, FlowMore, GraphKind, Place, Scope, tag_form};

/// Tasks that run at once unless the flow says else (BAT-76).
pub(crate) const MAX_PARALLEL: i64 = 10;

/// What an attempt, or a live job, is given from outside.
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
    /// The platform, where there is one: its URIs are then made whole (WS-50).
    pub platform: Option<Platform>,
    /// How many rows a matrix may have; absent: 10,000 (EXT-2).
    pub max_rows: Option<u32>,
    /// The storage's folder on this machine, absolute, where the executor mounts nothing: there the folder of a
    /// volume stands for its mount (MCH-2). Absent: mounts are what they say.
    pub storage: Option<String>,
}

impl Inputs {
    /// The storage as a folder of this machine, where nothing is mounted.
    pub(crate) fn host_storage(&self) -> Option<HostStorage<'_>> {
        self.storage.as_deref().map(|root| HostStorage { root })
    }

    /// How many rows a matrix may have.
    pub(crate) fn max_rows(&self) -> usize {
        self.max_rows.map_or(MAX_ROWS, |rows| rows as usize)
    }
}

/// The account that URIs of the platform are made whole with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// The cluster.
    pub cluster: String,
    /// The organisation, if there is one.
    pub org: Option<String>,
    /// The project that is selected.
    pub project: String,
}

impl From<&AttemptCreated> for Inputs {
    fn from(created: &AttemptCreated) -> Self {
        Inputs {
            params: created.params.clone(),
            git: created.git.clone(),
            workspace: created.workspace.clone(),
            username: created.by.clone(),
            platform: None,
            max_rows: created.max_rows,
            storage: created.storage.clone(),
        }
    }
}

/// Evaluated defaults of a unit.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnitDefaults {
    pub(crate) env: IndexMap<String, String>,
    pub(crate) volumes: Vec<String>,
    pub(crate) tags: BTreeSet<Arc<str>>,
    pub(crate) workdir: Option<String>,
    pub(crate) life_span: Option<f64>,
    pub(crate) preset: Option<String>,
    pub(crate) schedule_timeout: Option<f64>,
}

impl UnitDefaults {
    /// What is left of them inside of an action (CTX-41).
    pub(crate) fn tags_only(&self) -> Self {
        UnitDefaults { tags: self.tags.clone(), ..UnitDefaults::default() }
    }
}

/// What is evaluated once for a flow, before any task or job. Source: CTX-10, CTX-11.
#[derive(Debug)]
pub(crate) struct Base {
    /// `project flow git`, `params` of a batch, and `env tags volumes images`.
    pub(crate) contexts: Contexts,
    /// Defaults of units.
    pub(crate) unit: UnitDefaults,
    pub(crate) volumes: IndexMap<Arc<str>, VolumeSpec>,
    pub(crate) images: IndexMap<Arc<str>, ImageSpec>,
    /// What URIs are made whole with.
    pub(crate) home: Option<Home>,
}

impl Base {
    /// Evaluates stage 1 at `place`. What cannot be evaluated is left out and stands in `problems`.
    pub(crate) fn new(
        shared: &Shared,
        inputs: &Inputs,
        (place, contexts): (Place, Contexts),
        answers: &Answers,
        problems: &mut Problems,
    ) -> Self {
        let selected = inputs.platform.as_ref().map(|platform| platform.project.as_str());
        let contexts = contexts
            .with(Context::Project, shared.project.context(selected))
            .with(Context::Git, scope::git(inputs.git.as_ref()));
        let home = home(shared, inputs);
        let scope = Scope::new(place, &contexts);
        let mut evaluator = Evaluator { names: &scope, answers, problems };
        let unit = unit_defaults(shared, inputs.host_storage(), &mut evaluator);
        let volumes = volume::volumes(&shared.volumes, inputs, home.as_ref(), &mut evaluator);
        let workspace = inputs.workspace.as_str();
        let ground = image::Ground { contexts: &contexts, early: place, late: place, workspace, home: home.as_ref() };
        let images = image::images(&shared.images, &ground, answers, problems);
        let contexts = contexts
            .with(Context::Env, scope::texts(&unit.env))
            .with(Context::Tags, scope::tags(&unit.tags))
            .with(Context::Volumes, volume::context(&volumes))
            .with(Context::Images, image::context(&images));
        Base { contexts, unit, volumes, images, home }
    }
}

fn home(shared: &Shared, inputs: &Inputs) -> Option<Home> {
    let platform = inputs.platform.as_ref()?;
    Some(Home {
        cluster: platform.cluster.clone(),
        org: platform.org.clone(),
        project: shared.project.project_name.clone().unwrap_or_else(|| platform.project.clone()),
        selected: platform.project.clone(),
    })
}

/// `flow` as it is seen with a property more.
pub(crate) fn flow_facts<'a>(shared: &'a Shared, inputs: &'a Inputs, more: FlowMore<'a>) -> FlowFacts<'a> {
    FlowFacts {
        id: &shared.id,
        project_id: &shared.project.id,
        workspace: &inputs.workspace,
        title: &shared.title,
        username: &inputs.username,
        more,
    }
}

fn unit_defaults(shared: &Shared, storage: Option<HostStorage<'_>>, evaluator: &mut Evaluator<'_>) -> UnitDefaults {
    let defaults: &MergedDefaults = &shared.defaults;
    let mut env = IndexMap::new();
    for layer in &defaults.env {
        evaluator.lay_entries(layer, &mut env);
    }
    let own_tags: Vec<String> = defaults.tags.iter().flat_map(|layer| evaluator.texts(layer)).collect();
    let system = [format!("project:{}", tag_form(&shared.project.id)), format!("flow:{}", tag_form(&shared.id))];
    UnitDefaults {
        env,
        volumes: defaults.volumes.iter().flat_map(|layer| references(layer, storage, evaluator)).collect(),
        tags: own_tags.into_iter().chain(system).map(Arc::from).collect(),
        workdir: evaluator.field(&defaults.workdir, Target::RemotePath),
        life_span: evaluator.field(&defaults.life_span, Target::Seconds),
        preset: evaluator.field(&defaults.preset, Target::Str),
        schedule_timeout: evaluator.field(&defaults.schedule_timeout, Target::Seconds),
    }
}

/// What all tasks of one graph see.
#[derive(Debug)]
pub(crate) struct Level {
    /// Whose graph it is.
    pub(crate) kind: GraphKind,
    /// Those of the level, `strategy` as the level has it.
    pub(crate) contexts: Contexts,
    /// Defaults of units.
    pub(crate) unit: UnitDefaults,
    /// Whether one failure stops the bake.
    pub(crate) fail_fast: bool,
    /// How many tasks run at once.
    pub(crate) max_parallel: i64,
    /// How many rows a matrix may have.
    pub(crate) max_rows: usize,
    /// The cache settings of a task that has none of its own.
    pub(crate) cache: CacheValues,
    /// How often a task is tried that says nothing of it (EXT-3).
    pub(crate) retry: RetryPolicy,
    /// What URIs are made whole with; `None` where `project` is not seen (WS-52).
    pub(crate) home: Option<Home>,
    /// The flow's own volumes and images; those of an action at its level.
    pub(crate) volumes: IndexMap<Arc<str>, VolumeSpec>,
    pub(crate) images: IndexMap<Arc<str>, ImageSpec>,
}

/// A call that was made, as the level below it needs it.
pub(crate) struct Entrance<'a> {
    pub(crate) action: &'a ActionDefinition,
    pub(crate) kind: CallKind,
    /// The evaluated inputs; `None` before the run.
    pub(crate) inputs: Option<&'a IndexMap<Arc<str>, crate::value::Value>>,
    /// The strategy of the calling task.
    pub(crate) strategy: StrategyValues,
    /// The cache settings of the calling task.
    pub(crate) cache: CacheValues,
}

impl Level {
    /// Evaluates the flow's own level. What cannot be evaluated is left out and stands in `problems`.
    pub(crate) fn new(flow: &ResolvedFlow, inputs: &Inputs, answers: &Answers, problems: &mut Problems) -> Self {
        let contexts = outer_contexts(flow, inputs, problems);
        let base = Base::new(&flow.shared, inputs, (Place::Defaults, contexts), answers, problems);
        let scope = Scope::new(Place::LateDefaults, &base.contexts);
        let mut late = Evaluator { names: &scope, answers, problems };
        let defaults = &flow.shared.defaults;
        let fail_fast = late.field(&defaults.fail_fast, Target::Bool).unwrap_or(true);
        let max_parallel = late.field(&defaults.max_parallel, Target::Int).unwrap_or(MAX_PARALLEL);
        let cache = CacheValues::BUILT_IN.under(&defaults.caches, &mut late);
        let retry = defaults.retry.as_ref();
        let retry = retry.map_or(RetryPolicy::BUILT_IN, |retry| RetryPolicy::of(retry, &mut late));
        let contexts = base.contexts.with(Context::Strategy, scope::strategy(fail_fast, max_parallel));
        Level {
            kind: GraphKind::Flow,
            contexts,
            unit: base.unit,
            fail_fast,
            max_parallel,
            max_rows: inputs.max_rows(),
            cache,
            retry,
            home: base.home,
            volumes: base.volumes,
            images: base.images,
        }
    }

    /// The level of what a task calls.
    ///
    /// Before the run (no inputs) only what needs no inputs is evaluated, and no images: `ref` of an
    /// image is checked on its own (CTX-22).
    pub(crate) fn enter(
        &self,
        (flow, inputs): (&ResolvedFlow, &Inputs),
        entrance: &Entrance<'_>,
        answers: &Answers,
        problems: &mut Problems,
    ) -> Self {
        let is_module = entrance.kind == CallKind::Module;
        let kind = if is_module { GraphKind::Module } else { GraphKind::Action };
        let folder = full_path(&inputs.workspace, &entrance.action.folder);
        let facts = flow_facts(&flow.shared, inputs, FlowMore::ActionPath(&folder));
        let outer = if is_module { self.contexts.clone() } else { Contexts::new() };
        let StrategyValues { fail_fast, own_max_parallel } = entrance.strategy;
        let max_parallel = own_max_parallel.unwrap_or(self.max_parallel);
        let mut contexts = outer
            .without(Context::Images)
            .without(Context::Inputs)
            .with(Context::Flow, facts.context())
            .with(Context::Git, scope::git(inputs.git.as_ref()))
            .with(Context::Strategy, scope::strategy(fail_fast, max_parallel));
        let home = self.home.clone().filter(|_| is_module);
        let mut images = IndexMap::new();
        let mut cache = entrance.cache;
        if let (Some(given), Some(body)) = (entrance.inputs, entrance.action.tasks()) {
            contexts = contexts.with(Context::Inputs, scope::inputs(given));
            let workspace = inputs.workspace.as_str();
            let (early, late) = (Place::EarlyImages(kind), Place::Called(kind));
            let ground = image::Ground { contexts: &contexts, early, late, workspace, home: home.as_ref() };
            images = image::images(&body.images, &ground, answers, problems);
            let scope = Scope::new(late, &contexts);
            cache = cache.under(&body.cache, &mut Evaluator { names: &scope, answers, problems });
            contexts = contexts.with(Context::Images, image::context(&images));
        }
        let unit = if is_module { self.unit.clone() } else { self.unit.tags_only() };
        let (max_rows, retry, volumes) = (self.max_rows, self.retry, IndexMap::new());
        Level { kind, contexts, unit, fail_fast, max_parallel, max_rows, cache, retry, home, volumes, images }
    }
}

/// What exists before any default: `flow params`.
fn outer_contexts(flow: &ResolvedFlow, inputs: &Inputs, problems: &mut Problems) -> Contexts {
    let nothing = Contexts::new();
    let scope = Scope::new(Place::Param, &nothing);
    let mut bare = Evaluator { names: &scope, answers: &Answers::new(), problems };
    let life_span = bare.field(&flow.life_span, Target::Seconds);
    let facts = flow_facts(&flow.shared, inputs, FlowMore::LifeSpan(life_span));
    Contexts::new().with(Context::Flow, facts.context()).with(Context::Params, scope::params(&inputs.params))
}
