//! [`secrets`] and [`live_secrets`]: which secrets a flow names, and where.

use crate::ast::{Entries, Field};
use crate::resolve::{CalledBody, JobWork, LiveFlow, ResolvedFlow, TaskDefinition, Work};
use crate::text::Span;

/// What begins a value that stands for a secret.
const PREFIX: &str = "secret:";

/// The name in a value that stands for a secret.
pub fn secret_name(value: &str) -> Option<&str> {
    value.strip_prefix(PREFIX)
}

/// The secrets that a flow names in plain text in `env`, each with its place.
///
/// Shape: in no order; one that stands in a mixin is there once for each task. What an expression gives is known only
/// when its unit starts. Source: MCH-3.
pub fn secrets(flow: &ResolvedFlow) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    flow.shared.defaults.env.iter().for_each(|layer| note(layer, &mut found));
    flow.tasks.iter().for_each(|task| note_task(task, &mut found));
    for action in flow.shared.actions.iter() {
        match &action.body {
            CalledBody::Tasks(called) => called.tasks.iter().for_each(|task| note_task(task, &mut found)),
            CalledBody::Stateful(stateful) => {
                stateful.main.value.env.iter().for_each(|layer| note(layer, &mut found));
            }
            CalledBody::Live(_) | CalledBody::Local(_) => {}
        }
    }
    found
}

/// The same of a live flow: of its settings, its jobs and what they call. Source: MCH-3, DEC-28.
pub fn live_secrets(flow: &LiveFlow) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    flow.shared.defaults.env.iter().for_each(|layer| note(layer, &mut found));
    for job in flow.jobs.values() {
        if let Some(JobWork::Unit(unit)) = &job.work {
            unit.unit.env.iter().for_each(|layer| note(layer, &mut found));
        }
    }
    for action in flow.shared.actions.iter() {
        if let CalledBody::Live(job) = &action.body {
            job.value.unit.env.iter().for_each(|layer| note(layer, &mut found));
        }
    }
    found
}

fn note_task(task: &TaskDefinition, found: &mut Vec<(String, Span)>) {
    match &task.work {
        Work::Unit(unit) | Work::Post { unit, .. } => unit.env.iter().for_each(|layer| note(layer, found)),
        Work::Tasks(_) | Work::Main(_) | Work::Local(_) => {}
    }
}

fn note(env: &Entries<String>, found: &mut Vec<(String, Span)>) {
    let Entries::Written(written) = env else { return };
    for (_, value) in written.value.values() {
        if let Field::Literal(value) = value
            && let Some(name) = secret_name(&value.value)
        {
            found.push((name.to_owned(), value.span));
        }
    }
}
