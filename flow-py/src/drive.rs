//! [`Drive`]: an attempt or a live job that this process drives.

use std::sync::Arc;

use flow_core::model::TaskStatus;
use flow_engine::EngineError;
use pyo3::prelude::*;
use tokio::sync::watch;

use crate::error::{exception, raised};
use crate::wait::Host;

/// How driving ended.
type Ended = Result<TaskStatus, EngineError>;

/// What this process drives.
#[pyclass(frozen, module = "apolo_flow")]
pub(crate) struct Drive {
    host: Arc<Host>,
    /// The end, once it has come; closed without one if the driver broke.
    ended: watch::Receiver<Option<Arc<Ended>>>,
}

impl Drive {
    /// Begins to drive on the threads of an engine.
    pub(crate) fn begin(host: &Arc<Host>, work: impl Future<Output = Ended> + Send + 'static) -> Self {
        let (sender, ended) = watch::channel(None);
        let threads = Arc::clone(host);
        host.handle().spawn(async move {
            let result = work.await;
            // Nobody may be left who wants to know.
            let _ = sender.send(Some(Arc::new(result)));
            // The threads must last as long as the work does.
            drop(threads);
        });
        Drive { host: Arc::clone(host), ended }
    }
}

#[pymethods]
impl Drive {
    /// The result, waiting for `seconds` at most; None if it has not ended by then.
    fn wait(&self, py: Python<'_>, seconds: f64) -> PyResult<Option<&'static str>> {
        let mut ended = self.ended.clone();
        let work = async move { ended.wait_for(Option::is_some).await.map(|seen| seen.clone()) };
        let Some(seen) = self.host.wait_for(py, seconds, work)? else { return Ok(None) };
        match seen.ok().flatten().as_deref() {
            Some(Ok(status)) => Ok(Some(status.word())),
            Some(Err(error)) => Err(exception(py, error)),
            None => Err(raised(py, "FlowError", "the engine broke while it was at work on this", Vec::new())),
        }
    }
}
