//! Who this engine process is, and whether another one is provably dead.
//!
//! A claim's lease ends by itself; on the same machine a dead holder need not be waited for.

use flow_core::model::OwnerId;
use flow_core::port::Ids;

/// The id of this process: host, boot, pid, its start, and a fresh part for each engine in it.
pub(crate) fn this_process(ids: &dyn Ids) -> OwnerId {
    let pid = std::process::id();
    let start = start_of(pid).unwrap_or_default();
    OwnerId::new(format!("{}/{}/{pid}/{start}/{}", host(), boot(), ids.fresh("engine")))
}

/// Whether the holder was a process of this machine that is no more.
///
/// `false` where that cannot be proved: another host, an unreadable `/proc`.
pub(crate) fn is_dead(owner: &OwnerId) -> bool {
    let mut parts = owner.as_str().split('/');
    let mut next = || parts.next().unwrap_or_default();
    let (their_host, their_boot, pid, start) = (next(), next(), next(), next());
    let Ok(pid) = pid.parse::<u32>() else { return false };
    if their_host != host() || boot().is_empty() || start.is_empty() {
        return false;
    }
    their_boot != boot() || start_of(pid).is_none_or(|now| now != start)
}

fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().replace('/', "_")
}

fn boot() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

/// When a process started, in the kernel's ticks since boot; `None` if there is no such process.
///
/// A zombie counts as gone: it does nothing any more.
fn start_of(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, so fields are counted behind its end.
    let (_, after) = stat.rsplit_once(") ")?;
    let mut fields = after.split(' ');
    let state = fields.next()?;
    (state != "Z" && state != "X").then_some(())?;
    fields.nth(18).map(str::to_owned)
}

#[cfg(test)]
mod tests;
