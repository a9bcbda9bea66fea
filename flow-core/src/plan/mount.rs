//! [`on_host`]: a unit where nothing is mounted: folders of the storage stand for its mounts.
//!
//! Expressions see the folders ([`VolumeSpec::host`](crate::plan::VolumeSpec)); a spec has the canonical mounts in
//! their place, and says where, so that equal flows have equal keys on all machines. Source: MCH-2, DEC-29.

use crate::ast::{Field, Items};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::storage::HostStorage;
use crate::expr::uri::split_reference;
use crate::expr::{Misfit, path};
use crate::model::{HostPath, SpecText, UnitSpec};
use crate::plan::evaluate::Evaluator;
use crate::resolve::UnitDefinition;
use crate::text::Span;

/// What a unit becomes on a machine that mounts nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct OnHost {
    /// The spec with folders in place of mounts.
    pub spec: UnitSpec,
    /// Its volumes, in order.
    pub volumes: Vec<HostVolume>,
}

/// A volume of a unit, as a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostVolume {
    /// What of the storage it is.
    pub uri: String,
    /// Where units would see it.
    pub mount: String,
    /// The folder.
    pub folder: String,
}

/// Puts the folders of the storage in place of the mounts: where expressions had them, and in `workdir`.
///
/// Errors: a volume that is no folder of the storage, such as a secret.
pub fn on_host(spec: &UnitSpec, storage: HostStorage<'_>) -> Result<OnHost, Misfit> {
    let volumes: Vec<HostVolume> = spec.volumes.iter().map(|one| volume(one, storage)).collect::<Result<_, _>>()?;
    let mut there = spec.clone();
    for (name, text) in texts(&mut there) {
        let places = spec.host_paths.iter().filter(|place| place.text == name);
        *text = restored(text, places, &volumes);
    }
    let workdir = spec.workdir.as_deref();
    there.workdir = workdir.map(|workdir| below_mount(workdir, &volumes).unwrap_or_else(|| workdir.to_owned()));
    there.host_paths = Vec::new();
    Ok(OnHost { spec: there, volumes })
}

/// What is known before the run to be no volume of this storage. Errors: `F0406` at each.
pub(crate) fn check_volumes(unit: &UnitDefinition, storage: Option<HostStorage<'_>>) -> Diagnostics {
    let Some(storage) = storage else { return Diagnostics::new() };
    let written = unit.volumes.iter().filter_map(|layer| match layer {
        Items::Written(written) => Some(&written.value),
        Items::Absent | Items::Null(_) | Items::Expr(_) => None,
    });
    let literals = written.flatten().filter_map(|item| match item {
        Field::Literal(literal) if !is_foreign(&literal.value) => Some(literal),
        _ => None,
    });
    let wrong = literals.filter_map(|literal| {
        let misfit = storage.mounted(&literal.value).err()?;
        Some(Diagnostic {
            help: misfit.help,
            ..Diagnostic::error(Code::Conversion, misfit.message).at(literal.span, "")
        })
    });
    wrong.collect()
}

/// What is left out, or looked up by whoever runs the unit.
fn is_foreign(text: &str) -> bool {
    text.is_empty() || text.starts_with("secret:")
}

/// The texts of a list of volumes. One that is no volume of this storage is a fault at its place.
pub(crate) fn references(
    items: &Items<String>,
    storage: Option<HostStorage<'_>>,
    evaluator: &mut Evaluator<'_>,
) -> Vec<String> {
    let texts = evaluator.texts(items);
    if let Some(storage) = storage {
        for text in texts.iter().filter(|text| !is_foreign(text)) {
            if let Err(misfit) = storage.mounted(text) {
                evaluator.misfit(misfit, place_of(items, text));
            }
        }
    }
    texts
}

/// Where a text of a list stands: its own item if it is written out, else the list.
fn place_of(items: &Items<String>, text: &str) -> Option<Span> {
    match items {
        Items::Absent | Items::Null(_) => None,
        Items::Expr(template) => Some(template.value_span()),
        Items::Written(written) => {
            let own = |item: &&Field<String>| matches!(item, Field::Literal(one) if one.value == text);
            let computed = |item: &&Field<String>| matches!(item, Field::Expr(_));
            let items = &written.value;
            let found = items.iter().find(own).or_else(|| items.iter().find(computed));
            found.and_then(Field::span).or(Some(written.span))
        }
    }
}

/// Takes the folders of the unit's volumes out of its texts, puts the mounts there, and notes where.
///
/// A folder of a volume that the unit does not mount stays.
pub(crate) fn make_canonical(spec: &mut UnitSpec, storage: Option<HostStorage<'_>>) {
    let Some(storage) = storage else { return };
    // What is no volume has been told by `references`.
    let mounted = spec.volumes.iter().enumerate().filter_map(|(at, one)| Some((at, volume(one, storage).ok()?)));
    let mut volumes: Vec<(usize, HostVolume)> = mounted.collect();
    // The longest first: one volume may lie below another.
    volumes.sort_by_key(|(_, volume)| std::cmp::Reverse(volume.folder.len()));
    let mut found = Vec::new();
    for (name, text) in texts(spec) {
        let (canonical, places) = canonical(text, &volumes);
        *text = canonical;
        found.extend(places.into_iter().map(|(at, volume)| HostPath { text: name.clone(), at, volume }));
    }
    let below = |workdir: &str| {
        volumes
            .iter()
            .find_map(|(_, volume)| rest_below(workdir, &volume.folder).map(|rest| joined(&volume.mount, rest)))
    };
    let workdir = spec.workdir.as_deref().and_then(below);
    spec.workdir = workdir.or(spec.workdir.take());
    spec.host_paths = found;
}

fn volume(reference: &str, storage: HostStorage<'_>) -> Result<HostVolume, Misfit> {
    let parts = split_reference(reference)?;
    let (mount, folder) = storage.mounted(reference)?;
    Ok(HostVolume { uri: parts.uri.to_owned(), mount, folder })
}

/// The texts that may hold a mount and count for the cache.
fn texts(spec: &mut UnitSpec) -> Vec<(SpecText, &mut String)> {
    let entrypoint = spec.entrypoint.as_mut().map(|text| (SpecText::Entrypoint, text));
    let cmd = spec.cmd.as_mut().map(|text| (SpecText::Cmd, text));
    let env = spec.env.iter_mut().map(|(name, text)| (SpecText::Env(name.clone()), text));
    entrypoint.into_iter().chain(cmd).chain(env).collect()
}

/// A text with mounts for folders, and where they are: byte and volume.
///
/// What only begins like a folder is taken, too: put back, the text is what it was.
fn canonical(text: &str, volumes: &[(usize, HostVolume)]) -> (String, Vec<(u32, u32)>) {
    let (mut out, mut places, mut rest) = (String::with_capacity(text.len()), Vec::new(), text);
    while let Some(next) = rest.chars().next() {
        let found = volumes.iter().find(|(_, volume)| rest.starts_with(&volume.folder));
        let place =
            found.and_then(|(at, volume)| Some((u32::try_from(out.len()).ok()?, u32::try_from(*at).ok()?, volume)));
        let Some((at, number, volume)) = place else {
            out.push(next);
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
            continue;
        };
        places.push((at, number));
        out.push_str(&volume.mount);
        rest = rest.get(volume.folder.len()..).unwrap_or_default();
    }
    (out, places)
}

/// The reverse of [`canonical`].
fn restored<'a>(text: &str, places: impl Iterator<Item = &'a HostPath>, volumes: &[HostVolume]) -> String {
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for place in places {
        let at = place.at as usize;
        let Some(volume) = volumes.get(place.volume as usize) else { continue };
        let Some(before) =
            text.get(from..at).filter(|_| text.get(at..).is_some_and(|rest| rest.starts_with(&volume.mount)))
        else {
            continue;
        };
        out.push_str(before);
        out.push_str(&volume.folder);
        from = at + volume.mount.len();
    }
    out + text.get(from..).unwrap_or_default()
}

/// A path at or below one of the mounts as a path of the host; the nearest mount counts.
fn below_mount(workdir: &str, volumes: &[HostVolume]) -> Option<String> {
    let workdir = path::normal(workdir);
    let below = volumes.iter().filter_map(|volume| Some((volume, rest_below(&workdir, &volume.mount)?)));
    below.max_by_key(|(volume, _)| volume.mount.len()).map(|(volume, rest)| joined(&volume.folder, rest))
}

/// What of a path lies below a folder; empty for the folder itself.
fn rest_below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_start_matches('/'))
}

fn joined(folder: &str, rest: &str) -> String {
    if rest.is_empty() { folder.to_owned() } else { path::join(folder, rest) }
}
