//! [`Board`]: what a Python executor has taken and told, for the engine to read by position.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use flow_core::model::{LaunchKey, RawId, UnitOwner};
use flow_core::port::{Cursor, ExecutorError, Found, Launch, Report, Scope, What};
use tokio::sync::watch;

/// News in the order in which it came.
#[derive(Debug)]
pub(crate) struct Board {
    state: Mutex<State>,
    /// Moves with each report; whoever waits looks again.
    changes: watch::Sender<u64>,
}

impl Default for Board {
    fn default() -> Self {
        Board { state: Mutex::default(), changes: watch::Sender::new(0) }
    }
}

#[derive(Debug, Default)]
struct State {
    units: HashMap<LaunchKey, Unit>,
    /// The news of each attempt; a cursor counts them.
    news: HashMap<Scope, Vec<Report>>,
}

#[derive(Debug)]
struct Unit {
    /// The executor's id; absent until it has answered.
    raw: Option<RawId>,
    /// How many were taken before it.
    order: usize,
    tags: Vec<String>,
    last: Option<Report>,
    ended: bool,
}

impl Board {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a unit that is about to be started: a quick one is over before the start is answered.
    pub(crate) fn expect(&self, launch: &Launch) {
        let mut state = self.state();
        let order = state.units.len();
        let unit = Unit { raw: None, order, tags: launch.spec.tags.clone(), last: None, ended: false };
        state.units.entry(launch.key.clone()).or_insert(unit);
    }

    /// Notes that a unit was taken, or forgets one that was not.
    pub(crate) fn settle(&self, key: &LaunchKey, raw: Option<RawId>) {
        let mut state = self.state();
        match (raw, state.units.get_mut(key)) {
            (Some(raw), Some(unit)) => unit.raw = Some(raw),
            (None, Some(_)) => drop(state.units.remove(key)),
            (_, None) => {}
        }
    }

    /// The id of a unit that was taken.
    pub(crate) fn raw(&self, key: &LaunchKey) -> Option<RawId> {
        self.state().units.get(key).and_then(|unit| unit.raw.clone())
    }

    /// Whether a unit is over; `None` if it was never to be started.
    pub(crate) fn has_ended(&self, key: &LaunchKey) -> Option<bool> {
        self.state().units.get(key).map(|unit| unit.ended)
    }

    /// Puts news up; what comes behind a unit's end is left out.
    pub(crate) fn put(&self, report: Report) {
        let mut state = self.state();
        if let Some(unit) = state.units.get_mut(&report.key) {
            if unit.ended {
                return;
            }
            unit.ended = is_end(&report.what);
            unit.last = Some(report.clone());
        }
        state.news.entry(scope_of(&report.key.owner)).or_default().push(report);
        drop(state);
        self.changes.send_modify(|count| *count += 1);
    }

    /// The news of a scope behind a place; waits for some.
    pub(crate) async fn read(&self, scope: &Scope, after: &Cursor) -> Result<(Vec<Report>, Cursor), ExecutorError> {
        let after: usize = match &*after.0 {
            "" => 0,
            text => text.parse().map_err(|_| ExecutorError::Refused { message: format!("`{text}` is no cursor") })?,
        };
        let mut changes = self.changes.subscribe();
        loop {
            let news: Vec<Report> =
                self.state().news.get(scope).map(|news| news.iter().skip(after).cloned().collect()).unwrap_or_default();
            if !news.is_empty() {
                let place = after + news.len();
                return Ok((news, Cursor(place.to_string().into())));
            }
            // The sender is in `self`, so the wait cannot fail.
            let _ = changes.changed().await;
        }
    }

    /// The units with all these tags, the oldest first.
    pub(crate) fn find(&self, tags: &[String]) -> Vec<Found> {
        let state = self.state();
        let mut units: Vec<(&LaunchKey, &Unit)> = state.units.iter().collect();
        units.sort_by_key(|(_, unit)| unit.order);
        let found = units.into_iter().filter(|(_, unit)| tags.iter().all(|tag| unit.tags.contains(tag)));
        let told = |(key, unit): (&LaunchKey, &Unit)| {
            let (last, raw) = (unit.last.clone()?, unit.raw.clone()?);
            Some(Found { key: key.clone(), raw, tags: unit.tags.clone(), last })
        };
        found.filter_map(told).collect()
    }

    /// Forgets an ended unit; whether there was one.
    pub(crate) fn remove(&self, key: &LaunchKey) -> bool {
        let mut state = self.state();
        let ended = state.units.get(key).is_some_and(|unit| unit.ended);
        ended && state.units.remove(key).is_some()
    }
}

fn is_end(what: &What) -> bool {
    match what {
        What::Ended { .. } | What::Lost { .. } => true,
        What::Queued { .. } | What::Starting { .. } | What::Running { .. } | What::Suspended => false,
    }
}

fn scope_of(owner: &UnitOwner) -> Scope {
    match owner {
        UnitOwner::Task { attempt, .. } | UnitOwner::Build { attempt, .. } => Scope::Attempt(attempt.clone()),
        UnitOwner::Live { job } => Scope::Live(job.clone()),
    }
}
