//! Embedding: a two-task flow on an executor of our own. `cargo run -p flow-engine --example embed`
use std::{sync::Arc, sync::Mutex, time::Duration};

use flow_core::model::{Exit, LaunchKey, OutputFiles, RawId, Reason};
use flow_core::port::{
    Abilities, Chunk, Clock, Cursor, Executor, ExecutorError, Found, Launch, Report, Scope, Selector, What,
};
use flow_engine::{BakeRequest, Engine, EngineError, source::MemorySource, sys::SystemClock};

const FLOW: &str = "
kind: batch
tasks:
  - {id: ask, image: none, cmd: question}
  - {id: tell, image: none, cmd: 'answer ${{ needs.ask.outputs.said }}'}
";

/// Runs each unit at once, by writing its command down.
#[derive(Debug, Default)]
struct Notebook(Mutex<Vec<Report>>, tokio::sync::Notify);

#[async_trait::async_trait]
impl Executor for Notebook {
    async fn start(&self, batch: &[Launch]) -> Vec<Result<RawId, ExecutorError>> {
        for Launch { key, spec, .. } in batch {
            let files =
                OutputFiles { output: format!("said={}", spec.cmd.as_deref().unwrap_or("")), ..Default::default() };
            let what = What::Ended { exit: Exit::Code(0), reason: Reason::Finished, files };
            self.0.lock().unwrap().push(Report { key: key.clone(), at: SystemClock.now(), what });
        }
        self.1.notify_one();
        batch.iter().map(|launch| Ok(RawId::new(launch.key.node().unwrap().to_string()))).collect()
    }
    async fn reports(&self, _: &Scope, after: &Cursor) -> Result<(Vec<Report>, Cursor), ExecutorError> {
        let seen: usize = after.0.parse().unwrap_or(0);
        while self.0.lock().unwrap().len() == seen {
            self.1.notified().await;
        }
        let reports = self.0.lock().unwrap();
        Ok((reports[seen..].to_vec(), Cursor(reports.len().to_string().into())))
    }
    async fn logs(&self, _: &LaunchKey, _: u64, _: u32) -> Result<Chunk, ExecutorError> {
        Ok(Chunk { bytes: Vec::new(), complete: true })
    }
    async fn kill(&self, _: &LaunchKey, _: Duration) -> Result<(), ExecutorError> {
        Ok(())
    }
    async fn find(&self, _: &Selector) -> Result<Vec<Found>, ExecutorError> {
        Ok(Vec::new())
    }
    async fn remove(&self, _: &LaunchKey) -> Result<(), ExecutorError> {
        Ok(())
    }
    fn abilities(&self) -> Abilities {
        Abilities { name: "notebook", survives_engine: false, images: false, mounts: false }
    }
}

#[tokio::main]
async fn main() -> Result<(), EngineError> {
    let engine = Engine::builder().build(Arc::new(Notebook::default()));
    let source = MemorySource::new("/tmp").flow("talk", FLOW);
    let created = engine.create_bake(&source, BakeRequest { batch: "talk".into(), ..Default::default() }).await?;
    let result = engine.drive(&created.attempt).await?;
    let tell = &engine.inspect(created.bake.as_str(), -1).await?.tasks[1];
    println!("{result}: {}", tell.outputs["said"]);
    assert_eq!(tell.outputs["said"], "answer question");
    Ok(())
}
