//! [`ScriptedExecutor`]: runs units whose ends a test writes down.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use flow_core::model::{Exit, LaunchKey, OutputFiles, RawId, Reason, Timestamp, UnitOwner};
use flow_core::port::{
    Abilities, Chunk, Clock, Cursor, Executor, ExecutorError, Found, Launch, Report, Scope, Selector, What,
};
use indexmap::IndexMap;
use tokio::sync::watch;

/// What one start of a unit does.
#[derive(Clone, Debug)]
pub struct Script {
    /// Why it is refused instead of being taken.
    pub refused: Option<ExecutorError>,
    /// What is told before it runs, in order.
    pub before: Vec<What>,
    /// Its whole output.
    pub log: Vec<u8>,
    /// How long it runs by the clock; `None`: until the test calls [`ScriptedExecutor::end`] or
    /// somebody kills it.
    pub runs_for: Option<Duration>,
    /// How it ends.
    pub end: What,
}

/// Runs at once, prints nothing and exits with 0.
impl Default for Script {
    fn default() -> Self {
        Script {
            refused: None,
            before: Vec::new(),
            log: Vec::new(),
            runs_for: Some(Duration::ZERO),
            end: exited(0, OutputFiles::default()),
        }
    }
}

impl Script {
    /// Ends at once with an exit code.
    pub fn exits(code: i32) -> Self {
        Script { end: exited(code, OutputFiles::default()), ..Script::default() }
    }

    /// Ends at once with 0, and wrote this to its file of outputs (EXT-4).
    pub fn writes(output: &str) -> Self {
        let files = OutputFiles { output: output.to_owned(), state: String::new() };
        Script { end: exited(0, files), ..Script::default() }
    }

    /// Ends at once with 0, and printed this.
    pub fn prints(log: &str) -> Self {
        Script { log: log.as_bytes().to_vec(), ..Script::default() }
    }

    /// Runs until the test ends it.
    pub fn held() -> Self {
        Script { runs_for: None, ..Script::default() }
    }

    /// Runs for a while by the clock, then exits with 0.
    pub fn lasting(span: Duration) -> Self {
        Script { runs_for: Some(span), ..Script::default() }
    }

    /// Is lost at once.
    pub fn lost(proof_dead: bool) -> Self {
        Script { end: What::Lost { proof_dead }, ..Script::default() }
    }

    /// Cannot be started.
    pub fn refused(message: &str) -> Self {
        let error = ExecutorError::Refused { message: message.to_owned() };
        Script { refused: Some(error), ..Script::default() }
    }
}

fn exited(code: i32, files: OutputFiles) -> What {
    What::Ended { exit: Exit::Code(code), reason: Reason::Finished, files }
}

/// An executor in memory, for tests of whatever drives one.
///
/// A unit goes by a name: a task by its dotted full id, a live job by its id or by the name that it is started with,
/// an image build by the image's reference. Without a script it takes the default one. Units survive the engine as
/// long as this object lives. Strict: a key that comes again with another spec is refused.
///
/// ```
/// use std::sync::Arc;
/// use flow_core::model::Timestamp;
/// use flow_engine::testing::{ManualClock, Script, ScriptedExecutor};
///
/// let clock = Arc::new(ManualClock::new(Timestamp::from_unix_millis(0)));
/// let executor = ScriptedExecutor::new(clock);
/// executor.script("train", [Script::exits(1), Script::writes("accuracy=0.9")]);
/// ```
#[derive(Debug)]
pub struct ScriptedExecutor {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Moves with each report; whoever waits looks again.
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    scripts: BTreeMap<String, VecDeque<Script>>,
    units: IndexMap<LaunchKey, Unit>,
    launches: Vec<Launch>,
    kills: Vec<LaunchKey>,
    /// All reports; a cursor counts them.
    reports: Vec<Report>,
    last_raw: u64,
    /// What ends by the clock, by its moment and the order of starts; those that ended otherwise lie here until then.
    due: BTreeMap<(Timestamp, u64), LaunchKey>,
}

#[derive(Debug)]
struct Unit {
    raw: RawId,
    launch: Launch,
    log: Vec<u8>,
    /// How it ends; taken when it has ended.
    end: Option<What>,
    last: Report,
}

impl ScriptedExecutor {
    /// An executor without scripts, whose reports carry the clock's time.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        ScriptedExecutor { clock, state: Mutex::default(), changes: watch::Sender::new(0) }
    }

    /// What the next starts of a unit do, one after the other; the last script goes for all later ones.
    pub fn script(&self, unit: &str, scripts: impl IntoIterator<Item = Script>) {
        self.state().scripts.insert(unit.to_owned(), scripts.into_iter().collect());
    }

    /// Everything that was taken, in order; what was refused is not in it.
    pub fn launches(&self) -> Vec<Launch> {
        self.state().launches.clone()
    }

    /// The names of what was taken, in order.
    pub fn started(&self) -> Vec<String> {
        self.state().launches.iter().map(|launch| unit_name(&launch.key)).collect()
    }

    /// The names of what runs now, in the order of starting.
    pub fn running(&self) -> Vec<String> {
        let state = self.state();
        state.units.iter().filter(|(_, unit)| unit.end.is_some()).map(|(key, _)| unit_name(key)).collect()
    }

    /// Every kill that was asked for, in order, repeated ones included.
    pub fn kills(&self) -> Vec<LaunchKey> {
        self.state().kills.clone()
    }

    /// Returns when a unit of this name runs.
    pub async fn runs(&self, unit: &str) {
        let mut changes = self.changes.subscribe();
        while !self.running().iter().any(|name| name == unit) {
            // The sender is in `self`, so the wait cannot fail.
            let _ = changes.changed().await;
        }
    }

    /// Adds to the output of a running unit; whether there is one.
    pub fn print(&self, unit: &str, bytes: &[u8]) -> bool {
        let mut state = self.state();
        let Some(key) = state.running_key(unit) else { return false };
        if let Some(unit) = state.units.get_mut(&key) {
            unit.log.extend_from_slice(bytes);
        }
        true
    }

    /// Tells news of a running unit; whether there is one. `Ended` and `Lost` end it.
    pub fn tell(&self, unit: &str, what: What) -> bool {
        let now = self.clock.now();
        let mut state = self.state();
        let Some(key) = state.running_key(unit) else { return false };
        state.report(&key, what, now);
        drop(state);
        self.changes.send_modify(|count| *count += 1);
        true
    }

    /// Ends a running unit with an exit code; whether there is one.
    pub fn end(&self, unit: &str, code: i32) -> bool {
        self.tell(unit, exited(code, OutputFiles::default()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends what is due, and says when the next is.
    fn settle(&self) -> Option<Timestamp> {
        let now = self.clock.now();
        let mut state = self.state();
        while let Some(((at, order), key)) = state.due.pop_first() {
            match state.units.get(&key).and_then(|unit| unit.end.clone()) {
                Some(_) if at > now => {
                    state.due.insert((at, order), key);
                    return Some(at);
                }
                Some(what) => state.report(&key, what, at),
                None => {}
            }
        }
        None
    }
}

impl State {
    fn next_script(&mut self, launch: &Launch) -> Script {
        let named = self.scripts.keys().find(|name| is_called(launch, name)).cloned();
        let Some(scripts) = named.and_then(|name| self.scripts.get_mut(&name)) else { return Script::default() };
        let last = scripts.len() <= 1;
        let next = if last { scripts.front().cloned() } else { scripts.pop_front() };
        next.unwrap_or_default()
    }

    fn take(&mut self, launch: &Launch, now: Timestamp) -> Result<RawId, ExecutorError> {
        if let Some(unit) = self.units.get(&launch.key) {
            if unit.launch.spec == launch.spec {
                return Ok(unit.raw.clone());
            }
            return Err(ExecutorError::Refused { message: "the key was taken with another spec".to_owned() });
        }
        let script = self.next_script(launch);
        if let Some(error) = script.refused {
            return Err(error);
        }
        self.last_raw += 1;
        let raw = RawId::new(format!("scripted-{}", self.last_raw));
        if let Some(span) = script.runs_for {
            self.due.insert((now.after(span), self.last_raw), launch.key.clone());
        }
        let running = What::Running { address: raw.to_string() };
        let last = Report { key: launch.key.clone(), at: now, raw: None, what: running.clone() };
        let end = Some(script.end);
        let unit = Unit { raw: raw.clone(), launch: launch.clone(), log: script.log, end, last };
        self.launches.push(launch.clone());
        self.units.insert(launch.key.clone(), unit);
        for what in script.before.into_iter().chain([running]) {
            self.report(&launch.key, what, now);
        }
        Ok(raw)
    }

    fn report(&mut self, key: &LaunchKey, what: What, at: Timestamp) {
        let Some(unit) = self.units.get_mut(key) else { return };
        if is_end(&what) {
            unit.end = None;
        }
        let report = Report { key: key.clone(), at, raw: None, what };
        unit.last = report.clone();
        self.reports.push(report);
    }

    fn running_key(&self, unit: &str) -> Option<LaunchKey> {
        let mut running = self.units.iter().filter(|(_, unit)| unit.end.is_some());
        running.find(|(_, one)| is_called(&one.launch, unit)).map(|(key, _)| key.clone())
    }

    /// The news of a scope behind a place; from the beginning only the last of each unit.
    fn news(&self, scope: &Scope, after: Option<usize>) -> Vec<Report> {
        let Some(after) = after else {
            let units = self.units.values().filter(|unit| is_in(scope, &unit.last.key.owner));
            return units.map(|unit| unit.last.clone()).collect();
        };
        self.reports.iter().skip(after).filter(|report| is_in(scope, &report.key.owner)).cloned().collect()
    }
}

fn is_end(what: &What) -> bool {
    match what {
        What::Ended { .. } | What::Lost { .. } => true,
        What::Queued { .. } | What::Starting { .. } | What::Running { .. } | What::Suspended => false,
    }
}

fn is_in(scope: &Scope, owner: &UnitOwner) -> bool {
    match (scope, owner) {
        (Scope::Attempt(wanted), UnitOwner::Task { attempt, .. } | UnitOwner::Build { attempt, .. }) => {
            wanted == attempt
        }
        (Scope::Live(wanted), UnitOwner::Live { job }) => wanted == job,
        (Scope::Attempt(_), UnitOwner::Live { .. })
        | (Scope::Live(_), UnitOwner::Task { .. } | UnitOwner::Build { .. }) => false,
    }
}

fn unit_name(key: &LaunchKey) -> String {
    match &key.owner {
        UnitOwner::Task { node, .. } => node.to_string(),
        UnitOwner::Live { job } => job.to_string(),
        UnitOwner::Build { image, .. } => image.to_string(),
    }
}

/// Whether a unit goes by this name.
fn is_called(launch: &Launch, name: &str) -> bool {
    let is_live = matches!(launch.key.owner, UnitOwner::Live { .. });
    unit_name(&launch.key) == name || is_live && launch.spec.name.as_deref() == Some(name)
}

fn place_of(cursor: &Cursor) -> Result<Option<usize>, ExecutorError> {
    if cursor.0.is_empty() {
        return Ok(None);
    }
    let place = cursor.0.parse();
    place.map(Some).map_err(|_| ExecutorError::Refused { message: format!("`{}` is no cursor of mine", cursor.0) })
}

#[async_trait]
impl Executor for ScriptedExecutor {
    async fn start(&self, batch: &[Launch]) -> Vec<Result<RawId, ExecutorError>> {
        let now = self.clock.now();
        let taken = {
            let mut state = self.state();
            batch.iter().map(|launch| state.take(launch, now)).collect()
        };
        self.settle();
        self.changes.send_modify(|count| *count += 1);
        taken
    }

    async fn reports(&self, scope: &Scope, after: &Cursor) -> Result<(Vec<Report>, Cursor), ExecutorError> {
        let after = place_of(after)?;
        let mut changes = self.changes.subscribe();
        loop {
            let next = self.settle();
            let (news, place) = {
                let state = self.state();
                (state.news(scope, after), state.reports.len())
            };
            if !news.is_empty() {
                return Ok((news, Cursor(place.to_string().into())));
            }
            let woken = async {
                match next {
                    Some(moment) => self.clock.sleep_until(moment).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = changes.changed() => {}
                () = woken => {}
            }
        }
    }

    async fn logs(&self, key: &LaunchKey, from: u64, max: u32) -> Result<Chunk, ExecutorError> {
        self.settle();
        let state = self.state();
        let unit = state.units.get(key).ok_or(ExecutorError::UnknownUnit)?;
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let bytes: Vec<u8> = unit.log.iter().skip(from).take(max as usize).copied().collect();
        let is_last = from.saturating_add(bytes.len()) >= unit.log.len();
        Ok(Chunk { skipped: 0, complete: unit.end.is_none() && is_last, bytes })
    }

    async fn kill(&self, key: &LaunchKey, _grace: Duration) -> Result<(), ExecutorError> {
        self.settle();
        let now = self.clock.now();
        {
            let mut state = self.state();
            state.kills.push(key.clone());
            let runs = state.units.get(key).is_some_and(|unit| unit.end.is_some());
            if runs {
                let (exit, reason) = (Exit::Signal(15), Reason::Killed);
                state.report(key, What::Ended { exit, reason, files: OutputFiles::default() }, now);
            }
        }
        self.changes.send_modify(|count| *count += 1);
        Ok(())
    }

    async fn find(&self, tags: &Selector) -> Result<Vec<Found>, ExecutorError> {
        self.settle();
        let state = self.state();
        let found = state.units.iter().filter(|(_, unit)| {
            let has = &unit.launch.spec.tags;
            tags.tags.iter().all(|tag| has.contains(tag))
        });
        let tell = |(key, unit): (&LaunchKey, &Unit)| Found {
            key: key.clone(),
            raw: unit.raw.clone(),
            tags: unit.launch.spec.tags.clone(),
            last: unit.last.clone(),
        };
        Ok(found.map(tell).collect())
    }

    async fn remove(&self, key: &LaunchKey) -> Result<(), ExecutorError> {
        let mut state = self.state();
        match state.units.get(key) {
            Some(unit) if unit.end.is_some() => {
                Err(ExecutorError::Refused { message: "the unit still runs".to_owned() })
            }
            Some(_) | None => {
                state.units.shift_remove(key);
                Ok(())
            }
        }
    }

    fn abilities(&self) -> Abilities {
        Abilities { name: "scripted", survives_engine: true, images: true, mounts: false }
    }
}

#[cfg(test)]
mod tests;
