//! Where things are kept: the data folder, its disk, the store, the supervisor.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use flow_core::port::StoreError;
use rustix::fs::{Access, FlockOperation, flock};

use super::Finding;
use super::machine::size;
use crate::config::Settings;
use crate::store::{FileSystem, StoreLook};

/// Less free disk than this deserves a word, in bytes.
const LITTLE_DISK: u64 = 1 << 30;
/// With less than this, a bake cannot be relied on.
const NO_DISK: u64 = 64 << 20;

/// All about the places of these settings.
pub(super) fn findings(settings: &Settings) -> Vec<Finding> {
    let mut findings = vec![data(&settings.data), storage(&settings.storage)];
    findings.extend(disk(&settings.data));
    findings.extend([store(settings), supervisor(settings), log(settings)]);
    findings
}

/// The nearest folder that exists, from a path upwards.
fn existing(path: &Path) -> &Path {
    path.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"))
}

fn data(folder: &Path) -> Finding {
    const SUBJECT: &str = "data folder";
    let (found, shown) = (existing(folder), folder.display());
    let mend =
        format!("make {} writable for you, or name another folder as `store.path` in engine.toml", found.display());
    if !found.is_dir() {
        return Finding::problem(SUBJECT, format!("{} is no folder", found.display()), mend);
    }
    if rustix::fs::access(found, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        return Finding::problem(SUBJECT, format!("{shown} cannot be written"), mend);
    }
    if found != folder {
        return Finding::ok(SUBJECT, format!("{shown}, made when first needed"));
    }
    let open = found.metadata().is_ok_and(|known| known.mode() & 0o077 != 0);
    if open {
        let mend = format!("`chmod 700 {shown}`, unless you share it on purpose");
        return Finding::note(SUBJECT, format!("{shown} is open to other users, who see logs and params there"), mend);
    }
    Finding::ok(SUBJECT, shown.to_string())
}

fn storage(folder: &Path) -> Finding {
    const SUBJECT: &str = "storage";
    let (found, shown) = (existing(folder), folder.display());
    if !found.is_dir() || rustix::fs::access(found, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        let mend = "only flows with volumes need it: make it writable, or name another folder as `storage.root`";
        return Finding::note(SUBJECT, format!("{shown} cannot be written"), mend);
    }
    let made = if found == folder { "" } else { ", made when first needed" };
    Finding::ok(SUBJECT, format!("{shown}{made}"))
}

fn disk(folder: &Path) -> Option<Finding> {
    const SUBJECT: &str = "disk";
    let found = rustix::fs::statvfs(existing(folder)).ok()?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let said = format!("{} free where the data folder is", size(free));
    let mend = "free some; finished bakes and their logs lie in the data folder";
    Some(match free {
        ..NO_DISK => Finding::problem(SUBJECT, said, mend),
        NO_DISK..LITTLE_DISK => Finding::note(SUBJECT, said, mend),
        _ => Finding::ok(SUBJECT, said),
    })
}

fn store(settings: &Settings) -> Finding {
    const SUBJECT: &str = "store";
    let file = settings.store_file();
    let shown = file.display();
    let on = match FileSystem::below(&file) {
        FileSystem::Local => "",
        FileSystem::Network => ", on a network file system (NFS or SMB)",
        FileSystem::Fuse => ", on a user-space file system (FUSE)",
    };
    if !file.exists() {
        return Finding::ok(SUBJECT, format!("{shown}, made when first needed{on}"));
    }
    let look = match StoreLook::at(&file) {
        Ok(look) => look,
        Err(error @ StoreError::Corrupt { .. }) => {
            let mend = "move the file away; bakes begin anew without it";
            return Finding::problem(SUBJECT, error.to_string(), mend);
        }
        Err(error) => return Finding::problem(SUBJECT, error.to_string(), "make the file readable for you"),
    };
    let found = format!("{shown}, {}, schema {}{on}", size(look.bytes), look.schema);
    if look.schema > look.known {
        let found = format!("{found}, and this version knows only {}", look.known);
        return Finding::problem(SUBJECT, found, "use the newer apolo-flow that wrote it");
    }
    if on.is_empty() {
        return Finding::ok(SUBJECT, found);
    }
    Finding::note(SUBJECT, found, "name a local folder as `store.path` in engine.toml: it is quicker and locks better")
}

/// Whether the owner of task processes is there. Asking it would start it; its lock tells as much.
fn supervisor(settings: &Settings) -> Finding {
    const SUBJECT: &str = "supervisor";
    let folder = settings.units_folder();
    let lock = std::fs::File::open(folder.join("supervisor.lock"));
    let running = lock.is_ok_and(|lock| flock(&lock, FlockOperation::NonBlockingLockShared).is_err());
    if running {
        return Finding::ok(SUBJECT, "runs, and owns the processes of tasks");
    }
    if folder.join("supervisor.sock").exists() {
        let mend = format!(
            "nothing to do: the next bake clears up; its last words are in {}/supervisor.log",
            folder.display()
        );
        return Finding::note(SUBJECT, "did not end by itself; tasks that it owned are lost", mend);
    }
    Finding::ok(SUBJECT, "not running; the next bake starts it")
}

fn log(settings: &Settings) -> Finding {
    let folder = settings.log_folder();
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let bytes: u64 = entries.filter_map(|entry| entry.metadata().ok()).map(|known| known.len()).sum();
    Finding::ok("own logs", format!("{}, {}", folder.display(), size(bytes)))
}
