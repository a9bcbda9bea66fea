//! [`Machine`]: how much room this machine has for units.

use std::path::Path;
use std::thread::available_parallelism;

use flow_core::model::Claim;

/// The memory limits that a container gives its processes, of both versions of control groups.
const MEMORY_LIMITS: [&str; 2] = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];

/// What units may take of this machine; what is absent is detected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// CPUs, and so how many units run at once if they claim nothing else.
    pub cpus: Option<u32>,
    /// Bytes of memory.
    pub memory_bytes: Option<u64>,
    /// GPUs: the first ones of the machine.
    pub gpus: Option<u32>,
}

impl Machine {
    /// All of it, as the claim of a unit that takes everything.
    pub fn room(&self) -> Claim {
        let cpus = self.cpus.unwrap_or_else(|| available_parallelism().map_or(1, |count| count.get() as u32));
        Claim {
            milli_cpus: cpus.max(1).saturating_mul(1000),
            memory_bytes: self.memory_bytes.unwrap_or_else(memory_bytes),
            gpus: self.gpus.unwrap_or_else(|| count_gpus(Path::new("/dev"))),
        }
    }
}

/// The memory of the machine, or of the container that we are in.
fn memory_bytes() -> u64 {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let limits = MEMORY_LIMITS.iter().filter_map(|path| read(path).trim().parse().ok());
    let installed = parse_meminfo(&read("/proc/meminfo")).unwrap_or(u64::MAX);
    limits.fold(installed, u64::min)
}

/// The total of `/proc/meminfo`, in bytes.
fn parse_meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// How many GPUs the driver shows: files `nvidia0`, `nvidia1` and so on in the folder of devices.
fn count_gpus(devices: &Path) -> u32 {
    let names = std::fs::read_dir(devices).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let is_gpu = |name: &std::ffi::OsString| {
        let number = name.to_str().and_then(|name| name.strip_prefix("nvidia"));
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    };
    names.filter(is_gpu).count() as u32
}

#[cfg(test)]
mod tests;
