//! [`Claim`]: what a unit takes of the machine while it runs, and also what a machine has.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Thousandths of a CPU in one.
const MILLI: u32 = 1000;

/// Room on a machine. As the claim of a unit: by default one CPU, any memory, no GPU.
///
/// It belongs to the machine and to a start, never to a spec or a cache key (DEC-29).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Claim {
    /// Thousandths of a CPU.
    pub milli_cpus: u32,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Whole GPUs.
    pub gpus: u32,
}

impl Default for Claim {
    fn default() -> Self {
        Claim { milli_cpus: MILLI, memory_bytes: 0, gpus: 0 }
    }
}

impl Claim {
    /// Whether so much is in `room`.
    pub fn fits(&self, room: &Claim) -> bool {
        self.milli_cpus <= room.milli_cpus && self.memory_bytes <= room.memory_bytes && self.gpus <= room.gpus
    }

    /// What is left of this room without `claim`; never less than nothing.
    pub fn without(&self, claim: &Claim) -> Claim {
        Claim {
            milli_cpus: self.milli_cpus.saturating_sub(claim.milli_cpus),
            memory_bytes: self.memory_bytes.saturating_sub(claim.memory_bytes),
            gpus: self.gpus.saturating_sub(claim.gpus),
        }
    }

    /// This room and `claim` that was taken from it.
    pub fn with(&self, claim: &Claim) -> Claim {
        Claim {
            milli_cpus: self.milli_cpus.saturating_add(claim.milli_cpus),
            memory_bytes: self.memory_bytes.saturating_add(claim.memory_bytes),
            gpus: self.gpus.saturating_add(claim.gpus),
        }
    }

    /// What of this claim is more than `free` has, of a machine that has `total`; empty if it fits.
    ///
    /// Shape: such as `4 CPUs (1 of 8 free) and 1 GPU (0 of 2 free)`.
    pub fn shortage(&self, free: &Claim, total: &Claim) -> String {
        let mut short = Vec::new();
        if self.milli_cpus > free.milli_cpus {
            let (free, total) = (number(free.milli_cpus), number(total.milli_cpus));
            short.push(format!("{} ({free} of {total} free)", cpus(self.milli_cpus)));
        }
        if self.memory_bytes > free.memory_bytes {
            let (free, total) = (bytes_text(free.memory_bytes), bytes_text(total.memory_bytes));
            short.push(format!("{} of memory ({free} of {total} free)", bytes_text(self.memory_bytes)));
        }
        if self.gpus > free.gpus {
            short.push(format!("{} ({} of {} free)", gpus(self.gpus), free.gpus, total.gpus));
        }
        short.join(" and ")
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", cpus(self.milli_cpus))?;
        if self.memory_bytes > 0 {
            write!(f, ", {} of memory", bytes_text(self.memory_bytes))?;
        }
        write!(f, ", {}", gpus(self.gpus))
    }
}

fn number(milli: u32) -> String {
    format!("{}", f64::from(milli) / f64::from(MILLI))
}

fn cpus(milli: u32) -> String {
    format!("{} {}", number(milli), if milli == MILLI { "CPU" } else { "CPUs" })
}

fn gpus(count: u32) -> String {
    match count {
        0 => "no GPU".to_owned(),
        1 => "1 GPU".to_owned(),
        more => format!("{more} GPUs"),
    }
}

/// A count of bytes for people, in the largest unit of which there is one: `4 GiB`, `1.5 MiB`.
pub fn bytes_text(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = bytes as f64;
    let mut name = "bytes";
    for unit in UNITS {
        name = unit;
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
    }
    let rounded = (value * 10.0).round() / 10.0;
    format!("{rounded} {name}")
}

#[cfg(test)]
mod tests;
