//! [`decide_live`]: a fact about a live job to what is written and done. Source: LIV-23, LIV-32, MCH-1.

use std::time::Duration;

use crate::event::{CancelScope, EventKind, Stage};
use crate::model::{LaunchKey, Outcome, RawId, Reason, RestartPolicy, TaskStatus, Timestamp, UnitSpec};
use crate::port::{ExecutorError, Report, Request, RequestKind, What};
use crate::sched::end::End;
use crate::sched::fact::{Decision, Effect, Fact, Timed, Told};
use crate::sched::live::{Live, LiveState, Phase};
use crate::sched::start::rank;
use crate::sched::turn::GRACE;

/// The pause before the first start that is made again; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Decides what a fact means for a live job, as [`decide`](crate::sched::decide) does for an attempt.
///
/// `spec`: what the job runs. A pure function; facts that are late or doubled give an empty decision.
pub fn decide_live(spec: &UnitSpec, state: &LiveState, timed: &Timed) -> Decision {
    let now = timed.at.max(state.last_at);
    let mut turn = Turn { spec, state, now, decision: Decision { at: now, ..Decision::default() } };
    if state.result.is_some() || state.order.is_none() {
        return turn.decision;
    }
    match &timed.fact {
        Fact::Begin | Fact::Tick => turn.tick(),
        Fact::StartResult { key, result } => turn.start_result(key, result),
        Fact::Report(report) => turn.report(report),
        Fact::Ended { key, exit, reason, log, told, .. } => {
            turn.note_taken(key, told.raw.as_ref());
            turn.unit_ended(key, &End::of(*exit, reason, None, log).happened(told.long_before(now)));
        }
        Fact::Request(request) => turn.request(request),
        Fact::Interrupted { by } => turn.cancel(by, None),
        // Those of attempts: a live job has no graph, no questions and no cache.
        Fact::BeginFrom(_) | Fact::Answered { .. } | Fact::CacheAnswer { .. } => {}
    }
    turn.decision
}

/// One call of [`decide_live`].
struct Turn<'a> {
    spec: &'a UnitSpec,
    state: &'a LiveState,
    now: Timestamp,
    decision: Decision,
}

impl<'a> Turn<'a> {
    fn event(&mut self, event: EventKind) {
        self.decision.events.push(event);
    }

    fn effect(&mut self, effect: Effect) {
        self.decision.effects.push(effect);
    }

    /// The start that is under way, if this is its key.
    fn live(&self, key: &LaunchKey) -> Option<&'a Live> {
        match &self.state.phase {
            Phase::Live(live) if self.state.key(self.state.tries).as_ref() == Some(key) => Some(live),
            Phase::Live(_) | Phase::Waiting | Phase::Pausing(_) | Phase::Over => None,
        }
    }

    fn tick(&mut self) {
        match &self.state.phase {
            Phase::Waiting | Phase::Pausing(_) if self.state.cancelled => self.over(TaskStatus::Cancelled),
            Phase::Waiting => self.launch(),
            Phase::Pausing(moment) if *moment <= self.now => self.launch(),
            Phase::Pausing(moment) => self.effect(Effect::WakeAt(*moment)),
            Phase::Live(live) => self.ask_again(live),
            Phase::Over => {}
        }
    }

    /// Writes that the next start is about to be made, and makes it.
    fn launch(&mut self) {
        let Some(key) = self.state.key(self.state.tries + 1) else { return };
        let life = self.state.life_left(self.now);
        let mut spec = self.spec.clone();
        spec.life_span_seconds = life.map(|left| left.as_secs_f64());
        let digest = spec.digest();
        self.decision.texts.push((digest.clone(), spec.to_json().into()));
        self.event(EventKind::Launching { key: key.clone(), spec: digest, cache: None });
        self.effect(Effect::Launch { key, spec: Box::new(spec), resuming: false });
    }

    /// Makes a start again that the executor could not take, when its time has come.
    fn ask_again(&mut self, live: &Live) {
        let Some(moment) = live.again_at else { return };
        if moment > self.now {
            return self.effect(Effect::WakeAt(moment));
        }
        let Some(key) = self.state.key(self.state.tries) else { return };
        self.event(EventKind::Progress { key: key.clone(), stage: Stage::Queued, why: None, happened_at: None });
        let mut spec = self.spec.clone();
        spec.life_span_seconds = self.state.life_left(self.now).map(|left| left.as_secs_f64());
        self.effect(Effect::Launch { key, spec: Box::new(spec), resuming: true });
    }

    fn start_result(&mut self, key: &LaunchKey, result: &Result<RawId, ExecutorError>) {
        let Some(live) = self.live(key).filter(|live| !live.taken) else { return };
        match result {
            Ok(raw) => {
                self.event(EventKind::Launched { key: key.clone(), raw: raw.clone() });
                if self.state.cancelled {
                    self.effect(Effect::Kill { key: key.clone(), grace: GRACE });
                }
            }
            Err(error) if error.is_retryable() && !self.state.cancelled => {
                let pause = pause(live.refused);
                let moment = self.now.after(pause);
                let why = Some(error.to_string());
                self.event(EventKind::Progress { key: key.clone(), stage: Stage::Queued, why, happened_at: None });
                self.event(EventKind::RetryAt { key: key.clone(), at: moment, ended: None });
                self.effect(Effect::WakeAt(moment));
            }
            Err(error) if error.is_retryable() => {
                // It may have been taken all the same.
                self.effect(Effect::Kill { key: key.clone(), grace: GRACE });
                self.end(key, &End::killed());
            }
            Err(error) => self.end(key, &End::not_started(&error.to_string())),
        }
    }

    /// Records who a unit is that is heard of before its start was answered.
    fn note_taken(&mut self, key: &LaunchKey, raw: Option<&RawId>) {
        if let Some(raw) = raw {
            self.start_result(key, &Ok(raw.clone()));
        }
    }

    fn report(&mut self, report: &Report) {
        self.note_taken(&report.key, report.raw.as_ref());
        let Some(live) = self.live(&report.key) else { return };
        let said = |words: &str| (!words.is_empty()).then(|| words.to_owned());
        let (stage, why) = match &report.what {
            What::Queued { why } => (Stage::Queued, said(why)),
            What::Starting { stage } => (Stage::Starting, said(stage)),
            What::Running { address } => (Stage::Running, said(address)),
            What::Suspended => (Stage::Suspended, None),
            What::Lost { proof_dead: true } => return self.lost(&report.key),
            What::Lost { proof_dead: false } => {
                let why = "out of reach: waiting for a proof that it is dead".to_owned();
                (live.stage.clone().unwrap_or(Stage::Queued), Some(why))
            }
            // The end comes as a fact of its own, with its log.
            What::Ended { .. } => return,
        };
        let is_late = live.stage.as_ref().is_some_and(|last| rank(&stage) < rank(last));
        let is_known = live.stage.as_ref() == Some(&stage) && live.why == why;
        if !is_late && !is_known {
            let happened_at = Told::of(report).long_before(self.now);
            self.event(EventKind::Progress { key: report.key.clone(), stage, why, happened_at });
        }
    }

    /// It is gone with its machine: a failure like any other, but of a job that is being stopped.
    fn lost(&mut self, key: &LaunchKey) {
        let end = if self.state.cancelled { End::lost_while_stopping() } else { End::lost() };
        self.end(key, &end);
    }

    /// Files that a task gives results by have no meaning here, so nothing can be wrong with them.
    fn unit_ended(&mut self, key: &LaunchKey, end: &End) {
        let Some(live) = self.live(key) else { return };
        if end.outcome().reason == Reason::Lost {
            return self.lost(key);
        }
        if end.outcome().status == TaskStatus::Succeeded
            && !matches!(live.stage, Some(Stage::Running | Stage::Suspended))
        {
            self.event(EventKind::Progress { key: key.clone(), stage: Stage::Running, why: None, happened_at: None });
        }
        self.end(key, end);
    }

    /// A start is over: the job too, or it is started again after a pause.
    fn end(&mut self, key: &LaunchKey, end: &End) {
        self.event(end.event(key));
        let outcome = end.outcome();
        match self.next_start(outcome) {
            Some(moment) => {
                if let Some(next) = self.state.key(self.state.tries + 1) {
                    self.event(EventKind::RetryAt { key: next, at: moment, ended: None });
                    self.effect(Effect::WakeAt(moment));
                }
            }
            None => self.over(outcome.status),
        }
    }

    /// When it is started again; `None` if it is not. What nobody could start is no better the second time.
    fn next_start(&self, outcome: &Outcome) -> Option<Timestamp> {
        let order = self.state.order()?;
        let wanted = match order.restart {
            RestartPolicy::Never => false,
            RestartPolicy::OnFailure => outcome.status == TaskStatus::Failed,
            RestartPolicy::Always => true,
        };
        let by_itself = match outcome.reason {
            Reason::Finished | Reason::Lost => true,
            Reason::Killed
            | Reason::NotStarted { .. }
            | Reason::LifeSpan
            | Reason::ScheduleTimeout
            | Reason::BadOutputs { .. }
            | Reason::Inside { .. }
            | Reason::Evaluation { .. } => false,
        };
        if !wanted || !by_itself || self.state.cancelled {
            return None;
        }
        let moment = self.now.after(pause(self.state.stumbles_after(self.now)));
        let in_life = self.state.life_left(moment).is_none_or(|left| !left.is_zero());
        in_life.then_some(moment)
    }

    fn request(&mut self, request: &Request) {
        if request.id <= self.state.last_request {
            return;
        }
        let RequestKind::Cancel { .. } = &request.kind;
        self.cancel(&request.by, Some(request.id));
    }

    /// Stops the job because somebody said so; said twice it counts once.
    fn cancel(&mut self, by: &str, request: Option<u64>) {
        if self.state.cancelled {
            return;
        }
        self.event(EventKind::CancelAsked { scope: CancelScope::Job, by: by.to_owned(), request });
        match (&self.state.phase, self.state.current()) {
            (Phase::Live(live), Some(key)) => {
                self.effect(Effect::Kill { key: key.clone(), grace: GRACE });
                // Nobody tells the end of what the executor could not take.
                if live.again_at.is_some() {
                    self.event(End::killed().event(&key));
                    self.over(TaskStatus::Cancelled);
                }
            }
            _ => self.over(TaskStatus::Cancelled),
        }
    }

    fn over(&mut self, result: TaskStatus) {
        self.event(EventKind::LiveEnded { result });
    }
}

/// The pause after so many stumbles.
fn pause(stumbles: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << stumbles.min(16)).min(LONGEST_PAUSE)
}
