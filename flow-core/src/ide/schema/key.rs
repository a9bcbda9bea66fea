//! [`value`]: what each key takes. A key of several mappings mostly takes the same everywhere.

use serde_json::{Map, Value, json};

use crate::ide::schema::value::{self, declared, either, list, mapping, named};
use crate::parse::{Key, Mapping};

/// The defaults of batch flows and projects, as the parser calls them.
pub(super) const DEFAULTS: &str = "`defaults`";

/// Those of live flows, which have no tasks.
pub(super) const LIVE_DEFAULTS: &str = "`defaults` of a live flow";

/// A task in any of its three forms.
pub(super) const ANY_TASK: &str = "any task";

/// A job in any of its three forms.
pub(super) const ANY_JOB: &str = "any job";

/// Keys that are about tasks.
const OF_TASKS: [&str; 4] = ["fail_fast", "max_parallel", "cache", "retry"];

/// Commands, of which there is one.
const COMMANDS: [&str; 3] = ["cmd", "bash", "python"];

/// The mapping without what is about tasks.
pub(super) fn without_tasks(mapping: &Mapping) -> Mapping {
    let is_kept = |key: &&Key| !OF_TASKS.contains(&key.name);
    Mapping { what: LIVE_DEFAULTS, keys: mapping.keys.iter().filter(is_kept).copied().collect() }
}

/// What `key` of the mapping called `name` takes.
pub(super) fn value(name: &str, key: &str) -> Value {
    match (name, key) {
        ("a project", "id") => named("plain id"),
        ("a batch flow" | "a live flow", "id") => either(&[named("plain id"), value::null()]),
        ("a project" | "a batch flow" | "a live flow", "title" | "project_name" | "owner")
        | ("a batch action" | "a live action" | "a stateful action" | "a local action", "name") => named("plain text"),
        ("a live flow", "defaults") => either(&[named(LIVE_DEFAULTS), value::null()]),
        ("a live flow", "mixins") => declared("a mixin of a live flow"),
        ("a batch flow", "mixins") => declared("a mixin of a batch flow"),
        ("a project", "mixins") => declared("a mixin of a project"),
        ("a project" | "a batch flow" | "a live flow", "volumes") => declared("a volume"),
        ("`cache`", "strategy") => json!({"enum": ["none", "default", "inherit"]}),
        ("an input", "default") => named("plain value"),
        (_, "kind") => json!({"const": name.split(' ').nth(1)}),
        ("a local action", "cmd" | "bash" | "python") => named("needed text"),
        _ => everywhere(key),
    }
}

/// What a key takes wherever it stands.
fn everywhere(key: &str) -> Value {
    match key {
        "author" | "descr" => named("plain text"),
        "action" | "module" => named("needed plain text"),
        "workdir" | "local" => named("path"),
        "mount" | "remote" => named("needed path"),
        "ref" => named("needed text"),
        "id" => named("id"),
        "life_span" | "schedule_timeout" | "delay" => named("time span"),
        "fail_fast" | "http_auth" | "pass_config" | "detach" | "browse" | "force_rebuild" | "read_only" => {
            named("flag")
        }
        "multi" => named("plain flag"),
        "http_port" => named("number"),
        "max_parallel" | "attempts" => named("count"),
        "backoff" => named("factor"),
        "enable" | "post_if" => named("condition"),
        "restart" => named("restart policy"),
        "on" => {
            let end = json!({"enum": ["failed", "lost"]});
            either(&[end.clone(), list(end)])
        }
        "type" => json!({"enum": ["str", "int", "float", "bool"]}),
        _ => collection(key).unwrap_or_else(|| named("text")),
    }
}

/// What a key takes that holds others; `None` for all other keys.
fn collection(key: &str) -> Option<Value> {
    Some(match key {
        "env" => either(&[mapping(named("needed text")), named("expression")]),
        "tags" | "build_args" => named("texts"),
        "volumes" => either(&[list(named("text")), named("expression"), value::null()]),
        "port_forward" => either(&[list(named("ports")), named("expression"), value::null()]),
        "mixins" => list(named("needed text")),
        "needs" => {
            either(&[list(named("needed id")), mapping(json!({"enum": ["running", "completed"]})), value::null()])
        }
        "args" => either(&[mapping(named("value")), value::null()]),
        "cache" => either(&[named("`cache`"), value::null()]),
        "retry" => either(&[named("`retry`"), value::null()]),
        "strategy" => either(&[named("`strategy`"), value::null()]),
        "defaults" => either(&[named(DEFAULTS), value::null()]),
        "matrix" => named("matrix"),
        "images" => declared("an image"),
        "params" => value::declared_as(&either(&[named("text"), named("a param")])),
        "inputs" => value::declared_as(&either(&[named("plain text"), named("an input")])),
        "outputs" => declared("an output"),
        "tasks" => list(named(ANY_TASK)),
        "jobs" => value::names(&named(ANY_JOB)),
        "job" => named("the job of an action"),
        "main" => named("a part of a stateful action"),
        "post" => either(&[named("a part of a stateful action"), value::null()]),
        _ => return None,
    })
}

/// What a mapping says of several of its keys at once.
pub(super) fn together(mapping: &Mapping) -> Map<String, Value> {
    let has = |name: &str| mapping.keys.iter().any(|key| key.name == name);
    let mut found = Map::new();
    if COMMANDS.into_iter().all(has) {
        let pairs = [["cmd", "bash"], ["cmd", "python"], ["bash", "python"]];
        found.insert("not".to_owned(), json!({"anyOf": pairs.map(|pair| json!({"required": pair}))}));
    }
    match mapping.what {
        "a local action" => {
            found.insert("anyOf".to_owned(), json!(COMMANDS.map(|command| json!({"required": [command]}))));
        }
        // An image is built from both, or not built at all.
        "an image" => {
            let (none, some) = (json!({"type": "null"}), json!({"not": {"type": "null"}}));
            let both = |is: &Value| json!({"context": is, "dockerfile": is});
            let built = json!({"required": ["context", "dockerfile"], "properties": both(&some)});
            found.insert("anyOf".to_owned(), json!([{"properties": both(&none)}, built]));
        }
        // A key of old files, which has no effect.
        "a project" => {
            found.insert("patternProperties".to_owned(), json!({"^role$": {}}));
        }
        // What has no type is a text.
        "an input" => {
            found.insert("if".to_owned(), json!({"not": {"required": ["type"]}}));
            found.insert("then".to_owned(), json!({"properties": {"default": {"type": ["string", "null"]}}}));
        }
        _ => {}
    }
    found
}
