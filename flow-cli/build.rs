//! Lists the files of the templates of `init` for `src/template.rs`, so that no list has to be kept by hand
//! and the example of this repository is a template without a copy.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

/// The templates and their folders.
const TEMPLATES: [(&str, &str); 3] = [
    ("BAREBONE", "templates/barebone"),
    ("DEFAULT", "templates/default"),
    ("FRAUD_DETECTION", "../examples/fraud-detection"),
];

/// The only names with a leading dot that belong to a template; others are what tools and tasks leave.
const DOTTED: [&str; 2] = [".apolo", ".gitignore"];

fn main() -> io::Result<()> {
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut code = String::new();
    for (name, folder) in TEMPLATES {
        let folder = package.join(folder).canonicalize()?;
        let mut files = Vec::new();
        collect(&folder, &mut files)?;
        files.sort();
        write_list(&mut code, name, &folder, &files);
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    say("rerun-if-changed", Path::new("build.rs"));
    std::fs::write(out.join("templates.rs"), code)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let left = name.starts_with('.') && !DOTTED.contains(&name.as_str());
        if left || name == "__pycache__" {
            continue;
        }
        if path.is_dir() {
            // No folder is watched: what Python leaves in them would build this crate anew after each bake of the
            // example. That a file was added a test of `template` sees.
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn write_list(code: &mut String, name: &str, folder: &Path, files: &[PathBuf]) {
    let _ = writeln!(code, "const {name}: &[TemplateFile] = &[");
    for file in files {
        say("rerun-if-changed", file);
        let path = file.strip_prefix(folder).unwrap_or(file).display().to_string();
        let from = file.display().to_string();
        let _ = writeln!(code, "    TemplateFile {{ path: {path:?}, text: include_str!({from:?}) }},");
    }
    code.push_str("];\n");
}

fn say(what: &str, path: &Path) {
    println!("cargo::{what}={}", path.display());
}
