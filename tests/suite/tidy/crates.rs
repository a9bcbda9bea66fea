//! Which crate may depend on which, and that each outside dependency has its reason.
//!
//! Main item: [`ARROWS`]. What is inside a crate does not belong here (`layers`, `knowledge`).

use flow_tests::repository;

use super::{Problem, places, settle};

const ARROW: &str = "arrows";
const REASON: &str = "reasons";
const EXCLUSIVE: &str = "exclusive dependencies";

/// Each crate with the crates of ours that it may name; `tests` and `benches` may name all.
const ARROWS: &[(&str, &[&str])] = &[
    ("flow-core", &[]),
    ("flow-engine", &["flow-core"]),
    ("flow-console", &["flow-core", "flow-engine"]),
    ("flow-cli", &["flow-core", "flow-engine", "flow-console"]),
    ("flow-py", &["flow-core", "flow-engine", "flow-cli"]),
    ("tests", &["flow-core", "flow-engine", "flow-cli", "flow-tests"]),
    ("benches", &["flow-core", "flow-engine", "flow-cli"]),
];

/// Dependencies that one crate alone may name.
const OWNED: &[(&str, &str)] = &[
    ("granit-parser", "flow-core"),
    ("rusqlite", "flow-engine"),
    ("getrandom", "flow-engine"),
    ("toml", "flow-engine"),
    ("axum", "flow-console"),
    ("clap", "flow-cli"),
    ("pyo3", "flow-py"),
];

/// Runtimes and the like, which the pure core must never see.
const IMPURE: &[&str] = &["tokio", "futures-util", "rusqlite", "rustix", "getrandom", "tempfile"];

/// The most direct dependencies that the core may have.
const CORE_DEPENDENCIES: usize = 16;

/// One line of a table of dependencies.
struct Dependency<'a> {
    name: &'a str,
    /// The table, such as `dependencies`.
    table: &'a str,
    line: &'a str,
    /// The line above it.
    above: &'a str,
}

/// The dependencies of a manifest, of all its tables.
fn dependencies(manifest: &str) -> Vec<Dependency<'_>> {
    let (mut table, mut above) = ("", "");
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            table = header.trim_end_matches(']');
        } else if table.ends_with("dependencies") && !line.starts_with('#') && line.contains('=') {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            found.push(Dependency { name, table, line, above });
        }
        above = line;
    }
    found
}

/// What one crate's manifest names against the arrows.
fn arrow_problems(package: &str, manifest: &str) -> Vec<Problem> {
    let place = format!("{package}/Cargo.toml");
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package) else {
        return vec![Problem::new(ARROW, place, "this crate has no row in the table of arrows")];
    };
    let named = dependencies(manifest);
    let wrong = named.iter().filter(|named| named.name.starts_with("flow-") && !allowed.contains(&named.name));
    let mut problems: Vec<_> =
        wrong.map(|named| Problem::new(ARROW, &place, format!("may not depend on `{}`", named.name))).collect();
    for named in &named {
        let owner = OWNED.iter().find(|(name, _)| *name == named.name).map(|(_, owner)| *owner);
        if owner.is_some_and(|owner| owner != package) || (package == "flow-core" && IMPURE.contains(&named.name)) {
            problems.push(Problem::new(EXCLUSIVE, &place, format!("`{}` belongs to another crate", named.name)));
        }
    }
    let direct = named.iter().filter(|named| named.table == "dependencies").count();
    if package == "flow-core" && direct > CORE_DEPENDENCIES {
        let message = format!("{direct} direct dependencies, at most {CORE_DEPENDENCIES} are meant");
        problems.push(Problem::new(EXCLUSIVE, &place, message));
    }
    problems
}

/// Outside dependencies of the workspace without a line of reason above them.
fn reason_problems(manifest: &str) -> Vec<Problem> {
    let outside = dependencies(manifest).into_iter().filter(|named| !named.line.contains("path = \""));
    let bare = outside.filter(|named| !named.above.starts_with("# ") || named.above.starts_with("# ---"));
    bare.map(|named| Problem::new(REASON, format!("Cargo.toml::{}", named.name), "write its reason above it")).collect()
}

fn manifest(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The folders of the workspace's members.
fn members(manifest: &str) -> Vec<&str> {
    let list = manifest.lines().find_map(|line| line.strip_prefix("members = [")).unwrap_or_default();
    list.trim_end_matches(']').split(',').map(|name| name.trim().trim_matches('"')).collect()
}

#[test]
fn crates_keep_the_arrows() {
    let workspace = manifest("Cargo.toml");
    let members = members(&workspace);
    assert!(members.contains(&"flow-core"), "the members are read: {members:?}");
    let found = members.iter().flat_map(|name| arrow_problems(name, &manifest(&format!("{name}/Cargo.toml"))));
    settle(&[ARROW, EXCLUSIVE], found.collect());
}

#[test]
fn each_dependency_has_its_reason() {
    settle(&[REASON], reason_problems(&manifest("Cargo.toml")));
}

#[test]
fn a_forbidden_arrow_is_found() {
    let cases = [
        ("flow-core", "[dependencies]\nflow-engine.workspace = true", 1),
        ("flow-core", "[dev-dependencies]\ntokio.workspace = true", 1),
        ("flow-cli", "[dependencies]\nrusqlite = { workspace = true, optional = true }", 1),
        ("flow-cli", "[dependencies]\nflow-engine.workspace = true\n[lints]\nworkspace = true", 0),
        (
            "flow-engine",
            "[features]\ndefault = [\"flow-cli\"]\n[dependencies]\nflow-cli = { path = \"../flow-cli\" }",
            1,
        ),
        ("flow-extra", "", 1),
    ];
    for (package, text, expected) in cases {
        let found = arrow_problems(package, text);
        assert_eq!(found.len(), expected, "{package}: {text}: {found:?}");
    }
    let many = |count: usize| format!("[dependencies]\n{}", "name = \"1\"\n".repeat(count));
    assert_eq!(arrow_problems("flow-core", &many(CORE_DEPENDENCIES)), []);
    assert_eq!(arrow_problems("flow-core", &many(CORE_DEPENDENCIES + 1)).len(), 1);
}

#[test]
fn a_dependency_without_reason_is_found() {
    let text = "[workspace.dependencies]\nflow-core = { path = \"flow-core\" }\n# --- tests ---\nbare = \"1\"\n\
                # drawn at night\nfine = { version = \"2\" }\nclose = \"3\"\n";
    assert_eq!(places(&reason_problems(text)), ["Cargo.toml::bare", "Cargo.toml::close"]);
}
