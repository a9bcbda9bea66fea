//! [`run`]: at a live job as if it were here: its output from the start on, our input to it, Ctrl-C as a question.
//!
//! The terminal is put into raw mode only for a job that has a terminal of its own, and is put back however this
//! ends. Where an executor cannot attach, its logs are read instead, and input goes nowhere. Source: LIV-20, LIV-28.

mod browse;
mod keys;
mod output;

use flow_core::event::{Event, EventKind, Stage};
use flow_core::model::{LaunchKey, LiveJob, LiveJobId, Stdin, Timestamp};
use flow_core::port::{ChannelInput, Heard};
use flow_engine::{Engine, Follow, LEASE, Standing};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::attach::keys::{Answer, Keys};
use crate::attach::output::Heards;
use crate::error::CliError;
use crate::report::clean;
use crate::report::clean::LogFilter;
use crate::session::Session;

pub(crate) use browse::browse;
pub(crate) use keys::raw_mode;
pub(crate) use output::exchange;

/// How often it is looked whether the engine is still there.
const LOOK_AFTER: std::time::Duration = std::time::Duration::from_secs(1);
/// How often an engine that has gone is replaced; more would hide that it cannot work.
const MAX_ENGINES: u32 = 3;

/// How it ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// The job did.
    Ended(Box<LiveJob>),
    /// We left; it runs on.
    Left(Box<LiveJob>),
}

/// One attachment.
struct Attach<'a> {
    session: &'a mut Session,
    engine: &'a Engine,
    id: &'a LiveJobId,
    follow: Follow,
    filter: LogFilter,
    /// The output of the start that is shown.
    heard: Option<Heards>,
    input: Option<Box<dyn ChannelInput>>,
    keys: Keys,
    /// The last start whose output was shown.
    shown: u32,
    /// When an engine was last started, and how often.
    begun: Timestamp,
    engines: u32,
    leaving: bool,
    over: bool,
}

/// What the process is told by signals.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    window: Signal,
}

impl Signals {
    fn new() -> Result<Self, CliError> {
        let heard = |kind| signal(kind).map_err(|error| CliError::Output { what: "waiting for signals", error });
        Ok(Signals {
            interrupt: heard(SignalKind::interrupt())?,
            terminate: heard(SignalKind::terminate())?,
            hangup: heard(SignalKind::hangup())?,
            window: heard(SignalKind::window_change())?,
        })
    }
}

/// Attaches to a live job until it ends or the person leaves.
pub(crate) async fn run(session: &mut Session, engine: &Engine, id: &LiveJobId) -> Result<Ending, CliError> {
    let job = engine.live_job(id).await?.row.job;
    // What a job with a terminal prints is meant for one, colours and cursor included.
    let own_terminal = matches!(job.order.stdin, Stdin::Terminal(_)) && session.io.out.is_terminal();
    let filter = if own_terminal { LogFilter::Raw } else { session.log_filter() };
    let keys = Keys::new(session, job.order.stdin);
    let begun = session.now();
    let mut attach = Attach {
        follow: engine.follow_live(id, 0),
        session,
        engine,
        id,
        filter,
        heard: None,
        input: None,
        keys,
        shown: 0,
        begun,
        engines: 0,
        leaving: false,
        over: false,
    };
    let done = attach.watch(&job).await;
    let Attach { filter: mut rest, mut keys, .. } = attach;
    keys.restore();
    session.print_bytes(&rest.finish())?;
    let left = done?;
    let job = Box::new(engine.live_job(id).await?.row.job);
    Ok(if left { Ending::Left(job) } else { Ending::Ended(job) })
}

impl Attach<'_> {
    /// Until the job has ended or the person has left; whether the latter.
    async fn watch(&mut self, job: &LiveJob) -> Result<bool, CliError> {
        let mut signals = Signals::new()?;
        self.catch_up().await?;
        if job.order.browse && !self.over {
            browse(self.session, self.engine, job).await?;
        }
        let mut look_after = tokio::time::interval(LOOK_AFTER);
        while !self.over && !self.leaving {
            tokio::select! {
                events = self.follow.next() => self.take(&events?).await?,
                heard = output::next(&mut self.heard) => self.show(heard)?,
                // Input for a job that is not there yet waits where it is.
                bytes = self.keys.next(), if self.input.is_some() || self.keys.is_for_us() => self.typed(bytes).await?,
                _ = signals.interrupt.recv() => self.interrupted().await?,
                _ = signals.terminate.recv() => self.leaving = true,
                _ = signals.hangup.recv() => self.leaving = true,
                _ = signals.window.recv() => self.resize().await,
                _ = look_after.tick() => self.look_after().await?,
            }
        }
        Ok(!self.over)
    }

    /// Goes to where the job stands now: of the starts of the past the last one is shown.
    async fn catch_up(&mut self) -> Result<(), CliError> {
        let mut over = false;
        loop {
            let events = self.follow.ready().await?;
            if events.is_empty() {
                break;
            }
            over |= events.iter().any(is_last);
        }
        let job = self.engine.live_job(self.id).await?.row.job;
        // What ends at once has no id of its executor, but has said something all the same.
        if let Some(last) = job.tries.last().filter(|last| last.raw.is_some() || last.outcome.is_some()) {
            self.open(&LaunchKey::live(self.id, last.number)).await?;
        }
        if over {
            self.drain().await?;
            self.over = true;
        }
        Ok(())
    }

    async fn take(&mut self, events: &[Event]) -> Result<(), CliError> {
        for event in events {
            match &event.kind {
                EventKind::Launched { key, .. } => self.open(key).await?,
                EventKind::Progress { stage: Stage::Queued, why: Some(why), .. } => self.note(&format!("waits: {why}")),
                EventKind::Progress { stage: Stage::Running, .. } => self.tell_url().await?,
                // What ends at once was never told to be launched.
                EventKind::Ended { key, .. } => {
                    self.open(key).await?;
                    self.drain().await?;
                }
                EventKind::RetryAt { key, at, .. } if key.r#try > self.shown => {
                    let wait = crate::report::time::span(at.since(event.at));
                    self.note(&format!("it is started again in {wait} (start {})", key.r#try));
                }
                EventKind::LiveEnded { .. } => self.over = true,
                _ => {}
            }
        }
        Ok(())
    }

    /// Opens the streams of a start that is not shown yet.
    async fn open(&mut self, key: &LaunchKey) -> Result<(), CliError> {
        if key.r#try <= self.shown {
            return Ok(());
        }
        self.shown = key.r#try;
        let (heard, input) = output::open(self.engine, key, self.id).await?;
        (self.heard, self.input) = (Some(heard), input);
        self.resize().await;
        Ok(())
    }

    async fn tell_url(&mut self) -> Result<(), CliError> {
        let job = self.engine.live_job(self.id).await?.row.job;
        if let Some(url) = job.order.url {
            self.note(&format!("serves at {url}"));
        }
        Ok(())
    }

    fn show(&mut self, heard: Heard) -> Result<(), CliError> {
        match heard {
            Heard::Output(bytes) | Heard::Error(bytes) => self.session.print_bytes(&self.filter.feed(bytes)),
            Heard::Ended(_) => {
                (self.heard, self.input) = (None, None);
                Ok(())
            }
        }
    }

    /// Shows the rest of a start that has ended.
    async fn drain(&mut self) -> Result<(), CliError> {
        while self.heard.is_some() {
            let heard = output::next(&mut self.heard).await;
            self.show(heard)?;
        }
        Ok(())
    }

    async fn typed(&mut self, bytes: Option<Vec<u8>>) -> Result<(), CliError> {
        match self.keys.meaning(bytes) {
            Answer::Bytes(bytes) => {
                // A job that takes no input, or has just ended, does not miss it.
                if let Some(input) = &mut self.input {
                    let _ = input.write(&bytes).await;
                }
            }
            Answer::End => {
                if let Some(input) = &mut self.input {
                    let _ = input.close().await;
                }
            }
            Answer::Ask => self.interrupted().await?,
            Answer::Detach => self.leaving = true,
            Answer::Kill => self.kill().await?,
            Answer::GoOn => {}
        }
        Ok(())
    }

    /// Ctrl-C: asks; pressed again it kills. Where nobody can be asked it leaves.
    async fn interrupted(&mut self) -> Result<(), CliError> {
        if self.keys.is_asking() {
            self.keys.answered();
            return self.kill().await;
        }
        if !self.session.can_ask() && !self.keys.can_answer() {
            self.leaving = true;
            return Ok(());
        }
        let question = self.keys.ask(self.session);
        // A terminal that is gone gives no answer either, which is one.
        let _ = self.session.io.err.write(question.as_bytes());
        Ok(())
    }

    async fn kill(&mut self) -> Result<(), CliError> {
        let job = self.engine.live_job(self.id).await?.row.job;
        self.engine.kill_live(&job).await?;
        self.note("killing it; Ctrl-C leaves");
        self.keys.killed();
        Ok(())
    }

    /// Tells the job how large our terminal is now.
    async fn resize(&mut self) {
        if !self.keys.is_raw() {
            return;
        }
        if let (Some(window), Some(input)) = (self.session.window(), &mut self.input) {
            // Without it lines break elsewhere, and no more.
            let _ = input.resize(window).await;
        }
    }

    /// Starts another engine where the last one is gone.
    async fn look_after(&mut self) -> Result<(), CliError> {
        if self.session.now().since(self.begun) < LEASE && self.engines > 0 {
            return Ok(());
        }
        let found = self.engine.live_job(self.id).await?;
        if found.standing != Standing::Stalled || self.engines >= MAX_ENGINES {
            return Ok(());
        }
        (self.begun, self.engines) = (self.session.now(), self.engines + 1);
        self.note("its engine is gone; another one takes it up");
        let log = self.session.settings()?.engine_log();
        Ok(self.engine.drive_live_in_background(self.id, &log)?)
    }

    /// A line for the person, also in raw mode, where a line feed alone does not go back to the left.
    fn note(&mut self, text: &str) {
        let end = if self.keys.is_raw() { "\r" } else { "" };
        self.session.note(&format!("{}{end}", clean::line(text)));
    }
}

/// Whether nothing follows an event.
fn is_last(event: &Event) -> bool {
    matches!(event.kind, EventKind::LiveEnded { .. })
}
