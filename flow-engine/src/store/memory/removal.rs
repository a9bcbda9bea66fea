//! Taking things out of a store in memory for good.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flow_core::event::Event;
use flow_core::model::{Attempt, AttemptId, BakeId, CacheEntry, Digest, LiveJob, ProjectId, Subject, Task};
use flow_core::port::StoreError;
use indexmap::IndexMap;

use super::Memory;
use crate::store::mention::mentions;

impl Memory {
    pub(super) fn remove_bake(&mut self, bake: &BakeId) -> bool {
        let own: Vec<(AttemptId, bool)> =
            self.attempts_of(bake).iter().map(|own| (own.id.clone(), own.status.is_finished())).collect();
        if own.is_empty() || own.iter().any(|(_, is_over)| !is_over) {
            return false;
        }
        for (attempt, _) in own {
            self.tasks.remove(&attempt);
            self.attempts.shift_remove(&attempt);
            self.forget(&Subject::Attempt(attempt));
        }
        self.bakes.shift_remove(bake).is_some()
    }

    pub(super) fn forget(&mut self, subject: &Subject) {
        let positions = self.subjects.remove(subject).map(|rows| rows.positions).unwrap_or_default();
        for position in positions {
            self.events.remove(&position);
        }
    }

    pub(super) fn remove_project(&mut self, project: &ProjectId) -> bool {
        let is_used = self.bakes.values().any(|bake| bake.project == *project)
            || self.live_jobs.values().any(|job| job.order.project == *project);
        if !is_used {
            self.cache.retain(|(owner, ..), _| owner != project);
            self.projects.retain(|_, id| id != project);
        }
        !is_used
    }

    /// Forgets texts whose digest stands nowhere; how many bytes they had.
    pub(super) fn sweep_texts(&mut self) -> Result<u64, StoreError> {
        let events: Vec<&Event> = self.events.values().collect();
        let attempts: Vec<&Attempt> = self.attempts.values().collect();
        let tasks: Vec<&Task> = self.tasks.values().flat_map(IndexMap::values).collect();
        let cache: Vec<&CacheEntry> = self.cache.values().collect();
        let jobs: Vec<&LiveJob> = self.live_jobs.values().collect();
        let unreadable =
            |error: serde_json::Error| StoreError::Corrupt { place: "memory".into(), message: error.to_string() };
        let text = serde_json::to_string(&(events, attempts, tasks, cache, jobs)).map_err(unreadable)?;
        let mut named = BTreeSet::new();
        mentions(&text, |digest| {
            named.insert(digest.to_owned());
        });
        let size = |texts: &BTreeMap<Digest, Arc<str>>| texts.values().map(|text| text.len() as u64).sum::<u64>();
        let before = size(&self.texts);
        self.texts.retain(|digest, _| named.contains(digest.0.as_ref()));
        Ok(before - size(&self.texts))
    }
}
