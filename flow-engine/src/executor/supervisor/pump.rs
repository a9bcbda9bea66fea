//! [`Pump`]: takes the output of a unit whose secrets must be masked, or that is on a terminal, to its log.
//!
//! What is read is never on a disk before it is masked, so the death of the supervisor leaves no secret behind; the
//! unit dies with it. Units without secrets and terminals write to their logs themselves.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::executor::supervisor::mask::Mask;
use crate::executor::terminal::Terminal;

/// How much is read at once, in bytes.
const PIECE_BYTES: usize = 64 << 10;
/// How many pieces are read in one turn, so that no unit keeps others waiting.
const PIECES: usize = 8;

/// How often a terminal is read when its unit is over: what the kernel keeps of it is less than one piece.
const LAST_PULLS: u32 = 4;

/// A pipe or a terminal, a mask, and a log.
#[derive(Debug)]
pub(super) struct Pump {
    source: File,
    mask: Option<Mask>,
    log: File,
    /// The unit's end of a terminal: held, so that the terminal outlasts a moment in which no process has it.
    inside: Option<OwnedFd>,
}

impl Pump {
    /// A pump to a log, and the end that the unit writes to.
    pub(super) fn new(mask: Mask, log: File) -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC)?;
        // Only our end: the unit's must block, as programs expect.
        fcntl_setfl(&ours, fcntl_getfl(&ours)? | OFlags::NONBLOCK)?;
        Ok((Pump { source: ours.into(), mask: Some(mask), log, inside: None }, theirs))
    }

    /// A pump from a terminal to a log.
    pub(super) fn of_terminal(terminal: Terminal, mask: Option<Mask>, log: File) -> Self {
        Pump { source: terminal.outside.into(), mask, log, inside: Some(terminal.inside) }
    }

    /// What becomes readable when there is output.
    pub(super) fn source(&self) -> impl AsFd + '_ {
        &self.source
    }

    /// Moves some of what there is; says whether the unit can write no more.
    pub(super) fn pull(&mut self) -> bool {
        let mut piece = vec![0; PIECE_BYTES];
        for _ in 0..PIECES {
            match self.source.read(&mut piece) {
                Ok(0) => return true,
                Ok(count) => {
                    let piece = piece.get(..count).unwrap_or_default();
                    match &mut self.mask {
                        None => write(&mut self.log, piece),
                        Some(mask) => write(&mut self.log, &mask.feed(piece)),
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return error.kind() != io::ErrorKind::WouldBlock,
            }
        }
        false
    }

    /// Moves what is left when the unit is over.
    ///
    /// A process that left the unit's group may hold the pipe and write for ever: what the pipe holds now is all.
    pub(super) fn finish(mut self) {
        if self.inside.take().is_some() {
            // The kernel may still be on its way from one end to the other: it is asked by reading.
            (0..LAST_PULLS).any(|_| self.pull());
        } else {
            let mut left = rustix::io::ioctl_fionread(&self.source).unwrap_or_default();
            while left > 0 && !self.pull() {
                left = left.saturating_sub((PIECE_BYTES * PIECES) as u64);
            }
        }
        if let Some(mask) = &mut self.mask {
            write(&mut self.log, &mask.finish());
        }
    }
}

/// A disk that is full loses output, as it does for a unit that writes by itself.
fn write(log: &mut File, bytes: &[u8]) {
    let _lost = log.write_all(bytes);
}
