//! [`decide`]: a fact and a state to what is written and done.

use indexmap::IndexMap;

use crate::event::EventKind;
use crate::expr::HostCall;
use crate::model::{CacheEntry, CacheKey, FullId, TaskStatus};
use crate::plan::{self, Prepared};
use crate::resolve::ResolvedFlow;
use crate::sched::call::may_ask;
use crate::sched::end::End;
use crate::sched::fact::{Decision, Fact, Timed};
use crate::sched::pass::Pass;
use crate::sched::state::AttemptState;
use crate::sched::turn::Turn;
use crate::value::Value;

/// Decides what a fact means.
///
/// The direct consequence only: apply the events, then call again with [`Fact::Tick`] until a tick
/// brings no event. Effects that only ask (`Ask`, `LookUpCache`) may come again with each tick.
/// A pure function; facts that are late, doubled or about nothing known give an empty decision.
/// Cost: independent of the number of nodes, but for those that the decision is about.
pub fn decide(flow: &ResolvedFlow, state: &AttemptState, timed: &Timed) -> Decision {
    let mut turn = Turn::new(flow, state, timed.at);
    if state.result.is_some() || state.attempt.is_none() {
        return turn.decision;
    }
    match &timed.fact {
        Fact::Begin => begin(&mut turn, None),
        Fact::BeginFrom(base) => begin(&mut turn, Some(base)),
        Fact::StartResult { key, result } => turn.start_result(key, result),
        Fact::Report(report) => turn.report(report),
        Fact::Ended { key, exit, reason, outputs, state, log, problem, told } => {
            let end = End::of(*exit, reason, problem.as_ref(), log).happened(told.long_before(turn.now));
            turn.note_taken(key, told.raw.as_ref());
            turn.unit_ended(key, &end, outputs, state);
        }
        Fact::Request(request) => turn.request(request),
        Fact::Interrupted { by } => turn.interrupted(by),
        Fact::Answered { node, answers } => answered(&mut turn, node, answers),
        Fact::CacheAnswer { node, key, entry } => cache_answer(&mut turn, node, key, entry.as_deref()),
        Fact::Tick => tick(&mut turn),
    }
    turn.decision
}

/// Opens the top graph. A bake that was cancelled before it began ends at once (BAT-50).
fn begin(turn: &mut Turn<'_>, base: Option<&AttemptState>) {
    if turn.state.is_expanded() {
        return;
    }
    if turn.state.cancelled {
        turn.event(EventKind::AttemptEnded { result: TaskStatus::Cancelled });
        return;
    }
    let (plan, _) = plan::plan(turn.flow, &turn.state.inputs);
    match plan {
        Some(plan) => {
            let (inputs, edges) = (IndexMap::new(), IndexMap::new());
            turn.event(EventKind::Expanded { prefix: FullId::root(), inputs, nodes: plan.nodes, edges });
            if let Some(base) = base {
                turn.take_over(base);
            }
        }
        // Only a flow that was checked is ever begun; a newer version may still refuse an older one.
        None => turn.event(EventKind::AttemptEnded { result: TaskStatus::Failed }),
    }
}

fn tick(turn: &mut Turn<'_>) {
    if !turn.state.is_expanded() {
        return;
    }
    if turn.state.unfinished == 0 && !turn.state.is_building() {
        let result = result(turn.state);
        turn.event(EventKind::AttemptEnded { result });
        return;
    }
    turn.settle_calls();
    // What follows from the end of a call is decided on the state that knows it.
    if !turn.decision.events.is_empty() {
        return;
    }
    match turn.state.locals {
        None if turn.has_locals() => Pass::new(turn).run_locals(),
        None | Some(TaskStatus::Succeeded) => Pass::new(turn).run(),
        Some(_) => turn.skip_all(),
    }
}

/// The attempt's result. Source: DEC-4.
fn result(state: &AttemptState) -> TaskStatus {
    let has = |status| state.summary().contains_key(&status);
    if state.cancelled {
        return TaskStatus::Cancelled;
    }
    let bad = [TaskStatus::Failed, TaskStatus::Cancelled].into_iter().find(|status| has(*status));
    bad.unwrap_or(TaskStatus::Succeeded)
}

/// Records answers; a question without an answer is an evaluation error.
fn answered(turn: &mut Turn<'_>, id: &FullId, answers: &[(HostCall, Result<Value, String>)]) {
    let Some(at) = turn.state.place(id) else { return };
    let Some(node) = turn.node(at).filter(|node| may_ask(node)) else { return };
    for (call, answer) in answers {
        match answer {
            Ok(_) if node.answers.contains_key(call) => {}
            Ok(value) => {
                turn.event(EventKind::Answered { node: id.clone(), call: call.clone(), value: value.clone() });
            }
            Err(message) => {
                turn.end_unstarted(at, &End::unanswered(message));
                return;
            }
        }
    }
}

/// Takes a cached result over, or starts the task if there is none and there is still room.
fn cache_answer(turn: &mut Turn<'_>, id: &FullId, key: &CacheKey, entry: Option<&CacheEntry>) {
    let Some(at) = turn.state.place(id) else { return };
    let Some(node) = turn.node(at) else { return };
    let is_ready = turn.state.ready.get(&(node.graph, node.record.entry)).is_some_and(|nodes| nodes.contains(&at));
    if !is_ready {
        return;
    }
    let prepared = plan::prepare(turn.flow, &turn.view(node));
    let Prepared::Run { spec, cache: Some(wanted), cache_life: Some(life) } = prepared else { return };
    if wanted != *key {
        return;
    }
    let good = entry.filter(|entry| entry.key == *key && turn.now < entry.created_at.after(life));
    match good {
        Some(entry) => {
            turn.event(EventKind::CacheHit { node: id.clone(), entry: Box::new(entry.clone()) });
        }
        None if Pass::new(turn).has_room(at) => turn.start(at, spec, Some(wanted)),
        // The next tick asks again when there is room.
        None => {}
    }
}
