//! [`flow`], [`project`] and [`action`]: the syntax in the JSON of the vectors.
//!
//! Their format is described in `conformance/README.md`. How a place is compared does not belong here.

use flow_core::ast::{
    Action, ActionBody, Batch, Cache, CacheStrategy, Call, CallKind, Command, CommandKind, Declared, Defaults, Entries,
    Field, Flow, Image, Input, Items, Job, JobBody, JobUnit, Live, Matrix, Mixin, Name, Named, NeedItem, Output, Param,
    Project, Section, Strategy, Task, TaskBody, Unit, Volume,
};
use flow_core::expr::{Target, Template, convert};
use flow_core::model::NeedsLevel;
use flow_core::text::{Span, Spanned};
use flow_core::value::Value;
use flow_core::yaml::{Node, NodeKind};
use serde_json::{Map, Value as Json, json};

use super::tree;
use crate::conformance_expr::plain;

/// The keys of a mapping of the model.
type Keys = Vec<(&'static str, Json)>;

/// Whose mixins are rendered.
#[derive(Clone, Copy)]
enum Owner {
    Live,
    Batch,
    Project,
}

/// A flow; `root` is the tree it was made from.
pub(super) fn flow(flow: &Flow, root: &Node) -> Json {
    match flow {
        Flow::Live(flow) => live(flow, root),
        Flow::Batch(flow) => batch(flow, root),
    }
}

fn live(live: &Live, root: &Node) -> Json {
    object(vec![
        ("is", json!("live")),
        ("kind", json!("live")),
        ("id", name(live.id.as_ref())),
        ("title", text(live.title.as_ref())),
        ("images", declared(&live.images, image)),
        ("volumes", declared(&live.volumes, volume)),
        ("mixins", declared(&live.mixins, |one| mixin(one, Owner::Live, root))),
        ("jobs", entries(&live.jobs, job)),
        ("defaults", section(&live.defaults, |one| defaults(one, Owner::Live))),
    ])
}

fn batch(batch: &Batch, root: &Node) -> Json {
    object(vec![
        ("is", json!("batch")),
        ("kind", json!("batch")),
        ("id", name(batch.id.as_ref())),
        ("title", text(batch.title.as_ref())),
        ("images", declared(&batch.images, image)),
        ("volumes", declared(&batch.volumes, volume)),
        ("life_span", field(&batch.life_span, number)),
        ("params", declared(&batch.params, param)),
        ("mixins", declared(&batch.mixins, |one| mixin(one, Owner::Batch, root))),
        ("tasks", batch.tasks.iter().map(task).collect()),
        ("defaults", section(&batch.defaults, |one| defaults(one, Owner::Batch))),
    ])
}

/// A project; `root` is the tree it was made from.
pub(super) fn project(project: &Project, root: &Node) -> Json {
    object(vec![
        ("is", json!("project")),
        ("id", json!(&*project.id.value)),
        ("project_name", text(project.project_name.as_ref())),
        ("owner", text(project.owner.as_ref())),
        ("images", declared(&project.images, image)),
        ("volumes", declared(&project.volumes, volume)),
        ("defaults", section(&project.defaults, |one| defaults(one, Owner::Project))),
        ("mixins", declared(&project.mixins, |one| mixin(one, Owner::Project, root))),
    ])
}

/// An action.
pub(super) fn action(action: &Action) -> Json {
    let kind = action.kind().word();
    let mut keys: Keys = vec![
        ("is", json!(format!("{kind}-action"))),
        ("kind", json!(kind)),
        ("name", text(action.name.as_ref())),
        ("author", text(action.author.as_ref())),
        ("descr", text(action.descr.as_ref())),
        ("inputs", declared(&action.inputs, input)),
    ];
    if !matches!(action.body, ActionBody::Live(_)) {
        keys.push(("outputs", declared(&action.outputs, output)));
    }
    match &action.body {
        ActionBody::Live(unit) => keys.push(("job", job_unit(&unit.value, &Section::Absent))),
        ActionBody::Batch(body) => {
            keys.push(("cache", section(&body.cache, cache)));
            keys.push(("images", declared(&body.images, image)));
            keys.push(("tasks", body.tasks.iter().map(task).collect()));
        }
        ActionBody::Stateful(body) => {
            keys.push(("main", part(&body.main)));
            keys.push(("post", section(&body.post, part)));
            keys.push(("post_if", enable(&body.post_if, "${{ always() }}")));
        }
        ActionBody::Local(found) => keys.push(("cmd", command(found))),
    }
    object(keys)
}

fn part(found: &Spanned<Unit>) -> Json {
    let mut keys: Keys = vec![("is", json!("unit"))];
    keys.extend(unit(&found.value, Vec::new()));
    keys.retain(|(name, _)| *name != "mixins");
    object(keys)
}

fn job(job: &Job) -> Json {
    match &job.body {
        JobBody::Unit(unit) => job_unit(unit, &job.params),
        JobBody::Call(found) => {
            let mut keys = call(found);
            keys.push(("params", declared(&job.params, param)));
            object(keys)
        }
    }
}

fn job_unit(job: &JobUnit, params: &Section<Declared<Param>>) -> Json {
    let specified = present(&[
        ("detach", job.detach.is_present()),
        ("browse", job.browse.is_present()),
        ("port_forward", is_written(&job.port_forward)),
        ("multi", job.multi.is_present()),
        ("params", params.is_present()),
    ]);
    let mut keys: Keys = vec![("is", json!("job")), ("params", declared(params, param))];
    keys.extend(unit(&job.unit, specified));
    keys.push(("detach", field(&job.detach, |flag| json!(flag))));
    keys.push(("browse", field(&job.browse, |flag| json!(flag))));
    keys.push(("port_forward", items(&job.port_forward, |ports| json!(ports))));
    keys.push(("multi", field(&job.multi, |flag| json!(flag))));
    object(keys)
}

fn task(task: &Task) -> Json {
    let options: Keys = vec![
        ("id", field(&task.id, |id| json!(id))),
        ("needs", section(&task.needs, |needs| needs.value.iter().map(need).collect())),
        ("strategy", section(&task.strategy, strategy)),
        ("enable", enable(&task.enable, "${{ success() }}")),
        ("cache", section(&task.cache, cache)),
    ];
    let mut keys = match &task.body {
        TaskBody::Call(found) => call(found),
        TaskBody::Unit(found) => {
            let specified = present(&[
                ("id", task.id.is_present()),
                ("needs", task.needs.is_present()),
                ("strategy", task.strategy.is_present()),
                ("enable", task.enable.is_present()),
                ("cache", task.cache.is_present()),
            ]);
            let mut keys = unit(found, specified);
            keys.push(("is", json!("task")));
            keys
        }
    };
    keys.extend(options);
    object(keys)
}

fn need(need: &NeedItem) -> Json {
    let level = match need.level {
        NeedsLevel::Running => "running",
        NeedsLevel::Completed => "completed",
    };
    json!({"id": field(&need.id, |id| json!(id)), "level": level})
}

fn strategy(strategy: &Strategy) -> Json {
    json!({
        "matrix": matrix(&strategy.matrix),
        "fail_fast": field(&strategy.fail_fast, |flag| json!(flag)),
        "max_parallel": field(&strategy.max_parallel, |count| json!(count)),
    })
}

fn matrix(matrix: &Matrix) -> Json {
    let row = |row: &Spanned<Named<Value>>| named(&row.value, plain);
    json!({
        "products": entries(&matrix.variables, |(_, values)| items(values, plain)),
        "exclude": matrix.exclude.iter().map(row).collect::<Vec<_>>(),
        "include": matrix.include.iter().map(row).collect::<Vec<_>>(),
    })
}

fn cache(cache: &Cache) -> Json {
    let word = cache.strategy.as_ref().map(|strategy| match strategy.value {
        CacheStrategy::None => "none",
        CacheStrategy::Default => "default",
        CacheStrategy::Inherit => "inherit",
    });
    json!({
        "strategy": word.map_or(Json::Null, |word| json!({"unread": word})),
        "life_span": field(&cache.life_span, number),
    })
}

/// Literals of arguments are recorded as texts; we keep their type for the input to judge (DEC-13).
fn call(call: &Call) -> Keys {
    let (is, key) = match call.kind {
        CallKind::Action => ("action-call", "action"),
        CallKind::Module => ("module-call", "module"),
    };
    let args = call.args.as_ref().map_or(Json::Null, |args| named(&args.value, |value| json!(&*value.text())));
    vec![("is", json!(is)), (key, json!(call.reference.value)), ("args", args)]
}

/// What the model does not read of a mixin is recorded as written.
fn mixin(mixin: &Mixin, owner: Owner, root: &Node) -> Json {
    let mut specified = vec![
        ("needs", mixin.needs.is_present()),
        ("strategy", mixin.strategy.is_present()),
        ("enable", mixin.enable.is_present()),
        ("cache", mixin.cache.is_present()),
    ];
    specified.extend([
        ("detach", mixin.detach.is_present()),
        ("browse", mixin.browse.is_present()),
        ("port_forward", is_written(&mixin.port_forward)),
        ("multi", mixin.multi.is_present()),
        ("params", mixin.params.is_present()),
    ]);
    let mut keys = unit(&mixin.unit, present(&specified));
    let unread = |name: &str| tree::value_of(root, mixin.span, name).map_or(Json::Null, raw);
    match owner {
        Owner::Project => keys.push(("is", json!("unit-mixin"))),
        Owner::Batch => keys.extend([
            ("is", json!("task-mixin")),
            ("needs", unread("needs")),
            ("strategy", unread("strategy")),
            ("enable", enable(&mixin.enable, "${{ success() }}")),
            ("cache", unread("cache")),
        ]),
        Owner::Live => keys.extend([
            ("is", json!("job-mixin")),
            ("params", declared(&mixin.params, param)),
            ("detach", field(&mixin.detach, |flag| json!(flag))),
            ("browse", field(&mixin.browse, |flag| json!(flag))),
            ("port_forward", items(&mixin.port_forward, |ports| json!(ports))),
            ("multi", field(&mixin.multi, |flag| json!(flag))),
        ]),
    }
    object(keys)
}

fn raw(node: &Node) -> Json {
    fn value(node: &Node) -> Json {
        match &node.kind {
            NodeKind::Scalar(scalar) => plain(&scalar.value),
            NodeKind::Seq(items) => items.iter().map(value).collect(),
            NodeKind::Map(entries) => {
                let key = |key: &Node| key.scalar().map(|scalar| scalar.text.content.to_string()).unwrap_or_default();
                Json::Object(entries.iter().map(|(name, one)| (key(name), value(one))).collect())
            }
        }
    }
    if node.is_null() { Json::Null } else { json!({"unread": value(node)}) }
}

fn defaults(defaults: &Defaults, owner: Owner) -> Json {
    let specified = present(&[
        ("tags", is_written(&defaults.tags)),
        ("env", !matches!(defaults.env, Entries::Absent)),
        ("volumes", is_written(&defaults.volumes)),
        ("workdir", defaults.workdir.is_present()),
        ("life_span", defaults.life_span.is_present()),
        ("preset", defaults.preset.is_present()),
        ("schedule_timeout", defaults.schedule_timeout.is_present()),
        ("fail_fast", defaults.fail_fast.is_present()),
        ("max_parallel", defaults.max_parallel.is_present()),
        ("cache", defaults.cache.is_present()),
    ]);
    let mut keys: Keys = vec![
        ("specified", sorted(specified)),
        ("tags", items(&defaults.tags, |tag| json!(tag))),
        ("env", texts(&defaults.env)),
        ("volumes", items(&defaults.volumes, |volume| json!(volume))),
        ("workdir", field(&defaults.workdir, path)),
        ("life_span", field(&defaults.life_span, number)),
        ("preset", field(&defaults.preset, |preset| json!(preset))),
        ("schedule_timeout", field(&defaults.schedule_timeout, number)),
    ];
    if !matches!(owner, Owner::Live) {
        keys.push(("fail_fast", field(&defaults.fail_fast, |flag| json!(flag))));
        keys.push(("max_parallel", field(&defaults.max_parallel, |count| json!(count))));
        keys.push(("cache", section(&defaults.cache, cache)));
    }
    object(keys)
}

/// The keys of a unit; `specified` has those of what it belongs to that are written.
fn unit(unit: &Unit, mut specified: Vec<&'static str>) -> Keys {
    let texts_of = |text: &Field<String>| field(text, |text| json!(text));
    specified.extend(written(unit));
    vec![
        ("specified", sorted(specified)),
        ("title", texts_of(&unit.title)),
        ("name", texts_of(&unit.name)),
        ("image", texts_of(&unit.image)),
        ("preset", texts_of(&unit.preset)),
        ("schedule_timeout", field(&unit.schedule_timeout, number)),
        ("entrypoint", texts_of(&unit.entrypoint)),
        ("cmd", unit.command.as_ref().map_or(Json::Null, command)),
        ("workdir", field(&unit.workdir, path)),
        ("env", texts(&unit.env)),
        ("volumes", items(&unit.volumes, |volume| json!(volume))),
        ("tags", items(&unit.tags, |tag| json!(tag))),
        ("life_span", field(&unit.life_span, number)),
        ("http_port", field(&unit.http_port, |port| json!(port))),
        ("http_auth", field(&unit.http_auth, |flag| json!(flag))),
        ("pass_config", field(&unit.pass_config, |flag| json!(flag))),
        ("restart", texts_of(&unit.restart)),
        ("mixins", unit.mixins.as_ref().map_or(Json::Null, |names| names.value.iter().map(texts_of).collect())),
    ]
}

fn written(unit: &Unit) -> Vec<&'static str> {
    present(&[
        ("title", unit.title.is_present()),
        ("name", unit.name.is_present()),
        ("image", unit.image.is_present()),
        ("preset", unit.preset.is_present()),
        ("schedule_timeout", unit.schedule_timeout.is_present()),
        ("entrypoint", unit.entrypoint.is_present()),
        ("cmd", unit.command.is_some()),
        ("workdir", unit.workdir.is_present()),
        ("env", !matches!(unit.env, Entries::Absent)),
        ("volumes", is_written(&unit.volumes)),
        ("tags", is_written(&unit.tags)),
        ("life_span", unit.life_span.is_present()),
        ("http_port", unit.http_port.is_present()),
        ("http_auth", unit.http_auth.is_present()),
        ("pass_config", unit.pass_config.is_present()),
        ("restart", unit.restart.is_present()),
        ("mixins", unit.mixins.is_some()),
    ])
}

fn command(command: &Command) -> Json {
    let (target, shell) = match command.kind {
        CommandKind::Cmd => (Target::Str, None),
        CommandKind::Bash => (Target::Bash, Some("bash")),
        CommandKind::Python => (Target::Python, Some("python")),
    };
    match &command.text {
        Field::Absent | Field::Null(_) => Json::Null,
        Field::Literal(text) => {
            let text = Value::from(text.value.constant().unwrap_or_default());
            plain(&convert(&text, target).expect("any text is a command"))
        }
        Field::Expr(template) => {
            let source = &*template.text().content;
            shell.map_or_else(|| expression(template), |shell| json!({"expr": source, "shell": shell}))
        }
    }
}

fn image(image: &Image) -> Json {
    let texts_of = |text: &Field<String>| field(text, |text| json!(text));
    json!({
        "ref": texts_of(&image.reference),
        "context": texts_of(&image.context),
        "dockerfile": texts_of(&image.dockerfile),
        "build_args": items(&image.build_args, |text| json!(text)),
        "env": texts(&image.env),
        "volumes": items(&image.volumes, |text| json!(text)),
        "build_preset": texts_of(&image.build_preset),
        "force_rebuild": field(&image.force_rebuild, |flag| json!(flag)),
        "extra_kaniko_args": texts_of(&image.extra_kaniko_args),
    })
}

fn volume(volume: &Volume) -> Json {
    json!({
        "remote": field(&volume.remote, |uri| json!(uri)),
        "mount": field(&volume.mount, path),
        "local": field(&volume.local, path),
        "read_only": field(&volume.read_only, |flag| json!(flag)),
    })
}

fn param(param: &Param) -> Json {
    json!({"default": field(&param.default, |text| json!(text)), "descr": param.descr})
}

fn input(input: &Input) -> Json {
    let kind = input.kind.as_ref().map(|kind| kind.value).unwrap_or_default();
    json!({"type": kind.word(), "default": field(&input.default, plain), "descr": input.descr})
}

fn output(output: &Output) -> Json {
    json!({"value": field(&output.value, |text| json!(text)), "descr": output.descr})
}

fn enable(enable: &Field<Value>, default: &str) -> Json {
    if enable.is_present() { field(enable, plain) } else { json!({"expr": default}) }
}

fn name(name: Option<&Name>) -> Json {
    name.map_or(Json::Null, |name| json!(&*name.value))
}

fn text(text: Option<&Spanned<String>>) -> Json {
    text.map_or(Json::Null, |text| json!(text.value))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "renders a literal in its place, as its siblings")]
fn number(seconds: &f64) -> Json {
    plain(&Value::Float(*seconds))
}

fn path(path: &String) -> Json {
    json!({"$path": path})
}

fn expression(template: &Template) -> Json {
    json!({"expr": &*template.text().content})
}

fn field<T>(field: &Field<T>, literal: impl Fn(&T) -> Json) -> Json {
    match field {
        Field::Absent | Field::Null(_) => Json::Null,
        Field::Literal(found) => literal(&found.value),
        Field::Expr(template) => expression(template),
    }
}

fn items<T>(items: &Items<T>, literal: impl Fn(&T) -> Json) -> Json {
    match items {
        Items::Absent | Items::Null(_) => Json::Null,
        Items::Written(found) => found.value.iter().map(|item| field(item, &literal)).collect(),
        Items::Expr(template) => expression(template),
    }
}

fn is_written<T>(items: &Items<T>) -> bool {
    !matches!(items, Items::Absent)
}

fn texts(entries: &Entries<String>) -> Json {
    match entries {
        Entries::Absent => Json::Null,
        Entries::Written(found) => named(&found.value, |text| json!(text)),
        Entries::Expr(template) => expression(template),
    }
}

fn named<T>(found: &Named<T>, literal: impl Fn(&T) -> Json) -> Json {
    entries(found, |(_, one): &(Span, Field<T>)| field(one, &literal))
}

fn section<T>(section: &Section<T>, render: impl Fn(&T) -> Json) -> Json {
    section.written().map_or(Json::Null, render)
}

fn declared<T>(found: &Section<Declared<T>>, render: impl Fn(&T) -> Json) -> Json {
    section(found, |found| entries(found, &render))
}

fn entries<T>(found: &Declared<T>, render: impl Fn(&T) -> Json) -> Json {
    Json::Object(found.iter().map(|(name, one)| (name.to_string(), render(one))).collect())
}

fn object(keys: Keys) -> Json {
    Json::Object(keys.into_iter().map(|(name, json)| (name.to_owned(), json)).collect::<Map<_, _>>())
}

fn present(names: &[(&'static str, bool)]) -> Vec<&'static str> {
    names.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect()
}

fn sorted(mut names: Vec<&'static str>) -> Json {
    names.sort_unstable();
    json!(names)
}
