//! [`UnitSpec`]: all that an executor needs to run one unit.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// A SHA-256 in lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub Arc<str>);

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let hash = sha2::Sha256::digest(bytes);
        Digest(hash.iter().fold(String::with_capacity(64), |hex, byte| hex + &format!("{byte:02x}")).into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One unit, fully evaluated: no expression is left, no secret's text is in it.
///
/// What belongs to the machine or to one start (`APOLO_FLOW_*`, secrets, host folders) is added at
/// launch only, so equal specs have equal digests on every machine (DEC-29).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UnitSpec {
    /// A title for people.
    pub title: Option<String>,
    /// A name for the executor.
    pub name: Option<String>,
    /// The container image; noted and not used by the local executor (MCH-1).
    pub image: Option<String>,
    /// The preset: a claim on the machine.
    pub preset: Option<String>,
    /// One string, split by shell rules at start.
    pub entrypoint: Option<String>,
    /// One string, split by shell rules at start.
    pub cmd: Option<String>,
    /// The folder to run in; the executor's default if absent.
    pub workdir: Option<String>,
    /// Environment in the order of CTX-34. A value `secret:NAME` is a reference.
    pub env: IndexMap<String, String>,
    /// Volume references, `uri:mount:mode`.
    pub volumes: Vec<String>,
    /// All tags, sorted, without the bake's id.
    pub tags: Vec<String>,
    /// Seconds that it may run.
    pub life_span_seconds: Option<f64>,
    /// Seconds that it may wait for its start.
    pub schedule_timeout_seconds: Option<f64>,
    /// The port that it serves HTTP on.
    pub http_port: Option<i64>,
    /// Whether that port asks who is there.
    pub http_auth: Option<bool>,
    /// Whether it may use this engine.
    pub pass_config: Option<bool>,
    /// The restart policy's word.
    pub restart: Option<String>,
}

impl UnitSpec {
    /// The stored text: canonical JSON (fixed field order, environment as written).
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a spec holds only texts, numbers and lists of them")
    }

    /// The digest of [`Self::to_json`].
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_json().as_bytes())
    }
}
