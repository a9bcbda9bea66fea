//! [`Tokens`]: the long-lived secrets that programs come in with, and the file that holds them.
//!
//! The file is its owner's alone (mode 0600); in memory only digests are kept.

use std::fmt::Write as _;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use flow_engine::sys::secret;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::gate::Role;

/// How many hex digits a token has: 256 bits.
const TOKEN_DIGITS: usize = 64;

/// A secret as it is kept in memory: never the text, only what it is compared by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(crate) fn of(text: &str) -> Self {
        Fingerprint(Sha256::digest(text.as_bytes()).into())
    }

    /// Takes the same time whatever differs.
    pub(crate) fn is_of(&self, text: &str) -> bool {
        self.0.ct_eq(&Fingerprint::of(text).0).into()
    }
}

/// A fresh secret text: 256 random bits in hex.
pub(crate) fn fresh() -> String {
    secret().iter().fold(String::with_capacity(TOKEN_DIGITS), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Why the file of tokens cannot be used.
#[derive(Debug, Error)]
pub enum TokensError {
    /// It cannot be read or made.
    #[error("cannot use the file of tokens `{path}`: {message}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        message: String,
    },
    /// Others may read it.
    #[error(
        "the file of tokens `{path}` can be read by others: `chmod 600` it, and delete it first if they may have read it"
    )]
    Open {
        /// The file.
        path: String,
    },
    /// It does not hold what it should.
    #[error(
        "the file of tokens `{path}` must hold a line `viewer = …` and a line `operator = …` of {TOKEN_DIGITS} hex digits each; delete it to get new ones"
    )]
    Malformed {
        /// The file.
        path: String,
    },
}

/// The two long-lived tokens.
#[derive(Clone, Debug)]
pub struct Tokens {
    viewer: Fingerprint,
    operator: Fingerprint,
}

impl Tokens {
    /// Reads the file, or makes one with fresh tokens.
    ///
    /// Errors: [`TokensError`]; a file that others may read is refused.
    pub fn open(path: &Path) -> Result<Self, TokensError> {
        let shown = || path.display().to_string();
        let failed = |error: io::Error| TokensError::Io { path: shown(), message: error.to_string() };
        let text = match read(path) {
            Ok(Some(text)) => text,
            Ok(None) => return Err(TokensError::Open { path: shown() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(path).map_err(failed)?,
            Err(error) => return Err(failed(error)),
        };
        let token = |name: &str| {
            let lines = text.lines().filter_map(|line| line.split_once('='));
            let found = lines.map(|(key, value)| (key.trim(), value.trim())).find(|(key, _)| *key == name);
            let is_token =
                |value: &&str| value.len() == TOKEN_DIGITS && value.bytes().all(|byte| byte.is_ascii_hexdigit());
            let found = found.map(|(_, value)| value).filter(is_token);
            found.map(Fingerprint::of).ok_or_else(|| TokensError::Malformed { path: shown() })
        };
        Ok(Tokens { viewer: token("viewer")?, operator: token("operator")? })
    }

    /// Whose token it is. Both are compared, so the time tells nothing.
    pub(crate) fn role(&self, token: &str) -> Option<Role> {
        let (operator, viewer) = (self.operator.is_of(token), self.viewer.is_of(token));
        if operator { Some(Role::Operator) } else { viewer.then_some(Role::Viewer) }
    }
}

/// The file's text; `None` if others may read it.
fn read(path: &Path) -> io::Result<Option<String>> {
    let mut file = OpenOptions::new().read(true).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        return Ok(None);
    }
    let mut text = String::new();
    io::Read::by_ref(&mut file).take(4096).read_to_string(&mut text)?;
    Ok(Some(text))
}

fn create(path: &Path) -> io::Result<String> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let text = format!(
        "# Tokens of the apolo-flow console: send one as `Authorization: Bearer …`. Delete the file for new ones.\n\
         viewer = {}\noperator = {}\n",
        fresh(),
        fresh()
    );
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(text)
}
