//! [`Presets`]: what the names that flows give as `preset` claim of a machine, and [`check_presets`], [`check_live_presets`].
//!
//! On the platform a preset is a name of the cluster's. Elsewhere `engine.toml` says what it means
//! (EXT-7), and where it says nothing, a name is noted and claims what every task claims.

use std::collections::BTreeMap;

use crate::ast::Field;
use crate::diag::suggest;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::model::Claim;
use crate::resolve::{CalledBody, JobWork, LiveFlow, ResolvedFlow, TaskDefinition, UnitDefinition, Work};
use crate::text::Span;

/// The preset of units that name none.
const DEFAULT: &str = "default";

/// The declared presets, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presets(pub BTreeMap<String, Claim>);

impl Presets {
    /// What a unit with this preset claims. Errors: presets are declared, and not this one; for people.
    pub fn claim(&self, preset: Option<&str>) -> Result<Claim, String> {
        let default = self.0.get(DEFAULT).copied().unwrap_or_default();
        match preset {
            None => Ok(default),
            Some(name) => match self.0.get(name) {
                Some(claim) => Ok(*claim),
                None if self.names().next().is_none() => Ok(default),
                None => {
                    let help = suggest::help(name, "presets", self.names()).unwrap_or_default();
                    Err(format!("`[presets]` of engine.toml does not declare the preset `{name}` ({help})"))
                }
            },
        }
    }

    /// The names that a flow may use, where there is a choice.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str).filter(|name| *name != DEFAULT)
    }
}

/// What is wrong with the presets that a flow names in plain text, on a machine that has `room`.
///
/// Shape: a name that no preset has is an error where presets are declared, and else a warning; a claim larger
/// than the machine is an error. What an expression gives is looked at when its unit starts. Source: MCH-1, EXT-7.
pub fn check_presets(flow: &ResolvedFlow, presets: &Presets, room: &Claim) -> Diagnostics {
    let mut found = Found { presets, room, diagnostics: Diagnostics::new() };
    found.field(&flow.shared.defaults.preset);
    let has_default = !matches!(flow.shared.defaults.preset, Field::Absent | Field::Null(_));
    flow.tasks.iter().for_each(|task| found.task(task, has_default));
    for action in flow.shared.actions.iter() {
        match &action.body {
            CalledBody::Tasks(called) => called.tasks.iter().for_each(|task| found.task(task, has_default)),
            CalledBody::Stateful(stateful) => found.unit(&stateful.main.value, stateful.main.span, has_default),
            CalledBody::Live(_) | CalledBody::Local(_) => {}
        }
    }
    found.once()
}

/// The same of the jobs of a live flow. Source: DEC-28.
pub fn check_live_presets(flow: &LiveFlow, presets: &Presets, room: &Claim) -> Diagnostics {
    let mut found = Found { presets, room, diagnostics: Diagnostics::new() };
    found.field(&flow.shared.defaults.preset);
    let has_default = !matches!(flow.shared.defaults.preset, Field::Absent | Field::Null(_));
    for job in flow.jobs.values() {
        if let Some(JobWork::Unit(unit)) = &job.work {
            found.unit(&unit.unit, job.span, has_default);
        }
    }
    for action in flow.shared.actions.iter() {
        if let CalledBody::Live(job) = &action.body {
            found.unit(&job.value.unit, job.span, has_default);
        }
    }
    found.once()
}

struct Found<'a> {
    presets: &'a Presets,
    room: &'a Claim,
    diagnostics: Diagnostics,
}

impl Found<'_> {
    /// What was found: a mixin is merged into many units, and its text stands in one place.
    fn once(self) -> Diagnostics {
        let mut once = Diagnostics::new();
        for one in self.diagnostics {
            if !once.iter().any(|known| *known == one) {
                once.push(one);
            }
        }
        once.sorted()
    }

    fn task(&mut self, task: &TaskDefinition, has_default: bool) {
        match &task.work {
            Work::Unit(unit) | Work::Post { unit, .. } => self.unit(unit, task.span, has_default),
            Work::Tasks(_) | Work::Main(_) | Work::Local(_) => {}
        }
    }

    fn unit(&mut self, unit: &UnitDefinition, place: Span, has_default: bool) {
        let is_said = match &unit.preset {
            Field::Absent | Field::Null(_) => false,
            Field::Literal(literal) => !literal.value.is_empty(),
            Field::Expr(_) => true,
        };
        match is_said {
            true => self.field(&unit.preset),
            false if has_default => {}
            false => self.room(None, place.head()),
        }
    }

    fn field(&mut self, preset: &Field<String>) {
        let Field::Literal(literal) = preset else { return };
        let name = literal.value.as_str();
        if self.presets.0.contains_key(name) {
            return self.room(Some(name), literal.span);
        }
        let declared = self.presets.names().next().is_some();
        let (make, help): (fn(_, _) -> _, _) = if declared {
            (Diagnostic::error, suggest::help(name, "presets", self.presets.names()))
        } else {
            let help = format!("say in engine.toml what it is: `[presets.{name}]` with `cpu`, `memory` and `gpu`");
            (Diagnostic::warning, Some(help))
        };
        let told = if declared { "unknown preset" } else { "claims what a task without preset claims" };
        let found = make(Code::UnknownPreset, format!("engine.toml declares no preset `{name}`"));
        let found = found.at(literal.span, told);
        self.diagnostics.push(match help {
            Some(help) => found.help(help),
            None => found,
        });
    }

    /// Tells of a claim that is larger than the machine.
    fn room(&mut self, preset: Option<&str>, place: Span) {
        let Ok(claim) = self.presets.claim(preset) else { return };
        if claim.fits(self.room) {
            return;
        }
        let name = preset.unwrap_or(DEFAULT);
        let found = Diagnostic::error(Code::PresetTooLarge, format!("this machine has no room for preset `{name}`"));
        let found = found.at(place, format!("claims {claim}; the machine has {}", self.room));
        self.diagnostics.push(found.help(format!("choose another preset, or make `[presets.{name}]` smaller")));
    }
}

#[cfg(test)]
mod tests;
