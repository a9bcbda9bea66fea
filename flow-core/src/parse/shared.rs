//! [`images`], [`volumes`] and [`mixins`]: what flows, projects and actions declare for their units.
//! Source: spec 02 §7–§9.

use crate::ast::{Declared, Field, Image, Mixin, Section, Volume};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::parse::call::params;
use crate::parse::field::{FLAG, ITEM, LOCAL_PATH, REQUIRED_PATH, TEXT, URI, field};
use crate::parse::list::{declared, items};
use crate::parse::shape::{self, Entry, Keys, Rule, Table, used_at};
use crate::parse::unit::{self, env, unit};
use crate::parse::{job, task};

pub(super) const IMAGE: Table = Table {
    what: "an image",
    keys: &[&[
        ("ref", Rule::Required("write what the image is called: `ref: image:name:tag`")),
        ("context", Rule::Optional),
        ("dockerfile", Rule::Optional),
        ("build_args", Rule::Optional),
        ("env", Rule::Optional),
        ("volumes", Rule::Optional),
        ("build_preset", Rule::Optional),
        ("force_rebuild", Rule::Optional),
        ("extra_kaniko_args", Rule::Optional),
    ]],
    foreign: &[],
};

pub(super) const VOLUME: Table = Table {
    what: "a volume",
    keys: &[&[
        ("remote", Rule::Required("write where it is stored: `remote: storage:folder`")),
        ("mount", Rule::Required("write where units see it: `mount: /folder`")),
        ("local", Rule::Optional),
        ("read_only", Rule::Optional),
    ]],
    foreign: &[],
};

const ID: (Keys, &str) = (&[("id", Rule::Optional)], "the name of a mixin is the key it stands under; remove it here");

const JOBS_ONLY: &str = "only mixins of a live flow have it; move it there";

const TASKS_ONLY: &str = "only mixins of a batch flow have it; move it there";

pub(super) const LIVE_MIXIN: Table = Table {
    what: "a mixin of a live flow",
    keys: &[unit::KEYS, job::OPTIONS, job::PARAMS, unit::MIXINS],
    foreign: &[ID, (task::OPTIONS, TASKS_ONLY), (task::RETRY, TASKS_ONLY)],
};

pub(super) const BATCH_MIXIN: Table = Table {
    what: "a mixin of a batch flow",
    keys: &[unit::KEYS, task::OPTIONS, task::RETRY, unit::MIXINS],
    foreign: &[ID, (job::OPTIONS, JOBS_ONLY), (job::PARAMS, JOBS_ONLY)],
};

pub(super) const PROJECT_MIXIN: Table = Table {
    what: "a mixin of a project",
    keys: &[unit::KEYS, unit::MIXINS],
    foreign: &[
        ID,
        (task::OPTIONS, TASKS_ONLY),
        (task::RETRY, TASKS_ONLY),
        (job::OPTIONS, JOBS_ONLY),
        (job::PARAMS, JOBS_ONLY),
    ],
};

/// Whose mixins they are: that decides on their keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Live,
    Batch,
    Project,
}

/// Reads `images`.
pub(super) fn images(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Section<Declared<Image>> {
    declared(entry, diagnostics, image)
}

fn image(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Option<Image> {
    let fields = shape::fields(entry, &IMAGE, diagnostics)?;
    let image = Image {
        name: entry.key,
        span: fields.span,
        reference: field(fields.get("ref"), &ITEM, diagnostics),
        context: field(fields.get("context"), &TEXT, diagnostics),
        dockerfile: field(fields.get("dockerfile"), &TEXT, diagnostics),
        build_args: items(fields.get("build_args"), &ITEM, diagnostics),
        env: env(fields.get("env"), diagnostics),
        volumes: items(fields.get("volumes"), &TEXT, diagnostics),
        build_preset: field(fields.get("build_preset"), &TEXT, diagnostics),
        force_rebuild: field(fields.get("force_rebuild"), &FLAG, diagnostics),
        extra_kaniko_args: field(fields.get("extra_kaniko_args"), &TEXT, diagnostics),
    };
    check_build(entry, &image, diagnostics);
    Some(image)
}

/// An image is built from both a folder and a Dockerfile, or not built at all.
///
/// A key that is wrong is absent and reported already, so only what is written is looked at.
fn check_build(entry: Entry<'_>, image: &Image, diagnostics: &mut Diagnostics) {
    let wanted = match (&image.context, &image.dockerfile) {
        (Field::Literal(_) | Field::Expr(_), Field::Null(_)) => "dockerfile",
        (Field::Literal(_) | Field::Expr(_), Field::Absent) if !shape::has(entry.value, "dockerfile") => "dockerfile",
        (Field::Null(_), Field::Literal(_) | Field::Expr(_)) => "context",
        (Field::Absent, Field::Literal(_) | Field::Expr(_)) if !shape::has(entry.value, "context") => "context",
        _ => return,
    };
    let (other, example) = match wanted {
        "dockerfile" => (image.context.span(), "dockerfile: path/Dockerfile"),
        _ => (image.dockerfile.span(), "context: path"),
    };
    let found = Diagnostic::error(Code::MissingKey, format!("an image that is built needs the key `{wanted}`"));
    let found = found.at(entry.key, format!("an image without `{wanted}`")).help(format!("write `{example}`"));
    let found = other.into_iter().fold(found, |found, span| found.at(span, "says that it is built"));
    diagnostics.push(used_at(found, entry.value));
}

/// Reads `volumes` of a flow or a project.
pub(super) fn volumes(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Section<Declared<Volume>> {
    declared(entry, diagnostics, volume)
}

fn volume(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Option<Volume> {
    let fields = shape::fields(entry, &VOLUME, diagnostics)?;
    Some(Volume {
        name: entry.key,
        span: fields.span,
        remote: field(fields.get("remote"), &URI, diagnostics),
        mount: field(fields.get("mount"), &REQUIRED_PATH, diagnostics),
        local: field(fields.get("local"), &LOCAL_PATH, diagnostics),
        read_only: field(fields.get("read_only"), &FLAG, diagnostics),
    })
}

/// Reads `mixins` of a flow or a project.
pub(super) fn mixins(
    entry: Option<Entry<'_>>,
    owner: Owner,
    diagnostics: &mut Diagnostics,
) -> Section<Declared<Mixin>> {
    match owner {
        Owner::Live => declared(entry, diagnostics, |entry, diagnostics| mixin(entry, &LIVE_MIXIN, diagnostics)),
        Owner::Batch => declared(entry, diagnostics, |entry, diagnostics| mixin(entry, &BATCH_MIXIN, diagnostics)),
        Owner::Project => declared(entry, diagnostics, |entry, diagnostics| mixin(entry, &PROJECT_MIXIN, diagnostics)),
    }
}

fn mixin(entry: Entry<'_>, table: &Table, diagnostics: &mut Diagnostics) -> Option<Mixin> {
    let fields = shape::fields(entry, table, diagnostics)?;
    let task = task::options(&fields, diagnostics);
    let job = job::options(&fields, diagnostics);
    Some(Mixin {
        name: entry.key,
        span: fields.span,
        unit: unit(&fields, diagnostics),
        needs: task.needs,
        strategy: task.strategy,
        enable: task.enable,
        cache: task.cache,
        retry: task.retry,
        params: params(fields.get("params"), diagnostics),
        detach: job.detach,
        browse: job.browse,
        port_forward: job.port_forward,
        multi: job.multi,
    })
}
