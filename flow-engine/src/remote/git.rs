//! [`Git`]: the git program, as far as it is trusted: it lists references and brings objects, and runs nothing.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::remote::error::RemoteError;
use crate::remote::lock::VersionKind;

/// How repositories are reached. Source: MCH-7.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// `https://github.com`.
    #[default]
    Https,
    /// `ssh://git@github.com`, with the user's own keys.
    Ssh,
    /// Bare repositories `OWNER/NAME.git` below a folder, absolute; for mirrors and tests.
    File(PathBuf),
}

/// Settings of every call. No hook, filter, submodule, prompt or background work, and one protocol only.
const SAFE: &[&str] = &[
    "protocol.version=2",
    "protocol.allow=never",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.askPass=",
    "credential.interactive=false",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "filter.lfs.smudge=",
    "filter.lfs.process=",
    "filter.lfs.required=false",
    "transfer.bundleURI=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.lowSpeedLimit=1",
    "http.lowSpeedTime=60",
];

/// The environment of every call, over the caller's without its own settings of git.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_ASKPASS", "false"),
    ("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=30"),
    ("GIT_LFS_SKIP_SMUDGE", "1"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("LC_ALL", "C"),
];

/// The longest message of git's that is told, in bytes.
const MAX_MESSAGE_BYTES: usize = 2000;

/// A commit that a version names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) kind: VersionKind,
    pub(super) commit: String,
}

/// One entry of a commit's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TreeEntry {
    pub(super) mode: String,
    pub(super) object: String,
    pub(super) bytes: u64,
    /// As in the repository; any bytes but zero.
    pub(super) path: Vec<u8>,
}

/// The git program with a bare repository of ours to bring objects to.
#[derive(Debug)]
pub(super) struct Git<'a> {
    pub(super) protocol: &'a Protocol,
    pub(super) environment: &'a [(OsString, OsString)],
    /// The bare repository.
    pub(super) folder: &'a Path,
}

impl Git<'_> {
    /// The address of a repository, whose name has been validated.
    fn url(&self, repository: &str) -> String {
        match self.protocol {
            Protocol::Https => format!("https://github.com/{repository}.git"),
            Protocol::Ssh => format!("ssh://git@github.com/{repository}.git"),
            Protocol::File(folder) => format!("file://{}/{repository}.git", folder.display()),
        }
    }

    /// Makes the bare repository.
    pub(super) fn init(&self) -> Result<(), RemoteError> {
        let folder = self.folder.display().to_string();
        self.run("make", &folder, &["init", "--quiet", "--bare", "--template=", "--", &folder]).map(drop)
    }

    /// The commit that a branch or a tag names now; a branch comes first, as for `git clone --branch`.
    ///
    /// Errors: `NoVersion`, `Git`, `NoGit`.
    pub(super) fn find(&self, repository: &str, version: &str) -> Result<Named, RemoteError> {
        let url = self.url(repository);
        let (branch, tag) = (format!("refs/heads/{version}"), format!("refs/tags/{version}"));
        let peeled = format!("{tag}^{{}}");
        let output = self.run("read", &url, &["ls-remote", "--quiet", "--", &url, &branch, &tag, &peeled])?;
        let text = String::from_utf8_lossy(&output);
        let named = |name: &str| text.lines().find_map(|line| line.split_once('\t').filter(|(_, one)| *one == name));
        let found = [(&branch, VersionKind::Branch), (&peeled, VersionKind::Tag), (&tag, VersionKind::Tag)];
        let found = found.into_iter().find_map(|(name, kind)| Some((named(name)?.0, kind)));
        let found = found.map(|(commit, kind)| Named { kind, commit: commit.to_owned() });
        found.ok_or_else(|| RemoteError::NoVersion { repository: repository.to_owned(), version: version.to_owned() })
    }

    /// Brings a commit with its tree, and nothing of its history.
    pub(super) fn fetch(&self, repository: &str, commit: &str) -> Result<(), RemoteError> {
        let url = self.url(repository);
        let arguments = ["fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", &url, commit];
        self.run("fetch", &url, &arguments).map(drop)
    }

    /// All files and links of a commit.
    pub(super) fn tree(&self, commit: &str) -> Result<Vec<TreeEntry>, RemoteError> {
        let tree = format!("{commit}^{{tree}}");
        let output = self.run("read", commit, &["ls-tree", "-r", "-z", "-l", "--full-tree", &tree])?;
        let lines = output.split(|byte| *byte == 0).filter(|line| !line.is_empty());
        let entries = lines.map(|line| {
            let odd = || RemoteError::Refused {
                path: String::from_utf8_lossy(line).into_owned(),
                why: "git tells in a way that this program does not know",
            };
            let tab = line.iter().position(|byte| *byte == b'\t').ok_or_else(odd)?;
            let (facts, path) = line.split_at(tab);
            let facts = String::from_utf8_lossy(facts).into_owned();
            let mut facts = facts.split_ascii_whitespace();
            let (Some(mode), Some(_), Some(object)) = (facts.next(), facts.next(), facts.next()) else {
                return Err(odd());
            };
            // A submodule has no size.
            let bytes = facts.next().and_then(|size| size.parse().ok()).unwrap_or(0);
            let path = path.get(1..).unwrap_or_default().to_vec();
            Ok(TreeEntry { mode: mode.to_owned(), object: object.to_owned(), bytes, path })
        });
        entries.collect()
    }

    /// Gives the bytes of objects to `take`, in order. No filter sees them.
    pub(super) fn read(
        &self,
        objects: &[&str],
        mut take: impl FnMut(usize, Vec<u8>) -> Result<(), RemoteError>,
    ) -> Result<(), RemoteError> {
        let broken = |error: &std::io::Error| RemoteError::system("cannot read objects in", self.folder, error);
        let mut command = self.command(&["cat-file", "--batch"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|error| no_git(&error))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let asked = objects.iter().fold(String::new(), |text, object| text + object + "\n");
        let writer = std::thread::spawn(move || {
            // A reader that stops early is told by its own error.
            input.map(|mut input| input.write_all(asked.as_bytes()))
        });
        let result = (|| {
            let Some(output) = output else { return Ok(()) };
            let mut output = BufReader::new(output);
            for at in 0..objects.len() {
                take(at, one_object(&mut output).map_err(|error| broken(&error))?)?;
            }
            Ok(())
        })();
        // What is left unread must not keep it from ending.
        let _ = child.kill();
        let _ = child.wait();
        let _ = writer.join();
        result
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        let allowed = match self.protocol {
            Protocol::Https => "protocol.https.allow=always",
            Protocol::Ssh => "protocol.ssh.allow=always",
            Protocol::File(_) => "protocol.file.allow=always",
        };
        for setting in SAFE.iter().chain([&allowed]) {
            command.args(["-c", setting]);
        }
        let own = self.environment.iter().filter(|(name, _)| {
            let name = name.to_string_lossy();
            !name.starts_with("GIT_") && name != "SSH_ASKPASS"
        });
        command.env_clear().envs(own.cloned()).envs(ENVIRONMENT.iter().copied()).env("GIT_DIR", self.folder);
        command.args(arguments).stdin(Stdio::null()).stderr(Stdio::piped());
        command
    }

    fn run(&self, doing: &'static str, url: &str, arguments: &[&str]) -> Result<Vec<u8>, RemoteError> {
        let output = self.command(arguments).output().map_err(|error| no_git(&error))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let mut message = lines.join("; ");
        let end = (0..=MAX_MESSAGE_BYTES.min(message.len())).rev().find(|at| message.is_char_boundary(*at));
        message.truncate(end.unwrap_or(0));
        Err(RemoteError::Git { doing, url: url.to_owned(), message })
    }
}

/// One answer of `git cat-file --batch`: `OBJECT TYPE SIZE`, the bytes, a line end.
fn one_object(output: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut head = String::new();
    output.read_line(&mut head)?;
    let size = head.split_ascii_whitespace().nth(2).and_then(|size| size.parse::<u64>().ok());
    let size = size.ok_or_else(|| std::io::Error::other(format!("git said `{}`", head.trim_end())))?;
    let mut bytes = Vec::new();
    output.by_ref().take(size).read_to_end(&mut bytes)?;
    let mut end = [0];
    output.read_exact(&mut end)?;
    Ok(bytes)
}

fn no_git(error: &std::io::Error) -> RemoteError {
    RemoteError::NoGit { message: error.to_string() }
}
