//! [`Outline`]: what a flow offers before it runs: its kind, params, jobs, volumes and images.

use flow_core::ast::{Declared, Field, Param};
use flow_core::diag::Code;
use flow_core::plan::is_multi;
use flow_core::port::ConfigSource;
use flow_core::resolve::{JobDefinition, JobWork, Shared, Workspace};

use crate::EngineError;
use crate::engine::Checker;
use crate::load::{folder_name, load};

/// What a flow offers. Shape: all in the order of writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// Its name (file stem).
    pub name: String,
    /// Its title; its id where it has none.
    pub title: String,
    /// Batch or live, with what only that kind has.
    pub kind: OutlineKind,
    /// Volumes of the project and its own.
    pub volumes: Vec<OutlineVolume>,
    /// Images of the project and its own.
    pub images: Vec<OutlineImage>,
}

/// What only one kind of flow has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutlineKind {
    /// A batch and its params.
    Batch(Vec<OutlineParam>),
    /// A live flow and its jobs.
    Live(Vec<OutlineJob>),
}

/// A param that may be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineParam {
    /// Its name.
    pub name: String,
    /// The default as written, expressions and all; `None`: one must be given.
    pub default: Option<String>,
    /// What it is for.
    pub descr: Option<String>,
}

/// A live job that may be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineJob {
    /// Its id.
    pub id: String,
    /// Its title as written; `None` if it has none.
    pub title: Option<String>,
    /// Its params.
    pub params: Vec<OutlineParam>,
    /// Whether its own definition has no errors.
    pub ok: bool,
    /// Whether it may run several times at once, each with a suffix.
    pub multi: bool,
}

/// A volume; texts as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineVolume {
    /// Its id.
    pub id: String,
    /// The URI in the storage.
    pub remote: Option<String>,
    /// Where units see it.
    pub mount: Option<String>,
    /// The folder of the workspace that belongs to it.
    pub local: Option<String>,
}

/// An image; texts as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineImage {
    /// Its id.
    pub id: String,
    /// What it is called in the registry.
    pub reference: Option<String>,
    /// The folder it is built from.
    pub context: Option<String>,
    /// The Dockerfile.
    pub dockerfile: Option<String>,
}

impl Checker {
    /// What a flow of either kind offers; `None` where its files are too wrong to say, and [`Checker::check`]
    /// tells what is wrong.
    ///
    /// Errors: `Source`.
    pub async fn outline(&self, source: &dyn ConfigSource, name: &str) -> Result<Option<Outline>, EngineError> {
        let folder = folder_name(source.workspace());
        let batch = load(source, Workspace::new(name)).await?;
        let (flow, diagnostics) = batch.resolve(&folder);
        if let Some(flow) = flow {
            let kind = OutlineKind::Batch(params_of(&flow.params));
            return Ok(Some(outline(&flow.shared, kind)));
        }
        if !diagnostics.iter().any(|one| one.code == Code::WrongKind) {
            return Ok(None);
        }
        let live = load(source, Workspace::live(name)).await?;
        let Some(flow) = live.resolve_live(&folder).0 else { return Ok(None) };
        let jobs = flow.jobs.iter().map(|(id, job)| OutlineJob {
            id: id.to_string(),
            title: title_of(job),
            params: params_of(&job.params),
            ok: !job.problems.has_errors(),
            multi: is_multi(&flow, id).unwrap_or_default(),
        });
        let jobs = jobs.collect();
        Ok(Some(outline(&flow.shared, OutlineKind::Live(jobs))))
    }
}

fn outline(shared: &Shared, kind: OutlineKind) -> Outline {
    let volumes = shared.volumes.iter().map(|(id, volume)| OutlineVolume {
        id: id.to_string(),
        remote: text(&volume.remote),
        mount: text(&volume.mount),
        local: text(&volume.local),
    });
    let images = shared.images.iter().map(|(id, image)| OutlineImage {
        id: id.to_string(),
        reference: text(&image.reference),
        context: text(&image.context),
        dockerfile: text(&image.dockerfile),
    });
    Outline {
        name: shared.name.to_string(),
        title: shared.title.clone(),
        kind,
        volumes: volumes.collect(),
        images: images.collect(),
    }
}

/// The title of a job as it was written; those of called actions are not looked up.
fn title_of(job: &JobDefinition) -> Option<String> {
    match &job.work {
        Some(JobWork::Unit(own)) => text(&own.unit.title),
        Some(JobWork::Call(_)) | None => None,
    }
}

fn params_of(declared: &Declared<Param>) -> Vec<OutlineParam> {
    let of = |(name, param): (&std::sync::Arc<str>, &Param)| OutlineParam {
        name: name.to_string(),
        default: text(&param.default),
        descr: param.descr.clone(),
    };
    declared.iter().map(of).collect()
}

/// A field as it was written.
fn text(field: &Field<String>) -> Option<String> {
    match field {
        Field::Absent | Field::Null(_) => None,
        Field::Literal(literal) => Some(literal.value.clone()),
        Field::Expr(template) => Some(template.text().content.to_string()),
    }
}
