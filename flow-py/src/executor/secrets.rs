//! [`Secrets`]: the secrets of units that a Python executor starts: looked up at the start, masked in what comes back.
//!
//! Source: MCH-3.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use flow_core::model::{LaunchKey, OutputFiles};
use flow_core::plan::secret_name;
use flow_core::port::{Launch, SecretError, SecretSource, SecretText, What};
use flow_engine::executor::supervisor::Mask;

/// The texts of the secrets of one unit, by variable.
pub(crate) type Texts = BTreeMap<String, SecretText>;

/// Where secrets are looked up, and what masks the output of the units that have any.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    source: OnceLock<Arc<dyn SecretSource>>,
    masks: Mutex<HashMap<LaunchKey, Arc<Mask>>>,
}

impl Secrets {
    pub(crate) fn look_up_in(&self, source: Arc<dyn SecretSource>) {
        // Told once, by the one engine that the mailbox belongs to.
        let _ = self.source.set(source);
    }

    /// The texts of the secrets that a unit names; from now on its output is masked.
    ///
    /// Errors: one cannot be had.
    pub(crate) async fn of(&self, launch: &Launch) -> Result<Texts, SecretError> {
        let mut texts = Texts::new();
        for (variable, value) in &launch.spec.env {
            let Some(name) = secret_name(value) else { continue };
            let Some(source) = self.source.get() else {
                let provide = "this executor was given no secrets".to_owned();
                return Err(SecretError::Missing { name: name.to_owned(), provide });
            };
            texts.insert(variable.clone(), source.text(name).await?);
        }
        if let Some(mask) = Mask::new(texts.values()) {
            self.masks().insert(launch.key.clone(), Arc::new(mask));
        }
        Ok(texts)
    }

    /// The mask of a unit that has secrets.
    pub(crate) fn mask(&self, key: &LaunchKey) -> Option<Arc<Mask>> {
        self.masks().get(key).cloned()
    }

    /// News of a unit without its secrets.
    pub(crate) fn masked(&self, key: &LaunchKey, what: What) -> What {
        let Some(mask) = self.mask(key) else { return what };
        let text = |text: String| String::from_utf8_lossy(&mask.whole(text.as_bytes())).into_owned();
        match what {
            What::Ended { exit, reason, files } => {
                let files = OutputFiles { output: text(files.output), state: text(files.state) };
                What::Ended { exit, reason, files }
            }
            What::Queued { why } => What::Queued { why: text(why) },
            What::Starting { stage } => What::Starting { stage: text(stage) },
            What::Running { address } => What::Running { address: text(address) },
            What::Suspended | What::Lost { .. } => what,
        }
    }

    pub(crate) fn forget(&self, key: &LaunchKey) {
        self.masks().remove(key);
    }

    fn masks(&self) -> MutexGuard<'_, HashMap<LaunchKey, Arc<Mask>>> {
        self.masks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
