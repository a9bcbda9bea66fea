//! [`Stat`]: what the kernel tells of a process, and which processes a session has.

use std::fs::File;
use std::io::{self, Read};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// What the kernel says of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// Whether it still runs: neither dead nor waiting to be waited for.
    pub(crate) alive: bool,
    /// The group it is in.
    pub(crate) group: i32,
    /// The session it is in.
    pub(crate) session: i32,
    /// When it started, in clock ticks since boot.
    pub(crate) ticks: u64,
}

/// Reads what the kernel says of a process.
pub(crate) fn stat(pid: i32) -> io::Result<Stat> {
    // The line is shorter than this by far, and the kernel gives it whole.
    let mut text = [0; 1024];
    let count = File::open(format!("/proc/{pid}/stat"))?.read(&mut text)?;
    text.get(..count)
        .and_then(parse_stat)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "cannot read /proc"))
}

/// Parses `/proc/<pid>/stat`. The name in parentheses may hold anything, so it is skipped from behind.
fn parse_stat(text: &[u8]) -> Option<Stat> {
    let behind = text.iter().rposition(|&byte| byte == b')')? + 1;
    let text = std::str::from_utf8(text.get(behind..)?).ok()?;
    let mut fields = text.split_ascii_whitespace();
    let state = fields.next()?;
    let group = fields.nth(1)?.parse().ok()?;
    let session = fields.next()?.parse().ok()?;
    // Field 22 of the line: 15 lie between it and the session, which is field 6.
    let ticks = fields.nth(15)?.parse().ok()?;
    Some(Stat { alive: !matches!(state, "Z" | "X" | "x"), group, session, ticks })
}

/// All pids; `None` if that cannot be told.
pub(crate) fn pids() -> Option<impl Iterator<Item = i32>> {
    let entries = std::fs::read_dir("/proc").ok()?;
    Some(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()))
}

/// The living processes of a session, which a shell with job control spreads over many groups.
pub(crate) fn members(session: Pid) -> Vec<Pid> {
    let leader = session.as_raw_nonzero().get();
    let of_session = |pid: &i32| stat(*pid).is_ok_and(|stat| stat.alive && stat.session == leader);
    pids().into_iter().flatten().filter(of_session).filter_map(Pid::from_raw).collect()
}

/// Sends a signal to all of a session; says whether there was anybody.
///
/// The leader must not be waited for yet, so that the session's number is no other's.
pub(crate) fn signal_session(session: Pid, signal: Signal) -> bool {
    let leader = session.as_raw_nonzero().get();
    let mut any = false;
    for pid in members(session) {
        let Ok(pidfd) = pidfd_open(pid, PidfdFlags::empty()) else { continue };
        // Asked again behind the open: the pid may have become another's before.
        if stat(pid.as_raw_nonzero().get()).is_ok_and(|stat| stat.session == leader) {
            any |= pidfd_send_signal(&pidfd, signal).is_ok();
        }
    }
    any
}

#[cfg(test)]
mod tests;
