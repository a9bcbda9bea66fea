//! [`Keeper`]: all units, and what clients may ask of them. How units end is told in `end`.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use flow_core::model::{Claim, Exit, LaunchKey, OutputFiles, RawId, Reason, Timestamp};
use flow_core::port::{Clock, Cursor, ExecutorError, Found, Launch, Report, Scope, Stdin, What};

use crate::executor::local::layout::Layout;
use crate::executor::local::protocol::{Limits, UnitSecrets};
use crate::executor::supervisor::board::{Board, Note, scope_of};
use crate::executor::supervisor::end::close_log;
use crate::executor::supervisor::journal::{Journal, Line};
use crate::executor::supervisor::mask::Mask;
use crate::executor::supervisor::memory::{End, Entry, Memory};
use crate::executor::supervisor::output::read_text;
use crate::executor::supervisor::poller::{Poller, Token};
use crate::executor::supervisor::process::{Means, Process, Started};
use crate::executor::supervisor::queue::{Grant, Queue, Slots};
use crate::executor::supervisor::remains::{self, Remain};
use crate::executor::supervisor::timer::{Timer, Timers};
use crate::executor::supervisor::unit::{Order, Phase, Unit};
use crate::executor::supervisor::{SupervisorConfig, SupervisorError};
use crate::sys::{SystemClock, monotonic};

/// How many bytes of output files one answer carries, before it is cut short.
const ANSWER_BYTES: usize = 4 << 20;
/// How much news one answer carries, before it is cut short.
const ANSWER_REPORTS: usize = 10_000;

/// All units of this supervisor.
///
/// Invariants: a unit is in `queue` exactly while it is queued; the claims of running and draining
/// units are taken from `slots`; what an answer tells was noted in the journal before.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) layout: Layout,
    pub(super) poller: Rc<Poller>,
    pub(super) journal: Journal,
    pub(super) board: Board,
    pub(super) timers: Timers,
    pub(super) slots: Slots,
    pub(super) queue: Queue<Scope>,
    pub(super) units: BTreeMap<u64, Unit>,
    pub(super) life_span_grace: Duration,
    /// The words that lead to `terminal::enter`; empty: no unit gets a terminal.
    pub(super) terminal_program: Vec<OsString>,
    /// How many units wait or run.
    pub(super) active: usize,
    /// No unit starts while the disk has less.
    pub(super) min_free_bytes: u64,
    /// Whether the disk had less when it was last looked at.
    pub(super) is_disk_short: bool,
    /// Whether the sizes of logs will be looked at.
    pub(super) is_looking: bool,
    numbers: HashMap<LaunchKey, u64>,
    next: u64,
    /// Units taken in this turn, of which nobody has said yet that they wait.
    pub(super) fresh: Vec<u64>,
}

impl Keeper {
    /// Takes over a folder: reads the journal, ends what still runs, and writes the journal anew.
    pub(super) fn open(layout: Layout, config: &SupervisorConfig) -> Result<Self, SupervisorError> {
        let path = layout.journal();
        let lines = Journal::read(&path).map_err(SupervisorError::system("read the journal"))?;
        let mut memory = Memory::of(lines);
        let boot = remains::boot_id();
        lose_open_units(&layout, &mut memory, &boot);
        let journal =
            Journal::replace(&path, &memory.lines(&boot)).map_err(SupervisorError::system("write the journal"))?;
        let poller = Rc::new(Poller::new().map_err(SupervisorError::system("make an epoll"))?);
        let mut keeper = Keeper {
            layout,
            poller,
            journal,
            board: Board::new(),
            timers: Timers::default(),
            slots: Slots::new(config.machine.room()),
            queue: Queue::new(),
            units: BTreeMap::new(),
            life_span_grace: config.life_span_grace,
            terminal_program: config.terminal_program.clone(),
            active: 0,
            min_free_bytes: 0,
            is_disk_short: false,
            is_looking: false,
            numbers: HashMap::new(),
            next: 0,
            fresh: Vec::new(),
        };
        memory.entries.into_iter().for_each(|entry| keeper.recall(entry));
        Ok(keeper)
    }

    /// Adds an ended unit of an earlier supervisor, with its news.
    fn recall(&mut self, entry: Entry) {
        let Some((end, ended_at)) = entry.end else { return };
        let files = matches!(end, End::Ended { files: true, .. });
        let number = self.add(entry.key, entry.tags, entry.taken_at, Phase::Ended { files });
        if let Some((mark, at)) = entry.started {
            self.publish(number, at, What::Running { address: format!("pid {}", mark.pid) });
        }
        let what = match end {
            End::Ended { exit, reason, .. } => What::Ended { exit, reason, files: OutputFiles::default() },
            End::Lost { proof_dead } => What::Lost { proof_dead },
        };
        self.publish(number, ended_at, what);
    }

    /// Takes units for starting. Idempotent by key; what is answered with an id is in the journal.
    pub(super) fn take(&mut self, batch: Batch) -> Vec<Result<RawId, ExecutorError>> {
        let Batch { environment, limits, launches: batch, secrets } = batch;
        self.min_free_bytes = limits.min_free_bytes;
        let keys: Vec<LaunchKey> = batch.iter().map(|launch| launch.key.clone()).collect();
        let unnoted =
            |error: io::Error| ExecutorError::Unreachable { message: format!("cannot write the journal: {error}") };
        if let Err(error) = self.journal.commit() {
            let error = unnoted(error);
            return keys.iter().map(|_| Err(error.clone())).collect();
        }
        let first = self.next;
        let environment = Rc::new(environment);
        let refused: Vec<Option<ExecutorError>> = batch
            .into_iter()
            .zip(secrets)
            .map(|(launch, secrets)| self.take_one(launch, &environment, secrets, limits).err())
            .collect();
        let noted = self.journal.commit();
        if noted.is_err() {
            self.journal.forget_noted();
            self.untake(first);
        }
        let error = noted.err().map(unnoted);
        keys.iter()
            .zip(refused)
            .map(|(key, refused)| match refused.or_else(|| error.clone()) {
                Some(error) if !self.numbers.contains_key(key) => Err(error),
                _ => Ok(Layout::raw_id(key)),
            })
            .collect()
    }

    /// Takes one unit, unless it was taken before. Errors: it claims more than the machine has, or lacks a secret.
    fn take_one(
        &mut self,
        launch: Launch,
        environment: &Rc<BTreeMap<String, String>>,
        secrets: Result<UnitSecrets, String>,
        limits: Limits,
    ) -> Result<(), ExecutorError> {
        if self.numbers.contains_key(&launch.key) {
            return Ok(());
        }
        let secrets = secrets.map_err(|message| ExecutorError::Refused { message })?;
        let claim = Claim { milli_cpus: launch.claim.milli_cpus.max(1), ..launch.claim };
        if !claim.fits(self.slots.total()) {
            let message = format!("it claims {claim}; this machine has {}", self.slots.total());
            return Err(ExecutorError::Refused { message });
        }
        let (key, tags, at) = (launch.key.clone(), launch.spec.tags.clone(), SystemClock.now());
        let (life_span, timeout) = (launch.spec.life_span_seconds, launch.spec.schedule_timeout_seconds);
        self.journal.note(&Line::Taken { key: key.clone(), tags: tags.clone(), at, secret: !secrets.is_empty() });
        let mask = Mask::new(secrets.values());
        let order = Order { launch, environment: environment.clone(), secrets };
        let number = self.add(key, tags, at, Phase::Queued(Box::new(order)));
        self.active += 1;
        if let Some(unit) = self.units.get_mut(&number) {
            unit.life_span_seconds = life_span;
            unit.claim = claim;
            unit.mask = mask;
            unit.max_log_bytes = limits.max_log_bytes;
            self.queue.push(&unit.scope, claim, number);
        }
        self.fresh.push(number);
        self.set_timer(number, timeout, Timer::ScheduleTimeout(number));
        Ok(())
    }

    /// Takes back the units from number `first` on, of which the journal knows nothing.
    fn untake(&mut self, first: u64) {
        for (number, unit) in self.units.split_off(&first) {
            self.queue.remove(&unit.scope, unit.claim, number);
            self.numbers.remove(&unit.key);
            self.active -= 1;
            for (at, timer) in unit.timers {
                self.timers.remove(at, timer);
            }
        }
        self.fresh.retain(|&number| number < first);
    }

    /// Adds a unit; gives its number.
    fn add(&mut self, key: LaunchKey, tags: Vec<String>, taken_at: Timestamp, phase: Phase) -> u64 {
        let number = self.next;
        self.next += 1;
        self.numbers.insert(key.clone(), number);
        let unit = Unit {
            raw: Layout::raw_id(&key),
            files: self.layout.unit(&key),
            scope: scope_of(&key.owner),
            key,
            tags,
            taken_at,
            life_span_seconds: None,
            claim: Claim::default(),
            grant: Grant::default(),
            mask: None,
            pump: None,
            input: None,
            on_terminal: false,
            noted_log_bytes: 0,
            max_log_bytes: u64::MAX,
            phase,
            notes: Vec::new(),
            last: None,
            timers: Vec::new(),
        };
        self.units.insert(number, unit);
        number
    }

    /// Starts waiting units while there is room, and says of the new ones that they wait.
    pub(super) fn fill_slots(&mut self) {
        let disk = if self.queue.is_empty() { None } else { self.shortage_of_disk() };
        while disk.is_none()
            && let Some(number) = self.queue.pop(self.slots.free())
        {
            self.start(number);
        }
        for number in std::mem::take(&mut self.fresh) {
            let Some(Unit { phase: Phase::Queued(_), taken_at, claim, .. }) = self.units.get(&number) else { continue };
            let why = disk.clone().unwrap_or_else(|| self.why_waiting(claim));
            self.publish(number, *taken_at, What::Queued { why });
        }
    }

    /// What a unit with this claim waits for, in words.
    fn why_waiting(&self, claim: &Claim) -> String {
        let shortage = claim.shortage(self.slots.free(), self.slots.total());
        if shortage.is_empty() {
            return "waits for its turn: what is free is kept for a larger task".to_owned();
        }
        format!("waits for {shortage}")
    }

    /// Starts a unit that was taken from the queue.
    fn start(&mut self, number: u64) {
        let Some(unit) = self.units.get_mut(&number) else { return };
        let Phase::Queued(order) = &unit.phase else { return };
        let grant = self.slots.take(unit.claim);
        let means = Means { mask: unit.mask.as_ref(), terminal_program: &self.terminal_program };
        let on_terminal = matches!(order.launch.stdin, Stdin::Terminal(_));
        let started = Process::start(order, &unit.files, &grant, means).and_then(|Started { process, pump, input }| {
            // A process that nobody would see end must not stay.
            let watched = self.poller.add(&process.pidfd, Token::Unit(number));
            let watched = watched.and_then(|()| match &pump {
                Some(pump) => self.poller.add(pump.source(), Token::Output(number)),
                None => Ok(()),
            });
            watched.map_err(|error| process.abandon(&error)).map(|()| (process, pump, input))
        });
        let (process, pump, input) = match started {
            Ok(started) => started,
            Err(message) => {
                self.slots.give_back(grant);
                return self.finish(number, Exit::None, Reason::NotStarted { message });
            }
        };
        let (mark, at) = (process.mark, SystemClock.now());
        let address = address(mark.pid, order.launch.spec.http_port);
        (unit.grant, unit.pump, unit.input, unit.on_terminal) = (grant, pump, input, on_terminal);
        let life_span = unit.life_span_seconds;
        self.journal.note(&Line::Started { raw: unit.raw.clone(), pid: mark.pid, ticks: mark.ticks, at });
        unit.phase = Phase::Running { process, ending: None };
        self.publish(number, at, What::Running { address });
        self.set_timer(number, life_span, Timer::LifeSpan(number));
        self.look_later();
    }

    /// Sets a timer of a unit, `seconds` from now; without a positive number, none.
    pub(super) fn set_timer(&mut self, number: u64, seconds: Option<f64>, timer: Timer) {
        let span =
            seconds.filter(|&seconds| seconds > 0.0).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let at = span.and_then(|span| monotonic().checked_add(span));
        if let (Some(at), Some(unit)) = (at, self.units.get_mut(&number)) {
            unit.timers.push((at, timer));
            self.timers.add(at, timer);
        }
    }

    /// Tells news of a unit.
    pub(super) fn publish(&mut self, number: u64, at: Timestamp, what: What) {
        let Some(unit) = self.units.get_mut(&number) else { return };
        let report = Report { key: unit.key.clone(), at, raw: Some(unit.raw.clone()), what };
        unit.last = Some(report.clone());
        unit.notes.push(self.board.publish(&unit.scope, Note { unit: number, report }));
    }

    /// The news of a scope behind a cursor.
    ///
    /// Shape: as `Executor::reports`; cut short where it would be too long; the cursor leads to the rest.
    pub(super) fn reports(&self, scope: &Scope, after: &Cursor) -> (Vec<Report>, Cursor) {
        let mut reports = Vec::new();
        let mut bytes = 0;
        for (number, note) in self.board.since(scope, after) {
            let report = self.with_files(note.unit, &note.report);
            if let What::Ended { files, .. } = &report.what {
                bytes += files.output.len() + files.state.len();
            }
            reports.push(report);
            if bytes > ANSWER_BYTES || reports.len() >= ANSWER_REPORTS {
                return (reports, self.board.cursor(Some(number)));
            }
        }
        (reports, self.board.cursor(None))
    }

    /// The news, with the output files if it is an end.
    fn with_files(&self, number: u64, report: &Report) -> Report {
        let mut report = report.clone();
        if let (What::Ended { files, .. }, Some(unit)) = (&mut report.what, self.units.get(&number))
            && matches!(unit.phase, Phase::Ended { files: true })
        {
            files.output = read_text(&unit.files.output);
            files.state = read_text(&unit.files.state);
        }
        report
    }

    /// The number of a unit.
    pub(super) fn number(&self, key: &LaunchKey) -> Option<u64> {
        self.numbers.get(key).copied()
    }

    /// The last news of a unit; a unit that was just taken waits.
    pub(super) fn last(&self, key: &LaunchKey) -> Option<Report> {
        let number = self.number(key)?;
        let unit = self.units.get(&number)?;
        let taken = || {
            let what = What::Queued { why: "was just taken".into() };
            Report { key: key.clone(), at: unit.taken_at, raw: Some(unit.raw.clone()), what }
        };
        Some(unit.last.as_ref().map_or_else(taken, |report| self.with_files(number, report)))
    }

    /// The units that have all these tags, oldest first.
    pub(super) fn find(&self, tags: &[String]) -> Vec<Found> {
        let matching = self.units.values().filter(|unit| tags.iter().all(|tag| unit.tags.contains(tag)));
        let found = matching.filter_map(|unit| {
            let (key, raw, tags) = (unit.key.clone(), unit.raw.clone(), unit.tags.clone());
            Some(Found { last: self.last(&key)?, key, raw, tags })
        });
        found.collect()
    }

    /// Forgets an ended unit and removes its files. Errors: it has not ended, or a file cannot go.
    pub(super) fn remove(&mut self, key: &LaunchKey) -> Result<(), ExecutorError> {
        let Some(number) = self.number(key) else { return Ok(()) };
        let Some(unit) = self.units.get(&number) else { return Ok(()) };
        if !unit.is_over() {
            return Err(ExecutorError::Refused { message: "a unit that has not ended cannot be removed".into() });
        }
        let removed = unit.files.remove();
        removed.map_err(|error| ExecutorError::Unreachable { message: format!("cannot remove the files: {error}") })?;
        if let Some(above) = unit.files.log.parent() {
            // The folder of the attempt goes with its last unit; while others are there it stays.
            let _stays = std::fs::remove_dir(above);
        }
        self.journal.note(&Line::Removed { raw: unit.raw.clone() });
        self.board.forget(&unit.scope, &unit.notes);
        self.units.remove(&number);
        self.numbers.remove(key);
        Ok(())
    }
}

/// Units to be taken, and what they have in common.
#[derive(Debug)]
pub(super) struct Batch {
    /// The part of the client's environment that they get.
    pub(super) environment: BTreeMap<String, String>,
    /// Bounds of their output.
    pub(super) limits: Limits,
    /// The units.
    pub(super) launches: Vec<Launch>,
    /// Their secrets, in the same order.
    pub(super) secrets: Vec<Result<UnitSecrets, String>>,
}

/// Kills what still runs of units without an end, and gives them one.
fn lose_open_units(layout: &Layout, memory: &mut Memory, boot: &str) {
    let same_boot = memory.boot == boot;
    let open: Vec<&mut Entry> = memory.entries.iter_mut().filter(|entry| entry.end.is_none()).collect();
    let remains: Vec<Remain> = open
        .iter()
        .map(|entry| Remain { files: layout.unit(&entry.key), mark: entry.started.map(|(mark, _)| mark) })
        .collect();
    // Nothing lives through the end of its machine.
    let proofs = if same_boot { remains::end_all(&remains) } else { vec![true; remains.len()] };
    for ((entry, remain), proof_dead) in open.into_iter().zip(&remains).zip(proofs) {
        close_log(&remain.files);
        if entry.secret {
            // Nobody has masked what it wrote there, and nobody knows any more what to mask.
            remain.files.remove_outputs();
        }
        entry.end = Some((End::Lost { proof_dead }, SystemClock.now()));
    }
}

/// Where a unit runs and, if it serves HTTP, where it listens (MCH-1).
fn address(pid: i32, port: Option<i64>) -> String {
    let url = port.filter(|port| *port != 0).map(|port| format!(", http://localhost:{port}"));
    format!("pid {pid}{}", url.unwrap_or_default())
}
