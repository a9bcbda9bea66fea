//! Names that must lead somewhere: rule ids, diagnostic codes, links between pages.
//!
//! Main items: [`rule_ids`], [`OTHERWISE`]. What the fixtures say is checked elsewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use flow_core::diag::Code;
use flow_tests::{files_below, fixtures, repository};

use super::{Problem, SourceFile, places, settle, sources};

const ID_RULE: &str = "rule ids";
const CODE_RULE: &str = "codes";
const LINK_RULE: &str = "links";

/// Codes that no text of a flow can show, so that no `err_*` fixture holds them, and where they are tested.
const OTHERWISE: &[(Code, &str)] = &[
    (Code::WorkspaceNotFound, "asks the disk: tested beside `DirectorySource`"),
    (Code::FlowNotFound, "asks the workspace: `suite/check.rs`"),
    (Code::FileUnreadable, "asks the disk: `flow-cli/tests/program/codes.rs`"),
    (Code::UnknownParam, "asks the caller: `suite/check.rs`"),
    (Code::UnknownJob, "asks the caller: `suite/live.rs`"),
    (Code::WrongSuffix, "asks the caller: `suite/live.rs`"),
    (Code::RemoteAction, "asks another repository: `flow-cli/tests/program/remote.rs`"),
    (Code::UntrustedAction, "asks the lock: `flow-cli/tests/program/remote.rs`"),
    (Code::MissingSecret, "asks the machine: `flow-cli/tests/program/secrets.rs`"),
    (Code::InvalidId, "asks the folder's name: `suite/check.rs`"),
];

/// A rule id, such as `EXP-70` or `OBS-9.1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RuleId {
    prefix: String,
    number: String,
}

/// All ids in a text, each with the text before it: letters, a dash, digits, perhaps a dot and digits.
fn rule_ids(text: &str) -> Vec<(RuleId, &str)> {
    let mut found = Vec::new();
    for (dash, _) in text.match_indices('-') {
        let (before, behind) = (text.get(..dash).unwrap_or_default(), text.get(dash + 1..).unwrap_or_default());
        let ahead = before.trim_end_matches(|letter: char| letter.is_ascii_uppercase());
        let prefix = before.get(ahead.len()..).unwrap_or_default();
        let number = number(behind);
        let inside = ahead.ends_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-'));
        if (2..=4).contains(&prefix.len()) && !number.is_empty() && !inside {
            found.push((RuleId { prefix: prefix.to_owned(), number: number.to_owned() }, ahead));
        }
    }
    found
}

/// The number of an id at the beginning of a text: `70`, `9.1`.
fn number(text: &str) -> &str {
    let digits = |text: &str| text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let whole = digits(text);
    let fraction = text.get(whole..).and_then(|rest| rest.strip_prefix('.')).map_or(0, digits);
    let length = if whole > 0 && fraction > 0 { whole + 1 + fraction } else { whole };
    text.get(..length).unwrap_or_default()
}

/// The ids that a page defines: in bold at their definition, or first in a row of a table.
fn defined_ids(page: &str) -> BTreeSet<RuleId> {
    let is_definition = |ahead: &str| ahead.ends_with("**") || ahead.ends_with("\n| ");
    rule_ids(page).into_iter().filter(|(_, ahead)| is_definition(ahead)).map(|(id, _)| id).collect()
}

fn id_problems(files: &[SourceFile], defined: &BTreeSet<RuleId>) -> Vec<Problem> {
    let prefixes: BTreeSet<_> = defined.iter().map(|id| id.prefix.as_str()).collect();
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| !file.path.starts_with("tests/suite/tidy")) {
        let cited: BTreeSet<_> = rule_ids(&file.text).into_iter().map(|(id, _)| id).collect();
        let ours = cited.into_iter().filter(|id| prefixes.contains(id.prefix.as_str()));
        let unknown = ours.filter(|id| !defined.contains(id));
        problems.extend(unknown.map(|id| {
            Problem::new(
                ID_RULE,
                &file.path,
                format!("`{}-{}` is defined nowhere in docs/compat", id.prefix, id.number),
            )
        }));
    }
    problems
}

/// Codes without a fixture, and listed ones that have one.
fn code_problems(fixtures: &[String], otherwise: &[(Code, &str)]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for &code in Code::ALL {
        let shown = fixtures.iter().any(|text| text.contains(code.number()));
        let listed = otherwise.iter().find(|(listed, _)| *listed == code);
        let place = format!("{} {}", code.number(), code.name());
        match (shown, listed) {
            (false, None) => problems.push(Problem::new(CODE_RULE, place, "no `err_*` fixture names it")),
            (true, Some((_, reason))) => {
                problems.push(Problem::new(
                    CODE_RULE,
                    place,
                    format!("has a fixture: take it out of the list ({reason})"),
                ));
            }
            _ => {}
        }
    }
    problems
}

/// Links of a page that lead to no file; other sites are passed over.
fn link_problems(page: &Path, text: &str, exists: impl Fn(&Path) -> bool) -> Vec<Problem> {
    // What stands between back-quotes is code: `](` in it opens no link.
    let prose = text.split('`').step_by(2);
    let behind = prose.flat_map(|part| part.split("](").skip(1));
    let targets = behind.filter_map(|rest| rest.split([')', '#']).next());
    let local =
        targets.filter(|target| !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:"));
    let folder = page.parent().unwrap_or(Path::new(""));
    let dead = local.filter(|target| !exists(&folder.join(target)));
    dead.map(|target| Problem::new(LINK_RULE, page.display().to_string(), format!("`{target}` leads nowhere")))
        .collect()
}

/// The pages that people read: those of the root folder and all below `docs` and `examples`.
fn pages() -> Vec<PathBuf> {
    let root = repository();
    let top = std::fs::read_dir(&root).into_iter().flatten().flatten().map(|entry| entry.path());
    let below = ["docs", "examples", "python"].into_iter().flat_map(|folder| files_below(&root.join(folder)));
    top.chain(below).filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn cited_rules_exist() {
    let pages = files_below(&repository().join("docs/compat"));
    let defined: BTreeSet<_> = pages.iter().flat_map(|page| defined_ids(&read(page))).collect();
    assert!(defined.len() > 400, "the rules are read: {}", defined.len());
    settle(&[ID_RULE], id_problems(&sources(), &defined));
}

#[test]
fn each_code_has_a_fixture() {
    let bad = |path: &PathBuf| path.components().any(|part| part.as_os_str().to_string_lossy().starts_with("err_"));
    let texts: Vec<_> = fixtures("diagnostics").iter().filter(|path| bad(path)).map(|path| read(path)).collect();
    settle(&[CODE_RULE], code_problems(&texts, OTHERWISE));
}

#[test]
fn links_lead_somewhere() {
    settle(&[LINK_RULE], pages().iter().flat_map(|page| link_problems(page, &read(page), Path::exists)).collect());
}

#[test]
fn ids_are_told_from_other_words() {
    let text = "EXP-70, `BAT-12…31` (OBS-9.1), end of DEC-4. SHA-256 no: xEXP-1 A-EXP-2 EXP-x TOOLONG-3 é-4 FAT-";
    let ids: Vec<_> = rule_ids(text).into_iter().map(|(id, _)| format!("{}-{}", id.prefix, id.number)).collect();
    assert_eq!(ids, ["EXP-70", "BAT-12", "OBS-9.1", "DEC-4", "SHA-256"]);
}

#[test]
fn a_rule_that_does_not_exist_is_found() {
    let defined = defined_ids("- **EXP-1** a rule, see EXP-2\n| DEC-1 | a row |\n**OBS-9.1** seen");
    let found = |text: &str| id_problems(&[SourceFile::new("flow-core/src/a.rs", text)], &defined).len();
    assert_eq!(found("// EXP-1, DEC-1, OBS-9.1, SHA-256"), 0);
    assert_eq!(found("// EXP-2, DEC-11 and OBS-9.2"), 3);
}

#[test]
fn a_code_without_a_fixture_is_found() {
    let all: Vec<_> = Code::ALL.iter().map(|code| format!("x: y # {}", code.number())).collect();
    assert_eq!(code_problems(&all, &[]), []);
    let missing = code_problems(all.get(1..).unwrap_or_default(), &[(Code::Cycle, "in a unit test")]);
    assert_eq!(places(&missing), ["F0001 workspace-not-found", "F0503 cycle"]);
}

#[test]
fn a_dead_link_is_found() {
    let text = "[a](there.md#part) [b](https://example.org/x) [`c`](gone.md) [d](#here) `x](y)`";
    let found = link_problems(Path::new("docs/README.md"), text, |path| path == Path::new("docs/there.md"));
    assert_eq!(found.len(), 1, "{found:?}");
}
