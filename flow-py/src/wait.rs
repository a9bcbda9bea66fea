//! Waiting for engine work with the interpreter let go, in slices that let signals through.

use std::future::Future;
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::Runtime;

/// How long a signal waits at most before Python sees it.
const SLICE: Duration = Duration::from_millis(50);

/// A runtime of its own for one call: nothing of it is left when the call returns.
pub(crate) fn runtime() -> PyResult<Runtime> {
    let built = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    built.map_err(|error| PyRuntimeError::new_err(format!("no runtime: {error}")))
}

/// Waits for `work`; on a signal calls `interrupted` once, waits on, and raises the signal's error.
pub(crate) fn wait<T: Send>(
    py: Python<'_>,
    runtime: &Runtime,
    work: impl Future<Output = T> + Send,
    mut interrupted: impl FnMut() + Send,
) -> PyResult<T> {
    let mut work = std::pin::pin!(work);
    let mut signal = None;
    loop {
        let slice = async { tokio::time::timeout(SLICE, &mut work).await };
        match py.detach(|| runtime.block_on(slice)) {
            Ok(done) => return signal.map_or(Ok(done), Err),
            Err(_elapsed) if signal.is_some() => {}
            Err(_elapsed) => {
                if let Err(error) = py.check_signals() {
                    signal = Some(error);
                    interrupted();
                }
            }
        }
    }
}
