//! What is found on machines in several states.

use std::path::PathBuf;

use tempfile::TempDir;

use super::*;

struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("w/.apolo")).unwrap();
        Home { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn findings(&self, path: &str) -> Vec<Finding> {
        let home = self.folder.path().display().to_string();
        examine(&self.path("w"), &|name| match name {
            "HOME" => Some(home.clone()),
            "PATH" => Some(path.to_owned()),
            _ => None,
        })
        .await
    }
}

fn find<'a>(findings: &'a [Finding], subject: &str) -> &'a Finding {
    findings.iter().find(|finding| finding.subject == subject).unwrap_or_else(|| panic!("{subject}: {findings:#?}"))
}

#[tokio::test]
async fn a_bare_machine_can_run_and_is_left_as_it_was() {
    let home = Home::new();
    let findings = home.findings("/nowhere").await;
    assert!(can_run(&findings), "{findings:#?}");
    for (subject, health) in [
        ("workspace", Health::Note),
        ("settings", Health::Ok),
        ("data folder", Health::Ok),
        ("store", Health::Ok),
        ("executor local", Health::Ok),
        ("git", Health::Note),
        ("dot", Health::Note),
    ] {
        assert_eq!(find(&findings, subject).health, health, "{subject}: {findings:#?}");
    }
    assert!(findings.iter().all(|one| one.mend.is_some() == (one.health != Health::Ok)), "each has a way out");
    assert!(findings.iter().all(|one| one.subject != "docker"));
    assert!(!home.path(".local").exists(), "looking makes nothing");
}

#[tokio::test]
async fn what_keeps_flows_from_running_is_a_problem() {
    let home = Home::new();
    std::fs::write(home.path("w/.apolo/engine.toml"), "[executor]\nname = 5\n").unwrap();
    let findings = home.findings("/nowhere").await;
    assert!(!can_run(&findings));
    assert!(find(&findings, "settings").found.contains("engine.toml:2:8"), "{findings:#?}");
    std::fs::write(home.path("w/.apolo/engine.toml"), "").unwrap();
    std::fs::create_dir_all(home.path(".local/share/apolo-flow")).unwrap();
    std::fs::write(home.path(".local/share/apolo-flow/flow.db"), "this is no database, however long it may be")
        .unwrap();
    let findings = home.findings("/nowhere").await;
    assert_eq!(find(&findings, "store").health, Health::Problem, "{findings:#?}");
    assert!(find(&findings, "settings").found.ends_with("w/.apolo/engine.toml"));
}

#[tokio::test]
async fn a_store_of_ours_tells_its_schema() {
    let home = Home::new();
    let file = home.path(".local/share/apolo-flow/flow.db");
    drop(crate::store::SqliteStore::open(&file).unwrap());
    let findings = home.findings("/nowhere").await;
    let store = find(&findings, "store");
    assert!(store.health == Health::Ok && store.found.contains("KiB, schema "), "{store:?}");
}

#[tokio::test]
async fn programs_are_found_and_say_their_version() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    for (name, text) in [("git", "#!/bin/sh\necho git version 9\n"), ("sbatch", "#!/bin/sh\n"), ("dot", "no program")] {
        std::fs::create_dir_all(home.path("bin")).unwrap();
        std::fs::write(home.path("bin").join(name), text).unwrap();
        let mode = if name == "dot" { 0o644 } else { 0o755 };
        std::fs::set_permissions(home.path("bin").join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let findings = home.findings(home.path("bin").to_str().unwrap()).await;
    assert!(find(&findings, "git").found.starts_with("git version 9 ("), "{findings:#?}");
    assert!(find(&findings, "slurm").found.ends_with("not driven by this version"), "{findings:#?}");
    assert_eq!(find(&findings, "dot").health, Health::Note, "what cannot be run is not there");
}
