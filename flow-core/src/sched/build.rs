//! [`Build`]: images that are built before the first task that runs in them. Source: BAT-80…84.
//!
//! A build is a unit of its own with a key of its own. It takes none of the places of tasks (BAT-75), and
//! when it has ended, well or not, whoever waited is started (OBS-5.30).

use std::sync::Arc;

use crate::event::{EventKind, Stage};
use crate::model::{Digest, LaunchKey, RawId, TaskStatus, Timestamp, UnitSpec};
use crate::plan;
use crate::port::{ExecutorError, Report, What};
use crate::sched::end::End;
use crate::sched::fact::{Effect, Revive};
use crate::sched::start::FIRST_PAUSE;
use crate::sched::state::AttemptState;
use crate::sched::turn::{GRACE, Turn};

/// Where the build of an image stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Build {
    spec: Digest,
    status: TaskStatus,
    /// Whether the executor took it.
    taken: bool,
    /// The executor could not be reached; the same start is made again at this moment.
    again_at: Option<Timestamp>,
}

impl Build {
    pub(super) fn is_live(&self) -> bool {
        matches!(self.status, TaskStatus::Pending | TaskStatus::Running)
    }
}

impl AttemptState {
    /// Whether an image is being built.
    pub(super) fn is_building(&self) -> bool {
        self.builds.values().any(Build::is_live)
    }

    /// An event about the build of an image.
    pub(super) fn apply_to_build(&mut self, image: &Arc<str>, kind: &EventKind) {
        if let EventKind::Launching { spec, .. } = kind {
            let build = Build { spec: spec.clone(), status: TaskStatus::Pending, taken: false, again_at: None };
            self.builds.insert(image.clone(), build);
        }
        let Some(build) = self.builds.get_mut(image).filter(|build| build.is_live()) else { return };
        match kind {
            EventKind::Launched { .. } => (build.taken, build.again_at) = (true, None),
            EventKind::Progress { stage, .. } => {
                build.again_at = None;
                if *stage == Stage::Running {
                    build.status = TaskStatus::Running;
                }
            }
            EventKind::RetryAt { at, .. } => build.again_at = Some(*at),
            EventKind::Ended { outcome, .. } => build.status = outcome.status,
            _ => {}
        }
    }

    fn build_key(&self, image: &str) -> Option<LaunchKey> {
        Some(LaunchKey::build(self.attempt.as_ref()?, image))
    }
}

impl Turn<'_> {
    /// Whether the image of a unit is being built, so that the unit waits.
    pub(super) fn awaits_image(&self, spec: &UnitSpec) -> bool {
        let build = spec.image.as_deref().and_then(|image| self.state.builds.get(image));
        build.is_some_and(Build::is_live)
    }

    /// Starts the build of a unit's image if that comes first. Whether it does.
    pub(super) fn builds_first(&mut self, at: usize, spec: &UnitSpec) -> bool {
        let (Some(node), Some(image)) = (self.node(at), spec.image.as_deref()) else { return false };
        if let Some(build) = self.state.builds.get(image) {
            return build.is_live();
        }
        let Some(unit) = plan::image_build(self.flow, &self.view(node), image) else { return false };
        let Some(key) = self.state.build_key(image) else { return false };
        // Of several tasks with the image the first one starts the build.
        let is_begun = |event: &EventKind| matches!(event, EventKind::Launching { key: one, .. } if *one == key);
        if !self.decision.events.iter().any(is_begun) {
            self.launch(key, Box::new(unit), None);
        }
        true
    }

    fn live_build(&self, key: &LaunchKey) -> Option<&Build> {
        let build = self.state.builds.get(key.image()?)?;
        (build.is_live() && self.state.build_key(key.image()?).as_ref() == Some(key)).then_some(build)
    }

    pub(super) fn build_start_result(&mut self, key: &LaunchKey, result: &Result<RawId, ExecutorError>) {
        if self.live_build(key).is_none_or(|build| build.taken) {
            return;
        }
        match result {
            Ok(raw) => {
                self.event(EventKind::Launched { key: key.clone(), raw: raw.clone() });
                if self.winding {
                    self.kill(key.clone());
                }
            }
            Err(error) if error.is_retryable() && !self.winding => {
                let at = self.now.after(FIRST_PAUSE);
                self.event(EventKind::RetryAt { key: key.clone(), at, ended: None });
                self.effect(Effect::WakeAt(at));
            }
            Err(error) => self.end_build(key, &End::not_started(&error.to_string())),
        }
    }

    pub(super) fn build_report(&mut self, report: &Report) {
        let Some(build) = self.live_build(&report.key) else { return };
        match &report.what {
            What::Running { .. } if build.status == TaskStatus::Pending => {
                self.event(EventKind::Progress {
                    key: report.key.clone(),
                    stage: Stage::Running,
                    why: None,
                    happened_at: None,
                });
            }
            What::Lost { proof_dead: true } => self.end_build(&report.key, &End::lost()),
            _ => {}
        }
    }

    pub(super) fn build_ended(&mut self, key: &LaunchKey, end: &End) {
        if self.live_build(key).is_some() {
            self.end_build(key, end);
        }
    }

    fn end_build(&mut self, key: &LaunchKey, end: &End) {
        self.event(end.event(key));
    }

    /// Makes the starts of builds again whose time has come.
    pub(super) fn builds_due(&mut self) {
        let due = |build: &Build| build.is_live() && build.again_at.is_some_and(|moment| moment <= self.now);
        let due: Vec<_> = self.state.builds.iter().filter(|(_, build)| due(build)).map(|(image, _)| image).collect();
        for image in due {
            let mut nodes = self.state.nodes.iter();
            let unit = nodes.find_map(|node| plan::image_build(self.flow, &self.view(node), image));
            let (Some(unit), Some(key)) = (unit, self.state.build_key(image)) else { continue };
            self.event(EventKind::Progress { key: key.clone(), stage: Stage::Queued, why: None, happened_at: None });
            self.effect(Effect::Launch { key, spec: Box::new(unit), resuming: true });
        }
    }

    /// Stops all builds: nobody will use the images (BAT-71).
    pub(super) fn stop_builds(&mut self) {
        let live: Vec<_> = self.state.builds.iter().filter(|(_, build)| build.is_live()).collect();
        for (image, build) in live {
            let Some(key) = self.state.build_key(image) else { continue };
            self.kill(key.clone());
            if build.again_at.is_some() {
                self.end_build(&key, &End::killed());
            }
        }
    }

    /// The builds that an earlier engine left behind.
    pub(super) fn revived_builds(&self) -> Vec<Revive> {
        let mut revived = Vec::new();
        for (image, build) in self.state.builds.iter().filter(|(_, build)| build.is_live()) {
            let Some(key) = self.state.build_key(image) else { continue };
            match build.again_at {
                Some(moment) => revived.push(Revive::WakeAt(moment)),
                None => revived.push(Revive::Launch { key: key.clone(), spec: build.spec.clone() }),
            }
            if self.winding {
                revived.push(Revive::Kill { key, grace: GRACE });
            }
        }
        revived
    }
}
