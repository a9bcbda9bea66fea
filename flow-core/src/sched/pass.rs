//! [`Pass`]: one walk over what is due and what is ready. Source: BAT-51…55, BAT-75, DEC-26.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::diag::Diagnostic;
use crate::event::{EventKind, SkipReason, Stage};
use crate::model::{CacheKey, Timestamp, UnitSpec};
use crate::plan::{self, Prepared};
use crate::resolve::ResolvedFlow;
use crate::sched::call::opening;
use crate::sched::end::End;
use crate::sched::fact::Effect;
use crate::sched::graph::EntryKey;
use crate::sched::grow::growing;
use crate::sched::node::{Node, Phase};
use crate::sched::state::AttemptState;
use crate::sched::turn::{Turn, last_key};

/// One walk in graph order: starts what has room, skips what is not enabled.
///
/// Walks on only while there is room, so its cost is bounded by the room and by the events it makes.
/// Nodes with an open question take a place, so that what comes behind them cannot overtake for ever.
pub(super) struct Pass<'t, 'a> {
    pub(super) turn: &'t mut Turn<'a>,
    /// How many may run at once.
    limit: usize,
    /// Places taken.
    taken: usize,
    /// Places taken by this pass, by entry.
    taken_now: BTreeMap<EntryKey, usize>,
}

impl<'t, 'a> Pass<'t, 'a> {
    pub(super) fn new(turn: &'t mut Turn<'a>) -> Self {
        let limit = plan::max_parallel(turn.flow, &turn.state.inputs);
        let taken = turn.state.live.len();
        Pass { turn, limit, taken, taken_now: BTreeMap::new() }
    }

    pub(super) fn run(mut self) {
        self.due();
        let state = self.turn.state;
        for (entry, nodes) in &state.ready {
            let own = self.own_limit(*entry);
            for at in nodes {
                if self.taken >= self.limit {
                    return;
                }
                if own.is_some_and(|own| self.taken_of(*entry) >= own) {
                    break;
                }
                if self.consider(*at).is_break() {
                    return;
                }
            }
        }
    }

    /// Whether one more start of a node fits both bounds.
    pub(super) fn has_room(&self, at: usize) -> bool {
        let Some(node) = self.turn.node(at) else { return false };
        let entry = (node.graph, node.record.entry);
        self.taken < self.limit && self.own_limit(entry).is_none_or(|own| self.taken_of(entry) < own)
    }

    fn own_limit(&self, entry: EntryKey) -> Option<usize> {
        own_limit(self.turn.flow, self.turn.state, entry)
    }

    fn taken_of(&self, entry: EntryKey) -> usize {
        let of = |counts: &BTreeMap<EntryKey, usize>| counts.get(&entry).copied().unwrap_or(0);
        of(&self.turn.state.live_of) + of(&self.taken_now)
    }

    fn take_place(&mut self, node: &Node) {
        self.taken += 1;
        self.take_row(node);
    }

    fn take_row(&mut self, node: &Node) {
        *self.taken_now.entry((node.graph, node.record.entry)).or_default() += 1;
    }

    /// Makes the starts whose time has come.
    pub(super) fn due(&mut self) {
        self.turn.builds_due();
        let state = self.turn.state;
        let now = self.turn.now;
        let due = state.timers.iter().take_while(|(moment, _)| *moment <= now);
        for (_, at) in due {
            let Some(node) = self.turn.node(*at) else { continue };
            match &node.phase {
                Phase::Live(_) => self.again(*at, node),
                Phase::Retrying(_) if self.has_room(*at) => self.retry(*at, node),
                Phase::Retrying(_) | Phase::Waiting | Phase::Open | Phase::Ended => {}
            }
        }
    }

    /// Makes the same start again after the executor could not be reached.
    fn again(&mut self, at: usize, node: &'a Node) {
        let Some(key) = last_key(self.turn.state, at) else { return };
        let Some(spec) = plan::spec(self.turn.flow, &self.turn.view(node)) else {
            return self.turn.end_unstarted(at, &End::no_spec());
        };
        self.turn.event(EventKind::Progress { key: key.clone(), stage: Stage::Queued, why: None, happened_at: None });
        self.turn.effect(Effect::Launch { key, spec: Box::new(spec), resuming: true });
    }

    /// Makes the next start of a task whose last one was lost.
    fn retry(&mut self, at: usize, node: &'a Node) {
        match plan::spec(self.turn.flow, &self.turn.view(node)) {
            Some(spec) => self.start(at, node, Box::new(spec), node.cache.clone()),
            None => self.turn.end_unstarted(at, &End::no_spec()),
        }
    }

    fn start(&mut self, at: usize, node: &Node, spec: Box<UnitSpec>, cache: Option<CacheKey>) {
        self.take_place(node);
        self.turn.start(at, spec, cache);
    }

    fn consider(&mut self, at: usize) -> ControlFlow<()> {
        let Some(node) = self.turn.node(at) else { return ControlFlow::Continue(()) };
        let prepared = plan::prepare(self.turn.flow, &self.turn.view(node));
        self.carry_on(at, node, prepared)
    }

    /// Does with a node what was found to be done.
    pub(super) fn carry_on(&mut self, at: usize, node: &'a Node, prepared: Prepared) -> ControlFlow<()> {
        match prepared {
            Prepared::Skip(because) => {
                let is_alone = self.turn.is_stopping(node) && !self.turn.winding;
                let because = if is_alone { SkipReason::Cancelled } else { because };
                self.turn.event(EventKind::Skipped { node: node.id.clone(), because });
            }
            Prepared::Ask(calls) => {
                self.take_place(node);
                self.turn.effect(Effect::Ask { node: node.id.clone(), calls });
            }
            // Its turn comes when the image is there, or cannot be built.
            Prepared::Run { spec, .. } if self.turn.awaits_image(&spec) => {}
            Prepared::Run { spec, cache, cache_life } => match cache.zip(cache_life) {
                Some((key, life)) if self.turn.may_reuse() && !life.is_zero() => self.look_up(node, key, life),
                Some((key, _)) => self.start(at, node, spec, Some(key)),
                None => self.start(at, node, spec, None),
            },
            Prepared::Fault(fault) => return self.fault(at, &fault),
            Prepared::Open { inputs } => {
                match opening(self.turn.flow, self.turn.state, node, inputs, &node.answers) {
                    Ok(event) => self.turn.event(event),
                    Err(fault) => return self.fault(at, &fault),
                }
                // A call takes none of the places, but counts as a row of its entry (BAT-54, DEC-26).
                self.take_row(node);
            }
            Prepared::Local { spec } => self.start(at, node, spec, None),
            Prepared::Grow(grown) => match growing(self.turn.state, node, grown) {
                Ok(events) => events.into_iter().for_each(|event| self.turn.event(event)),
                Err(fault) => return self.fault(at, &fault),
            },
        }
        ControlFlow::Continue(())
    }

    fn fault(&mut self, at: usize, fault: &Diagnostic) -> ControlFlow<()> {
        // What this pass has started must be known as live before the bake winds down.
        if self.turn.decision.events.is_empty() {
            let reason = self.turn.evaluation(fault);
            self.turn.end_unstarted(at, &End::evaluation(reason));
        }
        ControlFlow::Break(())
    }

    fn look_up(&mut self, node: &Node, key: CacheKey, life: Duration) {
        self.take_place(node);
        let not_before = before(self.turn.now, life);
        self.turn.effect(Effect::LookUpCache { node: node.id.clone(), key, not_before });
    }
}

/// How many rows of an entry may be under way at once, if it says so itself.
pub(super) fn own_limit(flow: &ResolvedFlow, state: &AttemptState, (graph, entry): EntryKey) -> Option<usize> {
    let calls = state.graphs.get(graph).map_or(&[][..], |graph| &graph.calls);
    plan::max_parallel_of(flow, &state.inputs, calls, entry)
}

/// The moment `span` before `moment`; the beginning of time if that is earlier.
fn before(moment: Timestamp, span: Duration) -> Timestamp {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    Timestamp::from_unix_millis(moment.unix_millis.saturating_sub(millis))
}
