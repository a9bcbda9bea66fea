//! [`unit_spec`]: what a task runs, evaluated and laid over the defaults. Source: CTX-40, CTX-78, YML-30.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ast::Field;
use crate::diag::{Code, Diagnostic};
use crate::expr::Target;
use crate::expr::storage::HostStorage;
use crate::expr::uri::{self, Home};
use crate::model::UnitSpec;
use crate::plan::evaluate::Evaluator;
use crate::plan::level::UnitDefaults;
use crate::plan::mount::{make_canonical, references};
use crate::plan::volume::made_whole;
use crate::resolve::UnitDefinition;
use crate::text::Span;

/// What a unit is evaluated over.
pub(crate) struct UnitGround<'a> {
    /// Defaults that it is laid over.
    pub(crate) defaults: &'a UnitDefaults,
    /// The system tags of its own.
    pub(crate) tags: Vec<String>,
    /// What URIs are made whole with.
    pub(crate) home: Option<&'a Home>,
    /// The storage as a folder of this machine, where nothing is mounted.
    pub(crate) storage: Option<HostStorage<'a>>,
}

/// Evaluates a unit over the defaults.
///
/// Shape: mounts are canonical, also where host folders stand for them (DEC-29).
/// `None` if the image is unset; then, or where the evaluator has problems, nothing may be started.
pub(crate) fn unit_spec(
    unit: &UnitDefinition,
    ground: UnitGround<'_>,
    evaluator: &mut Evaluator<'_>,
) -> Option<UnitSpec> {
    let UnitGround { defaults, tags, home, storage } = ground;
    let mut env = defaults.env.clone();
    unit.env.iter().for_each(|layer| evaluator.lay_entries(layer, &mut env));
    let own_volumes: Vec<_> = unit.volumes.iter().flat_map(|layer| references(layer, storage, evaluator)).collect();
    let own_tags: Vec<_> = unit.tags.iter().flat_map(|layer| evaluator.texts(layer)).collect();
    let tags: BTreeSet<Arc<str>> =
        own_tags.into_iter().chain(tags).map(Arc::from).chain(defaults.tags.iter().cloned()).collect();
    let not_empty = |text: &String| !text.is_empty();
    let not_zero = |seconds: &f64| *seconds != 0.0;
    let mut spec = UnitSpec {
        title: evaluator.field(&unit.title, Target::Str),
        name: evaluator.field(&unit.name, Target::Str).filter(not_empty),
        image: image(unit, home, evaluator),
        preset: evaluator.field(&unit.preset, Target::Str).filter(not_empty).or_else(|| defaults.preset.clone()),
        entrypoint: evaluator.field(&unit.entrypoint, Target::Str),
        cmd: unit.command.as_ref().and_then(|command| evaluator.command(command)),
        workdir: evaluator.field(&unit.workdir, Target::RemotePath).or_else(|| defaults.workdir.clone()),
        env,
        volumes: defaults.volumes.iter().cloned().chain(own_volumes).collect(),
        tags: tags.iter().map(ToString::to_string).collect(),
        life_span_seconds: evaluator.field(&unit.life_span, Target::Seconds).filter(not_zero).or(defaults.life_span),
        schedule_timeout_seconds: evaluator
            .field(&unit.schedule_timeout, Target::Seconds)
            .filter(not_zero)
            .or(defaults.schedule_timeout),
        http_port: evaluator.field(&unit.http_port, Target::Int),
        http_auth: evaluator.field(&unit.http_auth, Target::Bool),
        pass_config: evaluator.field(&unit.pass_config, Target::Bool),
        restart: evaluator.field(&unit.restart, Target::Restart),
        ..UnitSpec::default()
    };
    make_canonical(&mut spec, storage);
    spec.image.is_some().then_some(spec)
}

/// The image, made whole where the facts of the project are known (WS-51).
fn image(unit: &UnitDefinition, home: Option<&Home>, evaluator: &mut Evaluator<'_>) -> Option<String> {
    let text = evaluator.field(&unit.image, Target::Str)?;
    made_whole(text, unit.image.span(), home, uri::resolve_image, evaluator)
}

/// An image whose expression gives `None` is as good as absent; `start` is where its owner begins.
pub(crate) fn missing_image(unit: &UnitDefinition, start: Span) -> Diagnostic {
    let fault = Diagnostic::error(Code::MissingImage, "the task has no image");
    let fault = match &unit.image {
        Field::Expr(template) => fault.at(template.span(), "gives `None`"),
        Field::Absent | Field::Null(_) | Field::Literal(_) => fault.at(start, "this task"),
    };
    fault.help("add `image`")
}
