//! Git facts of a workspace, by the user's own git program.

use std::process::Stdio;

use async_trait::async_trait;
use flow_core::model::GitInfo;
use flow_core::port::GitSource;

/// Asks the `git` program. Source: CTX-2, DEC-20.
#[derive(Clone, Copy, Debug, Default)]
pub struct GitProgram;

#[async_trait]
impl GitSource for GitProgram {
    async fn info(&self, workspace: &str) -> Option<GitInfo> {
        let mut git = tokio::process::Command::new("git");
        git.args(["-C", workspace, "log", "-1", "--format=%H%n%D", "--decorate=full"]);
        let output = git.stdin(Stdio::null()).stderr(Stdio::null()).output().await.ok()?;
        output.status.success().then(|| parse(&String::from_utf8_lossy(&output.stdout))).flatten()
    }
}

/// Always gives the same answer; for tests and embedders that know it already.
#[derive(Clone, Debug, Default)]
pub struct FixedGit(pub Option<GitInfo>);

#[async_trait]
impl GitSource for FixedGit {
    async fn info(&self, _workspace: &str) -> Option<GitInfo> {
        self.0.clone()
    }
}

/// Reads `<sha>` and the line of decorations below it.
fn parse(text: &str) -> Option<GitInfo> {
    let (sha, rest) = text.split_once('\n')?;
    let names: Vec<&str> = rest.trim().split(", ").collect();
    let branch = names.iter().find_map(|name| name.strip_prefix("HEAD -> refs/heads/")).unwrap_or("HEAD");
    let tags = names.iter().filter_map(|name| name.strip_prefix("tag: refs/tags/"));
    Some(GitInfo { sha: sha.to_owned(), branch: branch.to_owned(), tags: tags.map(str::to_owned).collect() })
}

#[cfg(test)]
mod tests;
