//! What the runners of plans have in common: workspaces of the vectors, the account they were made under, and
//! errors in the words of the vectors.
#![expect(clippy::indexing_slicing, reason = "a malformed vector is a failed test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flow_core::diag::{Code, Diagnostic, Diagnostics, Severity};
use flow_core::expr::uri::{Home, complete, parse_volume, split_volume};
use flow_core::expr::{Answers, HostCall};
use flow_core::model::GitInfo;
use flow_core::plan::{Inputs, Platform};
use flow_core::port::{ActionRef, SourceRef};
use flow_core::resolve::Workspace;
use flow_core::text::SourceMap;
use flow_core::value::Value;
use flow_tests::conformance::{Case, environment, workspace};
use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use crate::conformance_yaml::tree;

/// A workspace of the vectors, with text replacements in force.
pub(crate) struct Place {
    folder: PathBuf,
    edits: Vec<(String, String, String)>,
}

impl Place {
    pub(crate) fn new(case: &Case, edits: &Json) -> Place {
        let text = |edit: &Json, key: &str| edit[key].as_str().expect("a text").to_owned();
        let edits = edits.as_array().into_iter().flatten();
        Place {
            folder: workspace(case.text("workspace")),
            edits: edits.map(|edit| (text(edit, "file"), text(edit, "find"), text(edit, "replace"))).collect(),
        }
    }

    /// Its folder, as `flow.workspace` shows it.
    pub(crate) fn path(&self) -> String {
        self.folder.display().to_string()
    }

    pub(crate) fn folder_name(&self) -> String {
        self.folder.file_name().expect("a name").to_string_lossy().into_owned()
    }

    fn read(&self, name: &str) -> Option<(String, Arc<str>)> {
        let mut text = std::fs::read_to_string(self.folder.join(name)).ok()?;
        for (_, find, replace) in self.edits.iter().filter(|(file, _, _)| file == name) {
            assert!(text.contains(find.as_str()), "{name} holds {find}");
            text = text.replace(find.as_str(), replace);
        }
        Some((name.to_owned(), text.into()))
    }

    /// Supplies all that a flow wants.
    pub(crate) fn load(&self, mut workspace: Workspace) -> Workspace {
        loop {
            let missing = workspace.missing();
            if missing.is_empty() {
                return workspace;
            }
            for source in missing {
                let found = names(&source).iter().find_map(|name| self.read(name));
                workspace.supply(source, found);
            }
        }
    }
}

/// Answers questions as the host of the vectors did.
pub(crate) fn answer(calls: &[HostCall], running: &Json, answers: &mut Answers) {
    for call in calls {
        let answer = match call {
            HostCall::HashFiles { root, patterns } => {
                Value::from(flow_engine::hash_files(Path::new(root), patterns).expect("files").as_str())
            }
            HostCall::Upload { .. } => Value::Null,
            HostCall::ParseVolume { text } => parse_volume(text, &home()).expect("a volume"),
            HostCall::InspectJob { .. } => running.get(0).map_or(Value::Null, |job| {
                let texts = job.as_object().into_iter().flatten();
                let texts = texts.map(|(name, text)| (name.as_str(), Value::from(text.as_str().unwrap_or_default())));
                Value::object("job", texts)
            }),
        };
        answers.insert(call.clone(), answer);
    }
}

fn names(source: &SourceRef) -> Vec<String> {
    let both = |stem: &str| ["yml", "yaml"].map(|end| format!("{stem}.{end}"));
    match source {
        SourceRef::Project => [both(".apolo/project"), both("project")].concat(),
        SourceRef::Flow(name) => both(&format!(".apolo/{name}")).into(),
        SourceRef::Action(ActionRef::Workspace(path)) => [vec![path.to_string()], both(path).into()].concat(),
        SourceRef::Action(ActionRef::GitHub { .. }) => Vec::new(),
    }
}

fn account(name: &str) -> String {
    environment()[name].as_str().expect("a text").to_owned()
}

fn home() -> Home {
    let project = account("project");
    Home { cluster: account("cluster"), org: Some(account("org")), project: project.clone(), selected: project }
}

/// An image as the platform has it: made whole, with its tag.
pub(crate) fn image(text: &str) -> String {
    let (name, tag) = text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((text, "latest"));
    if text.starts_with("image:") { format!("{}:{tag}", whole(name)) } else { format!("{name}:{tag}") }
}

/// A URI of the platform with all its parts.
pub(crate) fn whole(text: &str) -> String {
    complete(text, &home()).unwrap_or_else(|_| text.to_owned())
}

/// A volume of a task: where it lies, where it is mounted, whether it is read only.
pub(crate) fn volume(text: &str) -> Json {
    let volume = split_volume(text).expect("a volume");
    json!([whole(volume.uri), volume.mount, volume.read_only])
}

/// What the plans were made with.
pub(crate) fn inputs(place: &Place, params: IndexMap<String, String>, git: &Json) -> Inputs {
    let text = |key: &str| git[key].as_str().unwrap_or_default().to_owned();
    let tags = git["tags"].as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect();
    let git = git.is_object().then(|| GitInfo { sha: text("sha"), branch: text("branch"), tags });
    let platform = Platform { cluster: account("cluster"), org: Some(account("org")), project: account("project") };
    Inputs {
        params,
        git,
        workspace: place.path(),
        username: account("username"),
        platform: Some(platform),
        max_rows: None,
        storage: None,
    }
}

/// A mapping of texts, such as `params`.
pub(crate) fn texts(json: &Json) -> IndexMap<String, String> {
    let pairs = json.as_object().into_iter().flatten();
    pairs.map(|(name, text)| (name.clone(), text.as_str().expect("a text").to_owned())).collect()
}

/// Errors of ours, to be compared: each with its kinds and the places that it shows, as they are recorded.
pub(crate) fn errors(diags: &Diagnostics, sources: &SourceMap) -> Json {
    let errors = diags.iter().filter(|one| one.severity == Severity::Error);
    Json::Array(errors.map(|one| error(one, sources)).collect())
}

pub(crate) fn error(diagnostic: &Diagnostic, sources: &SourceMap) -> Json {
    let places = diagnostic.labels.iter().filter_map(|label| {
        let file = sources.get(label.span.file)?;
        let root = tree::read(label.span.file, &file.text)?;
        let at = tree::recorded(&root, label.span, sources)?;
        let mut all = vec![at];
        // Of a missing key the reference names the mapping.
        if diagnostic.code == Code::MissingKey {
            all.extend(tree::starts(&root, label.span, sources).first());
        }
        Some(all.into_iter().map(|at| json!([format!("<ws>/{}", file.name), at.line, at.column])))
    });
    json!({
        "code": diagnostic.code.number(),
        "kinds": kinds(diagnostic.code),
        "message": diagnostic.message,
        "places": places.flatten().collect::<Vec<_>>(),
    })
}

/// The kinds of the vectors that one of our codes may have.
fn kinds(code: Code) -> &'static [&'static str] {
    match code {
        Code::Cycle | Code::CallCycle | Code::MixinCycle => &["cycle"],
        Code::FlowNotFound | Code::UnknownParam => &["value"],
        Code::UnknownJob => &["unknown-job"],
        Code::ImageConflict => &["image-refs"],
        Code::UnknownAction | Code::WrongCall | Code::WrongKind => &["eval", "value", "type", "other"],
        Code::UnknownMixin => &["eval", "other", "lookup"],
        Code::ImageFiles | Code::Conversion => &["eval", "value"],
        _ => &["eval"],
    }
}

/// Whether one of our errors is the recorded one: its kind, and its place where one is recorded.
pub(crate) fn is_error(expected: &Json, ours: &Json) -> bool {
    let kind = expected["kind"].as_str().unwrap_or_default();
    let is_kind = kind == "crash" || ours["kinds"].as_array().expect("kinds").iter().any(|one| one == kind);
    let place = json!([expected["file"], expected["line"], expected["column"]]);
    let is_place = expected["line"].is_null() || ours["places"].as_array().expect("places").contains(&place);
    is_kind && is_place
}

/// Whether what came is what was recorded: numbers by value, errors by [`is_error`].
pub(crate) fn same(expected: &Json, actual: &Json) -> bool {
    match (expected, actual) {
        (Json::Number(one), Json::Number(other)) => one.as_f64() == other.as_f64(),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Json::Object(_), Json::Object(ours)) if ours.contains_key("kinds") => is_error(expected, actual),
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|own| same(value, own)))
        }
        _ => expected == actual,
    }
}

/// The workspace's folder as the vectors write it.
pub(crate) fn placed(json: &Json, place: &Place) -> Json {
    match json {
        Json::String(text) => Json::String(text.replace(&place.path(), "<ws>")),
        Json::Array(items) => Json::Array(items.iter().map(|item| placed(item, place)).collect()),
        Json::Object(map) => Json::Object(map.iter().map(|(key, value)| (key.clone(), placed(value, place))).collect()),
        Json::Null | Json::Bool(_) | Json::Number(_) => json.clone(),
    }
}

/// A value in the form of the vectors.
pub(crate) fn value(value: &Value) -> Json {
    match value {
        Value::List(items) => Json::Array(items.iter().map(self::value).collect()),
        other => serde_json::to_value(other).unwrap_or_else(|_| json!(other.text())),
    }
}

/// Members of both that differ, for people.
pub(crate) fn differences(expected: &Json, actual: &Json, path: &str) -> Vec<String> {
    match (expected, actual) {
        (Json::Object(one), Json::Object(other)) if !other.contains_key("kinds") => {
            let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            let of = |key: &String| {
                let (one, other) = (one.get(key).unwrap_or(&Json::Null), other.get(key).unwrap_or(&Json::Null));
                differences(one, other, &format!("{path}/{key}"))
            };
            keys.into_iter().flat_map(of).collect()
        }
        _ if same(expected, actual) => Vec::new(),
        _ => vec![format!("{path}: {expected} <> {actual}")],
    }
}
