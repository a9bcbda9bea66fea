//! [`ResolvedFlow`]: a batch flow with its project's settings bound to it.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::{
    Batch, Cache, Command, Entries, Field, Items, NeedItem, Param, Project, Strategy, Task, TaskBody, Unit,
};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::{Target, convert};
use crate::resolve::MergedDefaults;
use crate::scope::ProjectFacts;
use crate::text::{SourceMap, Span, Spanned};
use crate::value::Value;

/// A batch flow that can be planned: no name is left open, no expression is evaluated yet.
///
/// Cheap to clone: the definitions are shared.
#[derive(Clone, Debug)]
pub struct ResolvedFlow {
    /// The texts it was made from, for the places of faults.
    pub sources: Arc<SourceMap>,
    /// The project.
    pub project: ProjectFacts,
    /// The name it was asked for by (file stem).
    pub name: Arc<str>,
    /// Its id (WS-30).
    pub id: Arc<str>,
    /// Its title (WS-32).
    pub title: String,
    /// Seconds that the bake may take.
    pub life_span: Field<f64>,
    /// Declared params in order.
    pub params: Arc<IndexMap<Arc<str>, Param>>,
    /// Defaults of project and flow.
    pub defaults: Arc<MergedDefaults>,
    /// The entries of `tasks` in order.
    pub tasks: Arc<[TaskDefinition]>,
}

/// An entry of `tasks`, mixins applied.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskDefinition {
    /// The entry's mapping.
    pub span: Span,
    /// `id`; its expressions may use `matrix` only.
    pub id: Field<String>,
    /// `needs`; `None` means the entry before (CTX-73).
    pub needs: Option<Spanned<Vec<NeedItem>>>,
    /// `strategy`.
    pub strategy: Option<Strategy>,
    /// `enable`.
    pub enable: Field<Value>,
    /// Cache settings.
    pub cache: Option<Cache>,
    /// What it runs.
    pub unit: UnitDefinition,
}

/// What a task runs, mixins applied.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UnitDefinition {
    /// A title for people.
    pub title: Field<String>,
    /// A name for the executor.
    pub name: Field<String>,
    /// The container image.
    pub image: Field<String>,
    /// The preset.
    pub preset: Field<String>,
    /// Seconds that it may wait.
    pub schedule_timeout: Field<f64>,
    /// The entrypoint.
    pub entrypoint: Field<String>,
    /// The command.
    pub command: Option<Command>,
    /// The folder to run in.
    pub workdir: Field<String>,
    /// Environment.
    pub env: Entries<String>,
    /// Volume references.
    pub volumes: Items<String>,
    /// Tags.
    pub tags: Items<String>,
    /// Seconds that it may run.
    pub life_span: Field<f64>,
    /// HTTP port.
    pub http_port: Field<i64>,
    /// Whether the port asks who is there.
    pub http_auth: Field<bool>,
    /// Whether it may use this engine.
    pub pass_config: Field<bool>,
    /// Restart policy.
    pub restart: Field<String>,
}

/// What a flow is called from outside of its files.
pub(crate) struct Given<'a> {
    /// The name it was asked for by.
    pub(crate) flow: &'a str,
    /// The workspace folder's own name.
    pub(crate) folder: &'a str,
    /// The texts.
    pub(crate) sources: &'a SourceMap,
}

impl ResolvedFlow {
    /// Binds a batch to its project. Errors: `F0007`.
    pub(crate) fn bind(given: &Given<'_>, project: Option<Project>, batch: Batch) -> (Option<Self>, Diagnostics) {
        let mut diags = Diagnostics::new();
        let (facts, outer) = match project {
            Some(project) => (Some(facts_of(&project)), project.defaults.into_written()),
            None => (facts_of_folder(given.folder, &mut diags), None),
        };
        let id = batch.id.map_or_else(|| Arc::from(given.flow.replace('-', "_")), |id| id.value);
        let title = batch.title.map(|title| title.value).filter(|title| !title.is_empty());
        let tasks = batch.tasks.into_iter().map(define).collect();
        let Some(project) = facts else { return (None, diags) };
        let flow = ResolvedFlow {
            sources: Arc::new(given.sources.clone()),
            project,
            name: given.flow.into(),
            title: title.unwrap_or_else(|| id.to_string()),
            id,
            life_span: batch.life_span,
            params: Arc::new(batch.params.into_value()),
            defaults: Arc::new(MergedDefaults::merge(outer, batch.defaults.into_value())),
            tasks,
        };
        (Some(flow), diags)
    }
}

fn facts_of(project: &Project) -> ProjectFacts {
    let text = |field: &Option<Spanned<String>>| field.as_ref().map(|one| one.value.clone());
    ProjectFacts {
        id: project.id.value.clone(),
        // An empty name counts as none (WS-26).
        project_name: text(&project.project_name).filter(|name| !name.is_empty()),
        owner: text(&project.owner),
    }
}

/// A project without a file is called like the workspace folder.
///
/// Source: WS-21. Deliberate difference: the whole folder name counts, dots become `_` like dashes,
/// where the reference drops what follows the last dot (oddity 6).
fn facts_of_folder(folder: &str, diags: &mut Diagnostics) -> Option<ProjectFacts> {
    let id = folder.replace(['-', '.'], "_");
    match convert(&Value::Str(id.as_str().into()), Target::Id) {
        Ok(_) => Some(ProjectFacts { id: id.into(), project_name: None, owner: None }),
        Err(misfit) => {
            let message = format!("the folder name `{folder}` gives no project id: {}", misfit.message);
            let help = "rename the folder, or write a `project.yml` with an `id` into the config folder";
            diags.push(Diagnostic::error(Code::InvalidId, message).help(help));
            None
        }
    }
}

/// Calls and mixins never come here: `parse::unsupported` refuses them before.
fn define(task: Task) -> TaskDefinition {
    let unit = match task.body {
        TaskBody::Unit(unit) => *unit,
        TaskBody::Call(_) => Unit::default(),
    };
    TaskDefinition {
        span: task.span,
        id: task.id,
        needs: task.needs.into_written(),
        strategy: task.strategy.into_written(),
        enable: task.enable,
        cache: task.cache.into_written(),
        unit: define_unit(unit),
    }
}

fn define_unit(unit: Unit) -> UnitDefinition {
    UnitDefinition {
        title: unit.title,
        name: unit.name,
        image: unit.image,
        preset: unit.preset,
        schedule_timeout: unit.schedule_timeout,
        entrypoint: unit.entrypoint,
        command: unit.command,
        workdir: unit.workdir,
        env: unit.env,
        volumes: unit.volumes,
        tags: unit.tags,
        life_span: unit.life_span,
        http_port: unit.http_port,
        http_auth: unit.http_auth,
        pass_config: unit.pass_config,
        restart: unit.restart,
    }
}
