//! What a supervisor that died has left running: finds it, kills it, and proves that it is gone.
//!
//! Main function: [`end_all`].

use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::executor::local::layout::UnitFiles;
use crate::executor::stat::{Stat, pids, stat};
use crate::executor::supervisor::memory::Mark;
use crate::executor::supervisor::process::OUTPUT_VARIABLE;
use crate::sys::monotonic;

/// How long we wait for killed processes to go; only one stuck in the kernel takes longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A unit whose end nobody saw.
#[derive(Clone, Debug)]
pub(super) struct Remain {
    /// The unit's files.
    pub(super) files: UnitFiles,
    /// Its process, if its start was noted.
    pub(super) mark: Option<Mark>,
}

/// The id of this boot of the machine; empty if it cannot be told.
pub(super) fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

/// Kills all processes of the units, and waits until they are gone.
///
/// Shape: for each unit whether it is proved that nothing of it runs any more.
pub(super) fn end_all(remains: &[Remain]) -> Vec<bool> {
    if remains.is_empty() {
        return Vec::new();
    }
    let deadline = monotonic() + PATIENCE;
    loop {
        let Some(alive) = survey(remains) else { return vec![false; remains.len()] };
        let left = deadline.saturating_duration_since(monotonic());
        if alive.is_empty() || left.is_zero() {
            return (0..remains.len()).map(|at| alive.iter().all(|(owner, _)| *owner != at)).collect();
        }
        let killed: Vec<OwnedFd> = alive.iter().filter_map(|&(at, pid)| kill(remains.get(at)?, pid)).collect();
        let mut waiting: Vec<PollFd<'_>> = killed.iter().map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
        // Wakes at the first end; the next survey tells of the others.
        let _count = poll(&mut waiting, Timespec::try_from(left).ok().as_ref());
    }
}

/// Kills a process of the unit; gives what becomes readable at its end.
fn kill(remain: &Remain, pid: i32) -> Option<OwnedFd> {
    let pidfd = pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok()?;
    // Asked again behind the open: the pid may have become another's before.
    if belongs(remain, pid, stat(pid).ok()?) {
        pidfd_send_signal(&pidfd, Signal::KILL).ok()?;
        return Some(pidfd);
    }
    None
}

/// All living processes of the units, each with its unit's place; `None` if that cannot be told.
fn survey(remains: &[Remain]) -> Option<Vec<(usize, i32)>> {
    let own = std::process::id() as i32;
    let mut alive = Vec::new();
    for pid in pids()?.filter(|&pid: &i32| pid != own) {
        let Ok(stat) = stat(pid) else { continue };
        let owner = remains.iter().position(|remain| stat.alive && belongs(remain, pid, stat));
        alive.extend(owner.map(|at| (at, pid)));
    }
    Some(alive)
}

/// Whether a process is one of the unit's.
///
/// It is, if it is the noted leader, or in the group or session that the leader still leads, or was born with
/// the path of the unit's output file in its environment. Where the leader is not known (the
/// supervisor died between start and note), only the last tells.
fn belongs(remain: &Remain, pid: i32, of: Stat) -> bool {
    match remain.mark {
        Some(mark) if pid == mark.pid => of.ticks == mark.ticks,
        Some(mark) if of.group == mark.pid || of.session == mark.pid => leads(mark) || has_marker(remain, pid),
        Some(_) => false,
        None => has_marker(remain, pid),
    }
}

/// Whether the noted leader is still there, if only to be waited for.
fn leads(mark: Mark) -> bool {
    stat(mark.pid).is_ok_and(|stat| stat.ticks == mark.ticks)
}

/// Whether a process was started for the unit.
fn has_marker(remain: &Remain, pid: i32) -> bool {
    let marker = [OUTPUT_VARIABLE.as_bytes(), b"=", remain.files.output.as_os_str().as_bytes()].concat();
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|&byte| byte == 0).any(|entry| entry == marker)
}
