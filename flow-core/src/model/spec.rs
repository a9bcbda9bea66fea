//! [`UnitSpec`]: all that an executor needs to run one unit.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use crate::model::record::is_false;

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
    /// Whether it is a local action: it runs on the engine's machine, in the workspace and with the
    /// environment of whoever baked, wherever all else runs (BAT-22).
    #[serde(default, skip_serializing_if = "is_false")]
    pub local: bool,
    /// Present if the unit builds its image and runs nothing (BAT-82).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<ImageBuild>,
    /// Where, in its texts, a canonical mount stands for the folder of a volume: the executor that mounts nothing puts
    /// the folder there (MCH-2). By text, then from the left; they do not overlap.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub host_paths: Vec<HostPath>,
}

/// A place where the folder of a volume belongs if nothing is mounted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostPath {
    /// In which text.
    pub text: SpecText,
    /// The byte that the mount begins at.
    pub at: u32,
    /// Which of the unit's volumes.
    pub volume: u32,
}

/// A text of a spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpecText {
    /// `entrypoint`.
    Entrypoint,
    /// `cmd`.
    Cmd,
    /// A variable of `env`.
    Env(String),
}

/// What an image is built from; its preset, environment and volumes are those of the unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageBuild {
    /// The folder, absolute on the engine's machine, or a storage URI.
    pub context: String,
    /// The Dockerfile below the context.
    pub dockerfile: String,
    /// Whether the context is a URI, so that nothing has to be sent.
    pub in_storage: bool,
    /// `NAME=value` texts.
    pub build_args: Vec<String>,
    /// Whether it is built although the registry has it.
    pub force: bool,
    /// More arguments for the builder, one text.
    pub extra_args: Option<String>,
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
