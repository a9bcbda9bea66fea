//! [`ResolvedFlow`] and [`LiveFlow`]: a flow with its project's settings bound to it.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::{Batch, Declared, Defaults, Field, Image, Live, Mixin, Name, Param, Project, Section, Volume};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::{Target, convert};
use crate::resolve::MergedDefaults;
use crate::resolve::call::{ActionDefinition, ActionFiles, Binder};
use crate::resolve::job::{JobDefinition, define_job};
use crate::resolve::mixin::Mixins;
use crate::resolve::task::{TaskDefinition, define_tasks};
use crate::scope::ProjectFacts;
use crate::text::{SourceMap, Spanned};
use crate::value::Value;

/// What flows of both kinds have: their project's settings and their own, merged.
#[derive(Clone, Debug)]
pub struct Shared {
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
    /// Defaults of project and flow.
    pub defaults: Arc<MergedDefaults>,
    /// Volumes by id: those of the project, then those that only the flow has (CTX-20).
    pub volumes: Arc<Declared<Volume>>,
    /// Images by id, in the same way.
    pub images: Arc<Declared<Image>>,
    /// All actions and modules that are called, however deep.
    pub actions: Arc<[ActionDefinition]>,
}

/// A batch flow that can be planned: no name is left open, no expression is evaluated yet.
///
/// Cheap to clone: the definitions are shared.
#[derive(Clone, Debug)]
pub struct ResolvedFlow {
    /// Its settings.
    pub shared: Shared,
    /// Seconds that the bake may take.
    pub life_span: Field<f64>,
    /// Declared params in order.
    pub params: Arc<Declared<Param>>,
    /// The entries of `tasks` in order, then the post tasks.
    pub tasks: Arc<[TaskDefinition]>,
}

/// A live flow whose jobs can be planned. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LiveFlow {
    /// Its settings.
    pub shared: Shared,
    /// The entries of `jobs` in order.
    pub jobs: Arc<IndexMap<Arc<str>, JobDefinition>>,
}

/// What a flow is called from outside of its files.
pub(crate) struct Given<'a> {
    /// The name it was asked for by.
    pub(crate) flow: &'a str,
    /// The workspace folder's own name.
    pub(crate) folder: &'a str,
    /// The texts.
    pub(crate) sources: &'a SourceMap,
    /// Those of actions.
    pub(crate) files: &'a ActionFiles,
    /// The project file, if there is one.
    pub(crate) project: Option<&'a Project>,
}

/// What flows of both kinds say of themselves.
struct Own<'a> {
    id: Option<&'a Name>,
    title: Option<&'a Spanned<String>>,
    defaults: &'a Section<Defaults>,
    volumes: &'a Section<Declared<Volume>>,
    images: &'a Section<Declared<Image>>,
}

impl ResolvedFlow {
    /// Binds a batch to its project. Errors: `F0007`, `F0507`…`F0512`.
    pub(crate) fn bind(given: &Given<'_>, batch: &Batch) -> (Option<Self>, Diagnostics) {
        let mut diags = Diagnostics::new();
        let mixins = mixins(given, &batch.mixins, &mut diags);
        let mut binder = Binder::new(given.files, &mixins);
        let tasks = define_tasks(&batch.tasks, true, &mut binder, &mut diags);
        let actions = binder.finish(&mut diags);
        let own = Own {
            id: batch.id.as_ref(),
            title: batch.title.as_ref(),
            defaults: &batch.defaults,
            volumes: &batch.volumes,
            images: &batch.images,
        };
        let shared = share(given, &own, actions, &mut diags);
        let flow = shared.map(|shared| ResolvedFlow {
            shared,
            life_span: batch.life_span.clone(),
            params: Arc::new(batch.params.written().cloned().unwrap_or_default()),
            tasks: tasks.into(),
        });
        (flow, diags)
    }
}

impl LiveFlow {
    /// Binds a live flow to its project. Errors: `F0007`, `F0508`; those of a job stand in the job.
    pub(crate) fn bind(given: &Given<'_>, live: &Live) -> (Option<Self>, Diagnostics) {
        let mut diags = Diagnostics::new();
        let mixins = mixins(given, &live.mixins, &mut diags);
        let mut binder = Binder::new(given.files, &mixins);
        let jobs: IndexMap<Arc<str>, JobDefinition> =
            live.jobs.iter().map(|(name, job)| (name.clone(), define_job(job, &mut binder))).collect();
        let actions = binder.finish(&mut diags);
        let own = Own {
            id: live.id.as_ref(),
            title: live.title.as_ref(),
            defaults: &live.defaults,
            volumes: &live.volumes,
            images: &live.images,
        };
        let shared = share(given, &own, actions, &mut diags);
        (shared.map(|shared| LiveFlow { shared, jobs: Arc::new(jobs) }), diags)
    }
}

/// One space of names; the flow's mixins hide those of the project (CTX-36).
fn mixins<'a>(given: &Given<'a>, own: &'a Section<Declared<Mixin>>, diags: &mut Diagnostics) -> Mixins<'a> {
    let outer = given.project.and_then(|project| project.mixins.written());
    let mixins = Mixins::new(outer.into_iter().chain(own.written()));
    diags.append(mixins.check());
    mixins
}

fn share(
    given: &Given<'_>,
    own: &Own<'_>,
    actions: Arc<[ActionDefinition]>,
    diags: &mut Diagnostics,
) -> Option<Shared> {
    let project = match given.project {
        Some(project) => facts_of(project),
        None => facts_of_folder(given.folder, diags)?,
    };
    let id = own.id.map_or_else(|| Arc::from(given.flow.replace('-', "_")), |id| id.value.clone());
    let title = own.title.map(|title| title.value.clone()).filter(|title| !title.is_empty());
    let outer = given.project;
    Some(Shared {
        sources: Arc::new(given.sources.clone()),
        project,
        name: given.flow.into(),
        title: title.unwrap_or_else(|| id.to_string()),
        id,
        defaults: Arc::new(MergedDefaults::merge(
            outer.and_then(|project| project.defaults.written()),
            own.defaults.written(),
        )),
        volumes: Arc::new(declared(outer.map(|project| &project.volumes), own.volumes)),
        images: Arc::new(declared(outer.map(|project| &project.images), own.images)),
        actions,
    })
}

/// The flow's entry replaces the project's of the same name wholly (CTX-20).
fn declared<T: Clone>(outer: Option<&Section<Declared<T>>>, own: &Section<Declared<T>>) -> Declared<T> {
    let layers = outer.into_iter().chain([own]).filter_map(Section::written);
    layers.flatten().map(|(name, one)| (name.clone(), one.clone())).collect()
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
