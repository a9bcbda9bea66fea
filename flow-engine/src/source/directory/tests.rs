use std::fs;

use super::*;

fn tree(paths: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for path in paths {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, path.display().to_string()).unwrap();
    }
    root
}

fn config_of(root: &tempfile::TempDir, start: &str) -> PathBuf {
    let start = root.path().join(start);
    fs::create_dir_all(&start).unwrap();
    DirectorySource::find(&start).unwrap().config_folder().to_owned()
}

#[test]
fn the_nearest_config_folder_wins() {
    // WS-4, as observed there.
    let root = tree(&["a/.apolo/x", "a/.neuro/x", "a/b/.neuro/x"]);
    assert!(config_of(&root, "a/b/c").ends_with("a/b/.neuro"));
    assert!(config_of(&root, "a").ends_with("a/.apolo"));
    assert!(config_of(&root, "a/.apolo").ends_with("a/.apolo"));
}

#[test]
fn a_file_of_that_name_is_no_config_folder() {
    let root = tree(&["x/.apolo", ".apolo/y"]);
    assert_eq!(config_of(&root, "x"), root.path().canonicalize().unwrap().join(".apolo"));
}

#[test]
fn a_missing_start_is_named() {
    let error = DirectorySource::find(Path::new("/no/such/folder")).unwrap_err();
    assert_eq!(error.to_string(), "`/no/such/folder` is not a folder");
}

#[tokio::test]
async fn yml_beats_yaml_and_the_config_folder_beats_the_workspace() {
    // WS-10, WS-14; `x.yml` as a name means the same file (WS-12).
    let root = tree(&[".apolo/b.yml", ".apolo/b.yaml", "project.yml", ".apolo/project.yaml", ".apolo/c.yaml"]);
    let source = DirectorySource::find(root.path()).unwrap();
    let name = async |reference| source.read(&reference).await.unwrap().map(|(name, _)| name);
    assert_eq!(name(SourceRef::Flow("b".into())).await.unwrap(), ".apolo/b.yml");
    assert_eq!(name(SourceRef::Flow("b.yml".into())).await.unwrap(), ".apolo/b.yml");
    assert_eq!(name(SourceRef::Project).await.unwrap(), ".apolo/project.yaml");
    assert!(name(SourceRef::Flow("nosuch".into())).await.is_none());
    assert_eq!(source.flows().await.unwrap(), ["b", "c"]);
}

#[tokio::test]
async fn what_is_no_text_file_is_told_and_not_waited_for() {
    let root = tree(&[".apolo/a.yml"]);
    let config = root.path().join(".apolo");
    fs::write(config.join("latin.yml"), b"# caf\xe9").unwrap();
    fs::create_dir(config.join("folder.yml")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(config.join("pipe.yml")).status().unwrap();
    assert!(made.success());
    let source = DirectorySource::find(root.path()).unwrap();
    for (name, why) in
        [("latin", "not UTF-8 text (byte 5)"), ("folder", "it is not a file"), ("pipe", "it is not a file")]
    {
        let error = source.read(&SourceRef::Flow(name.into())).await.unwrap_err();
        assert_eq!(error.to_string(), format!("cannot read `.apolo/{name}.yml`: {why}"));
    }
}

#[tokio::test]
async fn actions_are_looked_for_from_the_workspace() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join(".apolo")).unwrap();
    std::fs::create_dir_all(folder.path().join("tools/act")).unwrap();
    std::fs::write(folder.path().join("tools/act.yaml"), "kind: local").unwrap();
    let source = DirectorySource::find(folder.path()).unwrap();
    for (path, wanted) in
        [("tools/act", Some("tools/act.yaml")), ("tools/act.yaml", Some("tools/act.yaml")), ("none", None)]
    {
        let found = source.read(&SourceRef::Action(ActionRef::Workspace(path.into()))).await.unwrap();
        assert_eq!(found.map(|(name, _)| name).as_deref(), wanted, "{path}");
    }
}
