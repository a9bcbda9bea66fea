//! [`passed_on`]: which of the caller's variables a unit gets.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// The variables that every unit gets from whoever starts it: where programs and the user's files
/// are, language and time zone, and how this machine reaches the network. All else stays outside,
/// so a flow does not depend on a shell by chance. Source: MCH-1.
const PASSED_ON: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TERM",
    "TMPDIR",
    "TZ",
    "LANG",
    "LANGUAGE",
    "XDG_RUNTIME_DIR",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "LD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// And all whose name begins so.
const PASSED_ON_PREFIX: &str = "LC_";

/// An environment as texts. A value that is not UTF-8 is left out.
pub(crate) fn texts(environment: Vec<(OsString, OsString)>) -> BTreeMap<String, String> {
    let texts = environment.into_iter();
    texts.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
}

/// The part of an environment that units get.
pub(crate) fn passed_on(environment: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let is_passed = |name: &str| PASSED_ON.contains(&name) || name.starts_with(PASSED_ON_PREFIX);
    let passed = environment.iter().filter(|(name, _)| is_passed(name));
    passed.map(|(name, value)| (name.clone(), value.clone())).collect()
}
