//! The scheduler of live jobs: facts in, events and effects out; stopped at each event it goes on the same.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by a panic")]

use std::time::Duration;

use flow_core::event::{CancelScope, Event, EventKind, LiveCreated, VERSION};
use flow_core::model::{
    Exit, LaunchKey, LiveJobId, LogRef, RawId, Reason, RestartPolicy, Subject, TaskStatus, Timestamp, UnitSpec,
};
use flow_core::port::{ExecutorError, Report, Request, RequestKind, What};
use flow_core::sched::{Effect, Fact, LiveState, Revive, Timed, Told, apply_live, decide_live, revive_live};
use indexmap::IndexMap;

use crate::live_store::order;

/// A live job under way: a driver in miniature.
struct Job {
    spec: UnitSpec,
    state: LiveState,
    events: Vec<Event>,
    effects: Vec<Effect>,
    now: u64,
}

fn id() -> LiveJobId {
    LiveJobId::new("job-1")
}

fn key(number: u32) -> LaunchKey {
    LaunchKey::live(&id(), number)
}

impl Job {
    fn new(restart: RestartPolicy, life: Option<f64>) -> Self {
        let spec = UnitSpec { cmd: Some("serve".to_owned()), life_span_seconds: life, ..UnitSpec::default() };
        let mut order = order("serve", None);
        (order.restart, order.life_span_seconds) = (restart, life);
        let mut job = Job { spec, state: LiveState::new(), events: Vec::new(), effects: Vec::new(), now: 1_000_000 };
        job.write(EventKind::LiveCreated(Box::new(LiveCreated { version: VERSION, order })));
        job
    }

    fn write(&mut self, kind: EventKind) {
        let seq = self.events.len() as u64 + 1;
        let at = Timestamp::from_unix_millis(self.now);
        let event = Event { position: seq, seq, at, subject: Subject::Live(id()), kind };
        apply_live(&mut self.state, &event);
        self.events.push(event);
    }

    /// A fact and the ticks after it; the words of what happened.
    fn fact(&mut self, fact: Fact) -> Vec<&'static str> {
        let first = self.events.len();
        let mut next = fact;
        loop {
            let timed = Timed { at: Timestamp::from_unix_millis(self.now), fact: next };
            let decision = decide_live(&self.spec, &self.state, &timed);
            let settled = decision.events.is_empty() && timed.fact == Fact::Tick;
            decision.events.into_iter().for_each(|kind| self.write(kind));
            self.effects.extend(decision.effects);
            if settled {
                return self.events[first..].iter().map(|event| event.kind.word()).collect();
            }
            next = Fact::Tick;
        }
    }

    fn taken(&mut self, number: u32) -> Vec<&'static str> {
        let mut words = self.fact(Fact::StartResult { key: key(number), result: Ok(RawId::new("raw")) });
        let what = What::Running { address: "pid 7".to_owned() };
        let at = Timestamp::from_unix_millis(self.now);
        words.extend(self.fact(Fact::Report(Report { key: key(number), at, raw: None, what })));
        words
    }

    fn ended(&mut self, number: u32, exit: Exit, reason: Reason) -> Vec<&'static str> {
        self.fact(Fact::Ended {
            key: key(number),
            exit,
            reason,
            outputs: IndexMap::new(),
            state: IndexMap::new(),
            log: LogRef { bytes: 5 },
            problem: None,
            told: Told::default(),
        })
    }

    fn exits(&mut self, number: u32, code: i32) -> Vec<&'static str> {
        self.ended(number, Exit::Code(code), Reason::Finished)
    }

    fn killed(&mut self, number: u32) -> Vec<&'static str> {
        self.ended(number, Exit::Signal(15), Reason::Killed)
    }

    fn cancel(&mut self) -> Vec<&'static str> {
        let kind = RequestKind::Cancel { scope: CancelScope::Job };
        let at = Timestamp::from_unix_millis(self.now);
        self.fact(Fact::Request(Request { id: 1, at, by: "ada".to_owned(), kind }))
    }

    /// Until when the job pauses.
    fn pause(&self) -> Duration {
        match &self.events.last().unwrap().kind {
            EventKind::RetryAt { at, .. } => at.since(Timestamp::from_unix_millis(self.now)),
            other => panic!("{other:?}"),
        }
    }

    fn starts(&self) -> Vec<(u32, Option<f64>)> {
        let launch = |effect: &Effect| match effect {
            Effect::Launch { key, spec, .. } => Some((key.r#try, spec.life_span_seconds)),
            _ => None,
        };
        self.effects.iter().filter_map(launch).collect()
    }

    fn pass(&mut self, time: Duration) -> Vec<&'static str> {
        self.now += u64::try_from(time.as_millis()).unwrap();
        self.fact(Fact::Tick)
    }
}

#[test]
fn a_job_runs_once_and_ends_as_its_start_does() {
    for (code, result) in [(0, TaskStatus::Succeeded), (3, TaskStatus::Failed)] {
        let mut job = Job::new(RestartPolicy::Never, None);
        assert_eq!(job.fact(Fact::Begin), ["launching"]);
        assert_eq!(job.taken(1), ["launched", "progress"]);
        assert_eq!(job.exits(1, code), ["ended", "live_ended"]);
        assert_eq!((job.state.result(), job.starts().len()), (Some(result), 1));
        assert!(job.exits(1, 1).is_empty() && job.cancel().is_empty() && job.fact(Fact::Begin).is_empty());
    }
}

#[test]
fn policies_say_when_it_is_started_again() {
    let cases = [
        (RestartPolicy::Never, 1, false),
        (RestartPolicy::Never, 0, false),
        (RestartPolicy::OnFailure, 1, true),
        (RestartPolicy::OnFailure, 0, false),
        (RestartPolicy::Always, 1, true),
        (RestartPolicy::Always, 0, true),
    ];
    for (policy, code, again) in cases {
        let mut job = Job::new(policy, None);
        job.fact(Fact::Begin);
        job.taken(1);
        let words = job.exits(1, code);
        assert_eq!(words, ["ended", if again { "retry_at" } else { "live_ended" }], "{policy:?} {code}");
        if again {
            assert_eq!(job.pass(job.pause()), ["launching"]);
            assert_eq!(job.starts().last().unwrap().0, 2);
        }
    }
}

#[test]
fn what_could_not_be_started_or_lived_too_long_is_not_started_again() {
    let message = || "no such program".to_owned();
    for reason in [Reason::NotStarted { message: message() }, Reason::LifeSpan, Reason::ScheduleTimeout, Reason::Killed]
    {
        let mut job = Job::new(RestartPolicy::Always, None);
        job.fact(Fact::Begin);
        job.taken(1);
        assert_eq!(job.ended(1, Exit::None, reason.clone()), ["ended", "live_ended"], "{reason:?}");
    }
    let mut job = Job::new(RestartPolicy::Always, None);
    job.fact(Fact::Begin);
    let refused = Err(ExecutorError::Refused { message: message() });
    assert_eq!(job.fact(Fact::StartResult { key: key(1), result: refused }), ["ended", "live_ended"]);
}

#[test]
fn pauses_grow_to_a_minute_and_begin_anew_after_a_good_start() {
    let mut job = Job::new(RestartPolicy::Always, None);
    job.fact(Fact::Begin);
    for (number, seconds) in (1..).zip([1, 2, 4, 8, 16, 32, 60, 60]) {
        job.taken(number);
        job.exits(number, 1);
        assert_eq!(job.pause(), Duration::from_secs(seconds), "start {number}");
        job.pass(job.pause());
    }
    job.taken(9);
    job.pass(Duration::from_secs(61));
    job.exits(9, 1);
    assert_eq!(job.pause(), Duration::from_secs(1));
}

#[test]
fn a_life_span_counts_over_all_starts() {
    let mut job = Job::new(RestartPolicy::Always, Some(100.0));
    job.fact(Fact::Begin);
    job.taken(1);
    job.pass(Duration::from_secs(70));
    job.exits(1, 0);
    job.pass(job.pause());
    assert_eq!(job.starts(), [(1, Some(100.0)), (2, Some(29.0))]);
    job.taken(2);
    job.pass(Duration::from_secs(28));
    // The next start would come when the life is over.
    assert_eq!(job.exits(2, 1), ["ended", "live_ended"]);
    assert_eq!(job.state.result(), Some(TaskStatus::Failed));
}

#[test]
fn a_kill_ends_it_wherever_it_stands() {
    let mut waiting = Job::new(RestartPolicy::Always, None);
    assert_eq!(waiting.cancel(), ["cancel_asked", "live_ended"]);
    assert!(waiting.effects.is_empty());

    let mut running = Job::new(RestartPolicy::Always, None);
    running.fact(Fact::Begin);
    running.taken(1);
    assert_eq!(running.cancel(), ["cancel_asked"]);
    assert!(matches!(running.effects.last(), Some(Effect::Kill { key: found, .. }) if *found == key(1)));
    assert_eq!(running.killed(1), ["ended", "live_ended"]);
    assert_eq!(running.state.result(), Some(TaskStatus::Cancelled));

    let mut pausing = Job::new(RestartPolicy::Always, None);
    pausing.fact(Fact::Begin);
    pausing.taken(1);
    pausing.exits(1, 1);
    assert_eq!(pausing.cancel(), ["cancel_asked", "live_ended"]);
    assert_eq!(pausing.starts().len(), 1);

    let mut started = Job::new(RestartPolicy::Never, None);
    started.fact(Fact::Begin);
    started.cancel();
    started.effects.clear();
    started.fact(Fact::StartResult { key: key(1), result: Ok(RawId::new("raw")) });
    assert!(matches!(started.effects[..], [Effect::Kill { .. }]), "killed once it is there");
}

#[test]
fn an_executor_that_cannot_be_reached_is_asked_again() {
    let mut job = Job::new(RestartPolicy::Never, None);
    job.fact(Fact::Begin);
    let away = || Err(ExecutorError::Unreachable { message: "away".to_owned() });
    assert_eq!(job.fact(Fact::StartResult { key: key(1), result: away() }), ["progress", "retry_at"]);
    assert_eq!(job.pause(), Duration::from_secs(1));
    assert_eq!(job.pass(Duration::from_secs(1)), ["progress"]);
    assert_eq!(job.starts().iter().map(|start| start.0).collect::<Vec<_>>(), [1, 1]);
    job.fact(Fact::StartResult { key: key(1), result: away() });
    assert_eq!(job.cancel(), ["cancel_asked", "ended", "live_ended"]);
    assert_eq!(job.state.result(), Some(TaskStatus::Cancelled));
}

#[test]
fn what_is_lost_counts_as_a_failure() {
    for (policy, words) in
        [(RestartPolicy::Never, ["ended", "live_ended"]), (RestartPolicy::OnFailure, ["ended", "retry_at"])]
    {
        let mut job = Job::new(policy, None);
        job.fact(Fact::Begin);
        job.taken(1);
        let at = Timestamp::from_unix_millis(job.now);
        let out_of_reach = Report { key: key(1), at, raw: None, what: What::Lost { proof_dead: false } };
        assert_eq!(job.fact(Fact::Report(out_of_reach)), ["progress"]);
        let dead = Report { key: key(1), at, raw: None, what: What::Lost { proof_dead: true } };
        assert_eq!(job.fact(Fact::Report(dead)), words);
    }
}

/// A whole life with a failure, a pause, an outage and a kill.
fn story(stop_at: Option<usize>) -> Job {
    let mut job = Job::new(RestartPolicy::OnFailure, Some(500.0));
    let away = || Err(ExecutorError::Unreachable { message: "away".to_owned() });
    let steps: [&dyn Fn(&mut Job); 8] = [
        &|job| drop(job.fact(Fact::Begin)),
        &|job| drop(job.fact(Fact::StartResult { key: key(1), result: away() })),
        &|job| drop(job.pass(Duration::from_secs(1))),
        &|job| drop(job.taken(1)),
        &|job| drop(job.exits(1, 9)),
        &|job| drop(job.pass(Duration::from_secs(2))),
        &|job| drop(job.taken(2)),
        &|job| drop((job.cancel(), job.killed(2))),
    ];
    for (number, step) in steps.iter().enumerate() {
        if stop_at == Some(number) {
            // An engine dies and another one loads what is stored.
            job.state = LiveState::new();
            for event in &job.events {
                apply_live(&mut job.state, event);
            }
        }
        step(&mut job);
    }
    job
}

#[test]
fn an_engine_that_comes_later_goes_on_the_same() {
    let whole = story(None);
    assert_eq!(whole.state.result(), Some(TaskStatus::Cancelled));
    for stop in 0..8 {
        let stopped = story(Some(stop));
        assert_eq!((stopped.events, stopped.state), (whole.events.clone(), whole.state.clone()), "stopped at {stop}");
    }
}

#[test]
fn what_was_under_way_is_taken_up() {
    let mut job = Job::new(RestartPolicy::Always, None);
    assert_eq!(revive_live(&job.state), []);
    job.fact(Fact::Begin);
    assert!(matches!(&revive_live(&job.state)[..], [Revive::Launch { key: found, .. }] if *found == key(1)));
    job.taken(1);
    job.cancel();
    assert!(matches!(&revive_live(&job.state)[..], [Revive::Launch { .. }, Revive::Kill { .. }]));
    let mut pausing = Job::new(RestartPolicy::Always, None);
    pausing.fact(Fact::Begin);
    pausing.taken(1);
    pausing.exits(1, 1);
    assert!(matches!(&revive_live(&pausing.state)[..], [Revive::WakeAt(_)]));
    pausing.cancel();
    assert_eq!(revive_live(&pausing.state), []);
}
