//! [`unsupported`]: what the language has and this version cannot run yet.

use crate::ast::{Batch, Declared, Defaults, Entries, Field, Items, Project, Retry, Section, TaskBody, Unit};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::text::Span;

const BUILD: &str = "build images before the bake, and name them by `image`";
const CALL: &str = "write the tasks of the action into this flow";
const FOLDERS: &str = "remove it; tasks of this version see the folders of this machine";
const MIXIN: &str = "write their keys into the tasks, or share them by a YAML merge key `<<`";
const PORT: &str = "remove it; the task may listen on a port of this machine like any process";
const PRESET: &str = "remove it; tasks of this version take what this machine has";
const RETRY: &str = "remove it; run the bake again if a task fails";
const WAIT: &str = "remove it; `life_span` bounds how long a task runs";

/// What a batch flow says that this version cannot run yet: `NotSupported`, each at its place.
pub fn unsupported(batch: &Batch) -> Diagnostics {
    let mut found = Found::default();
    found.declared(("images", BUILD), first(&batch.images, |one| one.name));
    found.declared(("volumes", FOLDERS), first(&batch.volumes, |one| one.name));
    found.declared(("mixins", MIXIN), first(&batch.mixins, |one| one.name));
    found.defaults(batch.defaults.written());
    for task in &batch.tasks {
        match &task.body {
            TaskBody::Call(call) => found.at("a call", call.key, CALL),
            TaskBody::Unit(unit) => found.unit(unit),
        }
        found.retry(&task.retry);
    }
    found.0
}

/// What a project says that this version cannot run yet, as [`unsupported`].
pub fn unsupported_by_project(project: &Project) -> Diagnostics {
    let mut found = Found::default();
    found.declared(("images", BUILD), first(&project.images, |one| one.name));
    found.declared(("volumes", FOLDERS), first(&project.volumes, |one| one.name));
    found.declared(("mixins", MIXIN), first(&project.mixins, |one| one.name));
    found.defaults(project.defaults.written());
    found.0
}

/// Where the first thing of a section stands.
fn first<T>(section: &Section<Declared<T>>, place: fn(&T) -> Span) -> Option<Span> {
    section.written()?.values().next().map(place)
}

#[derive(Default)]
struct Found(Diagnostics);

impl Found {
    fn at(&mut self, what: &str, place: Span, help: &str) {
        let found = Diagnostic::error(Code::NotSupported, format!("this version cannot run {what} yet"));
        self.0.push(found.at(place, "valid, but not supported yet").help(help));
    }

    fn declared(&mut self, (name, help): (&str, &str), first: Option<Span>) {
        if let Some(place) = first {
            self.at(&format!("`{name}`"), place, help);
        }
    }

    fn field<T>(&mut self, name: &str, field: &Field<T>, help: &str) {
        match field {
            Field::Absent | Field::Null(_) => {}
            Field::Literal(literal) => self.at(&format!("`{name}`"), literal.span, help),
            Field::Expr(template) => self.at(&format!("`{name}`"), template.span(), help),
        }
    }

    fn items<T>(&mut self, name: &str, items: &Items<T>, help: &str) {
        match items {
            Items::Absent | Items::Null(_) => {}
            Items::Written(written) => {
                let first = written.value.iter().find_map(Field::span);
                self.declared((name, help), first);
            }
            Items::Expr(template) => self.at(&format!("`{name}`"), template.span(), help),
        }
    }

    fn retry(&mut self, retry: &Section<Retry>) {
        if let Some(retry) = retry.written() {
            self.at("`retry`", retry.span, RETRY);
        }
    }

    fn defaults(&mut self, defaults: Option<&Defaults>) {
        let Some(defaults) = defaults else { return };
        self.secrets(&defaults.env);
        self.items("volumes", &defaults.volumes, FOLDERS);
        self.field("preset", &defaults.preset, PRESET);
        self.field("schedule_timeout", &defaults.schedule_timeout, WAIT);
        self.retry(&defaults.retry);
    }

    fn unit(&mut self, unit: &Unit) {
        self.secrets(&unit.env);
        self.items("volumes", &unit.volumes, FOLDERS);
        self.field("preset", &unit.preset, PRESET);
        self.field("schedule_timeout", &unit.schedule_timeout, WAIT);
        self.field("http_port", &unit.http_port, PORT);
        self.field("http_auth", &unit.http_auth, PORT);
        self.field("pass_config", &unit.pass_config, "remove it; tasks of this version cannot reach the engine");
        self.field("restart", &unit.restart, "remove it; restart the bake to run a failed task again");
        let mixin = unit.mixins.iter().find_map(|mixins| mixins.value.iter().find_map(Field::span));
        self.declared(("mixins", MIXIN), mixin);
    }

    fn secrets(&mut self, env: &Entries<String>) {
        let Entries::Written(written) = env else { return };
        for (_, value) in written.value.values() {
            if let Field::Literal(value) = value
                && value.value.starts_with("secret:")
            {
                let found = Diagnostic::error(Code::NotSupported, "this version cannot look up secrets yet");
                let help = "let the task read it from a file that only you can read";
                self.0.push(found.at(value.span, "valid, but not supported yet").help(help));
            }
        }
    }
}
