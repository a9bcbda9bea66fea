//! The end of a task and what follows from it. Source: BAT-56, BAT-58, BAT-71, DEC-25.

use indexmap::IndexMap;

use crate::event::{EventKind, Stage};
use crate::model::{Exit, FullId, LaunchKey, LogRef, Outcome, Reason, TaskStatus, Timestamp};
use crate::sched::node::{Node, Phase};
use crate::sched::turn::{Turn, fails_fast, last_key, stumbled};

/// How a task ended.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) outcome: Outcome,
    pub(super) log: LogRef,
    /// When, if it was told late.
    pub(super) happened_at: Option<Timestamp>,
}

pub(super) type Texts = IndexMap<String, String>;

impl End {
    fn new(status: TaskStatus, exit: Exit, reason: Reason) -> Self {
        End { outcome: Outcome { status, exit, reason }, log: LogRef::default(), happened_at: None }
    }

    fn failed(reason: Reason) -> Self {
        Self::new(TaskStatus::Failed, Exit::None, reason)
    }

    /// What an executor's news of an end means.
    ///
    /// A task that ran or waited too long has failed; one that was killed was cancelled, whoever
    /// killed it (OBS-5.23); one whose output files cannot be read has failed even if it exited well.
    pub(super) fn of(exit: Exit, reason: &Reason, problem: Option<&String>, log: &LogRef) -> Self {
        let status = match reason {
            Reason::Killed => TaskStatus::Cancelled,
            Reason::Finished if exit == Exit::Code(0) => TaskStatus::Succeeded,
            Reason::Finished
            | Reason::NotStarted { .. }
            | Reason::LifeSpan
            | Reason::ScheduleTimeout
            | Reason::Lost
            | Reason::BadOutputs { .. }
            | Reason::Inside { .. }
            | Reason::Evaluation { .. } => TaskStatus::Failed,
        };
        let outcome = match (status, problem) {
            (TaskStatus::Succeeded, Some(message)) => {
                let reason = Reason::BadOutputs { message: message.clone() };
                Outcome { status: TaskStatus::Failed, exit, reason }
            }
            _ => Outcome { status, exit, reason: reason.clone() },
        };
        End { outcome, log: log.clone(), happened_at: None }
    }

    /// The end, which happened earlier than it was told.
    pub(super) fn happened(self, at: Option<Timestamp>) -> Self {
        End { happened_at: at, ..self }
    }

    pub(super) fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    pub(super) fn evaluation(reason: Reason) -> Self {
        Self::failed(reason)
    }

    pub(super) fn unanswered(message: &str) -> Self {
        Self::failed(Reason::Evaluation { message: message.to_owned(), place: String::new() })
    }

    /// What was evaluated for the first start cannot be evaluated any more.
    pub(super) fn no_spec() -> Self {
        Self::unanswered("the task cannot be evaluated again for its next start")
    }

    pub(super) fn not_started(message: &str) -> Self {
        Self::failed(Reason::NotStarted { message: message.to_owned() })
    }

    pub(super) fn lost() -> Self {
        Self::failed(Reason::Lost)
    }

    pub(super) fn lost_while_stopping() -> Self {
        Self::new(TaskStatus::Cancelled, Exit::None, Reason::Lost)
    }

    pub(super) fn killed() -> Self {
        Self::new(TaskStatus::Cancelled, Exit::None, Reason::Killed)
    }

    /// A call all of whose tasks are well.
    pub(super) fn succeeded() -> Self {
        Self::new(TaskStatus::Succeeded, Exit::None, Reason::Finished)
    }

    /// A call ends as a task that it opened.
    pub(super) fn inside(status: TaskStatus, task: &FullId) -> Self {
        Self::new(status, Exit::None, Reason::Inside { task: task.clone() })
    }
}

impl End {
    /// The end of a unit that gives nothing back.
    pub(super) fn event(&self, key: &LaunchKey) -> EventKind {
        EventKind::Ended {
            key: key.clone(),
            outcome: self.outcome.clone(),
            outputs: Texts::new(),
            state: Texts::new(),
            log: self.log.clone(),
            cache: None,
            happened_at: self.happened_at,
        }
    }
}

impl Turn<'_> {
    /// A unit ended and its log was read.
    pub(super) fn unit_ended(&mut self, key: &LaunchKey, end: &End, outputs: &Texts, saved: &Texts) {
        let Some(at) = self.state.place_of(key) else { return self.build_ended(key, end) };
        let Some(node) = self.node(at).filter(|node| node.tries == key.r#try) else { return };
        let Phase::Live(live) = &node.phase else { return };
        if end.outcome.reason == Reason::Lost {
            return self.lost(at, node);
        }
        if self.try_again(at, node, end) {
            return;
        }
        // A history goes from pending to succeeded only through running (BAT-56), but that of a local action,
        // which keeps no state either (BAT-22).
        let succeeded = end.outcome.status == TaskStatus::Succeeded && !node.record.local;
        if succeeded && !matches!(live.stage, Some(Stage::Running | Stage::Suspended)) {
            self.event(EventKind::Progress { key: key.clone(), stage: Stage::Running, why: None, happened_at: None });
        }
        let saved = if node.record.local { &Texts::new() } else { saved };
        self.end(at, key.clone(), end, (outputs, saved));
    }

    /// A node that is under way or waits for its next start is over, with nothing to show.
    pub(super) fn end_live(&mut self, at: usize, end: &End) {
        if let Some(key) = last_key(self.state, at) {
            self.end(at, key, end, (&Texts::new(), &Texts::new()));
        }
    }

    /// A call is over.
    pub(super) fn end_call(&mut self, at: usize, end: &End, outputs: &Texts) {
        if let Some(key) = self.state.key(at, 1) {
            self.end(at, key, end, (outputs, &Texts::new()));
        }
    }

    /// A node that was never started is over; one whose last start is over keeps that start's key.
    pub(super) fn end_unstarted(&mut self, at: usize, end: &End) {
        let tries = self.node(at).map_or(1, |node| node.tries.max(1));
        if let Some(key) = self.state.key(at, tries) {
            self.end(at, key, end, (&Texts::new(), &Texts::new()));
        }
    }

    fn end(&mut self, at: usize, key: LaunchKey, end: &End, (outputs, state): (&Texts, &Texts)) {
        let Some(node) = self.node(at) else { return };
        let succeeded = end.outcome.status == TaskStatus::Succeeded;
        self.event(EventKind::Ended {
            key,
            outcome: end.outcome.clone(),
            outputs: outputs.clone(),
            state: state.clone(),
            log: end.log.clone(),
            cache: node.cache.clone().filter(|_| succeeded),
            happened_at: end.happened_at,
        });
        if !self.winding && self.spoils(at, node, &end.outcome) {
            self.wind_down(Some(at));
        }
    }

    /// Whether an end winds the bake down.
    fn spoils(&self, at: usize, node: &Node, outcome: &Outcome) -> bool {
        let Some(key) = node.trouble_key().filter(|_| self.state.is_trouble(at, outcome.status)) else { return false };
        matches!(outcome.reason, Reason::Evaluation { .. }) || fails_fast(self.flow, self.state, key)
    }

    /// Stops what runs and is not `always()`; what was not started is skipped when it is ready (BAT-71, BAT-72).
    pub(super) fn wind_down(&mut self, except: Option<usize>) {
        self.winding = true;
        self.stop_builds();
        let state = self.state;
        for at in state.live.iter().filter(|at| Some(**at) != except) {
            if self.node(*at).is_some_and(|node| self.must_stop(node)) {
                self.stop(*at);
            }
        }
        for (_, at) in state.timers.iter().filter(|(_, at)| Some(*at) != except && !state.live.contains(at)) {
            if self.node(*at).is_some_and(|node| self.must_stop(node)) {
                self.stop(*at);
            }
        }
    }

    /// Stops one node that was started.
    pub(super) fn stop(&mut self, at: usize) {
        let (Some(node), Some(key)) = (self.node(at), last_key(self.state, at)) else { return };
        if matches!(node.phase, Phase::Live(_)) {
            self.kill(key);
        }
        // Nobody tells the end of what the executor never took, nor of what it has lost.
        if stumbled(node) || matches!(node.phase, Phase::Retrying(_)) {
            self.end_live(at, &End::killed());
        }
    }
}
