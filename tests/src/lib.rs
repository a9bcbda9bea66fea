//! The kit of the cross-crate tests: where the repository's files are, and the conformance vectors.
//!
//! Main types: [`conformance::Case`]; paths come from [`repository`] and [`fixtures`]. Doubles of the
//! ports do not belong here: they are public in `flow_engine::testing`.

pub mod conformance;

use std::path::{Path, PathBuf};

/// The root folder of the repository.
///
/// # Panics
/// If this package has no parent folder, which its place in the workspace rules out.
pub fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("the package lies in the workspace").to_path_buf()
}

/// The path of a fixture; `name` is relative to `tests/fixtures`.
pub fn fixture(name: &str) -> PathBuf {
    repository().join("tests/fixtures").join(name)
}

/// All files below a folder of fixtures, sorted by path; empty where the folder does not exist.
pub fn fixtures(folder: &str) -> Vec<PathBuf> {
    files_below(&fixture(folder))
}

/// All files below a folder, sorted by path; empty where the folder does not exist.
///
/// Folders that tools make (`target`, and those whose name begins with a dot) are left out.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            match path.is_dir() {
                true if name == "target" || (name.starts_with('.') && name != ".apolo") => {}
                true => open.push(path),
                false => found.push(path),
            }
        }
    }
    found.sort();
    found
}

/// The README's Rust example, compiled with the examples in the docs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub mod readme {}
