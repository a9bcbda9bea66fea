//! Embedding: a two-task flow on an executor of our own. `cargo run -p flow-engine --example embed`
#![expect(clippy::print_stdout, clippy::wildcard_imports, reason = "short, and shows something")]
use flow_core::{model::*, port::*};
use flow_engine::{BakeRequest, Engine, source::MemorySource, sys::SystemClock};
use std::{sync::Arc, time::Duration};

const FLOW: &str = "{kind: batch, tasks: [{id: ask, image: x, cmd: question},
    {id: tell, image: x, cmd: 'answer ${{ needs.ask.outputs.said }}'}]}";
/// Runs each unit at once, by writing its command down.
#[derive(Debug, Default)]
struct Notebook(tokio::sync::watch::Sender<Vec<Report>>);

#[async_trait::async_trait]
impl Executor for Notebook {
    async fn start(&self, batch: &[Launch]) -> Vec<Result<RawId, ExecutorError>> {
        self.0.send_modify(|reports| {
            reports.extend(batch.iter().map(|Launch { key, spec, .. }| {
                let output = format!("said={}", spec.cmd.as_deref().unwrap_or_default());
                let files = OutputFiles { output, ..OutputFiles::default() };
                let what = What::Ended { exit: Exit::Code(0), reason: Reason::Finished, files };
                Report { key: key.clone(), at: SystemClock.now(), raw: None, what }
            }));
        });
        batch.iter().map(|_| Ok(RawId::new("written"))).collect()
    }
    async fn reports(&self, _: &Scope, after: &Cursor) -> Result<(Vec<Report>, Cursor), ExecutorError> {
        let (seen, mut reports) = (after.0.parse().unwrap_or(0), self.0.subscribe());
        let _ = reports.wait_for(|reports| reports.len() > seen).await;
        let reports = reports.borrow();
        Ok((reports.iter().skip(seen).cloned().collect(), Cursor(reports.len().to_string().into())))
    }
    async fn logs(&self, _: &LaunchKey, _: u64, _: u32) -> Result<Chunk, ExecutorError> {
        Ok(Chunk { complete: true, ..Chunk::default() })
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
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::builder().build(Arc::new(Notebook::default()));
    let (source, batch) = (MemorySource::new("/tmp").flow("talk", FLOW), "talk".to_owned());
    let created = engine.create_bake(&source, BakeRequest { batch, ..BakeRequest::default() }).await?;
    engine.drive(&created.attempt).await?;
    let seen = engine.inspect(created.bake.as_str(), -1).await?;
    let tell = seen.tasks.last().and_then(|task| task.outputs.get("said"));
    println!("{}: {}", seen.attempt.status, tell.ok_or("nothing was said")?);
    Ok(())
}
