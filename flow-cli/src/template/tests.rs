//! Templates come whole or not at all.

use clap::ValueEnum as _;
use tempfile::tempdir;

use super::*;

#[test]
fn a_template_has_the_files_of_its_folder() {
    let paths: Vec<&str> = Template::Barebone.files().iter().map(|file| file.path).collect();
    assert_eq!(paths, [".apolo/hello.yml", ".apolo/project.yml"]);
    let example: Vec<&str> = Template::FraudDetection.files().iter().map(|file| file.path).collect();
    for path in [".apolo/train.yml", ".gitignore", "README.md", "requirements.txt", "src/ingest.py"] {
        assert!(example.contains(&path), "{path} is missing: {example:?}");
    }
    // What a bake and Python leave in the example's folder.
    assert!(!example.iter().any(|path| path.contains(".data") || path.contains("__pycache__")), "{example:?}");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (template, folder) in [
        (Template::Barebone, "templates/barebone"),
        (Template::Default, "templates/default"),
        (Template::FraudDetection, "../examples/fraud-detection"),
    ] {
        let mut there = Vec::new();
        list(&root.join(folder), "", &mut there);
        there.sort();
        let mut carried: Vec<&str> = template.files().iter().map(|file| file.path).collect();
        carried.sort_unstable();
        assert_eq!(there, carried, "{folder} has changed since the build: touch flow-cli/build.rs");
    }
}

/// All files below a folder, but for what tools and tasks leave.
fn list(folder: &Path, before: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let left = name.starts_with('.') && ![".apolo", ".gitignore"].contains(&name.as_str());
        match entry.path().is_dir() {
            _ if left || name == "__pycache__" => {}
            true => list(&entry.path(), &format!("{before}{name}/"), found),
            false => found.push(format!("{before}{name}")),
        }
    }
}

#[test]
fn a_folder_name_becomes_an_id() {
    let id = |name: &str| project_id(Path::new(name));
    assert_eq!(id("/w/My shop-2"), "my_shop_2");
    assert_eq!(id("/w/2nd"), "project_2nd");
    assert_eq!((id("/w/…"), id("/")), (ID.to_owned(), ID.to_owned()));
}

#[test]
fn nothing_is_written_where_something_is_in_the_way() {
    for taken in ["README.md", "src", ".apolo", ".neuro", "src/train.py"] {
        let folder = tempdir().unwrap();
        let path = folder.path().join(taken);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "mine").unwrap();
        let Err(NotPlaced::InTheWay(found)) = place(Template::Default, folder.path()) else { panic!("{taken}") };
        assert_eq!(found, [taken]);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "{taken}");
    }
}

#[test]
fn a_failure_takes_back_what_was_written() {
    let folder = tempdir().unwrap();
    std::fs::create_dir(folder.path().join("src")).unwrap();
    let mut placed = Placed::default();
    placed.write(Template::Default, folder.path()).unwrap();
    std::fs::rename(folder.path().join(".apolo"), folder.path().join("kept")).unwrap();
    // The same once more is stopped by the first file that is there.
    let mut again = Placed::default();
    assert!(matches!(again.write(Template::Default, folder.path()), Err(NotPlaced::Io { .. })));
    again.take_back();
    assert!(folder.path().join("README.md").is_file(), "what another one wrote stays");
    std::fs::rename(folder.path().join("kept"), folder.path().join(format!(".apolo.new-{}", std::process::id())))
        .unwrap();
    placed.take_back();
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["src"]);
}

#[test]
fn each_template_names_a_batch_that_it_has() {
    for template in Template::value_variants() {
        let flow = format!(".apolo/{}.yml", template.batch());
        assert!(template.files().iter().any(|file| file.path == flow), "{template:?}");
    }
}
