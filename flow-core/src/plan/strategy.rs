//! `fail_fast`, `max_parallel` and `cache` in force for a task. Source: CTX-46, DEC-26, BAT-100, DEC-3.

use std::time::Duration;

use crate::ast::{Cache, CacheStrategy, Field};
use crate::expr::{Answers, Target};
use crate::plan::evaluate::{Evaluator, Problems};
use crate::plan::level::{Inputs, Level, MAX_PARALLEL};
use crate::plan::open::{OpenCall, Opened, way};
use crate::resolve::{ResolvedFlow, TaskDefinition};
use crate::scope::{self, Context, Contexts, Place, Scope};
use crate::value::Value;

/// How long a cache entry is good unless the flow says else (BAT-100).
const CACHE_LIFE: Duration = Duration::from_hours(14 * 24);

/// The strategy of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StrategyValues {
    /// Whether a failure stops the bake.
    pub(crate) fail_fast: bool,
    /// How many rows of the entry run at once, if it says so itself.
    pub(crate) own_max_parallel: Option<i64>,
}

/// Evaluates the strategy of an entry.
pub(crate) fn strategy_of(
    task: &TaskDefinition,
    level: &Level,
    answers: &Answers,
    problems: &mut Problems,
) -> StrategyValues {
    let Some(strategy) = &task.strategy else {
        return StrategyValues { fail_fast: level.fail_fast, own_max_parallel: None };
    };
    let scope = Scope::new(Place::Strategy(level.kind), &level.contexts);
    let mut evaluator = Evaluator { names: &scope, answers, problems };
    StrategyValues {
        fail_fast: evaluator.field(&strategy.fail_fast, Target::Bool).unwrap_or(level.fail_fast),
        own_max_parallel: evaluator.field(&strategy.max_parallel, Target::Int),
    }
}

/// Whether a failure winds the bake down: of a row of this entry, or, without one, of any task that
/// has no strategy of its own. `calls` lead to their graph; what they say counts below them.
/// Source: CTX-46, BAT-70.
pub fn fail_fast(flow: &ResolvedFlow, inputs: &Inputs, calls: &[OpenCall], entry: Option<u32>) -> bool {
    if let Some(known) = written_fail_fast(flow, calls, entry) {
        return known;
    }
    let (mut problems, answers) = (Problems::default(), Answers::new());
    let Some(opened) = Opened::at(flow, inputs, calls, &answers, &mut problems) else { return true };
    let own = entry.and_then(|entry| opened.tasks.get(entry as usize));
    own.map_or(opened.level.fail_fast, |task| strategy_of(task, &opened.level, &answers, &mut problems).fail_fast)
}

/// What the texts alone say of [`fail_fast`]; `None` where it has to be evaluated. Cost: the depth of the graph.
pub fn written_fail_fast(flow: &ResolvedFlow, calls: &[OpenCall], entry: Option<u32>) -> Option<bool> {
    let (tasks, callers) = way(flow, calls).unwrap_or_default();
    let own = entry.and_then(|entry| tasks.get(entry as usize));
    let nearest = own.into_iter().chain(callers.into_iter().rev());
    let mut written = nearest.filter_map(|task| task.strategy.as_ref()).map(|strategy| &strategy.fail_fast);
    constant(written.find(|field| is_set(field)).unwrap_or(&flow.shared.defaults.fail_fast), true)
}

/// How many tasks of the bake run at once; at least 1. Source: DEC-26.
pub fn max_parallel(flow: &ResolvedFlow, inputs: &Inputs) -> usize {
    let value = constant(&flow.shared.defaults.max_parallel, MAX_PARALLEL)
        .unwrap_or_else(|| Level::new(flow, inputs, &Answers::new(), &mut Problems::default()).max_parallel);
    usize::try_from(value).unwrap_or(1).max(1)
}

/// How many rows of an entry run at once, if it says so itself; at least 1. `calls` lead to its graph.
/// Source: DEC-26.
pub fn max_parallel_of(flow: &ResolvedFlow, inputs: &Inputs, calls: &[OpenCall], entry: u32) -> Option<usize> {
    let task = way(flow, calls)?.0.get(entry as usize)?;
    let value = match &task.strategy.as_ref()?.max_parallel {
        Field::Absent | Field::Null(_) => None,
        Field::Literal(literal) => Some(literal.value),
        Field::Expr(_) => {
            let (mut problems, answers) = (Problems::default(), Answers::new());
            let opened = Opened::at(flow, inputs, calls, &answers, &mut problems)?;
            strategy_of(task, &opened.level, &answers, &mut problems).own_max_parallel
        }
    }?;
    Some(usize::try_from(value).unwrap_or(1).max(1))
}

fn is_set<T>(field: &Field<T>) -> bool {
    matches!(field, Field::Literal(_) | Field::Expr(_))
}

/// The value of a field without expressions, so that the usual case needs no evaluation.
fn constant<T: Copy>(field: &Field<T>, absent: T) -> Option<T> {
    match field {
        Field::Absent | Field::Null(_) => Some(absent),
        Field::Literal(literal) => Some(literal.value),
        Field::Expr(_) => None,
    }
}

/// The cache settings in force at a level or for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CacheValues {
    /// Whether results are looked up and kept.
    pub(crate) enabled: bool,
    /// How long an entry is good.
    pub(crate) life_span: Duration,
}

impl CacheValues {
    /// What holds where nothing is written (BAT-100).
    pub(crate) const BUILT_IN: CacheValues = CacheValues { enabled: true, life_span: CACHE_LIFE };

    /// What holds for stateful and local calls, whatever is written (CTX-45).
    pub(crate) const NEVER: CacheValues = CacheValues { enabled: false, life_span: CACHE_LIFE };

    /// Lays settings over these, the outermost first: for each of the two the nearest level that has it
    /// decides. Source: BAT-100, DEC-3.
    pub(crate) fn under<'a>(
        self,
        caches: impl IntoIterator<Item = &'a Cache>,
        evaluator: &mut Evaluator<'_>,
    ) -> CacheValues {
        let mut values = self;
        for cache in caches {
            if let Some(seconds) = evaluator.field(&cache.life_span, Target::Seconds) {
                values.life_span = duration(seconds);
            }
            values.enabled = enabled(cache).unwrap_or(values.enabled);
        }
        values
    }
}

/// Whether a level turns the cache on or off; `None` if it leaves that to the level above.
fn enabled(cache: &Cache) -> Option<bool> {
    match cache.strategy.as_ref()?.value {
        CacheStrategy::None => Some(false),
        CacheStrategy::Default => Some(true),
        CacheStrategy::Inherit => None,
    }
}

/// Seconds as a span: nothing below zero, the longest span for what is too long.
fn duration(seconds: f64) -> Duration {
    if seconds.is_nan() || seconds <= 0.0 {
        return Duration::ZERO;
    }
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

/// The contexts of a task: those of the level, its own strategy, and its row.
pub(crate) fn task_contexts(level: &Level, strategy: StrategyValues, matrix: Value) -> Contexts {
    let max_parallel = strategy.own_max_parallel.unwrap_or(level.max_parallel);
    let own = scope::strategy(strategy.fail_fast, max_parallel);
    level.contexts.clone().with(Context::Strategy, own).with(Context::Matrix, matrix)
}
