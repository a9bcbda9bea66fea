//! The flows that our pages show are good flows, and do what the pages say.
#![expect(clippy::unwrap_used, reason = "a test may fail by a panic")]

use std::sync::Arc;

use flow_core::event::{Event, EventKind};
use flow_core::expr::storage::HostStorage;
use flow_core::model::TaskStatus;
use flow_core::plan::on_host;
use flow_engine::source::{DirectorySource, MemorySource};
use flow_engine::storage::StorageRoot;
use flow_engine::sys::SystemClock;
use flow_engine::testing::{Script, ScriptedExecutor};
use flow_engine::{BakeRequest, Engine};
use flow_tests::repository;
use indexmap::IndexMap;

/// The blocks of a page that are YAML and flows.
fn flows(page: &str) -> Vec<String> {
    let text = std::fs::read_to_string(repository().join(page)).unwrap();
    let blocks = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.filter(|block| block.starts_with("kind:")).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_flow_of_the_readme_bakes() {
    let [flow] = flows("README.md").try_into().expect("the README shows one flow");
    let executor = Arc::new(ScriptedExecutor::new(Arc::new(SystemClock)));
    executor.script("greet-ada", [Script::prints("::set-output name=line::hello, ada\n")]);
    let engine = Engine::builder().build(executor.clone());
    let source = MemorySource::new("/shop").flow("hello", flow);
    let request = BakeRequest { batch: "hello".into(), ..BakeRequest::default() };
    let created = engine.create_bake(&source, request).await.unwrap();
    assert_eq!(engine.drive(&created.attempt).await.unwrap(), TaskStatus::Succeeded);
    assert_eq!(executor.started(), ["greet-ada", "greet-grace", "report"]);
    let report = executor.launches().pop().unwrap().spec.cmd.unwrap();
    assert!(report.contains(r#""outputs": {"line": "hello, ada"}"#), "{report}");
}

#[tokio::test]
async fn the_example_has_no_problem() {
    let source = DirectorySource::find(&repository().join("examples/fraud-detection")).unwrap();
    let engine = Engine::builder().build(Arc::new(ScriptedExecutor::new(Arc::new(SystemClock))));
    let checked = engine.checker().check(&source, "train", &IndexMap::new()).await.unwrap();
    assert!(checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
    assert_eq!(checked.plan.unwrap().nodes.len(), 12);
}

#[tokio::test]
async fn the_flow_of_the_page_about_volumes_bakes() {
    let [flow] = flows("docs/storage.md").try_into().expect("the page shows one flow");
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("files")).unwrap();
    std::fs::write(folder.path().join("files/words"), "one two").unwrap();
    let root = folder.path().join("root");
    let executor = Arc::new(ScriptedExecutor::new(Arc::new(SystemClock)));
    let engine = Engine::builder().storage(StorageRoot::new(&root)).build(executor.clone());
    let source = MemorySource::new(folder.path().to_str().unwrap()).flow("train", flow);
    let request = BakeRequest { batch: "train".into(), ..BakeRequest::default() };
    let created = engine.create_bake(&source, request).await.unwrap();
    assert_eq!(engine.drive(&created.attempt).await.unwrap(), TaskStatus::Succeeded);
    assert!(root.join("shop/data/words").exists());
    let spec = executor.launches().pop().unwrap().spec;
    let there = on_host(&spec, HostStorage { root: "/r" }).unwrap().spec;
    assert!(there.cmd.unwrap().contains("> /r/.disks/models/count"));
    assert_eq!(there.workdir.as_deref(), Some("/r/shop/data"));
}

#[test]
fn volumes_lie_where_the_page_says() {
    let page = std::fs::read_to_string(repository().join("docs/storage.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix("` |")?.split_once("` | `"));
    let mut count = 0;
    for (uri, folder) in rows {
        assert_eq!(HostStorage { root: "/r" }.folder(uri).unwrap(), format!("/r/{folder}"), "{uri}");
        count += 1;
    }
    assert_eq!(count, 4);
}

/// One bit for each kind: a new kind has to be added here, and then to the page.
fn bit(kind: &EventKind) -> u32 {
    let place = match kind {
        EventKind::AttemptCreated(_) => 0,
        EventKind::Claimed { .. } => 1,
        EventKind::Expanded { .. } => 2,
        EventKind::Answered { .. } => 3,
        EventKind::Launching { .. } => 4,
        EventKind::Launched { .. } => 5,
        EventKind::Progress { .. } => 6,
        EventKind::Ended { .. } => 7,
        EventKind::RetryAt { .. } => 8,
        EventKind::Skipped { .. } => 9,
        EventKind::CacheHit { .. } => 10,
        EventKind::TakenOver { .. } => 11,
        EventKind::CancelAsked { .. } => 12,
        EventKind::AttemptEnded { .. } => 13,
        EventKind::LocalsEnded { .. } => 14,
        EventKind::LiveCreated(_) => 15,
        EventKind::LiveEnded { .. } => 16,
    };
    1 << place
}

#[test]
fn the_page_of_events_shows_every_kind_as_it_is_stored() {
    let page = std::fs::read_to_string(repository().join("docs/events.md")).unwrap();
    let mut seen = 0;
    for line in page.lines().filter(|line| line.starts_with("{\"version\"")) {
        let mut shown: serde_json::Value = serde_json::from_str(line).unwrap();
        let event: Event =
            serde_json::from_value(shown["event"].take()).unwrap_or_else(|error| panic!("{error}: {line}"));
        let stored = serde_json::to_string(&event).unwrap();
        assert_eq!(line, format!("{{\"version\":1,\"event\":{stored}}}"));
        assert!(stored.contains(&format!("\"event\":\"{}\"", event.kind.word())), "{stored}");
        seen |= bit(&event.kind);
    }
    assert_eq!(seen, (1 << 17) - 1, "a kind without an example");
}
