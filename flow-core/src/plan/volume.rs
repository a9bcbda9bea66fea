//! [`VolumeSpec`]: a declared volume, evaluated. Source: spec 02 §7, WS-50, WS-54.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::{Declared, Volume};
use crate::expr::uri::{self, Home, VolumeParts};
use crate::expr::{Misfit, Target, path};
use crate::plan::evaluate::Evaluator;
use crate::plan::level::Inputs;
use crate::text::Span;
use crate::value::{Value, ValueMap};

/// A volume of a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeSpec {
    /// The URI, made whole with the facts of the project where they are known.
    pub remote: String,
    /// Where units see it, as written: the canonical mount (DEC-29).
    pub mount: String,
    /// The folder that stands for the mount where the executor mounts nothing (MCH-2).
    pub host: Option<String>,
    /// Whether units may only read it.
    pub read_only: bool,
    /// Its local part: as written, and in full.
    pub local: Option<(String, String)>,
}

/// Evaluates volumes. One that cannot be evaluated is left out.
pub(crate) fn volumes(
    declared: &Declared<Volume>,
    inputs: &Inputs,
    home: Option<&Home>,
    evaluator: &mut Evaluator<'_>,
) -> IndexMap<Arc<str>, VolumeSpec> {
    let specs = declared.iter().map(|(id, volume)| (id, volume_spec(volume, inputs, home, evaluator)));
    specs.filter_map(|(id, spec)| Some((id.clone(), spec?))).collect()
}

fn volume_spec(
    volume: &Volume,
    inputs: &Inputs,
    home: Option<&Home>,
    evaluator: &mut Evaluator<'_>,
) -> Option<VolumeSpec> {
    let remote: Option<String> = evaluator.required(&volume.remote, Target::Uri);
    let mount = evaluator.required(&volume.mount, Target::RemotePath);
    let read_only = evaluator.field(&volume.read_only, Target::Bool).unwrap_or(false);
    let local: Option<String> = evaluator.field(&volume.local, Target::LocalPath);
    let remote = made_whole(remote?, volume.remote.span(), home, uri::resolve, evaluator)?;
    let local = local.map(|local| (local.clone(), full_path(&inputs.workspace, &local)));
    let host = match inputs.host_storage().map(|storage| storage.folder(&remote)) {
        Some(Ok(folder)) => Some(folder),
        Some(Err(misfit)) => {
            evaluator.misfit(misfit, volume.remote.span());
            return None;
        }
        None => None,
    };
    Some(VolumeSpec { remote, mount: mount?, host, read_only, local })
}

/// A reference as the platform knows it; as written where its facts are not known (WS-52).
pub(crate) fn made_whole(
    text: String,
    span: Option<Span>,
    home: Option<&Home>,
    whole: fn(&str, &Home) -> Result<String, Misfit>,
    evaluator: &mut Evaluator<'_>,
) -> Option<String> {
    let Some(home) = home else { return Some(text) };
    match whole(&text, home) {
        Ok(whole) => Some(whole),
        Err(misfit) => {
            evaluator.misfit(misfit, span);
            None
        }
    }
}

/// A path of the workspace in full; `..` is resolved in the text (WS-54).
pub(crate) fn full_path(workspace: &str, local: &str) -> String {
    let joined = path::join(workspace, local);
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/').filter(|part| !part.is_empty()) {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    format!("/{}", parts.join("/"))
}

/// The context `volumes`.
pub(crate) fn context(volumes: &IndexMap<Arc<str>, VolumeSpec>) -> Value {
    let entries = volumes.iter().map(|(id, volume)| {
        let parts = VolumeParts { id, remote: &volume.remote, mount: &volume.mount, read_only: volume.read_only };
        let local = volume.local.as_ref().map(|(path, full)| (path.as_str(), full.as_str()));
        (Value::Str(id.clone()), parts.object_at(local, volume.host.as_deref()))
    });
    Value::Map(Arc::new(entries.collect::<ValueMap>()))
}
