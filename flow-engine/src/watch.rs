//! [`FileWatch`]: waits until something happens to files, so that nobody has to look again and again.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use rustix::io::Errno;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// What a wait has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Something happened to one of the files, or may have happened unseen.
    Seen,
    /// Time has gone by.
    Unknown,
}

/// How long is waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patience {
    /// Where files are watched: how long nothing may be heard of them.
    pub(crate) watched: Duration,
    /// Where they cannot be: one is not there yet, or the system has no watches left.
    pub(crate) blind: Duration,
}

/// Waits for changes of files by anybody on this machine: of what is in them, and of their modes.
#[derive(Debug)]
pub(crate) struct FileWatch {
    paths: Vec<PathBuf>,
    patience: Patience,
    watch: Option<AsyncFd<OwnedFd>>,
}

impl FileWatch {
    /// A watch that begins with the first wait.
    pub(crate) fn new(paths: impl IntoIterator<Item = PathBuf>, patience: Patience) -> Self {
        FileWatch { paths: paths.into_iter().collect(), patience, watch: None }
    }

    /// Waits until something happened since the last call, or for as long as its patience lasts. Cancel-safe.
    ///
    /// Needs a runtime; the first call, and each after a failure, only begins to watch, if it can.
    pub(crate) async fn changed(&mut self) -> Change {
        let Some(watch) = &self.watch else {
            self.watch = begin(&self.paths);
            if self.watch.is_none() {
                tokio::time::sleep(self.patience.blind).await;
                return Change::Unknown;
            }
            // What happened before the watch is not told by it.
            return Change::Seen;
        };
        match tokio::time::timeout(self.patience.watched, watch.async_io(Interest::READABLE, take_all)).await {
            Ok(Ok(())) => Change::Seen,
            Ok(Err(_)) => {
                self.watch = None;
                Change::Seen
            }
            Err(_) => Change::Unknown,
        }
    }
}

/// Takes all news; `WouldBlock` if there is none. A file that is gone is an error: another may come in its place.
fn take_all(watch: &OwnedFd) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); 512];
    let mut reader = Reader::new(watch, &mut space);
    let mut any = false;
    loop {
        match reader.next() {
            Ok(event) if event.events().contains(inotify::ReadFlags::IGNORED) => return Err(Errno::STALE.into()),
            Ok(_) => any = true,
            Err(Errno::WOULDBLOCK) if any => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Begins to watch; `None` where that cannot be done.
fn begin(paths: &[PathBuf]) -> Option<AsyncFd<OwnedFd>> {
    let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
    let wanted = WatchFlags::MODIFY | WatchFlags::ATTRIB | WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
    let add = |path: &Path| inotify::add_watch(&watch, path, wanted).ok();
    for path in paths {
        add(path)?;
    }
    polled(watch, Interest::READABLE).ok()
}

/// A descriptor that the runtime waits for.
#[expect(deprecated, reason = "it is unsound for types that lie about their descriptor; its heir is unsafe to call")]
pub(crate) fn polled(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(fd, interest)
}

#[cfg(test)]
mod tests;
