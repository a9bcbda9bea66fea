//! Flows, diagnostics and answers to actions on the wire.

use flow_core::diag::{Diagnostic, Diagnostics, Severity};
use flow_core::model::Attempt;
use flow_core::port::{CacheUse, CachedResult};
use flow_core::text::{SourceMap, Span};
use flow_engine::{Outline, OutlineImage, OutlineJob, OutlineKind, OutlineParam, OutlineVolume};
use serde::Serialize;
use utoipa::ToSchema;

use crate::view::GraphView;

/// What the console is and what the asker may do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct About {
    pub version: u32,
    /// The program's version.
    pub program: &'static str,
    /// `viewer` or `operator`.
    pub role: &'static str,
    pub read_only: bool,
    /// Who is recorded for what is done here.
    pub user: String,
    /// The workspace folder; null where there is none.
    pub workspace: Option<String>,
    pub position: u64,
    /// The server's time, so that pages can show ages by it.
    pub now: String,
}

/// All flows of the workspace.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlowList {
    pub version: u32,
    pub workspace: Option<String>,
    pub flows: Vec<FlowRow>,
}

/// A flow in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlowRow {
    pub name: String,
    /// `batch`, `live`, or `unknown` where its files are too wrong to say.
    pub kind: &'static str,
    pub title: Option<String>,
    pub errors: usize,
    pub warnings: usize,
}

/// All about a flow before it runs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlowPage {
    pub version: u32,
    #[serde(flatten)]
    pub row: FlowRow,
    /// Params of a batch.
    pub params: Vec<ParamView>,
    /// Jobs of a live flow.
    pub jobs: Vec<JobView>,
    pub volumes: Vec<VolumeView>,
    pub images: Vec<ImageView>,
    /// The graph of a batch without errors, with the defaults of its params.
    pub graph: Option<GraphView>,
    pub diagnostics: Vec<DiagnosticView>,
    /// The texts that the flow is made of.
    pub sources: Vec<SourceView>,
}

/// A param for a form.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ParamView {
    pub name: String,
    /// As written; null: one must be given.
    pub default: Option<String>,
    pub descr: Option<String>,
}

/// A live job of a flow.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobView {
    pub id: String,
    /// As written.
    pub title: Option<String>,
    pub params: Vec<ParamView>,
    /// Whether it may run several times at once, each with a suffix and args.
    pub multi: bool,
    /// Whether its own definition has no errors.
    pub ok: bool,
}

/// A volume as written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VolumeView {
    pub id: String,
    pub remote: Option<String>,
    pub mount: Option<String>,
    pub local: Option<String>,
}

/// An image as written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageView {
    pub id: String,
    pub reference: Option<String>,
    pub context: Option<String>,
    pub dockerfile: Option<String>,
}

/// A text of a flow.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceView {
    pub name: String,
    pub text: String,
}

/// A problem in the files. Line and column count from 1, columns in code points.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DiagnosticView {
    pub code: &'static str,
    pub name: &'static str,
    /// `warning` or `error`.
    pub severity: &'static str,
    pub message: String,
    pub help: Option<String>,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub end_line: Option<u32>,
    pub end_column: Option<u32>,
}

/// An attempt that was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Started {
    pub version: u32,
    pub bake: String,
    pub attempt: u32,
}

/// A wish that was passed on; the events tell what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Asked {
    pub version: u32,
    /// Who is recorded as having asked.
    pub by: String,
}

/// The cached results of the workspace's project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CachePage {
    pub version: u32,
    /// How many there are in all.
    pub total: usize,
    /// The newest first.
    pub entries: Vec<CacheView>,
}

/// A cached result; what it holds is not told here, its task shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CacheView {
    pub flow: String,
    /// The task's full id.
    pub task: String,
    pub key: String,
    /// When the task ended that made it.
    pub created_at: String,
    /// Where it was made; null if that bake is gone.
    pub from: Option<CacheUseView>,
    /// How many tasks took it instead of running.
    pub uses: u64,
    /// The last bakes of those, at most five.
    pub used_by: Vec<CacheUseView>,
}

/// An attempt that has to do with a cached result.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CacheUseView {
    pub bake: String,
    pub attempt: u32,
}

impl CacheView {
    pub(crate) fn new(found: &CachedResult, from: Option<&Attempt>) -> Self {
        let entry = &found.entry;
        let by = |one: &CacheUse| CacheUseView { bake: one.bake.to_string(), attempt: one.number };
        CacheView {
            flow: entry.batch.to_string(),
            task: entry.task.to_string(),
            key: entry.key.to_string(),
            created_at: entry.created_at.to_string(),
            from: from.map(|from| CacheUseView { bake: from.bake.to_string(), attempt: from.number }),
            uses: found.count,
            used_by: found.uses.iter().map(by).collect(),
        }
    }
}

/// Cached results that were forgotten.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cleared {
    pub version: u32,
    pub cleared: u64,
}

impl FlowRow {
    pub(crate) fn new(name: &str, outline: Option<&Outline>, diagnostics: &Diagnostics) -> Self {
        let count = |severity| diagnostics.iter().filter(|one| one.severity == severity).count();
        let kind = match outline.map(|outline| &outline.kind) {
            Some(OutlineKind::Batch(_)) => "batch",
            Some(OutlineKind::Live(_)) => "live",
            None => "unknown",
        };
        FlowRow {
            name: name.to_owned(),
            kind,
            title: outline.map(|outline| outline.title.clone()),
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
        }
    }
}

impl From<OutlineParam> for ParamView {
    fn from(param: OutlineParam) -> Self {
        ParamView { name: param.name, default: param.default, descr: param.descr }
    }
}

impl From<OutlineJob> for JobView {
    fn from(job: OutlineJob) -> Self {
        let OutlineJob { id, title, params, ok, multi } = job;
        JobView { id, title, params: params.into_iter().map(ParamView::from).collect(), multi, ok }
    }
}

impl From<OutlineVolume> for VolumeView {
    fn from(volume: OutlineVolume) -> Self {
        VolumeView { id: volume.id, remote: volume.remote, mount: volume.mount, local: volume.local }
    }
}

impl From<OutlineImage> for ImageView {
    fn from(image: OutlineImage) -> Self {
        let OutlineImage { id, reference, context, dockerfile } = image;
        ImageView { id, reference, context, dockerfile }
    }
}

impl SourceView {
    pub(crate) fn all(sources: &SourceMap) -> Vec<SourceView> {
        sources
            .iter()
            .map(|(_, file)| SourceView { name: file.name.to_string(), text: file.text.to_string() })
            .collect()
    }
}

impl DiagnosticView {
    pub(crate) fn all(diagnostics: &Diagnostics, sources: &SourceMap) -> Vec<DiagnosticView> {
        diagnostics.iter().map(|one| DiagnosticView::new(one, sources)).collect()
    }

    fn new(diagnostic: &Diagnostic, sources: &SourceMap) -> Self {
        let span = diagnostic.span();
        let start = span.and_then(|span| sources.position(span));
        let end = span.and_then(|span| sources.position(Span { start: span.end, ..span }));
        let file = span.and_then(|span| sources.get(span.file));
        DiagnosticView {
            code: diagnostic.code.number(),
            name: diagnostic.code.name(),
            severity: match diagnostic.severity {
                Severity::Warning => "warning",
                Severity::Error => "error",
            },
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone(),
            file: file.map(|file| file.name.to_string()),
            line: start.map(|place| place.line),
            column: start.map(|place| place.column),
            end_line: end.map(|place| place.line),
            end_column: end.map(|place| place.column),
        }
    }
}
