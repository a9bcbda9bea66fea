//! Waiting for engine work with the interpreter let go, in slices that let signals through.
//!
//! Main types: [`Host`], the threads of one engine, and [`wait`].

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::{Handle, Runtime};

/// How long a signal waits at most before Python sees it.
const SLICE: Duration = Duration::from_millis(50);

/// The threads that carry the work of one engine; none of them ever attaches to the interpreter.
///
/// Work under way holds it, so that a bake goes on when its handles are gone.
#[derive(Debug)]
pub(crate) struct Host {
    runtime: Option<Runtime>,
}

impl Host {
    /// Starts the threads.
    pub(crate) fn start() -> PyResult<Arc<Host>> {
        let built = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = built.map_err(|error| PyRuntimeError::new_err(format!("no threads for the engine: {error}")))?;
        Ok(Arc::new(Host { runtime: Some(runtime) }))
    }

    /// What work is put on the threads with.
    pub(crate) fn handle(&self) -> &Handle {
        self.runtime.as_ref().expect("the threads end with the host").handle()
    }

    /// Waits for `work`; Ctrl-C gives it up and raises.
    pub(crate) fn wait<T: Send>(&self, py: Python<'_>, work: impl Future<Output = T> + Send) -> PyResult<T> {
        let mut work = std::pin::pin!(work);
        loop {
            let slice = async { tokio::time::timeout(SLICE, &mut work).await };
            if let Ok(done) = py.detach(|| self.handle().block_on(slice)) {
                return Ok(done);
            }
            py.check_signals()?;
        }
    }

    /// As [`Self::wait`], for `seconds` at most; `None` if they are over.
    pub(crate) fn wait_for<T: Send>(
        &self,
        py: Python<'_>,
        seconds: f64,
        work: impl Future<Output = T> + Send,
    ) -> PyResult<Option<T>> {
        let span = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX);
        self.wait(py, async move { tokio::time::timeout(span, work).await.ok() })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Never waits: this may be the interpreter's end, or a thread of the runtime itself.
            runtime.shutdown_background();
        }
    }
}
