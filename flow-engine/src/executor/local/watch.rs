//! [`LogWatch`]: waits until something happens to a log, so that nobody has to look again and again.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// How long nothing may be heard of a watched log before it is looked at all the same.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait where nothing can be watched: the log is not there yet, or the system has no watches left.
const PAUSE: Duration = Duration::from_millis(100);

/// What a wait has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Something happened to the log.
    Seen,
    /// Time has gone by.
    Unknown,
}

/// Waits for changes of one log: of what is in it, and of its mode, which tells its end.
#[derive(Debug)]
pub(super) struct LogWatch {
    path: PathBuf,
    watch: Option<AsyncFd<OwnedFd>>,
}

impl LogWatch {
    /// A watch; what happens from now on is seen, if the log is there already.
    pub(super) fn new(path: &Path) -> Self {
        LogWatch { path: path.to_owned(), watch: begin(path) }
    }

    /// Waits until something happened since the last call, or a while. Cancel-safe.
    pub(super) async fn changed(&mut self) -> Change {
        let Some(watch) = &self.watch else {
            tokio::time::sleep(PAUSE).await;
            self.watch = begin(&self.path);
            // What happened before the watch is not told by it.
            return if self.watch.is_some() { Change::Seen } else { Change::Unknown };
        };
        let news = watch.async_io(Interest::READABLE, |watch| {
            let mut space = [MaybeUninit::uninit(); 512];
            let mut reader = Reader::new(watch, &mut space);
            let mut any = false;
            loop {
                match reader.next() {
                    Ok(_) => any = true,
                    Err(rustix::io::Errno::WOULDBLOCK) if any => return Ok(()),
                    Err(error) => return Err(error.into()),
                }
            }
        });
        match tokio::time::timeout(PATIENCE, news).await {
            Ok(Ok(())) => Change::Seen,
            Ok(Err(_)) => {
                self.watch = None;
                Change::Seen
            }
            Err(_) => Change::Unknown,
        }
    }
}

/// Begins to watch; `None` where that cannot be done.
fn begin(path: &Path) -> Option<AsyncFd<OwnedFd>> {
    let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
    inotify::add_watch(&watch, path, WatchFlags::MODIFY | WatchFlags::ATTRIB | WatchFlags::DELETE_SELF).ok()?;
    polled(watch, Interest::READABLE).ok()
}

/// A descriptor that the runtime waits for.
#[expect(deprecated, reason = "it is unsound for types that lie about their descriptor; its heir is unsafe to call")]
pub(super) fn polled(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(fd, interest)
}

#[cfg(test)]
mod tests;
