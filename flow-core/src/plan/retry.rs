//! [`RetryPolicy`]: how often a task is tried, and when it is tried again. Source: EXT-3.

use std::time::Duration;

use crate::ast::{Retry, RetryOn};
use crate::diag::{Code, Diagnostic};
use crate::expr::Target;
use crate::model::{Outcome, Reason, TaskStatus};
use crate::plan::evaluate::Evaluator;

/// How often a task is tried where nothing says it (EXT-3).
const ATTEMPTS: u32 = 2;

/// How often a task is tried, and when it is tried again.
///
/// The nearest `retry` decides as a whole: that of the task, else that of `defaults`, which holds inside of
/// called actions too. Without any, a task that was lost is tried twice.
///
/// A task with `restart` and no `retry` of its own is started again without end, as the platform does it, after
/// failures (`on-failure`) or after every end (`always`); once its time runs out it is over (BAT-59).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    /// How often it runs at most, from 1.
    pub attempts: u32,
    /// Before the second try.
    pub delay: Duration,
    /// What the delay grows by from try to try, from 1.
    pub backoff: f64,
    /// The longest pause.
    pub longest: Duration,
    /// After what it is tried again.
    pub after: &'static [TryAfter],
}

/// An end that another try may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryAfter {
    /// It succeeded.
    Success,
    /// It failed by itself.
    Failure,
    /// Its `life_span` or `schedule_timeout` ran out.
    Timeout,
    /// Its machine was lost.
    Loss,
}

impl RetryPolicy {
    /// What holds where nothing is written, and for `main` and `post` of stateful actions whatever is written.
    pub const BUILT_IN: RetryPolicy = RetryPolicy {
        attempts: ATTEMPTS,
        delay: Duration::ZERO,
        backoff: 1.0,
        longest: Duration::MAX,
        after: &[TryAfter::Loss],
    };

    /// What `restart: on-failure` means; the pauses are those of a cluster.
    pub const RESTART: RetryPolicy = RetryPolicy {
        attempts: u32::MAX,
        delay: Duration::from_secs(10),
        backoff: 2.0,
        longest: Duration::from_mins(5),
        after: &[TryAfter::Failure, TryAfter::Loss],
    };

    /// Whether there is no bound.
    pub fn is_endless(&self) -> bool {
        self.attempts == u32::MAX
    }

    /// Whether another try may follow such an end, as long as their number allows it.
    pub fn follows(&self, outcome: &Outcome) -> bool {
        let end = match (outcome.status, &outcome.reason) {
            (TaskStatus::Succeeded, _) => TryAfter::Success,
            (TaskStatus::Failed, Reason::Lost) => TryAfter::Loss,
            (TaskStatus::Failed, Reason::LifeSpan | Reason::ScheduleTimeout) => TryAfter::Timeout,
            (TaskStatus::Failed, _) => TryAfter::Failure,
            _ => return false,
        };
        self.after.contains(&end)
    }

    /// The pause behind the try of this number, counted from 1.
    pub fn pause(&self, tries: u32) -> Duration {
        let growth = self.backoff.powi(i32::try_from(tries.saturating_sub(1)).unwrap_or(i32::MAX));
        let grown = self.delay.as_secs_f64() * growth;
        // Nothing grows to nothing, even where the growth is beyond all measure.
        let grown = if self.delay.is_zero() { 0.0 } else { grown };
        Duration::try_from_secs_f64(grown).unwrap_or(Duration::MAX).min(self.longest)
    }

    /// The policy of a written `retry`. What cannot be evaluated stands in the evaluator's problems.
    pub(crate) fn of(retry: &Retry, evaluator: &mut Evaluator<'_>) -> Self {
        let attempts = evaluator.field(&retry.attempts, Target::Int);
        let backoff = evaluator.field(&retry.backoff, Target::Float);
        let delay = evaluator.field(&retry.delay, Target::Seconds).unwrap_or_default();
        // Literals were looked at when they were read.
        let is_wrong = [
            (attempts.is_some_and(|count| count < 1), "attempts", retry.attempts.span()),
            (backoff.is_some_and(|factor: f64| factor.is_nan() || factor < 1.0), "backoff", retry.backoff.span()),
        ];
        for (_, name, span) in is_wrong.into_iter().filter(|(is_wrong, ..)| *is_wrong) {
            let fault = Diagnostic::error(Code::WrongValue, format!("`{name}` must be 1 or more"));
            let fault = span.into_iter().fold(fault, |fault, span| fault.at(span, ""));
            evaluator.problems.faults.push(fault.help("give a number from 1 on"));
        }
        // Whoever writes `retry: {attempts: 3}` has failures in mind; without any `retry` only losses count.
        let listed = |end| retry.on.as_ref().is_none_or(|on| on.value.iter().any(|one| one.value == end));
        RetryPolicy {
            attempts: attempts.map_or(ATTEMPTS, |count| u32::try_from(count.max(1)).unwrap_or(u32::MAX)),
            delay: Duration::try_from_secs_f64(delay).unwrap_or_default(),
            backoff: backoff.unwrap_or(1.0),
            after: match (listed(RetryOn::Failed), listed(RetryOn::Lost)) {
                (false, false) => &[],
                (false, true) => &[TryAfter::Loss],
                (true, false) => &[TryAfter::Failure, TryAfter::Timeout],
                (true, true) => &[TryAfter::Failure, TryAfter::Timeout, TryAfter::Loss],
            },
            ..RetryPolicy::BUILT_IN
        }
    }
    /// What the word of `restart` means; `None` for `never` and for no word.
    pub(crate) fn of_restart(word: Option<&str>) -> Option<Self> {
        match word? {
            "on-failure" => Some(RetryPolicy::RESTART),
            "always" => Some(RetryPolicy {
                after: &[TryAfter::Success, TryAfter::Failure, TryAfter::Loss],
                ..RetryPolicy::RESTART
            }),
            _ => None,
        }
    }
}
