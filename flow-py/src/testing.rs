//! The engine's doubles for tests of Python programs: a clock that stands still, an executor that plays scripts.

use std::sync::Arc;
use std::time::Duration;

use flow_core::model::{Exit, OutputFiles, Reason, Timestamp};
use flow_core::port::{Clock, What};
use flow_engine::sys::SystemClock;
use flow_engine::testing::{self, Script};
use pyo3::prelude::*;

/// A clock that stands until it is moved.
#[pyclass(frozen, module = "apolo_flow")]
pub(crate) struct ManualClock {
    clock: Arc<testing::ManualClock>,
}

#[pymethods]
impl ManualClock {
    /// A clock that stands so many seconds after 1970-01-01.
    #[new]
    #[pyo3(signature = (now=0.0))]
    fn new(now: f64) -> Self {
        ManualClock { clock: Arc::new(testing::ManualClock::new(Timestamp::default().after(span(now)))) }
    }

    /// Moves it forward.
    fn advance(&self, seconds: f64) {
        self.clock.advance(span(seconds));
    }
}

impl ManualClock {
    pub(crate) fn port(&self) -> Arc<testing::ManualClock> {
        Arc::clone(&self.clock)
    }
}

/// An executor in memory that plays scripts; a task without one succeeds at once.
#[pyclass(frozen, module = "apolo_flow")]
pub(crate) struct ScriptedExecutor {
    executor: Arc<testing::ScriptedExecutor>,
}

#[pymethods]
impl ScriptedExecutor {
    #[new]
    #[pyo3(signature = (clock=None))]
    fn new(clock: Option<&Bound<'_, ManualClock>>) -> Self {
        let clock: Arc<dyn Clock> = match clock {
            Some(clock) => clock.get().port(),
            None => Arc::new(SystemClock),
        };
        ScriptedExecutor { executor: Arc::new(testing::ScriptedExecutor::new(clock)) }
    }

    /// What the starts of a task do: it prints, writes its file of outputs, and exits; a held one runs until `end`.
    #[pyo3(signature = (task, *, exit_code=0, log="", outputs="", held=false))]
    fn script(&self, task: &str, exit_code: i32, log: &str, outputs: &str, held: bool) {
        let files = OutputFiles { output: outputs.to_owned(), state: String::new() };
        let end = What::Ended { exit: Exit::Code(exit_code), reason: Reason::Finished, files };
        let runs_for = (!held).then_some(Duration::ZERO);
        let script = Script { log: log.as_bytes().to_vec(), runs_for, end, ..Script::default() };
        self.executor.script(task, [script]);
    }

    /// Ends a running task; whether there is one.
    fn end(&self, task: &str, exit_code: i32) -> bool {
        self.executor.end(task, exit_code)
    }

    /// The tasks that were started, in order.
    fn started(&self) -> Vec<String> {
        self.executor.started()
    }

    /// The tasks that run now.
    fn running(&self) -> Vec<String> {
        self.executor.running()
    }
}

impl ScriptedExecutor {
    pub(crate) fn port(&self) -> Arc<testing::ScriptedExecutor> {
        Arc::clone(&self.executor)
    }
}

fn span(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}
