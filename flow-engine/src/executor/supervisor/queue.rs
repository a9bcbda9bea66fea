//! [`Queue`]: units that wait for room, fair over their owners; and [`Slots`], the room.
//!
//! What a unit is does not belong here: it is a number, larger for those that came later.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::Hash;

use flow_core::model::Claim;

/// The room of the machine.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    total: Claim,
    free: Claim,
    free_gpus: BTreeSet<u32>,
}

/// What a unit was given: its claim, and which GPUs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Grant {
    claim: Claim,
    /// The numbers of its GPUs.
    pub(super) gpus: Vec<u32>,
}

impl Slots {
    /// All free.
    pub(super) fn new(total: Claim) -> Self {
        Slots { total, free: total, free_gpus: (0..total.gpus).collect() }
    }

    /// All there is.
    pub(super) fn total(&self) -> &Claim {
        &self.total
    }

    /// What nobody has.
    pub(super) fn free(&self) -> &Claim {
        &self.free
    }

    /// Takes a claim, which must fit.
    pub(super) fn take(&mut self, claim: Claim) -> Grant {
        self.free = self.free.without(&claim);
        let gpus = std::iter::from_fn(|| self.free_gpus.pop_first()).take(claim.gpus as usize).collect();
        Grant { claim, gpus }
    }

    /// Takes back what was given.
    pub(super) fn give_back(&mut self, grant: Grant) {
        self.free = self.free.with(&grant.claim);
        self.free_gpus.extend(grant.gpus);
    }
}

/// A unit in waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Waiting<Owner> {
    owner: Owner,
    claim: Claim,
    unit: u64,
}

/// Units in waiting. Owners take turns; of one owner's units with equal claims the oldest goes first.
///
/// A unit for which there is no room lets smaller ones pass, but the first of its kind is kept room for:
/// what is free is held back for it until it fits, so no stream of small units starves a large one.
#[derive(Debug)]
pub(super) struct Queue<Owner> {
    turns: VecDeque<Owner>,
    waiting: HashMap<Owner, BTreeMap<Claim, BTreeSet<u64>>>,
    reserved: Option<Waiting<Owner>>,
}

impl<Owner: Clone + Eq + Hash> Queue<Owner> {
    /// An empty one.
    pub(super) fn new() -> Self {
        Queue { turns: VecDeque::new(), waiting: HashMap::new(), reserved: None }
    }

    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// Puts a unit behind the others of its owner.
    pub(super) fn push(&mut self, owner: &Owner, claim: Claim, unit: u64) {
        let lines = self.waiting.entry(owner.clone()).or_default();
        if lines.is_empty() {
            self.turns.push_back(owner.clone());
        }
        lines.entry(claim).or_default().insert(unit);
    }

    /// Takes the next unit for which there is room; its owner's next turn comes after everybody else's.
    pub(super) fn pop(&mut self, free: &Claim) -> Option<u64> {
        let next = self.next(free)?;
        self.remove(&next.owner, next.claim, next.unit);
        if let Some(at) = self.turns.iter().position(|owner| *owner == next.owner)
            && let Some(owner) = self.turns.remove(at)
        {
            self.turns.push_back(owner);
        }
        Some(next.unit)
    }

    /// The next unit for which there is room. The first without room is kept room for from now on.
    fn next(&mut self, free: &Claim) -> Option<Waiting<Owner>> {
        let mut free = *free;
        if let Some(reserved) = &self.reserved {
            if reserved.claim.fits(&free) {
                return Some(reserved.clone());
            }
            free = free.without(&reserved.claim);
        }
        for owner in &self.turns {
            let lines = self.waiting.get(owner).into_iter().flatten();
            let firsts = lines.filter_map(|(claim, units)| Some((*units.first()?, *claim)));
            let (fitting, short): (Vec<_>, Vec<_>) = firsts.partition(|(_, claim)| claim.fits(&free));
            let waiting = |(unit, claim)| Waiting { owner: owner.clone(), claim, unit };
            let (fitting, short) = (fitting.into_iter().min(), short.into_iter().min());
            if let Some((unit, claim)) = short
                && self.reserved.is_none()
                && fitting.is_none_or(|(other, _)| unit < other)
            {
                self.reserved = Some(waiting((unit, claim)));
                free = free.without(&claim);
            }
            if let Some((unit, claim)) = fitting.filter(|(_, claim)| claim.fits(&free)) {
                return Some(waiting((unit, claim)));
            }
            if free.milli_cpus == 0 {
                // Every unit claims some of a CPU.
                return None;
            }
        }
        None
    }

    /// Takes a unit out of the line.
    pub(super) fn remove(&mut self, owner: &Owner, claim: Claim, unit: u64) {
        if self.reserved.as_ref().is_some_and(|reserved| reserved.unit == unit) {
            self.reserved = None;
        }
        let Some(lines) = self.waiting.get_mut(owner) else { return };
        if let Some(units) = lines.get_mut(&claim) {
            units.remove(&unit);
            if units.is_empty() {
                lines.remove(&claim);
            }
        }
        if lines.is_empty() {
            self.waiting.remove(owner);
            self.turns.retain(|other| other != owner);
        }
    }
}

#[cfg(test)]
mod tests;
