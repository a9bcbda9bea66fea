//! Adapters of the port `SecretSource`: [`EnvironmentSecrets`], [`FileSecrets`], and [`SecretChain`] over them.
//!
//! Source: MCH-3.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use flow_core::port::{SecretError, SecretSource, SecretText};
use rustix::process::geteuid;

/// What begins the names of variables that hold secrets.
pub const SECRET_PREFIX: &str = "APOLO_FLOW_SECRET_";

/// The variable that holds a secret: capitals, and `_` for all that is no letter and no digit.
fn variable_of(name: &str) -> String {
    let letters = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' });
    format!("{SECRET_PREFIX}{}", letters.collect::<String>().to_ascii_uppercase())
}

/// Secrets in variables of the environment: `hub-token` is in `APOLO_FLOW_SECRET_HUB_TOKEN`.
#[derive(Debug)]
pub struct EnvironmentSecrets {
    texts: BTreeMap<String, SecretText>,
}

impl EnvironmentSecrets {
    /// Those of an environment; all its other variables are left out.
    pub fn new(environment: impl IntoIterator<Item = (String, String)>) -> Self {
        let secrets = environment.into_iter().filter(|(name, _)| name.starts_with(SECRET_PREFIX));
        EnvironmentSecrets { texts: secrets.map(|(name, text)| (name, SecretText::new(text))).collect() }
    }
}

#[async_trait]
impl SecretSource for EnvironmentSecrets {
    async fn text(&self, name: &str) -> Result<SecretText, SecretError> {
        let variable = variable_of(name);
        self.texts.get(&variable).cloned().ok_or_else(|| SecretError::Missing {
            name: name.to_owned(),
            provide: format!("set the variable `{variable}`"),
        })
    }
}

/// Secrets in a file of lines `name=text`, which nobody but its owner may read.
///
/// All behind the first `=` is the text. Empty lines, and those that begin with `#`, say nothing.
#[derive(Debug)]
pub struct FileSecrets {
    path: PathBuf,
}

impl FileSecrets {
    /// Those of a file, which is read anew for each secret.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        FileSecrets { path: path.into() }
    }

    /// The text of a secret; `None`: the file, or the secret in it, is not there. Errors: why it may not be read.
    fn find(&self, name: &str) -> Result<Option<SecretText>, String> {
        let shown = self.path.display();
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|error| format!("`{shown}`: {error}"))?,
        };
        // Of the open file: what its name leads to may change.
        let metadata = file.metadata().map_err(|error| format!("`{shown}`: {error}"))?;
        if metadata.uid() != geteuid().as_raw() {
            return Err(format!("`{shown}` belongs to another user"));
        }
        if metadata.mode() & 0o077 != 0 {
            return Err(format!("others may read `{shown}`; run `chmod 600 {shown}`"));
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| format!("`{shown}`: {error}"))?;
        // The parser's message is left out: it may show a part of the text.
        let mut found = None;
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            // The line itself is not shown: it may be a secret.
            let (own, text) = line.split_once('=').ok_or(format!("line {number} of `{shown}` is no `name=text`"))?;
            if own.trim() == name {
                found = Some(SecretText::new(text));
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl SecretSource for FileSecrets {
    async fn text(&self, name: &str) -> Result<SecretText, SecretError> {
        match self.find(name) {
            Ok(Some(text)) => Ok(text),
            Ok(None) => Err(SecretError::Missing {
                name: name.to_owned(),
                provide: format!("add a line `{name}=…` to `{}` (mode 600)", self.path.display()),
            }),
            Err(message) => Err(SecretError::Unreadable { name: name.to_owned(), message }),
        }
    }
}

/// The first of several sources that has a secret.
#[derive(Debug)]
pub struct SecretChain(pub Vec<Arc<dyn SecretSource>>);

#[async_trait]
impl SecretSource for SecretChain {
    async fn text(&self, name: &str) -> Result<SecretText, SecretError> {
        let mut ways = Vec::new();
        for source in &self.0 {
            match source.text(name).await {
                Err(SecretError::Missing { provide, .. }) => ways.push(provide),
                other => return other,
            }
        }
        Err(SecretError::Missing { name: name.to_owned(), provide: ways.join(", or ") })
    }
}

#[cfg(test)]
mod tests;
