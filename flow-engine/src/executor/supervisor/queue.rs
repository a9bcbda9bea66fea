//! [`Queue`]: units that wait for room, fair over their owners; and [`Slots`], the room.
//!
//! What a unit is does not belong here: it is a number.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// What a unit takes of the machine while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// CPU slots.
    pub(super) cpus: u32,
}

impl Claim {
    /// The claim of a unit that says nothing else.
    pub(super) const ONE_CPU: Claim = Claim { cpus: 1 };
}

/// The room of the machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots {
    total: u32,
    used: u32,
}

impl Slots {
    /// All free.
    pub(super) fn new(total: u32) -> Self {
        Slots { total, used: 0 }
    }

    /// How many there are.
    pub(super) fn total(self) -> u32 {
        self.total
    }

    /// Whether the claim fits now.
    pub(super) fn fits(self, claim: Claim) -> bool {
        claim.cpus <= self.total - self.used
    }

    /// Takes the claim; it must fit.
    pub(super) fn take(&mut self, claim: Claim) {
        self.used += claim.cpus;
    }

    /// Gives a taken claim back.
    pub(super) fn give_back(&mut self, claim: Claim) {
        self.used -= claim.cpus;
    }
}

/// Units in waiting: owners take turns, the units of one owner go in the order of their coming.
#[derive(Debug)]
pub(super) struct Queue<Owner> {
    turns: VecDeque<Owner>,
    waiting: HashMap<Owner, VecDeque<u64>>,
}

impl<Owner: Clone + Eq + Hash> Queue<Owner> {
    /// An empty one.
    pub(super) fn new() -> Self {
        Queue { turns: VecDeque::new(), waiting: HashMap::new() }
    }

    /// Puts a unit behind the others of its owner.
    pub(super) fn push(&mut self, owner: &Owner, unit: u64) {
        let line = self.waiting.entry(owner.clone()).or_default();
        if line.is_empty() {
            self.turns.push_back(owner.clone());
        }
        line.push_back(unit);
    }

    /// Takes the next unit; its owner's next turn comes after everybody else's.
    pub(super) fn pop(&mut self) -> Option<u64> {
        let owner = self.turns.pop_front()?;
        let line = self.waiting.get_mut(&owner)?;
        let unit = line.pop_front();
        if line.is_empty() {
            self.waiting.remove(&owner);
        } else {
            self.turns.push_back(owner);
        }
        unit
    }

    /// Takes a unit out of the line.
    pub(super) fn remove(&mut self, owner: &Owner, unit: u64) {
        let Some(line) = self.waiting.get_mut(owner) else { return };
        line.retain(|&other| other != unit);
        if line.is_empty() {
            self.waiting.remove(owner);
            self.turns.retain(|other| other != owner);
        }
    }
}

#[cfg(test)]
mod tests;
