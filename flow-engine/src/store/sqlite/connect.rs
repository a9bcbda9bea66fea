//! Opening the file: its folder, its rights, its journal, and what file system it lies on.

use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::fault::Fault;
use super::migrate::migrate;

/// How long a connection waits for another process's lock.
const PATIENCE: Duration = Duration::from_secs(10);
/// Turning a new file to WAL fails at once if another process does the same: tried so often,
const ATTEMPTS: u32 = 200;
/// with this pause.
const PAUSE: Duration = Duration::from_millis(10);
/// Statements that a connection keeps compiled; more than there are.
const STATEMENTS: usize = 64;

/// What kind of file system a store lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSystem {
    /// One of this machine.
    Local,
    /// NFS, SMB, a cluster's or a host's: the store gives up its write-ahead log, which needs shared memory (MCH-5).
    Network,
    /// A user-space one, of which nobody knows how well it locks: worth a warning.
    Fuse,
}

/// What a commit outlives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Durability {
    /// The death of every process of ours.
    #[default]
    ProcessDeath,
    /// Also the loss of power: the disk is waited for at each commit.
    PowerLoss,
}

impl Durability {
    fn synchronous(self) -> &'static str {
        match self {
            Durability::ProcessDeath => "NORMAL",
            Durability::PowerLoss => "FULL",
        }
    }
}

impl FileSystem {
    /// The one that a path lies on; `Local` if the system does not say.
    #[cfg(target_os = "linux")]
    pub(crate) fn of(path: &Path) -> Self {
        rustix::fs::statfs(path).map_or(FileSystem::Local, |found| FileSystem::of_magic(found.f_type as u32))
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn of(_: &Path) -> Self {
        FileSystem::Local
    }

    /// The one of a magic number of statfs(2).
    #[cfg(any(target_os = "linux", test))]
    pub(super) fn of_magic(magic: u32) -> Self {
        match magic {
            // NFS, SMB, CIFS, SMB2.
            0x6969 | 0x517B | 0xFF53_4D42 | 0xFE53_4D42
            // Those of clusters: Lustre, GPFS, Ceph, BeeGFS, OCFS2; AFS.
            | 0x0BD0_0BD0 | 0x4750_4653 | 0x00C3_6400 | 0x1983_0326 | 0x7461_636F | 0x5346_414F
            // Folders that a virtual machine is lent by its host: 9p, VirtualBox.
            | 0x0102_1997 | 0x786F_4256 => FileSystem::Network,
            0x6573_5546 => FileSystem::Fuse,
            _ => FileSystem::Local,
        }
    }

    pub(super) fn journal_mode(self) -> &'static str {
        match self {
            FileSystem::Local | FileSystem::Fuse => "WAL",
            FileSystem::Network => "DELETE",
        }
    }
}

/// Makes the folder and the file where they are missing, for the owner's eyes only (MCH-5).
pub(super) fn prepare(path: &Path) -> io::Result<FileSystem> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // A file that is there is not opened: closing it would drop the locks that SQLite holds on it
    // in this process.
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    Ok(FileSystem::of(folder))
}

/// The connection that writes; the schema is up to date when it returns.
pub(super) fn open_writer(
    path: &Path,
    place: &str,
    (file_system, durability): (FileSystem, Durability),
) -> Result<Connection, Fault> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match try_open_writer(path, place, (file_system, durability)) {
            Err(fault) if fault.is_busy() && attempts < ATTEMPTS => crate::sys::pause(PAUSE),
            result => return result,
        }
    }
}

fn try_open_writer(
    path: &Path,
    place: &str,
    (file_system, durability): (FileSystem, Durability),
) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Counts only while the file is empty: free pages can then be given back piece by piece.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    set_journal(&connection, file_system)?;
    connection.pragma_update(None, "synchronous", durability.synchronous())?;
    migrate(&mut connection, place)?;
    Ok(connection)
}

fn set_journal(connection: &Connection, file_system: FileSystem) -> Result<(), Fault> {
    let wanted = file_system.journal_mode();
    let set: String = connection.pragma_update_and_check(None, "journal_mode", wanted, |row| row.get(0))?;
    if set.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    Err(Fault::Sql(rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN),
        Some(format!("journal mode {wanted} cannot be had, only {set}")),
    )))
}

/// A connection that only reads, and is never in the writer's way.
pub(super) fn open_reader(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}
