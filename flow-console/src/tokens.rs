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

use crate::gate::{Role, Visitor};

/// How many hex digits a token has: 256 bits.
const TOKEN_DIGITS: usize = 64;
/// The longest name of a token.
const NAME: usize = 64;
/// The most bytes of the file: it may name a few hundred people.
const FILE: u64 = 64 * 1024;

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
    /// A line of it cannot be read.
    #[error(
        "line {line} of the file of tokens `{path}` is none: write `viewer NAME = …` or `operator NAME = …`, with a name of at most {NAME} letters, digits, `.`, `_`, `-`, `@`, and {TOKEN_DIGITS} hex digits"
    )]
    Line {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
    },
}

/// The long-lived tokens: one of each role, and those that somebody has added under a name.
#[derive(Clone, Debug)]
pub struct Tokens {
    known: Vec<(Fingerprint, Visitor)>,
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
        let mut known = Vec::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| is_entry(line)) {
            known.push(entry(line).ok_or_else(|| TokensError::Line { path: shown(), line: number + 1 })?);
        }
        let has =
            |role: Role| known.iter().any(|(_, one): &(_, Visitor)| one.role == role && *one.name == *role.word());
        if !has(Role::Viewer) || !has(Role::Operator) {
            return Err(TokensError::Malformed { path: shown() });
        }
        Ok(Tokens { known })
    }

    /// Whose token it is. All are compared, so the time tells nothing.
    pub(crate) fn visitor(&self, token: &str) -> Option<Visitor> {
        let found = self.known.iter().fold(None, |found, (fingerprint, visitor)| {
            let is_it = fingerprint.is_of(token);
            if is_it { Some(visitor) } else { found }
        });
        found.cloned()
    }
}

/// Whether a line is meant to say something.
fn is_entry(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

/// The token of a line `ROLE [NAME] = TOKEN`; without a name it is called as its role.
fn entry(line: &str) -> Option<(Fingerprint, Visitor)> {
    let (key, token) = line.split_once('=')?;
    let (token, mut words) = (token.trim(), key.split_whitespace());
    let role = match words.next()? {
        "viewer" => Role::Viewer,
        "operator" => Role::Operator,
        _ => return None,
    };
    let name = words.next().unwrap_or(role.word());
    let is_plain = |c: char| c.is_alphanumeric() || "._-@".contains(c);
    let is_token = token.len() == TOKEN_DIGITS && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_name = name.chars().count() <= NAME && name.chars().all(is_plain);
    let is_whole = words.next().is_none() && is_token && is_name;
    is_whole.then(|| (Fingerprint::of(token), Visitor { role, name: name.into() }))
}

/// The file's text; `None` if others may read it.
fn read(path: &Path) -> io::Result<Option<String>> {
    let mut file = OpenOptions::new().read(true).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        return Ok(None);
    }
    let mut text = String::new();
    io::Read::by_ref(&mut file).take(FILE).read_to_string(&mut text)?;
    Ok(Some(text))
}

fn create(path: &Path) -> io::Result<String> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let text = format!(
        "# Tokens of the apolo-flow console: send one as `Authorization: Bearer …`. Delete the file for new ones.\n\
         # More may be added, each with a name that is recorded with what is done: `operator NAME = 64 hex digits`.\n\
         viewer = {}\noperator = {}\n",
        fresh(),
        fresh()
    );
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(text)
}
