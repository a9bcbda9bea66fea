//! Paths and URIs as texts: normal form and joining. Nothing here looks at a disk.

use crate::expr::trouble::Trouble;

/// The normal form: no doubled or trailing slash, no `.` part; `..` is kept, empty becomes `.`.
///
/// Exactly two leading slashes stay, three or more become one (EXP-45).
pub fn normal(path: &str) -> String {
    let leading = path.len() - path.trim_start_matches('/').len();
    let root = match leading {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let joined = parts.join("/");
    if root.is_empty() && joined.is_empty() { ".".to_owned() } else { format!("{root}{joined}") }
}

/// Joins two paths; an absolute second one replaces the first.
pub fn join(path: &str, part: &str) -> String {
    if part.starts_with('/') { normal(part) } else { normal(&format!("{path}/{part}")) }
}

/// Appends a relative path to the path of a URI.
pub(crate) fn join_uri(uri: &str, part: &str) -> Result<String, Trouble> {
    if part.starts_with('/') {
        let help = "leave out the first `/`";
        return Err(Trouble::value(format!("`/` cannot append the absolute path `{part}` to a URI")).help(help));
    }
    let end = uri.find(['?', '#']).unwrap_or(uri.len());
    let base = uri.get(..end).unwrap_or(uri);
    let slash = if base.ends_with(['/', ':']) { "" } else { "/" };
    Ok(format!("{base}{slash}{}", crate::expr::uri::quote_path(part)))
}
