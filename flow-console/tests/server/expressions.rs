//! What the expressions of a task came to.

use flow_engine::testing::Script;
use serde_json::{Value, json};

use crate::kit::{console, refused};

#[tokio::test]
async fn expressions_stand_by_their_lines() {
    let running = console().await;
    running.executor.script("load", [Script::writes("rows=7\n")]);
    running.bake().await;
    let told = running.json("/bakes/nightly/attempts/1/tasks/fit/expressions").await;
    let line = &told["lines"][0];
    assert_eq!((line["line"].as_u64(), line["text"].as_str()), (Some(13), Some("    cmd: fit ${{ params.rate }}")));
    let value = json!({"column": 18, "expression": "params.rate", "name": Value::Null, "value": "0.1", "type": "str"});
    assert_eq!(line["values"], json!([value]));
    let without = running.json("/bakes/nightly/attempts/1/tasks/load/expressions").await;
    assert_eq!(without["lines"], json!([]));
    let unknown = running.get("/bakes/nightly/attempts/1/tasks/none/expressions").send().await.unwrap();
    assert_eq!(refused(unknown).await, 404);
}
