//! [`RemoteActions`]: from what a call names to a text that is here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flow_core::model::ActionRef;
use flow_core::port::NamedText;

use crate::remote::cache::{Cache, Guard};
use crate::remote::error::RemoteError;
use crate::remote::git::{Git, Named, Protocol};
use crate::remote::lock::{Lock, Pin, VersionKind, is_commit};

/// The file of an action, the preferred name first (CTX-60).
const NAMES: [&str; 2] = ["action.yml", "action.yaml"];

/// Where remote actions come from and where they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteConfig {
    /// How repositories are reached.
    pub protocol: Protocol,
    /// The folder of all trees, absolute.
    pub cache: PathBuf,
    /// `flow.lock`, absolute.
    pub lock: PathBuf,
    /// The caller's environment, as `std::env::vars_os` tells it: git finds its keys and proxies there.
    pub environment: Vec<(OsString, OsString)>,
}

/// Remote actions of one config folder. Cheap to clone.
///
/// What the lock pins and the cache has is used without a look at the network. All methods block.
#[derive(Clone, Debug)]
pub struct RemoteActions {
    config: Arc<RemoteConfig>,
    cache: Cache,
    /// Whether nothing may be fetched, and the lock not be changed.
    locked: bool,
}

/// What an update does with a tag that names another commit than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovedTags {
    /// It is an error.
    Refuse,
    /// The new commit is pinned.
    Allow,
}

/// What an update did to one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// What calls name.
    pub action: String,
    /// The commit that was pinned before.
    pub before: Option<String>,
    /// The commit that is pinned now.
    pub now: String,
}

impl RemoteActions {
    /// Remote actions that are fetched when they are needed.
    pub fn new(config: RemoteConfig) -> Self {
        let cache = Cache { folder: config.cache.clone() };
        RemoteActions { config: Arc::new(config), cache, locked: false }
    }

    /// The same, fetching nothing (`--locked`).
    pub fn locked(&self) -> Self {
        RemoteActions { locked: true, ..self.clone() }
    }

    /// The text of an action, and its path for people; `None` if the repository has no action file.
    ///
    /// Pins a version that the lock does not have. Errors: all of [`RemoteError`].
    pub fn text(&self, action: &ActionRef) -> Result<Option<NamedText>, RemoteError> {
        let folder = self.folder(action)?;
        for path in NAMES.map(|name| folder.join(name)) {
            let failed = |error: &std::io::Error| RemoteError::system("cannot read", &path, error);
            match std::fs::read(&path) {
                Ok(bytes) => {
                    let text =
                        String::from_utf8(bytes).map_err(|_| failed(&std::io::Error::other("not UTF-8 text")))?;
                    return Ok(Some((path.display().to_string(), text.into())));
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(&error)),
            }
        }
        Ok(None)
    }

    /// The folder of an action: its repository at the pinned commit. Errors: as [`Self::text`].
    fn folder(&self, action: &ActionRef) -> Result<PathBuf, RemoteError> {
        let name = action.to_string();
        let pin = Lock::read(&self.config.lock)?.pins.remove(&name);
        if let Some(folder) = pin.as_ref().and_then(|pin| self.cache.find(&pin.commit)) {
            return Ok(folder);
        }
        match (self.locked, pin) {
            (true, None) => Err(RemoteError::NotLocked { action: name }),
            (true, Some(pin)) => Err(RemoteError::NotHere { action: name, commit: pin.commit }),
            (false, _) => self.fetched(action),
        }
    }

    /// Brings an action here: at its pinned commit, else at the one that its version names now.
    fn fetched(&self, action: &ActionRef) -> Result<PathBuf, RemoteError> {
        let name = action.to_string();
        let (guard, repository) = (self.cache.guard()?, parts(action)?.0);
        // Another process may have done it meanwhile.
        let mut lock = Lock::read(&self.config.lock)?;
        let Some(pin) = lock.pins.get(&name) else {
            let found = self.find(action, &guard)?;
            let folder = self.brought(repository, &found.commit, &guard)?;
            lock.pins.insert(name, Pin { kind: found.kind, commit: found.commit, allow_local: false });
            lock.write(&self.config.lock)?;
            return Ok(folder);
        };
        if pin.kind == VersionKind::Tag {
            self.check_tag(action, pin, &guard)?;
        }
        self.brought(repository, &pin.commit, &guard)
    }

    /// Errors: `Moved`.
    fn check_tag(&self, action: &ActionRef, pin: &Pin, guard: &Guard) -> Result<(), RemoteError> {
        let found = self.find(action, guard)?.commit;
        if found == pin.commit {
            return Ok(());
        }
        Err(RemoteError::Moved { action: action.to_string(), pinned: pin.commit.clone(), found })
    }

    /// Looks anew which commits versions name, and pins those; of all actions in the lock, or of one, which may be new.
    ///
    /// A permission to run on this machine is for one commit. Errors: all of [`RemoteError`]; what was updated before
    /// the first one stays so.
    pub fn update(&self, only: Option<&ActionRef>, moved: MovedTags) -> Result<Vec<Update>, RemoteError> {
        let guard = self.cache.guard()?;
        let mut lock = Lock::read(&self.config.lock)?;
        let known = lock.pins.keys().filter_map(|name| ActionRef::parse(name).ok());
        let actions: Vec<ActionRef> = only.map_or_else(|| known.collect(), |one| vec![one.clone()]);
        let mut updates = Vec::new();
        for action in actions {
            let name = action.to_string();
            let before = lock.pins.get(&name).cloned();
            let found = self.find(&action, &guard)?;
            let is_moved =
                before.as_ref().is_some_and(|pin| pin.kind == VersionKind::Tag && pin.commit != found.commit);
            if let Some(pin) = before.as_ref().filter(|_| is_moved && moved == MovedTags::Refuse) {
                let (pinned, found) = (pin.commit.clone(), found.commit);
                return Err(RemoteError::Moved { action: name, pinned, found });
            }
            self.brought(parts(&action)?.0, &found.commit, &guard)?;
            let allow_local = before.as_ref().is_some_and(|pin| pin.allow_local && pin.commit == found.commit);
            let pin = Pin { kind: found.kind, commit: found.commit.clone(), allow_local };
            if before.as_ref() != Some(&pin) {
                lock.pins.insert(name.clone(), pin);
                lock.write(&self.config.lock)?;
            }
            updates.push(Update { action: name, before: before.map(|pin| pin.commit), now: found.commit });
        }
        Ok(updates)
    }

    /// Whether an action that is pinned may run on this machine. Errors: `BadLock`, `System`.
    pub fn may_run_here(&self, action: &ActionRef) -> Result<bool, RemoteError> {
        let lock = Lock::read(&self.config.lock)?;
        Ok(lock.pins.get(&action.to_string()).is_some_and(|pin| pin.allow_local))
    }

    /// Keeps the answer that an action may run on this machine, at the commit that is pinned.
    ///
    /// Errors: `NotLocked` for one that is not pinned, `BadLock`, `System`.
    pub fn allow_here(&self, action: &ActionRef) -> Result<(), RemoteError> {
        let _guard = self.cache.guard()?;
        let mut lock = Lock::read(&self.config.lock)?;
        let name = action.to_string();
        let Some(pin) = lock.pins.get_mut(&name) else { return Err(RemoteError::NotLocked { action: name }) };
        pin.allow_local = true;
        lock.write(&self.config.lock)
    }

    /// The commit that a version names now.
    fn find(&self, action: &ActionRef, guard: &Guard) -> Result<Named, RemoteError> {
        let (repository, version) = parts(action)?;
        if is_commit(version) {
            return Ok(Named { kind: VersionKind::Commit, commit: version.to_owned() });
        }
        let folder = self.cache.scratch(guard)?;
        let git = self.git(&folder);
        git.init()?;
        let found = git.find(repository, version);
        self.cache.tidy(guard);
        let found = found?;
        if is_commit(&found.commit) {
            return Ok(found);
        }
        Err(RemoteError::NoVersion { repository: repository.to_owned(), version: version.to_owned() })
    }

    /// The tree of a commit, fetched if it is not here.
    fn brought(&self, repository: &str, commit: &str, guard: &Guard) -> Result<PathBuf, RemoteError> {
        if let Some(folder) = self.cache.find(commit) {
            return Ok(folder);
        }
        let folder = self.cache.scratch(guard)?;
        let git = self.git(&folder);
        let kept = git.init().and_then(|()| git.fetch(repository, commit));
        let kept = kept.and_then(|()| self.cache.keep(&git, commit, guard));
        self.cache.tidy(guard);
        kept
    }

    fn git<'a>(&'a self, folder: &'a Path) -> Git<'a> {
        Git { protocol: &self.config.protocol, environment: &self.config.environment, folder }
    }
}

/// Repository and version. Errors: `NoAction` for one of the workspace.
fn parts(action: &ActionRef) -> Result<(&str, &str), RemoteError> {
    match action {
        ActionRef::GitHub { repository, version } => Ok((repository, version)),
        ActionRef::Workspace(_) => Err(RemoteError::NoAction { action: action.to_string() }),
    }
}
