//! Listening to the executor: its reports become facts; an ended unit's output is read first.

use std::sync::Arc;
use std::time::Duration;

use flow_core::model::LogRef;
use flow_core::port::{Cursor, Report, Scope, What};
use flow_core::sched::{Fact, Told};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::engine::Inner;
use crate::logs::harvest;

/// How many logs are read at once.
const READERS: usize = 4;
/// The first pause after a failure; each further one in a row doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Reads reports until nobody wants them; goes on through outages of the executor.
pub(crate) async fn listen(inner: Arc<Inner>, scope: Scope, outbox: mpsc::Sender<Fact>) {
    let mut cursor = Cursor::default();
    let mut pause = FIRST_PAUSE;
    let readers = Arc::new(Semaphore::new(READERS));
    let mut harvests = JoinSet::new();
    loop {
        let Ok((reports, next)) = inner.executor.reports(&scope, &cursor).await else {
            inner.clock.sleep_until(inner.clock.now().after(pause)).await;
            pause = (pause * 2).min(Duration::from_secs(10));
            continue;
        };
        (cursor, pause) = (next, FIRST_PAUSE);
        for report in reports {
            if matches!(report.what, What::Ended { .. }) {
                harvests.spawn(ended(Arc::clone(&inner), report, outbox.clone(), Arc::clone(&readers)));
            } else if outbox.send(Fact::Report(report)).await.is_err() {
                return;
            }
        }
        while harvests.try_join_next().is_some() {}
        if outbox.is_closed() {
            return;
        }
    }
}

/// Reads an ended unit's output and sends the end on.
async fn ended(inner: Arc<Inner>, report: Report, outbox: mpsc::Sender<Fact>, readers: Arc<Semaphore>) {
    let told = Told::of(&report);
    let What::Ended { exit, reason, files } = report.what else { return };
    // The semaphore is never closed, so there always comes a permit.
    let _permit = readers.acquire_owned().await.ok();
    let found = harvest(Arc::clone(&inner.executor), &report.key, &files).await;
    let log = LogRef { bytes: found.bytes };
    let (outputs, state, problem) = (found.outputs, found.state, found.problem);
    let fact = Fact::Ended { key: report.key, exit, reason, outputs, state, log, problem, told };
    // A closed inbox means that the driver has ended, and nobody waits for news.
    let _ = outbox.send(fact).await;
}
