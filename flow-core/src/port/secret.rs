//! [`SecretSource`]: where the texts of secrets come from, when a unit is started and never before.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The text of a secret: never shown, and sent only to who starts the unit.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretText(String);

impl SecretText {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        SecretText(text.into())
    }

    /// The text itself: for the environment of a unit, and for what masks it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Why there is no text.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SecretError {
    /// No source has it.
    #[error("there is no secret `{name}`: {provide}")]
    Missing {
        /// Its name.
        name: String,
        /// How to provide it, as an order to the user.
        provide: String,
    },
    /// A source may not be read, or cannot.
    #[error("the secret `{name}` cannot be read: {message}")]
    Unreadable {
        /// Its name.
        name: String,
        /// Why, and how to mend it.
        message: String,
    },
}

/// Looks up secrets by name.
///
/// What it gives is used at once and kept nowhere (MCH-3).
#[async_trait]
pub trait SecretSource: Send + Sync + fmt::Debug {
    /// The text of a secret.
    async fn text(&self, name: &str) -> Result<SecretText, SecretError>;
}
