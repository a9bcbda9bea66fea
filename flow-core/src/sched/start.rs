//! What the executor says of a start, and news of a unit. Source: BAT-55, BAT-56, EXT-3.

use std::time::Duration;

use crate::event::{EventKind, Stage};
use crate::model::{CacheKey, LaunchKey, RawId, UnitSpec};
use crate::plan;
use crate::port::{ExecutorError, Report, What};
use crate::sched::end::End;
use crate::sched::fact::{Effect, Told};
use crate::sched::node::{Live, Node, Phase};
use crate::sched::turn::Turn;

/// The first pause after an executor that cannot be reached.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

impl<'a> Turn<'a> {
    /// Starts the next try of a node.
    pub(super) fn start(&mut self, at: usize, spec: Box<UnitSpec>, cache: Option<CacheKey>) {
        if self.builds_first(at, &spec) {
            return;
        }
        let tries = self.node(at).map_or(0, |node| node.tries);
        self.keep_unit(at, &spec, cache.as_ref().filter(|_| tries == 0));
        if let Some(key) = self.state.key(at, tries + 1) {
            self.launch(key, spec, cache);
        }
    }

    /// Keeps what a key stands for, so that a later miss can be explained (EXT-6).
    fn keep_unit(&mut self, at: usize, spec: &UnitSpec, cache: Option<&CacheKey>) {
        let (Some(node), Some(key)) = (self.node(at), cache) else { return };
        let view = self.view(node);
        let text = plan::canonical(&self.flow.shared, &view, spec, plan::is_always(self.flow, &view));
        self.decision.texts.push((key.0.clone(), text.into()));
    }

    /// The node that a key's start is under way for.
    fn live(&self, key: &LaunchKey) -> Option<(usize, &'a Node, &'a Live)> {
        let at = self.state.place_of(key)?;
        let node = self.node(at).filter(|node| node.tries == key.r#try)?;
        if let Phase::Live(live) = &node.phase { Some((at, node, live)) } else { None }
    }

    pub(super) fn start_result(&mut self, key: &LaunchKey, result: &Result<RawId, ExecutorError>) {
        let Some((at, node, live)) = self.live(key).filter(|(_, _, live)| !live.taken) else {
            return self.build_start_result(key, result);
        };
        match result {
            Ok(raw) => {
                self.event(EventKind::Launched { key: key.clone(), raw: raw.clone() });
                // A kill that came before the executor had the unit may have met nothing.
                if self.must_stop(node) {
                    self.kill(key.clone());
                }
            }
            Err(error) if error.is_retryable() => self.unreachable(at, node, live, error),
            Err(error) => self.end_try(at, node, &End::not_started(&error.to_string())),
        }
    }

    /// The executor cannot be reached: the same start is made again, after growing pauses.
    fn unreachable(&mut self, at: usize, node: &'a Node, live: &Live, error: &ExecutorError) {
        let Some(key) = self.state.key(at, node.tries) else { return };
        if self.must_stop(node) {
            self.kill(key);
            self.end_live(at, &End::killed());
            return;
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << live.stumbles.min(16)).min(LONGEST_PAUSE);
        let moment = self.now.after(pause);
        self.event(EventKind::Progress {
            key: key.clone(),
            stage: Stage::Queued,
            why: Some(error.to_string()),
            happened_at: None,
        });
        self.event(EventKind::RetryAt { key, at: moment, ended: None });
        self.effect(Effect::WakeAt(moment));
    }

    /// Records who a unit is that is heard of before the start was answered.
    ///
    /// The answer will say nothing new then, so what had to follow from it follows now.
    pub(super) fn note_taken(&mut self, key: &LaunchKey, raw: Option<&RawId>) {
        let Some(raw) = raw else { return };
        if self.live(key).is_some_and(|(_, _, live)| !live.taken) {
            self.start_result(key, &Ok(raw.clone()));
        } else if self.state.place_of(key).is_none() {
            self.build_start_result(key, &Ok(raw.clone()));
        }
    }

    /// News of a unit. Order: queued, starting, running or suspended; what goes backwards is late news.
    pub(super) fn report(&mut self, report: &Report) {
        self.note_taken(&report.key, report.raw.as_ref());
        let Some((at, node, live)) = self.live(&report.key) else { return self.build_report(report) };
        let (stage, why) = match &report.what {
            What::Queued { why } => (Stage::Queued, said(why)),
            What::Starting { stage } => (Stage::Starting, said(stage)),
            // A local action is never `running` (BAT-22).
            What::Running { .. } if node.record.local => (Stage::Starting, said("at work on this machine")),
            What::Running { address } => (Stage::Running, said(address)),
            What::Suspended => (Stage::Suspended, None),
            What::Lost { proof_dead: true } => return self.lost(at, node),
            What::Lost { proof_dead: false } => {
                let why = "out of reach: waiting for a proof that it is dead".to_owned();
                (live.stage.clone().unwrap_or(Stage::Queued), Some(why))
            }
            // The end of a unit comes as a fact of its own, with its log.
            What::Ended { .. } => return,
        };
        let is_late = live.stage.as_ref().is_some_and(|last| rank(&stage) < rank(last));
        let is_known = live.stage.as_ref() == Some(&stage) && live.why == why;
        if !is_late && !is_known {
            let happened_at = Told::of(report).long_before(self.now);
            self.event(EventKind::Progress { key: report.key.clone(), stage, why, happened_at });
        }
    }

    /// A unit is gone and proved dead.
    pub(super) fn lost(&mut self, at: usize, node: &'a Node) {
        if self.must_stop(node) {
            return self.end_live(at, &End::lost_while_stopping());
        }
        self.end_try(at, node, &End::lost());
    }

    /// A start is over, with nothing to show: another try follows, or the task is over.
    fn end_try(&mut self, at: usize, node: &'a Node, end: &End) {
        if !self.try_again(at, node, end) {
            self.end_live(at, end);
        }
    }
}

fn said(words: &str) -> Option<String> {
    (!words.is_empty()).then(|| words.to_owned())
}

/// How far a stage is; suspended and running come in any order.
pub(super) fn rank(stage: &Stage) -> u8 {
    match stage {
        Stage::Queued => 0,
        Stage::Starting => 1,
        Stage::Running | Stage::Suspended => 2,
    }
}
