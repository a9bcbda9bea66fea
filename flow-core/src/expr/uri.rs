//! Platform URIs: normal form, and making them whole with the facts of a project (WS-50, WS-51).

use std::fmt::Write;

use crate::expr::convert::Misfit;
use crate::expr::path;
use crate::value::Value;

/// What a short URI is completed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The cluster.
    pub cluster: String,
    /// The organisation, if there is one.
    pub org: Option<String>,
    /// The platform project of the flow.
    pub project: String,
    /// The platform project that is selected; URIs below it are shortened.
    pub selected: String,
}

/// The schemes that need no host.
const SCHEMES: &[&str] = &["storage", "image", "job", "secret", "disk", "blob", "flow"];

/// The normal form of any URI or relative reference: blanks and the like percent-encoded, a
/// default port left out.
pub fn normal(text: &str) -> Result<String, Misfit> {
    let (before, fragment) = text.split_once('#').map_or((text, None), |(before, fragment)| (before, Some(fragment)));
    let (before, query) = before.split_once('?').map_or((before, None), |(before, query)| (before, Some(query)));
    let mut whole = match split_scheme(before) {
        Some((scheme, rest)) => {
            let scheme = scheme.to_ascii_lowercase();
            match rest.strip_prefix("//") {
                Some(rest) => {
                    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                    format!("{scheme}://{}{}", host_of(&scheme, host)?, quote_path(path))
                }
                None => format!("{scheme}:{}", quote_path(rest)),
            }
        }
        None => quote_path(before),
    };
    for (mark, part) in [('?', query), ('#', fragment)] {
        if let Some(part) = part.filter(|part| !part.is_empty()) {
            whole.push(mark);
            whole.push_str(&quote(part, "/?:@-._~!$'()*,;=&+"));
        }
    }
    Ok(whole)
}

/// The host in lower case, without the port that the scheme means anyway.
fn host_of(scheme: &str, host: &str) -> Result<String, Misfit> {
    let default = match scheme {
        "http" | "ws" => "80",
        "https" | "wss" => "443",
        _ => "",
    };
    let Some((name, port)) = host.rsplit_once(':') else { return Ok(host.to_ascii_lowercase()) };
    if port.is_empty() || !port.bytes().all(|digit| digit.is_ascii_digit()) || port.parse::<u16>().is_err() {
        return Err(Misfit::new(format!("`{port}` is no port")).help("give a number up to 65535"));
    }
    let name = name.to_ascii_lowercase();
    Ok(if port == default { name } else { format!("{name}:{port}") })
}

fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let begins = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    let plain = scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    (begins && plain).then_some((scheme, rest))
}

/// Percent-encodes what may not stand in a path; what is encoded already stays.
pub(crate) fn quote_path(path: &str) -> String {
    quote(path, "/:@-._~!$'()*,;=&+")
}

fn quote(text: &str, plain: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let c = char::from(*byte);
        let hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
        if c.is_ascii_alphanumeric() || plain.contains(c) || (c == '%' && hex(at + 1) && hex(at + 2)) {
            out.push(c);
        } else {
            // Writing to a `String` does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A platform URI made whole, then shortened if it lies in the selected project (WS-50).
///
/// Errors: no scheme, an unknown one without a host, a query or fragment, user, port, `~`.
pub fn resolve(text: &str, home: &Home) -> Result<String, Misfit> {
    Ok(shorten(&complete(text, home)?, home))
}

/// A platform URI made whole: `storage:a` → `storage://cluster/org/project/a`.
///
/// Errors: as [`resolve`].
pub fn complete(text: &str, home: &Home) -> Result<String, Misfit> {
    let Some((scheme, rest)) = split_scheme(text) else {
        return Err(Misfit::new(format!("`{text}` has no scheme")).help("begin it with `storage:`"));
    };
    for (mark, name, code) in [('?', "query", "%3F"), ('#', "fragment", "%23")] {
        if rest.contains(mark) {
            return Err(Misfit::new(format!("`{text}` has a {name} part")).help(format!("write `{code}` for `{mark}`")));
        }
    }
    if let Some(rest) = rest.strip_prefix("//") {
        let host = rest.split('/').next().unwrap_or("");
        if host.contains(['@', ':']) {
            let message = format!("`{text}` names a user or a port");
            return Err(Misfit::new(message).help("give only the cluster between `//` and the path"));
        }
        return Ok(format!("{scheme}://{}", quote_path(rest).trim_end_matches('/')));
    }
    if !SCHEMES.contains(&scheme) {
        return Err(Misfit::new(format!("`{scheme}:` is no scheme of the platform")).help("use `storage:`"));
    }
    if rest.trim_start_matches('/').starts_with('~') {
        return Err(Misfit::new(format!("`{text}` begins with `~`")).help("name the folder in full"));
    }
    let mut parts = vec![home.cluster.as_str()];
    parts.extend(home.org.as_deref());
    if !rest.starts_with('/') {
        parts.push(&home.project);
    }
    let path = quote_path(rest.trim_start_matches('/'));
    Ok(format!("{scheme}://{}/{path}", parts.join("/")).trim_end_matches('/').to_owned())
}

/// Leaves out what a URI has in common with the selected project.
fn shorten(uri: &str, home: &Home) -> String {
    let Some((scheme, rest)) = uri.split_once("://") else { return uri.to_owned() };
    let mut parts = vec![home.cluster.as_str()];
    parts.extend(home.org.as_deref());
    parts.push(&home.selected);
    match rest.strip_prefix(&parts.join("/")) {
        Some("") => format!("{scheme}:"),
        Some(below) if below.starts_with('/') => format!("{scheme}:{}", below.trim_start_matches('/')),
        _ => uri.to_owned(),
    }
}

/// An image reference: those that begin with `image:` are made whole, all others stay (WS-51).
///
/// Errors: as [`resolve`].
pub fn resolve_image(text: &str, home: &Home) -> Result<String, Misfit> {
    match text.strip_prefix("image:") {
        Some(rest) => {
            // The tag behind the last colon is no part of the path.
            let (name, tag) = match rest.rsplit_once(':') {
                Some((name, tag)) if !tag.contains('/') => (name, format!(":{tag}")),
                _ => (rest, String::new()),
            };
            Ok(format!("{}{tag}", resolve(&format!("image:{name}"), home)?))
        }
        None => Ok(text.to_owned()),
    }
}

/// The parts of `uri:mount[:mode]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeText<'a> {
    /// The storage URI.
    pub uri: &'a str,
    /// The path inside of a task.
    pub mount: &'a str,
    /// Whether the mode says `ro`.
    pub read_only: bool,
}

/// Splits `uri:mount[:mode]`.
///
/// Errors: another number of parts, another mode, a scheme other than `storage`.
pub fn split_volume(text: &str) -> Result<VolumeText<'_>, Misfit> {
    split(text, &["storage"])
}

/// Splits what a unit mounts: `uri:mount[:mode]` of the schemes `storage` and `disk`.
///
/// Errors: as [`split_volume`].
pub fn split_reference(text: &str) -> Result<VolumeText<'_>, Misfit> {
    split(text, &["storage", "disk"])
}

fn split<'a>(text: &'a str, schemes: &[&str]) -> Result<VolumeText<'a>, Misfit> {
    let wrong = || {
        Misfit::new(format!("`{text}` is no volume")).help("write `storage:path:/mount` or `storage:path:/mount:ro`")
    };
    let (before, last) = text.rsplit_once(':').ok_or_else(wrong)?;
    let (before, mount, read_only) = if last.starts_with('/') {
        (before, last, false)
    } else {
        let (before, mount) = before.rsplit_once(':').filter(|(_, mount)| mount.starts_with('/')).ok_or_else(wrong)?;
        let read_only = match last {
            "ro" => true,
            "rw" => false,
            _ => return Err(Misfit::new(format!("`{last}` is no mode of a volume")).help("use `ro` or `rw`")),
        };
        (before, mount, read_only)
    };
    let scheme = before.split_once(':').map_or("", |(scheme, _)| scheme);
    if !schemes.contains(&scheme) {
        return Err(Misfit::new(format!("a volume cannot be of scheme `{scheme}:`")).help("use `storage:`"));
    }
    Ok(VolumeText { uri: before, mount, read_only })
}

/// The object that `parse_volume` gives: the full URI, no local paths.
///
/// Errors: as [`split_volume`] and [`complete`].
pub fn parse_volume(text: &str, home: &Home) -> Result<Value, Misfit> {
    let parts = split_volume(text)?;
    let remote = complete(parts.uri, home)?;
    let selected = VolumeParts { id: "<volume>", remote: &remote, mount: parts.mount, read_only: parts.read_only };
    Ok(selected.object(None))
}

/// What a volume object is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeParts<'a> {
    /// Its id.
    pub id: &'a str,
    /// The URI as it is shown.
    pub remote: &'a str,
    /// The path inside of a task.
    pub mount: &'a str,
    /// Whether tasks may only read it.
    pub read_only: bool,
}

impl VolumeParts<'_> {
    /// The volume as expressions see it (CTX-1); `local`: the path as written, and in full.
    pub fn object(&self, local: Option<(&str, &str)>) -> Value {
        self.object_at(local, None)
    }

    /// As [`Self::object`]; `host`: the folder that units see in place of the mount, where nothing is mounted (MCH-2).
    pub fn object_at(&self, local: Option<(&str, &str)>, host: Option<&str>) -> Value {
        let mount = path::normal(self.mount);
        let reference = |mode: &str| Value::from(format!("{}:{mount}:{mode}", self.remote));
        let local_path = |path: Option<&str>| path.map_or(Value::Null, |path| Value::LocalPath(path.into()));
        Value::object(
            "volume",
            [
                ("id", Value::from(self.id)),
                ("remote", Value::Uri(self.remote.into())),
                ("mount", Value::RemotePath(host.unwrap_or(&mount).into())),
                ("read_only", Value::Bool(self.read_only)),
                ("local", local_path(local.map(|(path, _)| path))),
                ("full_local_path", local_path(local.map(|(_, path)| path))),
                ("ref", reference(if self.read_only { "ro" } else { "rw" })),
                ("ref_ro", reference("ro")),
                ("ref_rw", reference("rw")),
            ],
        )
    }
}
