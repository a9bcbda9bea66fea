//! [`unsupported`]: what the language has and the engine of this version cannot run yet.
//!
//! Planning does not ask it: such flows can be checked and planned in full, they are only not started.

use crate::ast::{Declared, Field, Image, Items};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::plan::build::built;
use crate::plan::live::JobSpec;
use crate::resolve::{CalledBody, MergedDefaults, ResolvedFlow, TaskDefinition, UnitDefinition, Work};
use crate::text::Span;

const BUILD: &str = "build images before the bake, and name them by `image`";

/// What a flow says that this version cannot run yet: `NotSupported`, each at its place; and warnings of what has no
/// effect where tasks are plain processes (MCH-1).
///
/// `images`: whether the executor has images, and so can build them.
pub fn unsupported(flow: &ResolvedFlow, images: bool) -> Diagnostics {
    let mut found = Found { images, ..Found::default() };
    found.images(&flow.shared.images);
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
    let has_secret = job.unit.volumes.iter().any(|text| text.starts_with("secret:"));
    let told = has_secret.then(|| {
        let message = format!("this version cannot run the job `{}` yet: it has a secret as a volume", job.id);
        Diagnostic::error(Code::NotSupported, message)
            .help("give it to the job by a variable: `env: {NAME: secret:NAME}`")
    });
    told.into_iter().collect()
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

    fn secret_volumes(&mut self, items: &Items<String>) {
        let Items::Written(written) = items else { return };
        for item in &written.value {
            if let Field::Literal(literal) = item
                && literal.value.starts_with("secret:")
            {
                self.at(
                    "secrets as `volumes`",
                    literal.span,
                    "let the task read it from a file that only you can read",
                );
            }
        }
    }

    fn images(&mut self, images: &Declared<Image>) {
        if let Some(image) = built(images).next().filter(|_| !self.images) {
            self.at("`images` that it builds", image.name, BUILD);
        }
    }

    fn defaults(&mut self, defaults: &MergedDefaults) {
        defaults.volumes.iter().for_each(|layer| self.secret_volumes(layer));
    }

    fn task(&mut self, task: &TaskDefinition) {
        match &task.work {
            Work::Unit(unit) | Work::Post { unit, .. } => self.unit(unit),
            // What they call is looked at once, however often it is called.
            Work::Tasks(_) | Work::Main(_) | Work::Local(_) => {}
        }
    }

    fn unit(&mut self, unit: &UnitDefinition) {
        unit.volumes.iter().for_each(|layer| self.secret_volumes(layer));
        self.http_auth(&unit.http_auth);
    }

    /// Nobody stands between a visitor and a port of this machine.
    fn http_auth(&mut self, field: &Field<bool>) {
        let place = match field {
            Field::Literal(literal) => Some(literal.span).filter(|_| literal.value),
            Field::Absent | Field::Null(_) | Field::Expr(_) => None,
        };
        let Some(place) = place.filter(|_| !self.images) else { return };
        let found =
            Diagnostic::warning(Code::IgnoredKey, "`http_auth` has no effect: the task listens on this machine");
        let help = "let the task itself ask who is there, or let it listen on 127.0.0.1 only";
        self.diagnostics.push(found.at(place, "nobody asks visitors to log in").help(help));
    }
}
