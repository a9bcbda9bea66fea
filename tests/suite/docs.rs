//! The flows that our pages show are good flows, and do what the pages say.
#![expect(clippy::unwrap_used, reason = "a test may fail by a panic")]

use std::sync::Arc;

use flow_core::model::TaskStatus;
use flow_engine::source::{DirectorySource, MemorySource};
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
    let checked = engine.check(&source, "train", &IndexMap::new()).await.unwrap();
    assert!(checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
    assert_eq!(checked.plan.unwrap().nodes.len(), 12);
}
