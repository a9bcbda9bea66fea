//! Effects of a live job become calls to the executor, answers become facts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use flow_core::model::{LaunchKey, UnitSpec};
use flow_core::port::{ExecutorError, Launch};
use flow_core::sched::{Effect, Fact};

use crate::live::LiveDriver;

impl LiveDriver {
    /// Carries out what one turn decided.
    pub(super) fn carry(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Launch { key, spec, resuming } => self.start(key, *spec, resuming),
                Effect::Kill { key, grace } => self.kill(key, grace),
                Effect::WakeAt(moment) => {
                    self.wakes.insert(moment);
                }
                // A live job asks nothing after its start was settled.
                Effect::Ask { .. } | Effect::LookUpCache { .. } => {}
            }
        }
        while self.work.try_join_next().is_some() {}
    }

    fn start(&mut self, key: LaunchKey, spec: UnitSpec, resuming: bool) {
        let (inner, outbox) = (Arc::clone(&self.inner), self.outbox.clone());
        let launch = self.launch(key, spec, resuming);
        self.work.spawn(async move {
            let (key, result) = match launch {
                Ok(launch) => {
                    let result = inner.executor.start(std::slice::from_ref(&launch)).await.pop();
                    (launch.key, result)
                }
                Err((key, error)) => (key, Some(Err(error))),
            };
            if let Some(result) = result {
                // A closed inbox means that the driver has ended, and nobody waits for the answer.
                let _ = outbox.send(Fact::StartResult { key, result }).await;
            }
        });
    }

    /// The start of the job; one whose preset nobody declares is refused at once.
    fn launch(&self, key: LaunchKey, spec: UnitSpec, resuming: bool) -> Result<Launch, (LaunchKey, ExecutorError)> {
        let claim = match self.inner.presets.claim(spec.preset.as_deref()) {
            Ok(claim) => claim,
            Err(message) => return Err((key, ExecutorError::Refused { message })),
        };
        let order = self.state.order();
        let text = |of: Option<&str>| of.unwrap_or_default().to_owned();
        let mut env = BTreeMap::from([
            ("APOLO_FLOW_JOB_ID".to_owned(), self.job.to_string()),
            ("APOLO_FLOW_JOB".to_owned(), text(order.map(|order| order.job.as_ref()))),
            ("APOLO_FLOW_TRY".to_owned(), key.r#try.to_string()),
            ("APOLO_FLOW_PROJECT".to_owned(), text(order.map(|order| order.project_name.as_str()))),
        ]);
        if let Some(suffix) = order.and_then(|order| order.suffix.clone()) {
            env.insert("APOLO_FLOW_SUFFIX".to_owned(), suffix);
        }
        let workspace = text(order.map(|order| order.workspace.as_str()));
        env.extend(self.inner.connection(&spec, &workspace));
        let stdin = order.map(|order| order.stdin).unwrap_or_default();
        Ok(Launch { key, spec, claim, env, workspace, resuming, stdin })
    }

    fn kill(&mut self, key: LaunchKey, grace: Duration) {
        let inner = Arc::clone(&self.inner);
        self.work.spawn(async move {
            let mut pause = Duration::from_millis(100);
            while let Err(error) = inner.executor.kill(&key, grace).await
                && error.is_retryable()
            {
                inner.clock.sleep_until(inner.clock.now().after(pause)).await;
                pause = (pause * 2).min(Duration::from_secs(10));
            }
        });
    }
}
