//! [`LiveState`]: the fold of a live job's events. «Same events, no graph»: one unit, started again as its restart
//! policy says. What follows from news is in `decide`.

mod decide;

use std::time::Duration;

use crate::event::{Event, EventKind, Stage};
use crate::model::{Digest, LaunchKey, LiveJobId, LiveOrder, Outcome, TaskStatus, Timestamp};
use crate::sched::fact::Revive;
use crate::sched::turn::GRACE;

pub use decide::decide_live;

/// A start that ran so long was a good one: the pauses before the next begin anew.
const STEADY: Duration = Duration::from_mins(1);

/// Everything that is known of one live job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveState {
    job: Option<LiveJobId>,
    order: Option<Box<LiveOrder>>,
    /// How often it was started.
    tries: u32,
    phase: Phase,
    /// The spec of the last start.
    spec: Option<Digest>,
    /// When it ran first.
    began: Option<Timestamp>,
    /// Starts in a row that soon ended, before the one under way.
    stumbles: u32,
    outcome: Option<Outcome>,
    cancelled: bool,
    last_request: u64,
    last_at: Timestamp,
    result: Option<TaskStatus>,
}

/// Where the job stands.
#[derive(Clone, Debug, Default, PartialEq)]
enum Phase {
    /// Not started yet.
    #[default]
    Waiting,
    /// Handed to the executor, or about to be.
    Live(Live),
    /// The next start comes at this moment.
    Pausing(Timestamp),
    /// Over.
    Over,
}

/// What is known of a start that is under way.
#[derive(Clone, Debug, Default, PartialEq)]
struct Live {
    taken: bool,
    stage: Option<Stage>,
    why: Option<String>,
    /// When it ran first.
    since: Option<Timestamp>,
    /// When a start that the executor could not take is asked for again.
    again_at: Option<Timestamp>,
    /// How often it could not take it.
    refused: u32,
}

impl LiveState {
    /// A job of which nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// What it was started with; `None` before its first event.
    pub fn order(&self) -> Option<&LiveOrder> {
        self.order.as_deref()
    }

    /// How it ended; `None` while it has not.
    pub fn result(&self) -> Option<TaskStatus> {
        self.result
    }

    /// The time of the last event.
    pub fn last_at(&self) -> Timestamp {
        self.last_at
    }

    /// The last request that was heeded; 0 without one.
    pub fn last_request(&self) -> u64 {
        self.last_request
    }

    /// The start that is under way, if one is.
    pub fn current(&self) -> Option<LaunchKey> {
        matches!(self.phase, Phase::Live(_)).then(|| self.key(self.tries)).flatten()
    }

    fn key(&self, r#try: u32) -> Option<LaunchKey> {
        Some(LaunchKey::live(self.job.as_ref()?, r#try))
    }

    /// How long it may still run at a moment; `None` where nothing bounds it.
    fn life_left(&self, now: Timestamp) -> Option<Duration> {
        let seconds = self.order.as_ref()?.life_span_seconds?;
        let life = Duration::try_from_secs_f64(seconds).ok()?;
        Some(self.began.map_or(life, |began| life.saturating_sub(now.since(began))))
    }

    fn launching(&mut self, key: &LaunchKey, spec: &Digest) {
        self.tries = key.r#try;
        self.spec = Some(spec.clone());
        self.phase = Phase::Live(Live::default());
    }

    fn edit(&mut self, key: &LaunchKey, edit: impl FnOnce(&mut Live)) {
        if let Phase::Live(live) = &mut self.phase
            && key.r#try == self.tries
        {
            edit(live);
        }
    }

    fn progress(&mut self, key: &LaunchKey, stage: &Stage, why: Option<&String>, at: Timestamp) {
        let runs = *stage == Stage::Running;
        if runs {
            self.began.get_or_insert(at);
        }
        self.edit(key, |live| {
            live.since = live.since.or(runs.then_some(at));
            live.stage = Some(stage.clone());
            live.why = why.cloned();
            live.again_at = None;
        });
    }

    /// How many starts in a row soon ended before the one that ends now; 0 if that ran long enough.
    fn stumbles_after(&self, at: Timestamp) -> u32 {
        let Phase::Live(live) = &self.phase else { return self.stumbles };
        let steady = live.since.is_some_and(|since| at.since(since) >= STEADY);
        if steady { 0 } else { self.stumbles }
    }

    fn retry(&mut self, key: &LaunchKey, moment: Timestamp, at: Timestamp) {
        if key.r#try > self.tries {
            self.stumbles = self.stumbles_after(at).saturating_add(1);
            self.phase = Phase::Pausing(moment);
            return;
        }
        self.edit(key, |live| {
            live.again_at = Some(moment);
            live.refused = live.refused.saturating_add(1);
        });
    }
}

/// Folds one event into the state; the only way to change it.
pub fn apply_live(state: &mut LiveState, event: &Event) {
    state.last_at = state.last_at.max(event.at);
    match &event.kind {
        EventKind::LiveCreated(created) => {
            state.job = event.subject.live().cloned();
            state.order = Some(Box::new(created.order.clone()));
        }
        EventKind::Launching { key, spec, .. } => state.launching(key, spec),
        EventKind::Launched { key, .. } => state.edit(key, |live| {
            live.taken = true;
            live.again_at = None;
            live.refused = 0;
        }),
        EventKind::Progress { key, stage, why, happened_at } => {
            state.progress(key, stage, why.as_ref(), happened_at.unwrap_or(event.at));
        }
        EventKind::Ended { outcome, .. } => state.outcome = Some(outcome.clone()),
        EventKind::RetryAt { key, at, .. } => state.retry(key, *at, event.at),
        EventKind::CancelAsked { request, .. } => {
            state.cancelled = true;
            state.last_request = state.last_request.max(request.unwrap_or(0));
        }
        EventKind::LiveEnded { result } => {
            state.result = Some(*result);
            state.phase = Phase::Over;
        }
        EventKind::AttemptCreated(_)
        | EventKind::Claimed { .. }
        | EventKind::Expanded { .. }
        | EventKind::LocalsEnded { .. }
        | EventKind::Answered { .. }
        | EventKind::Skipped { .. }
        | EventKind::CacheHit { .. }
        | EventKind::TakenOver { .. }
        | EventKind::AttemptEnded { .. } => {}
    }
}

/// What was under way when the engine that wrote this state went away: as for an attempt, a start without an end
/// is made again with its own key.
pub fn revive_live(state: &LiveState) -> Vec<Revive> {
    let Phase::Live(live) = &state.phase else {
        return match state.phase {
            Phase::Pausing(moment) => vec![Revive::WakeAt(moment)],
            Phase::Waiting | Phase::Live(_) | Phase::Over => Vec::new(),
        };
    };
    let (Some(key), Some(spec)) = (state.key(state.tries), state.spec.clone()) else { return Vec::new() };
    let start = match live.again_at {
        Some(moment) => Revive::WakeAt(moment),
        None => Revive::Launch { key: key.clone(), spec },
    };
    let kill = state.cancelled.then_some(Revive::Kill { key, grace: GRACE });
    std::iter::once(start).chain(kill).collect()
}
