//! [`mappings`]: the keys of every kind of mapping, for the reference. Source: spec 02.
//!
//! The keys are those that the parser reads by; what they mean in a sentence stands here.

use crate::parse::shape::{Rule, Table};
use crate::parse::{action, batch, cache, call, defaults, input, job, live, matrix, project, shared, task};

/// One kind of mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// What it is, with its article: `a task`.
    pub what: &'static str,
    /// Its keys, in the order in which they are listed for people.
    pub keys: Vec<Key>,
}

/// One key of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What it means, in one sentence.
    pub about: &'static str,
}

const TABLES: &[&Table] = &[
    &project::TABLE,
    &batch::TABLE,
    &live::TABLE,
    &defaults::BATCH,
    &call::PARAM,
    &task::UNIT,
    &task::ACTION,
    &task::MODULE,
    &matrix::TABLE,
    &cache::CACHE,
    &cache::RETRY,
    &job::UNIT,
    &job::ACTION,
    &job::MODULE,
    &shared::IMAGE,
    &shared::VOLUME,
    &shared::PROJECT_MIXIN,
    &shared::BATCH_MIXIN,
    &shared::LIVE_MIXIN,
    &action::BATCH,
    &action::LIVE,
    &action::STATEFUL,
    &action::LOCAL,
    &action::PART,
    &job::OF_ACTION,
    &input::INPUT,
    &input::OUTPUT,
];

/// Every kind of mapping with its keys; those that are refused or without effect are left out.
///
/// Shape: a key of several mappings has one meaning. `defaults` of a live flow is that of a batch without the keys
/// that are about tasks.
pub fn mappings() -> Vec<Mapping> {
    TABLES.iter().map(|table| Mapping { what: table.what, keys: table.known().filter_map(key).collect() }).collect()
}

fn key((name, rule): &'static (&'static str, Rule)) -> Option<Key> {
    let required = match rule {
        Rule::Optional => false,
        Rule::Required(_) => true,
        Rule::Elsewhere(_) | Rule::Ignored(_) => return None,
    };
    let about = ABOUT.iter().find(|(known, _)| known == name).map_or("", |(_, about)| about);
    Some(Key { name, required, about })
}

const ABOUT: &[(&str, &str)] = &[
    ("action", "The action that is called: `ws:file.yml` in the workspace, `gh:owner/repo@tag` elsewhere."),
    ("args", "What the call gives to its inputs, by name."),
    ("attempts", "How often it is started at most."),
    ("author", "Who wrote it."),
    ("backoff", "By what the delay grows from try to try."),
    ("bash", "A script for `bash -euo pipefail`, in place of `cmd`."),
    ("browse", "Whether the job's URL is opened in a browser."),
    ("build_args", "Arguments of the build, a list of texts."),
    ("build_preset", "The preset of the machine that builds."),
    ("cache", "Whether and how long results are kept and taken again."),
    ("cmd", "The command line, split into words by shell rules; no shell runs it."),
    ("context", "The folder that the image is built from."),
    ("default", "Its value where none is given."),
    ("defaults", "Settings for all tasks or jobs."),
    ("delay", "How long it waits before the next try."),
    ("descr", "A description for people."),
    ("detach", "Whether `run` leaves the job to itself once it is started."),
    ("dockerfile", "The Dockerfile of the build."),
    ("enable", "Whether the task runs once its needs are done; `success()` if absent."),
    ("entrypoint", "What is put before the words of the command."),
    ("env", "Variables of the environment, by name."),
    ("extra_kaniko_args", "More options for the program that builds."),
    ("fail_fast", "Whether a failure winds the bake down; true if absent."),
    ("force_rebuild", "Whether an image that exists is built again."),
    ("http_auth", "Whether the platform asks visitors of the port to log in."),
    ("http_port", "The port that the unit serves HTTP on."),
    ("id", "The identifier; rows of a matrix are named after it."),
    ("image", "The container image."),
    ("images", "Images that are named, and built where they have a `context`."),
    ("inputs", "What a call may give, by name."),
    ("job", "What a live action runs."),
    ("jobs", "The jobs by name."),
    ("kind", "What the file is."),
    ("life_span", "How long it may take, or a result is good: `1d2h3m4s`, or seconds."),
    ("local", "The folder of the workspace that is copied to and from the volume."),
    ("main", "What runs at the place of the call."),
    ("matrix", "The variables of the rows with their values; also `exclude` and `include`."),
    ("max_parallel", "How many run at once: rows of this task, in `defaults` tasks of the bake."),
    ("mixins", "Shared settings: declared by name at the top, listed by name in a job or task."),
    ("module", "The local file that is called, and that sees what its caller sees."),
    ("mount", "Where units see the volume."),
    ("multi", "Whether the job may run many times at once, each with a suffix."),
    ("name", "A name for the executor; of an action, one for people."),
    ("needs", "The tasks that come first: ids, or `id: running`. Without it, the task before."),
    ("on", "After what it is tried again: `failed`, `lost`."),
    ("outputs", "What a call gives back, by name."),
    ("owner", "Who owns the project."),
    ("params", "What a bake or job can be given, by name."),
    ("pass_config", "Whether the unit may use `apolo-flow` itself."),
    ("port_forward", "`LOCAL:REMOTE` ports that are forwarded while `run` is attached."),
    ("post", "What runs at the end of the graph, whatever became of the rest."),
    ("post_if", "Whether `post` runs; `always()` if absent."),
    ("preset", "The name of the machine, or part of one, that it needs."),
    ("project_name", "The platform's project."),
    ("python", "A script for `python3 -uc`, in place of `cmd`."),
    ("read_only", "Whether units may only read it."),
    ("ref", "The reference of the image."),
    ("remote", "The URI of the storage."),
    ("restart", "When the executor starts it again: `always`, `on-failure`, `never`."),
    ("retry", "When a task is tried again."),
    ("schedule_timeout", "How long it may wait for room."),
    ("strategy", "The rows of the task and how they run; in `cache`, whether it is used."),
    ("tags", "Tags of the unit; those of `defaults` are added."),
    ("tasks", "The tasks in order."),
    ("title", "A title for people."),
    ("type", "`str`, `int`, `float` or `bool`."),
    ("value", "An expression over what the tasks gave."),
    ("volumes", "Volumes: declared by name at the top, listed as `uri:mount[:mode]` in a unit."),
    ("workdir", "The folder that it runs in."),
];

#[cfg(test)]
mod tests;
