//! What `Engine::check` says of a whole flow: each fixture marks its wrong lines.
//!
//! A line that ends with `# <-- here: F0501` is where that problem's main place begins; nothing else may
//! be reported. What a single file's text shows by itself does not belong here, nor the drawing
//! (`diagnostics`).

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use flow_core::diag::Code;
use flow_core::model::Claim;
use flow_core::plan::Presets;
use flow_core::port::ActionRef;
use flow_engine::source::MemorySource;
use flow_engine::sys::SystemClock;
use flow_engine::testing::ScriptedExecutor;
use flow_engine::{Checked, Engine, FixedGit};
use flow_tests::fixtures;
use indexmap::IndexMap;

/// Stands before the code at the end of a wrong line.
const MARK: &str = "# <-- here: ";

/// What the fixtures may call.
const ACTIONS: &[(&str, &str)] = &[
    ("count.yml", "kind: batch\ninputs: {count: {type: int}}\ntasks: [{id: a, image: x}]\n"),
    ("again.yml", "kind: batch\ntasks: [{id: a, action: ws:again.yml}]\n"),
    ("here.yml", "kind: local\ncmd: ls\n"),
    ("job.yml", "kind: live\njob: {image: x}\n"),
];

/// Where problems are: the line, 0 where there is no place, and the number of the code.
type Places = BTreeSet<(u32, String)>;

/// Checks the flow `flow` of a workspace. The one place that knows the API.
async fn check(source: MemorySource, flow: &str, given: &IndexMap<String, String>) -> Checked {
    let executor = Arc::new(ScriptedExecutor::new(Arc::new(SystemClock)));
    let engine = Engine::builder().git(Arc::new(FixedGit(None))).build(executor);
    let claim = |milli_cpus| Claim { milli_cpus, ..Claim::default() };
    let presets = [("small", 500), ("huge", 64_000)].map(|(name, milli)| (name.to_owned(), claim(milli)));
    let checker = engine.checker().images(false).machine(Presets(presets.into()), claim(4000));
    checker.check(&source, flow, given).await.expect("memory can be read")
}

fn places(checked: &Checked) -> Places {
    let line = |one: &flow_core::diag::Diagnostic| {
        one.span().and_then(|span| checked.sources.position(span)).map_or(0, |position| position.line)
    };
    checked.diagnostics.iter().map(|one| (line(one), one.code.number().to_owned())).collect()
}

/// The codes that the lines of a fixture are marked with.
fn marks(text: &str) -> Places {
    let marked = (1..).zip(text.lines()).filter_map(|(line, text)| Some((line, text.rsplit_once(MARK)?.1)));
    marked.map(|(line, code)| (line, code.trim().to_owned())).collect()
}

/// What differs between the marks of a fixture and what is found, for people; empty if nothing.
async fn differences(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("a fixture can be read");
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let source = ACTIONS.iter().fold(MemorySource::new("/srv/shop"), |source, (name, text)| {
        source.action(ActionRef::Workspace((*name).into()), name, *text)
    });
    let checked = check(source.flow("flow", text.as_str()), "flow", &IndexMap::new()).await;
    let (marked, found) = (marks(&text), places(&checked));
    let missing = marked.difference(&found).map(|(line, code)| format!("{name}:{line}: {code} is not reported"));
    let extra = found.difference(&marked).map(|(line, code)| format!("{name}:{line}: {code} is reported, unmarked"));
    let said: Vec<_> = checked.diagnostics.iter().map(|one| one.message.clone()).collect();
    let ill_formed = said.iter().filter(|message| message.ends_with('.') || message.starts_with(char::is_uppercase));
    let form = ill_formed.map(|message| format!("{name}: not a lower-case fragment: {message}"));
    missing.chain(extra).chain(form).collect()
}

#[tokio::test]
async fn wrong_flows_are_reported_where_they_are_wrong() {
    let paths = fixtures("diagnostics/flow");
    assert!(paths.len() > 15, "the fixtures are found: {}", paths.len());
    let mut all = Vec::new();
    for path in &paths {
        all.extend(differences(path).await);
    }
    assert!(all.is_empty(), "\n{}\n", all.join("\n"));
}

#[tokio::test]
async fn what_is_asked_for_is_checked_too() {
    let source = || MemorySource::new("/srv/shop").flow("flow", "kind: batch\ntasks: []\n");
    let none = IndexMap::new();
    let rate = IndexMap::from([("rate".to_owned(), "1".to_owned())]);
    let nameless = MemorySource::new("/srv/1 shop").flow("flow", "kind: batch\ntasks: []\n");
    let cases = [
        (source(), "other", &none, Code::FlowNotFound),
        (source(), "flow", &rate, Code::UnknownParam),
        (nameless, "flow", &none, Code::InvalidId),
    ];
    for (source, flow, given, code) in cases {
        let checked = check(source, flow, given).await;
        assert_eq!(places(&checked), Places::from([(0, code.number().to_owned())]), "{}", code.name());
    }
}

#[test]
fn marks_are_read() {
    let text = "a: 1\nb: 2 # <-- here: F0201\n# F0101 is no mark\nc: '# ' # <-- here: F0102\n";
    assert_eq!(marks(text), Places::from([(2, "F0201".to_owned()), (4, "F0102".to_owned())]));
}
