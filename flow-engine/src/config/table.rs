//! The tables of `engine.toml` that speak of the machine, and the values in them.
//!
//! A wrong value is told by its place in the file; what the tables are used for does not belong here.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use std::path::PathBuf;

use flow_core::model::Claim;
use flow_core::plan::Presets;
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use crate::executor::local::{Limits, Machine};
use crate::remote::Protocol;

/// The most CPUs that anything may claim: far more than there are, and no number that wraps.
const MAX_CPUS: f64 = 1_000_000.0;

/// The least that a log keeps: a head and a tail that a person can make sense of.
const MIN_LOG_BYTES: u64 = 64 << 10;

/// `[executor]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExecutorTable {
    pub(super) name: Option<String>,
    pub(super) slots: Option<NonZeroU32>,
    pub(super) cpu: Option<NonZeroU32>,
    pub(super) memory: Option<Size>,
    pub(super) gpu: Option<u32>,
}

impl ExecutorTable {
    /// What it says of the machine.
    pub(super) fn machine(&self) -> Machine {
        Machine {
            cpus: self.cpu.or(self.slots).map(NonZeroU32::get),
            memory_bytes: self.memory.map(|size| size.bytes),
            gpus: self.gpu,
        }
    }
}

/// `[actions]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActionsTable {
    #[serde(default)]
    protocol: ProtocolWord,
    folder: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ProtocolWord {
    #[default]
    Https,
    Ssh,
    File,
}

impl ActionsTable {
    /// How repositories are reached. Errors, in words: a folder without its protocol, and the reverse.
    pub(super) fn protocol(self) -> Result<Protocol, &'static str> {
        match (self.protocol, self.folder) {
            (ProtocolWord::Https, None) => Ok(Protocol::Https),
            (ProtocolWord::Ssh, None) => Ok(Protocol::Ssh),
            (ProtocolWord::File, Some(folder)) if folder.is_absolute() => Ok(Protocol::File(folder)),
            (ProtocolWord::File, _) => Err("the protocol `file` needs the absolute path of a `folder`"),
            (ProtocolWord::Https | ProtocolWord::Ssh, Some(_)) => Err("only the protocol `file` has a `folder`"),
        }
    }
}

/// `[presets.NAME]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PresetTable {
    cpu: Option<Cpus>,
    memory: Option<Size>,
    gpu: Option<u32>,
}

/// `[logs]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogsTable {
    max_size: Option<Size>,
    min_free: Option<Size>,
}

impl LogsTable {
    /// The bounds; what is absent is as usual.
    pub(super) fn limits(&self) -> Limits {
        let usual = Limits::default();
        Limits {
            max_log_bytes: self.max_size.map_or(usual.max_log_bytes, |size| size.bytes.max(MIN_LOG_BYTES)),
            min_free_bytes: self.min_free.map_or(usual.min_free_bytes, |size| size.bytes),
        }
    }
}

/// `[secrets]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretsTable {
    pub(super) file: Option<PathBuf>,
}

/// All `[presets]`, as claims.
pub(super) fn presets(tables: BTreeMap<String, PresetTable>) -> Presets {
    let claim = |table: PresetTable| Claim {
        milli_cpus: table.cpu.map_or(Claim::default().milli_cpus, |cpus| cpus.milli),
        memory_bytes: table.memory.map_or(0, |size| size.bytes),
        gpus: table.gpu.unwrap_or(0),
    };
    Presets(tables.into_iter().map(|(name, table)| (name, claim(table))).collect())
}

/// A count of CPUs, which may be a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cpus {
    milli: u32,
}

impl<'de> Deserialize<'de> for Cpus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Count;
        impl Visitor<'_> for Count {
            type Value = Cpus;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of CPUs of at least 0.001, such as `2` or `0.5`")
            }

            fn visit_i64<E: de::Error>(self, count: i64) -> Result<Cpus, E> {
                self.visit_f64(count as f64)
            }

            fn visit_f64<E: de::Error>(self, count: f64) -> Result<Cpus, E> {
                if !(0.001..=MAX_CPUS).contains(&count) {
                    return Err(E::invalid_value(de::Unexpected::Float(count), &self));
                }
                Ok(Cpus { milli: (count * 1000.0).round() as u32 })
            }
        }
        deserializer.deserialize_any(Count)
    }
}

/// An amount of bytes, written as a text with a unit: `4G`, `512M`, `1.5 GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) bytes: u64,
}

impl Size {
    /// Reads a size; every unit is a power of 1024. `None`: it is none.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(digits)?;
        let number: f64 = number.parse().ok()?;
        let power = match unit.trim().to_ascii_lowercase().as_str() {
            "b" => 0,
            "k" | "kb" | "ki" | "kib" => 1,
            "m" | "mb" | "mi" | "mib" => 2,
            "g" | "gb" | "gi" | "gib" => 3,
            "t" | "tb" | "ti" | "tib" => 4,
            _ => return None,
        };
        let bytes = number * 1024_f64.powi(power);
        (bytes.is_finite() && bytes < u64::MAX as f64).then_some(Size { bytes: bytes.round() as u64 })
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size as a text, such as `\"4G\"` or `\"512M\"`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Size, E> {
                Size::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Text)
    }
}
