//! What becomes of the output of units: masks, bounds, and room on the disk. A part of [`Keeper`].

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use flow_core::model::{LaunchKey, Reason, Timestamp, Window, bytes_text};
use flow_core::port::{Clock, ExecutorError, Stdin, What};
use rustix::fs::OFlags;

use crate::executor::local::times;
use crate::executor::supervisor::bound::{bound, free_bytes};
use crate::executor::supervisor::keeper::Keeper;
use crate::executor::supervisor::mask::Mask;
use crate::executor::supervisor::pump::Pump;
use crate::executor::supervisor::timer::Timer;
use crate::executor::supervisor::unit::{Phase, Unit};
use crate::executor::terminal;
use crate::sys::{SystemClock, monotonic};

/// The most that an output file may hold, in bytes.
pub(super) const MAX_OUTPUT_BYTES: u64 = 1 << 20;
/// The key that ends the input at a terminal: Ctrl-D.
const END_OF_INPUT: u8 = 4;
/// How often the sizes of logs and the room on the disk are looked at.
const LOOK: Duration = Duration::from_secs(1);

impl Keeper {
    /// Moves output of a unit through its mask.
    pub(super) fn take_output(&mut self, number: u64) {
        let Some(unit) = self.units.get_mut(&number) else { return };
        let is_over = unit.pump.as_mut().is_some_and(Pump::pull);
        if is_over && let Some(pump) = unit.pump.take() {
            pump.finish();
        }
    }

    /// Writes to a unit's open input what there is room for; says how much.
    ///
    /// Errors: `UnknownUnit`; `Refused` where the input is closed.
    pub(super) fn write_input(&mut self, key: &LaunchKey, bytes: &[u8]) -> Result<u32, ExecutorError> {
        let unit = self.number(key).and_then(|number| self.units.get_mut(&number)).ok_or(ExecutorError::UnknownUnit)?;
        if matches!(&unit.phase, Phase::Queued(order) if order.launch.stdin != Stdin::Closed) {
            return Ok(0);
        }
        let closed = || ExecutorError::Refused { message: "its input is closed".to_owned() };
        match unit.input.as_mut().ok_or_else(closed)?.write(bytes) {
            Ok(count) => Ok(count as u32),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => Ok(0),
            Err(_) => {
                unit.input = None;
                Err(closed())
            }
        }
    }

    /// Closes a unit's input. Idempotent. Errors: `UnknownUnit`.
    pub(super) fn close_input(&mut self, key: &LaunchKey) -> Result<(), ExecutorError> {
        let unit = self.number(key).and_then(|number| self.units.get_mut(&number)).ok_or(ExecutorError::UnknownUnit)?;
        match &mut unit.phase {
            // It has none yet: it will begin without. Nobody has typed anything on its terminal either.
            Phase::Queued(order) if order.launch.stdin == Stdin::Open => order.launch.stdin = Stdin::Closed,
            Phase::Queued(_) => {}
            // The terminal stays; one that has no room for the key has more to read before it.
            Phase::Running { .. } if unit.on_terminal => {
                let _full = unit.input.as_mut().map(|input| input.write(&[END_OF_INPUT]));
            }
            Phase::Running { .. } | Phase::Draining { .. } | Phase::Ended { .. } => unit.input = None,
        }
        Ok(())
    }

    /// Tells a unit's terminal how large it is; no error where there is none. Errors: `UnknownUnit`.
    pub(super) fn resize(&mut self, key: &LaunchKey, window: Window) -> Result<(), ExecutorError> {
        let unit = self.number(key).and_then(|number| self.units.get_mut(&number)).ok_or(ExecutorError::UnknownUnit)?;
        match &mut unit.phase {
            Phase::Queued(order) => {
                if let Stdin::Terminal(first) = &mut order.launch.stdin {
                    *first = window;
                }
            }
            Phase::Running { .. } if unit.on_terminal => {
                // Lines break elsewhere, and no more.
                let _unchanged = unit.input.as_ref().map(|terminal| terminal::resize(terminal, window));
            }
            Phase::Running { .. } | Phase::Draining { .. } | Phase::Ended { .. } => {}
        }
        Ok(())
    }

    /// Looks at sizes again in a while, as long as units run, or wait for the disk.
    pub(super) fn look_later(&mut self) {
        if !self.is_looking {
            self.is_looking = true;
            self.timers.add(monotonic() + LOOK, Timer::Look);
        }
    }

    /// Notes how long logs are now, and cuts those that have become too long.
    pub(super) fn look_at_logs(&mut self) {
        self.is_looking = false;
        let now = SystemClock.now();
        let running = self.units.iter().filter(|(_, unit)| matches!(unit.phase, Phase::Running { .. }));
        let running: Vec<u64> = running.map(|(number, _)| *number).collect();
        for number in &running {
            let Some(unit) = self.units.get_mut(number) else { continue };
            unit.note_log(now);
            if let Err(error) = bound(&unit.files, unit.max_log_bytes) {
                let longest = bytes_text(unit.max_log_bytes);
                let message = format!("its output is longer than {longest}, and cannot be cut here: {error}");
                self.end_running(*number, Reason::BadOutputs { message }, self.life_span_grace);
            }
        }
        if !running.is_empty() {
            self.look_later();
        }
    }

    /// Why no unit may start, if the disk is too full for it; in words.
    ///
    /// Those that wait are told when it begins.
    pub(super) fn shortage_of_disk(&mut self) -> Option<String> {
        let shortage = free_bytes(self.layout.dir()).filter(|free| *free < self.min_free_bytes).map(|free| {
            let (free, wanted) = (bytes_text(free), bytes_text(self.min_free_bytes));
            format!("waits for the disk of the logs: {free} are free, {wanted} have to be")
        });
        if let Some(why) = &shortage {
            self.look_later();
            let waits = |(number, unit): &(&u64, &Unit)| {
                // The fresh ones are told anyway.
                matches!(unit.phase, Phase::Queued(_)) && !self.fresh.contains(number)
            };
            let told = if self.is_disk_short { 0 } else { usize::MAX };
            let waiting: Vec<u64> = self.units.iter().filter(waits).map(|(number, _)| *number).take(told).collect();
            for number in waiting {
                self.publish(number, SystemClock.now(), What::Queued { why: why.clone() });
            }
        }
        self.is_disk_short = shortage.is_some();
        shortage
    }
}

impl Unit {
    /// Notes how long the log is now, if it has grown.
    fn note_log(&mut self, now: Timestamp) {
        let bytes = std::fs::metadata(&self.files.log).map_or(0, |log| log.len());
        // Without a note a line is told less exactly, and no more is lost.
        if bytes > self.noted_log_bytes && times::add(&self.files.times, bytes, now).is_ok() {
            self.noted_log_bytes = bytes;
        }
    }

    /// Brings the output to its end: what the pipe still holds, the bounds, secrets in the output files.
    pub(super) fn settle_output(&mut self) {
        self.input = None;
        if let Some(pump) = self.pump.take() {
            pump.finish();
        }
        if self.noted_log_bytes > 0 {
            self.note_log(SystemClock.now());
        }
        // A log that could not be cut was told of before, and its unit ended for it.
        let _uncut = bound(&self.files, self.max_log_bytes);
        if let Some(mask) = self.mask.take() {
            for path in [&self.files.output, &self.files.state] {
                mask_file(path, &mask);
            }
        }
    }
}

/// Masks an output file in its place; one for which that cannot be done goes.
fn mask_file(path: &Path, mask: &Mask) {
    let masked = || -> io::Result<()> {
        let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits() as i32;
        let mut file = File::options().read(true).write(true).custom_flags(flags).open(path)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let text = mask.whole(&text);
        io::Seek::rewind(&mut file)?;
        file.set_len(0)?;
        file.write_all(&text)
    };
    if masked().is_err() {
        // Absent, or nothing that we may read; then nobody else gets it either.
        let _absent = std::fs::remove_file(path);
    }
}

/// The text of an output file; empty if there is none, or something else in its place.
pub(super) fn read_text(path: &Path) -> String {
    let read = || -> io::Result<Vec<u8>> {
        // A pipe put in the file's place must not stop us, nor a link lead us away.
        let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits() as i32;
        let file = File::options().read(true).custom_flags(flags).open(path)?;
        let mut bytes = Vec::new();
        if file.metadata()?.is_file() {
            file.take(MAX_OUTPUT_BYTES).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    };
    read().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
