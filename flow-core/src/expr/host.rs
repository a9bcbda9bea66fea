//! [`HostCall`]: questions that an expression asks the engine.

use serde::{Deserialize, Serialize};

/// A question whose answer lies outside of the core.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostCall {
    /// SHA-256 over files below a folder (EXP-50).
    HashFiles {
        /// The folder, absolute.
        root: String,
        /// Glob patterns in order.
        patterns: Vec<String>,
    },
    /// Copies the local part of a volume to its remote part.
    Upload {
        /// The local folder, absolute.
        local: String,
        /// The URI.
        remote: String,
    },
    /// Describes the newest active live job of a name.
    InspectJob {
        /// The job's id.
        name: String,
        /// The suffix of a multi job.
        suffix: Option<String>,
    },
    /// Makes a volume of `uri:mount[:mode]`.
    ParseVolume {
        /// The text.
        text: String,
    },
}
