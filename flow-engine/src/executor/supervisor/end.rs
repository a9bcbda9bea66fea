//! How units end: by themselves, by `kill`, by a timer. The other half of [`Keeper`].

use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use flow_core::model::{Exit, LaunchKey, OutputFiles, Reason};
use flow_core::port::{Clock, What};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitOptions, test_kill_process_group, waitid, waitpgid};

use crate::executor::local::layout::{CLOSED_LOG_MODE, UnitFiles};
use crate::executor::stat::members;
use crate::executor::supervisor::keeper::Keeper;
use crate::executor::supervisor::memory::End;
use crate::executor::supervisor::output::MAX_OUTPUT_BYTES;
use crate::executor::supervisor::process::{OUTPUT_VARIABLE, Process, STATE_VARIABLE};
use crate::executor::supervisor::timer::Timer;
use crate::executor::supervisor::unit::{Phase, Unit};
use crate::sys::SystemClock;

/// How often we look whether a killed group is gone, first after a millisecond, then twice as long
/// each time: two seconds in all, which only a process stuck in the kernel outlasts.
const MAX_LOOKS: u32 = 11;

impl Keeper {
    /// Ends a unit: at once if it waits, else politely, and after `grace` by force.
    pub(super) fn kill(&mut self, key: &LaunchKey, grace: Duration) {
        let Some(number) = self.number(key) else { return };
        let Some(unit) = self.units.get(&number) else { return };
        match &unit.phase {
            Phase::Queued(_) => self.end_in_queue(number, Reason::Killed),
            Phase::Running { .. } => self.end_running(number, Reason::Killed, grace),
            Phase::Draining { .. } | Phase::Ended { .. } => {}
        }
    }

    /// Does what is due at a unit's timer; one that comes too late does nothing.
    pub(super) fn fire(&mut self, timer: Timer) {
        match timer {
            Timer::ScheduleTimeout(number) => self.end_in_queue(number, Reason::ScheduleTimeout),
            Timer::LifeSpan(number) => self.end_running(number, Reason::LifeSpan, self.life_span_grace),
            Timer::Grace(number) => {
                if let Some(Unit { phase: Phase::Running { process, .. }, .. }) = self.units.get(&number) {
                    process.signal(Signal::KILL);
                }
            }
            Timer::Stragglers(number) => self.look_for_stragglers(number),
            Timer::Look => self.look_at_logs(),
            Timer::Answer(_) => {}
        }
    }

    /// Ends a unit that waits.
    fn end_in_queue(&mut self, number: u64, reason: Reason) {
        let Some(unit) = self.units.get(&number) else { return };
        if matches!(unit.phase, Phase::Queued(_)) {
            self.queue.remove(&unit.scope, unit.claim, number);
            self.finish(number, Exit::None, reason);
        }
    }

    /// Asks a running unit to end, once. The first reason stays; a later call may shorten the grace.
    pub(super) fn end_running(&mut self, number: u64, reason: Reason, grace: Duration) {
        let Some(unit) = self.units.get_mut(&number) else { return };
        let Phase::Running { process, ending } = &mut unit.phase else { return };
        if grace.is_zero() {
            process.signal(Signal::KILL);
        } else if ending.is_none() {
            process.signal(Signal::TERM);
            // A stopped process hears nothing before it goes on.
            process.signal(Signal::CONT);
        }
        ending.get_or_insert(reason);
        self.set_timer(number, Some(grace.as_secs_f64()), Timer::Grace(number));
    }

    /// Takes the exit of a unit's process, and kills the rest of its group.
    pub(super) fn take_exit(&mut self, number: u64) {
        let Some(unit) = self.units.get_mut(&number) else { return };
        let Phase::Running { process, ending } = &mut unit.phase else { return };
        // Before the exit is taken: as long as it is not, the group's id cannot be another's.
        process.kill_rest();
        let exit = match waitid(WaitId::PidFd(process.pidfd.as_fd()), WaitIdOptions::EXITED) {
            Ok(Some(status)) => status
                .exit_status()
                .map(Exit::Code)
                .or_else(|| status.terminating_signal().map(Exit::Signal))
                .unwrap_or(Exit::None),
            Ok(None) | Err(_) => Exit::None,
        };
        let reason = ending.take().unwrap_or(Reason::Finished);
        unit.phase = Phase::Draining { group: process.pid, session: process.session, exit, reason, looks: 0 };
        self.look_for_stragglers(number);
    }

    /// Ends the unit if its group is gone; else looks again later.
    fn look_for_stragglers(&mut self, number: u64) {
        let Some(unit) = self.units.get_mut(&number) else { return };
        let Phase::Draining { group, session, exit, reason, looks } = &mut unit.phase else { return };
        *looks += 1;
        let is_gone = is_gone(*group) && (!*session || members(*group).is_empty());
        if is_gone || *looks > MAX_LOOKS {
            let (exit, reason) = (*exit, reason.clone());
            self.slots.give_back(std::mem::take(&mut unit.grant));
            return self.finish(number, exit, reason);
        }
        let pause = Duration::from_millis(1 << (*looks - 1));
        self.set_timer(number, Some(pause.as_secs_f64()), Timer::Stragglers(number));
    }

    /// Ends a unit that holds no slot any more: files, journal, news.
    pub(super) fn finish(&mut self, number: u64, exit: Exit, reason: Reason) {
        let Some(unit) = self.units.get_mut(&number) else { return };
        for (at, timer) in unit.timers.drain(..) {
            self.timers.remove(at, timer);
        }
        unit.settle_output();
        close_log(&unit.files);
        let (files, reason) = match look_at_files(&unit.files) {
            Ok(files) => (files, reason),
            Err(message) if reason == Reason::Finished => (false, Reason::BadOutputs { message }),
            Err(_) => (false, reason),
        };
        unit.phase = Phase::Ended { files };
        let (raw, at) = (unit.raw.clone(), SystemClock.now());
        self.active -= 1;
        self.journal.note(&End::Ended { exit, reason: reason.clone(), files }.line(raw, at));
        self.publish(number, at, What::Ended { exit, reason, files: OutputFiles::default() });
    }
}

impl Process {
    /// Kills a process whose end nobody would see; says why, for people.
    pub(super) fn abandon(&self, error: &std::io::Error) -> String {
        self.signal(Signal::KILL);
        let _exit = waitid(WaitId::PidFd(self.pidfd.as_fd()), WaitIdOptions::EXITED);
        format!("cannot watch the process: {error}")
    }
}

/// Whether nothing of a group is left. Members that became our children are taken away first.
fn is_gone(group: Pid) -> bool {
    while let Ok(Some(_)) = waitpgid(group, WaitOptions::NOHANG) {}
    test_kill_process_group(group) == Err(Errno::SRCH)
}

/// Marks the log as complete: its readers see it by the mode.
pub(super) fn close_log(files: &UnitFiles) {
    let mode = std::fs::Permissions::from_mode(CLOSED_LOG_MODE);
    // A unit that never started has none.
    let _absent = std::fs::set_permissions(&files.log, mode);
}

/// Whether the unit left output files. Errors: one is too large, for people.
fn look_at_files(files: &UnitFiles) -> Result<bool, String> {
    let mut any = false;
    for (name, path) in [(OUTPUT_VARIABLE, &files.output), (STATE_VARIABLE, &files.state)] {
        let Ok(metadata) = std::fs::symlink_metadata(path) else { continue };
        if metadata.len() > MAX_OUTPUT_BYTES {
            return Err(format!("the file `{name}` holds {} bytes, more than {MAX_OUTPUT_BYTES}", metadata.len()));
        }
        any |= metadata.len() > 0;
    }
    Ok(any)
}
