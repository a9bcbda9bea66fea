//! Readers that wait: [`Follow`] for events, [`LogReader`] for the output of a task.

use std::sync::Arc;

use flow_core::port::ExecutorError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use tokio::sync::Mutex;

use crate::convert::record;
use crate::error::{executor_error, store_error};
use crate::wait::Host;

/// Reads the events of an attempt in order, many at a time.
#[pyclass(frozen, module = "apolo_flow")]
pub(crate) struct Follow {
    host: Arc<Host>,
    follow: Arc<Mutex<flow_engine::Follow>>,
}

impl Follow {
    pub(crate) fn new(host: &Arc<Host>, follow: flow_engine::Follow) -> Self {
        Follow { host: Arc::clone(host), follow: Arc::new(Mutex::new(follow)) }
    }
}

#[pymethods]
impl Follow {
    /// The next events, waiting for `seconds` at most; empty if none came.
    fn next<'py>(&self, py: Python<'py>, seconds: f64) -> PyResult<Bound<'py, PyList>> {
        let follow = Arc::clone(&self.follow);
        let work = async move { follow.lock_owned().await.next().await };
        let events = self.host.wait_for(py, seconds, work)?.unwrap_or_else(|| Ok(Vec::new()));
        let list = PyList::empty(py);
        for event in events.map_err(|error| store_error(py, error))? {
            list.append(record(py, &event)?)?;
        }
        Ok(list)
    }

    /// The position of the last event given.
    fn position(&self, py: Python<'_>) -> PyResult<u64> {
        let follow = Arc::clone(&self.follow);
        self.host.wait(py, async move { follow.lock().await.position() })
    }
}

/// Reads the output of one try of a task.
#[pyclass(frozen, module = "apolo_flow")]
pub(crate) struct LogReader {
    host: Arc<Host>,
    reader: Arc<Mutex<flow_engine::LogReader>>,
}

impl LogReader {
    pub(crate) fn new(host: &Arc<Host>, reader: flow_engine::LogReader) -> Self {
        LogReader { host: Arc::clone(host), reader: Arc::new(Mutex::new(reader)) }
    }
}

#[pymethods]
impl LogReader {
    /// The next piece, at once, and whether the log ends behind it for good.
    fn read<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyBytes>, bool)> {
        let reader = Arc::clone(&self.reader);
        match self.host.wait(py, async move { reader.lock().await.read().await })? {
            Ok(chunk) => Ok((PyBytes::new(py, &chunk.bytes), chunk.complete)),
            // Between the decision to start a task and its start the executor does not know it.
            Err(ExecutorError::UnknownUnit) => Ok((PyBytes::new(py, b""), false)),
            Err(error) => Err(executor_error(py, error)),
        }
    }
}
