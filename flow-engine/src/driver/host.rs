//! Answers to the questions that expressions ask: files are hashed and volumes copied here, on blocking threads.

use std::path::Path;

use flow_core::expr::HostCall;
use flow_core::expr::storage::{HostStorage, parse_volume};
use flow_core::value::Value;

use crate::glob::matching;
use crate::storage::{Ignore, StorageRoot, copy};

/// What questions about volumes are answered with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Volumes {
    /// The storage; absent: there is none to copy to.
    pub storage: Option<StorageRoot>,
    /// Whether units see volumes where they are mounted.
    pub mounted: bool,
}

/// Answers one question; the error is a lower-case fragment for the user.
///
/// Asked again after a crash an upload goes on where it stopped.
pub(crate) async fn answer(call: HostCall, volumes: &Volumes) -> Result<Value, String> {
    match call {
        HostCall::HashFiles { root, patterns } => {
            let work = tokio::task::spawn_blocking(move || hash_files(Path::new(&root), &patterns));
            work.await.map_err(|error| format!("hashing files failed: {error}"))?.map(Value::from)
        }
        HostCall::Upload { local, remote } => {
            let storage = volumes.storage.clone().ok_or("this engine has no storage to upload to")?;
            let work = tokio::task::spawn_blocking(move || upload(&storage, Path::new(&local), &remote));
            work.await.map_err(|error| format!("the upload failed: {error}"))?.map(|()| Value::Bool(true))
        }
        HostCall::InspectJob { .. } => {
            Err("`inspect_job` is answered only where a job is really started: it looks which jobs run".to_owned())
        }
        HostCall::ParseVolume { text } => {
            let root = volumes.storage.as_ref().filter(|_| !volumes.mounted);
            let root = root.map(|root| root.folder().display().to_string());
            let storage = root.as_deref().map(|root| HostStorage { root });
            parse_volume(&text, storage).map_err(|misfit| misfit.message)
        }
    }
}

/// Copies a folder of the workspace to the storage: what changed, and what `.apoloignore` does not leave out (LIV-41).
fn upload(storage: &StorageRoot, local: &Path, remote: &str) -> Result<(), String> {
    let copied = storage.path_of(remote).and_then(|to| copy(local, &to, Ignore::Rules, &|_| {}));
    copied.map(drop).map_err(|error| error.to_string())
}

/// One SHA-256 over names and contents of all matching files below `root`.
///
/// Shape: lower-case hex. Errors: what cannot be read, a pattern that leaves the folder, in words for the user.
/// Source: EXP-50.
pub fn hash_files(root: &Path, patterns: &[String]) -> Result<String, String> {
    use sha2::Digest as _;
    let failed = |path: &Path, error: std::io::Error| format!("cannot read `{}`: {error}", path.display());
    let root = root.canonicalize().map_err(|error| failed(root, error))?;
    let mut hash = sha2::Sha256::new();
    for pattern in patterns {
        for path in matching(&root, pattern)? {
            let target = path.canonicalize().map_err(|error| failed(&path, error))?;
            let name = target
                .strip_prefix(&root)
                .map_err(|_| format!("`{}` is a link that leaves `{}`", path.display(), root.display()))?;
            let name = name.to_str().ok_or_else(|| format!("the name of `{}` is not UTF-8", name.display()))?;
            hash.update(if name.is_empty() { "." } else { name });
            if target.is_file() {
                let mut file = std::fs::File::open(&target).map_err(|error| failed(&target, error))?;
                feed(&mut file, &mut hash).map_err(|error| failed(&target, error))?;
            }
        }
    }
    Ok(hash.finalize().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")))
}

/// Feeds a file to the hash piece by piece, so that a large one takes no memory.
fn feed(file: &mut std::fs::File, hash: &mut sha2::Sha256) -> std::io::Result<()> {
    use sha2::Digest as _;
    use std::io::Read as _;
    let mut piece = vec![0; 128 * 1024];
    loop {
        let count = file.read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        hash.update(piece.get(..count).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests;
