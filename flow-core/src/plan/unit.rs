//! [`unit_spec`]: what a task runs, evaluated and laid over the defaults. Source: CTX-40, CTX-78, YML-30.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ast::Field;
use crate::diag::{Code, Diagnostic};
use crate::expr::Target;
use crate::model::UnitSpec;
use crate::plan::entry::start_of;
use crate::plan::evaluate::Evaluator;
use crate::plan::level::UnitDefaults;
use crate::resolve::{TaskDefinition, UnitDefinition};

/// Evaluates a unit over the defaults; `tag` is the task's own system tag.
///
/// `None` if the image is unset; then, or where the evaluator has problems, nothing may be started.
pub(crate) fn unit_spec(
    unit: &UnitDefinition,
    defaults: &UnitDefaults,
    tag: String,
    evaluator: &mut Evaluator<'_>,
) -> Option<UnitSpec> {
    let mut env = defaults.env.clone();
    evaluator.lay_entries(&unit.env, &mut env);
    let own_volumes = evaluator.texts(&unit.volumes);
    let own_tags = evaluator.texts(&unit.tags);
    let tags: BTreeSet<Arc<str>> =
        own_tags.into_iter().chain([tag]).map(Arc::from).chain(defaults.tags.iter().cloned()).collect();
    let not_empty = |text: &String| !text.is_empty();
    let not_zero = |seconds: &f64| *seconds != 0.0;
    let spec = UnitSpec {
        title: evaluator.field(&unit.title, Target::Str),
        name: evaluator.field(&unit.name, Target::Str).filter(not_empty),
        image: evaluator.field(&unit.image, Target::Str),
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
    };
    spec.image.is_some().then_some(spec)
}

/// An image whose expression gives `None` is as good as absent.
pub(crate) fn missing_image(task: &TaskDefinition) -> Diagnostic {
    let span = match &task.unit.image {
        Field::Expr(template) => template.span(),
        Field::Absent | Field::Null(_) | Field::Literal(_) => start_of(task),
    };
    Diagnostic::error(Code::MissingImage, "the task has no image").at(span, "gives `None`").help("give it an image")
}
