//! [`Request`] and [`Response`]: what the client and the supervisor say to each other.
//!
//! A frame is a length (four bytes, little end first) and a JSON text. Each request gets one
//! response, in order. Sockets do not belong here.

use std::collections::BTreeMap;

use flow_core::model::{LaunchKey, RawId, Window};
use flow_core::port::{Cursor, ExecutorError, Found, Launch, Report, Scope, SecretText};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The version of this language; both sides must speak the same.
pub(crate) const VERSION: u32 = 3;

/// The longest frame that either side takes, in bytes.
pub(crate) const MAX_FRAME_BYTES: usize = 64 << 20;

/// How many bytes the length of a frame takes.
const LENGTH_BYTES: usize = 4;

/// The secrets of one unit: the text of each variable that stands for one.
pub(crate) type UnitSecrets = BTreeMap<String, SecretText>;

/// How much output is kept, and how much of the disk is left to others (MCH-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The most bytes that the log of one start keeps.
    pub max_log_bytes: u64,
    /// No unit starts while the disk of the logs has less.
    pub min_free_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { max_log_bytes: 4 << 30, min_free_bytes: 256 << 20 }
    }
}

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// The first on each connection.
    Hello {
        /// The client's [`VERSION`].
        version: u32,
    },
    /// Take units.
    Start {
        /// The part of the client's environment that units get.
        environment: BTreeMap<String, String>,
        /// Bounds of their output.
        limits: Limits,
        /// The units.
        batch: Vec<Launch>,
        /// Their secrets, in the order of the batch; or why one is not to be had. In memory and on this socket only.
        secrets: Vec<Result<UnitSecrets, String>>,
    },
    /// News of a scope; answered when there is some, or after `wait_millis`.
    Reports {
        /// Of whom.
        scope: Scope,
        /// Since when.
        after: Cursor,
        /// How long the answer may be put off.
        wait_millis: u32,
    },
    /// End a unit.
    Kill {
        /// Which.
        key: LaunchKey,
        /// How long it may take to end politely.
        grace_millis: u64,
    },
    /// The units with all these tags.
    Find {
        /// The tags.
        tags: Vec<String>,
    },
    /// The last news of a unit.
    Last {
        /// Which.
        key: LaunchKey,
    },
    /// Forget an ended unit.
    Remove {
        /// Which.
        key: LaunchKey,
    },
    /// Write to a unit's open input.
    Input {
        /// Which.
        key: LaunchKey,
        /// What.
        bytes: Vec<u8>,
    },
    /// Close a unit's open input.
    CloseInput {
        /// Which.
        key: LaunchKey,
    },
    /// Tell a unit's terminal how large it is.
    Resize {
        /// Which.
        key: LaunchKey,
        /// The size.
        window: Window,
    },
    /// Say that you are there.
    Ping,
    /// Go, if you own no unit that waits or runs.
    Stop,
}

/// What the supervisor answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Response {
    /// To `Hello` and `Ping`.
    Hello {
        /// The supervisor's [`VERSION`].
        version: u32,
        /// Its pid.
        pid: u32,
    },
    /// To `Start`: one for each unit.
    Started {
        /// In the order of the batch.
        results: Vec<Result<RawId, ExecutorError>>,
    },
    /// To `Reports`.
    Reports {
        /// May be empty.
        reports: Vec<Report>,
        /// Where to go on.
        cursor: Cursor,
    },
    /// To `Find`.
    Found {
        /// Oldest first.
        units: Vec<Found>,
    },
    /// To `Last`.
    Last {
        /// Absent: no such unit.
        report: Option<Report>,
    },
    /// To `Input`.
    Written {
        /// How many of the bytes there was room for.
        count: u32,
    },
    /// To all else.
    Done,
    /// It cannot be done.
    Failed {
        /// Why.
        error: ExecutorError,
    },
}

/// Writes a frame.
pub(crate) fn encode(message: &impl Serialize) -> Vec<u8> {
    let mut frame = vec![0; LENGTH_BYTES];
    serde_json::to_writer(&mut frame, message).expect("messages hold only what JSON can say");
    let length = (frame.len() - LENGTH_BYTES) as u32;
    for (byte, value) in frame.iter_mut().zip(length.to_le_bytes()) {
        *byte = value;
    }
    frame
}

/// Takes the first whole frame off `buffer`.
///
/// Shape: `None` while it is not whole. Errors: a frame that is too long or says nothing known.
pub(crate) fn decode<T: DeserializeOwned>(buffer: &mut Vec<u8>) -> Result<Option<T>, String> {
    let Some((length, rest)) = buffer.split_first_chunk::<LENGTH_BYTES>() else { return Ok(None) };
    let length = u32::from_le_bytes(*length) as usize;
    if length > MAX_FRAME_BYTES {
        return Err(format!("a message of {length} bytes is too long"));
    }
    let Some(body) = rest.get(..length) else { return Ok(None) };
    let message = serde_json::from_slice(body).map_err(|error| format!("a message cannot be read: {error}"))?;
    buffer.drain(..LENGTH_BYTES + length);
    Ok(Some(message))
}

#[cfg(test)]
mod tests;
