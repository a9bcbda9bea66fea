//! [`unsupported`]: what the language has and the engine of this version cannot run yet.
//!
//! Planning does not ask it: such flows can be checked and planned in full, they are only not started.

use crate::ast::{Command, Declared, Entries, Field, Image, Items, Retry};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::Template;
use crate::plan::build::built;
use crate::plan::entry::is_late;
use crate::plan::live::JobSpec;
use crate::resolve::{CalledBody, MergedDefaults, ResolvedFlow, TaskDefinition, UnitDefinition, Work};
use crate::text::Span;

const BUILD: &str = "build images before the bake, and name them by `image`";
const FOLDERS: &str = "remove it; tasks of this version see the folders of this machine";
const LATE: &str = "put the stateful action into a batch action, and call that in the matrix";
const PORT: &str = "remove it; the task may listen on a port of this machine like any process";
const RETRY: &str = "remove it; run the bake again if a task fails";
const SECRET: &str = "let the task read it from a file that only you can read";

/// What a flow says that this version cannot run yet: `NotSupported`, each at its place.
///
/// `images`: whether the executor has images, and so can build them.
pub fn unsupported(flow: &ResolvedFlow, images: bool) -> Diagnostics {
    let mut found = Found { images, ..Found::default() };
    found.images(&flow.shared.images);
    if let Some(volume) = flow.shared.volumes.values().next() {
        found.at("`volumes`", volume.name, FOLDERS);
    }
    found.defaults(&flow.shared.defaults);
    flow.tasks.iter().for_each(|task| found.task(task));
    for action in flow.shared.actions.iter() {
        match &action.body {
            CalledBody::Tasks(called) => {
                found.images(&called.images);
                called.tasks.iter().for_each(|task| found.task(task));
            }
            CalledBody::Stateful(stateful) => found.unit(&stateful.main.value),
            CalledBody::Live(_) | CalledBody::Local(_) => {}
        }
    }
    // A mixin is merged into many tasks, and its text stands in one place.
    let mut once = Diagnostics::new();
    for one in found.diagnostics {
        if !once.iter().any(|known| *known == one) {
            once.push(one);
        }
    }
    once.sorted()
}

/// What an evaluated live job says that this version cannot run yet.
pub fn unsupported_job(job: &JobSpec) -> Diagnostics {
    let secret = job.unit.env.values().any(|value| value.starts_with("secret:"));
    let found = [(!job.unit.volumes.is_empty(), "`volumes`", FOLDERS), (secret, "secrets", SECRET)];
    let told = found.into_iter().filter(|(is_there, ..)| *is_there).map(|(_, what, help)| {
        let message = format!("this version cannot run the job `{}` yet: it has {what}", job.id);
        Diagnostic::error(Code::NotSupported, message).help(help)
    });
    told.collect()
}

#[derive(Default)]
struct Found {
    diagnostics: Diagnostics,
    images: bool,
}

impl Found {
    fn at(&mut self, what: &str, place: Span, help: &str) {
        let found = Diagnostic::error(Code::NotSupported, format!("this version cannot run {what} yet"));
        self.diagnostics.push(found.at(place, "valid, but not supported yet").help(help));
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
                if let Some(place) = written.value.iter().find_map(Field::span) {
                    self.at(&format!("`{name}`"), place, help);
                }
            }
            Items::Expr(template) => self.at(&format!("`{name}`"), template.span(), help),
        }
    }

    fn images(&mut self, images: &Declared<Image>) {
        if let Some(image) = built(images).next().filter(|_| !self.images) {
            self.at("`images` that it builds", image.name, BUILD);
        }
    }

    fn retry(&mut self, retry: Option<&Retry>) {
        if let Some(retry) = retry {
            self.at("`retry`", retry.span, RETRY);
        }
    }

    fn defaults(&mut self, defaults: &MergedDefaults) {
        defaults.env.iter().for_each(|layer| self.secrets(layer));
        defaults.volumes.iter().for_each(|layer| self.items("volumes", layer, FOLDERS));
        self.retry(defaults.retry.as_ref());
    }

    fn task(&mut self, task: &TaskDefinition) {
        match &task.work {
            Work::Unit(unit) | Work::Post { unit, .. } => self.unit(unit),
            // What they call is looked at once, however often it is called.
            Work::Tasks(_) | Work::Main(_) | Work::Local(_) => {}
        }
        self.retry(task.retry.as_ref());
        // The end of the graph is known before the graph: a task may not be added there late.
        if matches!(task.work, Work::Main(_))
            && let Some(place) = task.strategy.as_ref().and_then(is_late)
        {
            self.at("a stateful action in a matrix that uses `needs`", place, LATE);
        }
    }

    fn unit(&mut self, unit: &UnitDefinition) {
        unit.env.iter().for_each(|layer| self.secrets(layer));
        unit.volumes.iter().for_each(|layer| self.items("volumes", layer, FOLDERS));
        self.field("http_port", &unit.http_port, PORT);
        self.field("http_auth", &unit.http_auth, PORT);
        self.field("restart", &unit.restart, "remove it; restart the bake to run a failed task again");
        unit.command.iter().for_each(|command| self.command(command));
    }

    /// `upload` changes the storage, of which this version has none.
    fn command(&mut self, command: &Command) {
        let template: Option<&Template> = match &command.text {
            Field::Absent | Field::Null(_) => None,
            Field::Literal(literal) => Some(&literal.value),
            Field::Expr(template) => Some(template),
        };
        let calls = template.into_iter().flat_map(Template::calls);
        for call in calls.filter(|call| matches!(call.function, "upload" | "parse_volume")) {
            self.at(&format!("`{}()`", call.function), call.span, FOLDERS);
        }
    }

    fn secrets(&mut self, env: &Entries<String>) {
        let Entries::Written(written) = env else { return };
        for (_, value) in written.value.values() {
            if let Field::Literal(value) = value
                && value.value.starts_with("secret:")
            {
                let found = Diagnostic::error(Code::NotSupported, "this version cannot look up secrets yet");
                self.diagnostics.push(found.at(value.span, "valid, but not supported yet").help(SECRET));
            }
        }
    }
}
