//! [`Board`]: the news of all units, by scope and in order, for readers who come and go.

use std::collections::{BTreeMap, BTreeSet};

use flow_core::model::UnitOwner;
use flow_core::port::{Clock, Cursor, Report, Scope, What};

use crate::sys::SystemClock;

/// Whose reader learns of a unit.
pub(super) fn scope_of(owner: &UnitOwner) -> Scope {
    match owner {
        UnitOwner::Task { attempt, .. } | UnitOwner::Build { attempt, .. } => Scope::Attempt(attempt.clone()),
        UnitOwner::Live { job } => Scope::Live(job.clone()),
    }
}

/// One piece of news.
#[derive(Clone, Debug)]
pub(super) struct Note {
    /// The unit, by number.
    pub(super) unit: u64,
    /// The news; the output files of an end are left out, they are read when somebody asks.
    pub(super) report: Report,
}

/// All news of units that were not forgotten: at most a few for each.
///
/// Numbers grow over all scopes. A cursor names the supervisor that gave it: to another it is the
/// beginning, so news is repeated after a restart and never lost.
#[derive(Debug)]
pub(super) struct Board {
    generation: String,
    next: u64,
    scopes: BTreeMap<Scope, BTreeMap<u64, Note>>,
    changed: BTreeSet<Scope>,
}

impl Board {
    /// An empty one, of this process.
    pub(super) fn new() -> Self {
        let generation = format!("{:x}.{:x}", std::process::id(), SystemClock.now().unix_millis);
        Board { generation, next: 1, scopes: BTreeMap::new(), changed: BTreeSet::new() }
    }

    /// Adds news; gives its number.
    pub(super) fn publish(&mut self, scope: &Scope, note: Note) -> u64 {
        let number = self.next;
        self.next += 1;
        self.scopes.entry(scope.clone()).or_default().insert(number, note);
        self.changed.insert(scope.clone());
        number
    }

    /// Takes news away.
    pub(super) fn forget(&mut self, scope: &Scope, numbers: &[u64]) {
        let Some(notes) = self.scopes.get_mut(scope) else { return };
        for number in numbers {
            notes.remove(number);
        }
        if notes.is_empty() {
            self.scopes.remove(scope);
        }
    }

    /// The scopes with news since this was asked last.
    pub(super) fn take_changed(&mut self) -> BTreeSet<Scope> {
        std::mem::take(&mut self.changed)
    }

    /// The news of a scope behind `after`, with their numbers.
    ///
    /// Shape: in order; from the beginning without waiting that is over.
    pub(super) fn since(&self, scope: &Scope, after: &Cursor) -> Vec<(u64, &Note)> {
        let Some(notes) = self.scopes.get(scope) else { return Vec::new() };
        if let Some(number) = self.number_of(after) {
            return notes.range(number + 1..).map(|(number, note)| (*number, note)).collect();
        }
        let lasts: BTreeMap<u64, u64> = notes.iter().map(|(number, note)| (note.unit, *number)).collect();
        let waits = |note: &Note| matches!(note.report.what, What::Queued { .. });
        let all = notes.iter().map(|(number, note)| (*number, note));
        all.filter(|(number, note)| !waits(note) || lasts.get(&note.unit) == Some(number)).collect()
    }

    /// The cursor behind the news with this number; without one, behind all.
    pub(super) fn cursor(&self, number: Option<u64>) -> Cursor {
        Cursor(format!("{}-{}", self.generation, number.unwrap_or(self.next - 1)).into())
    }

    /// The number in a cursor of ours.
    fn number_of(&self, cursor: &Cursor) -> Option<u64> {
        let (generation, number) = cursor.0.split_once('-')?;
        if generation == self.generation { number.parse().ok() } else { None }
    }
}
