//! [`Pump`]: takes the output of a unit whose secrets must be masked from a pipe to its log.
//!
//! What is read is never on a disk before it is masked, so the death of the supervisor leaves no secret behind; the
//! unit dies with it. Units without secrets write to their logs themselves.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::executor::supervisor::mask::Mask;

/// How much is read at once, in bytes.
const PIECE_BYTES: usize = 64 << 10;
/// How many pieces are read in one turn, so that no unit keeps others waiting.
const PIECES: usize = 8;

/// A pipe, a mask, and a log.
#[derive(Debug)]
pub(super) struct Pump {
    pipe: File,
    mask: Mask,
    log: File,
}

impl Pump {
    /// A pump into `log`, and the end of the pipe that the unit writes to.
    pub(super) fn new(mask: Mask, log: File) -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC)?;
        // Only our end: the unit's must block, as programs expect.
        fcntl_setfl(&ours, fcntl_getfl(&ours)? | OFlags::NONBLOCK)?;
        Ok((Pump { pipe: ours.into(), mask, log }, theirs))
    }

    /// What becomes readable when there is output.
    pub(super) fn source(&self) -> impl AsFd + '_ {
        &self.pipe
    }

    /// Moves some of what there is; says whether the unit can write no more.
    pub(super) fn pull(&mut self) -> bool {
        let mut piece = vec![0; PIECE_BYTES];
        for _ in 0..PIECES {
            match self.pipe.read(&mut piece) {
                Ok(0) => return true,
                Ok(count) => {
                    let masked = self.mask.feed(piece.get(..count).unwrap_or_default());
                    self.write(&masked);
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
        let mut left = rustix::io::ioctl_fionread(&self.pipe).unwrap_or_default();
        while left > 0 {
            if self.pull() {
                break;
            }
            left = left.saturating_sub((PIECE_BYTES * PIECES) as u64);
        }
        let rest = self.mask.finish();
        self.write(&rest);
    }

    /// A disk that is full loses output, as it does for a unit that writes by itself.
    fn write(&mut self, bytes: &[u8]) {
        let _lost = self.log.write_all(bytes);
    }
}
