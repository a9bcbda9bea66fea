//! The shared vectors of whole bakes, `batch-run.jsonl`: each is run round by round through the scheduler,
//! its events go to a store, and what that shows is compared. Source: spec 05.
#![expect(clippy::indexing_slicing, reason = "a malformed vector is a failed test")]

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;

use flow_core::event::{AttemptCreated, CancelScope, Event, EventKind, Reuse, SkipReason, VERSION};
use flow_core::expr::{Answers, HostCall};
use flow_core::model::{
    AttemptId, BakeId, CacheKey, Digest, Epoch, Exit, FullId, LaunchKey, LogRef, ProjectId, RawId, Reason, SourceText,
    Subject, Task, TaskStatus, Timestamp, UnitSpec, words,
};
use flow_core::plan::{self, BuildCommands, Inputs, OpenCall};
use flow_core::port::{Append, CacheScope, EventScope, NewEvent, Report, Request, RequestKind, SourceRef, Store, What};
use flow_core::resolve::{ResolvedFlow, Workspace};
use flow_core::sched::{AttemptState, Decision, Effect, Fact, Timed, Told, apply, decide};
use flow_core::scope::tag_form;
use flow_engine::store::MemoryStore;
use flow_engine::testing::{CountingIds, ManualClock, ScriptedExecutor};
use flow_engine::{Engine, RestartRequest, Takeover};
use flow_tests::conformance::{Case, Verdict, environment};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use crate::conformance_plan::{self as kit, Place};

/// More rounds than any case needs.
const ROUNDS: u64 = 200;
/// What one round takes, in milliseconds.
const ROUND: u64 = 1000;

/// Judges one case: its runs, one after the other on one store.
pub(crate) fn judge(case: &Case) -> Verdict {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let wrong = runtime.block_on(async {
        let mut world = World::new();
        let mut wrong = Vec::new();
        let expected = case.fields["expect"].as_array().cloned().unwrap_or_default();
        let runs = case.fields["runs"].as_array().expect("runs");
        for (at, (run, expected)) in runs.iter().zip(&expected).enumerate() {
            let found = match world.run(case, run).await {
                Ok(done) => compare(expected, &done),
                Err(refused) => compare_refusal(expected, &refused),
            };
            wrong.extend(found.into_iter().map(|one| format!("run {at}: {one}")));
        }
        wrong
    });
    Verdict { holds: wrong.is_empty(), actual: wrong.join("\n           ") }
}

/// What all runs of a case have in common.
struct World {
    store: Arc<MemoryStore>,
    engine: Engine,
    count: u32,
    now: u64,
    /// The last bake, with its flow as it was then.
    last: Option<(BakeId, AttemptId, Arc<ResolvedFlow>)>,
}

/// What a run came to.
struct Done {
    json: Json,
    trace: Vec<String>,
}

impl World {
    fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix_millis(0)));
        let executor = Arc::new(ScriptedExecutor::new(clock.clone()));
        let engine = Engine::builder().store(store.clone()).clock(clock).ids(Arc::new(CountingIds::new()));
        World { store, engine: engine.build(executor), count: 0, now: 1_000_000, last: None }
    }

    async fn run(&mut self, case: &Case, run: &Json) -> Result<Done, String> {
        if let Some(clear) = run["clear_cache"].as_object() {
            let batch: Arc<str> = clear["batch"].as_str().expect("a batch").into();
            let scope = match clear.get("task").and_then(Json::as_str) {
                Some(task) => CacheScope::Task(batch, FullId::root().child(task)),
                None => CacheScope::Batch(batch),
            };
            self.store.clear_cache(&ProjectId::new("project-1"), &scope).await.expect("a store in memory");
        }
        let before = self.last.clone().filter(|_| run["restart"].is_object());
        let (attempt, flow) = match &before {
            Some((bake, _, flow)) => (self.restart(bake, &run["restart"]).await?, flow.clone()),
            None => self.create(case, run).await?,
        };
        let state = self.load(&attempt).await;
        let bake = state.created().expect("an attempt").bake.clone();
        self.last = Some((bake, attempt.clone(), flow.clone()));
        let earlier = match state.created().and_then(|created| created.from.clone()) {
            Some(from) => Some(Arc::new(self.load(&from).await)),
            None => None,
        };
        let mut rounds = Rounds::new(self, (attempt, flow), state, run);
        let done = rounds.play(earlier).await;
        self.now = rounds.now + ROUND;
        done
    }

    /// A new attempt, made by the engine's own rules.
    async fn restart(&self, bake: &BakeId, how: &Json) -> Result<AttemptId, String> {
        let takeover = if how["from_failed"] == json!(true) { Takeover::Succeeded } else { Takeover::Nothing };
        let request = RestartRequest { takeover, ..RestartRequest::default() };
        let made = self.engine.restart(bake.as_str(), -1, request).await;
        made.map(|attempt| attempt.id).map_err(|error| error.to_string())
    }

    /// A new bake. What the engine cannot run yet is no matter here.
    async fn create(&mut self, case: &Case, run: &Json) -> Result<(AttemptId, Arc<ResolvedFlow>), String> {
        let place = Place::new(case, &run["edit"]);
        let batch = run["batch"].as_str().unwrap_or(case.text("batch"));
        let workspace = place.load(Workspace::new(batch));
        let (flow, diags) = workspace.resolve(&place.folder_name());
        let flow = flow.filter(|_| !diags.has_errors()).ok_or_else(|| format!("{diags:?}"))?;
        let (params, diags) = plan::params(&flow, &kit::texts(&run["params"]));
        if diags.has_errors() {
            return Err(format!("{diags:?}"));
        }
        self.count += 1;
        let attempt = AttemptId::new(format!("run-{}", self.count));
        let created = created(self.count, &workspace, (batch, place.path()), params);
        let texts = workspace.texts().into_iter();
        let texts = texts.map(|(_, (_, text))| (Digest::of(text.as_bytes()), text)).collect();
        let kind = EventKind::AttemptCreated(Box::new(created));
        let append = Append {
            subject: Subject::Attempt(attempt.clone()),
            epoch: Epoch(0),
            expected_seq: 0,
            events: vec![NewEvent { at: Timestamp::from_unix_millis(self.now), kind }],
            texts,
        };
        self.store.append(append).await.expect("a store in memory");
        Ok((attempt, Arc::new(flow)))
    }

    async fn load(&self, attempt: &AttemptId) -> AttemptState {
        let scope = EventScope::Subject(Subject::Attempt(attempt.clone()));
        let mut state = AttemptState::new();
        let events = self.store.events(&scope, 0, u32::MAX).await.expect("a store in memory");
        for event in &events {
            apply(&mut state, event);
        }
        state
    }
}

fn created(
    number: u32,
    workspace: &Workspace,
    (batch, folder): (&str, String),
    params: IndexMap<String, String>,
) -> AttemptCreated {
    let source = |(source, (name, text)): (SourceRef, (String, Arc<str>))| SourceText {
        name,
        source: Some(source),
        digest: Digest::of(text.as_bytes()),
    };
    AttemptCreated {
        version: VERSION,
        project: ProjectId::new("project-1"),
        project_name: "project".to_owned(),
        bake: BakeId::new(format!("bake-{number}")),
        number: 1,
        batch: batch.to_owned(),
        name: None,
        tags: Vec::new(),
        params,
        executor: "vectors".to_owned(),
        sources: workspace.texts().into_iter().map(source).collect(),
        workspace: folder,
        git: None,
        by: environment()["username"].as_str().expect("a text").to_owned(),
        from: None,
        reuse: Reuse::Cache,
        max_rows: None,
        storage: None,
        engine_version: "0".to_owned(),
    }
}

/// A job as the platform of the vectors had it.
struct Job {
    key: LaunchKey,
    spec: UnitSpec,
    script: Json,
    polls: u64,
    killed: bool,
    over: bool,
}

impl Job {
    fn number(&self, name: &str) -> u64 {
        self.script[name].as_u64().unwrap_or(0)
    }

    /// What one poll says of it.
    fn poll(&mut self) -> Option<Fact> {
        let (pending, running) = (self.number("pending"), self.number("running"));
        self.polls += 1;
        if self.killed {
            return Some(self.ended(Exit::Signal(15), Reason::Killed));
        }
        if self.polls <= pending {
            return None;
        }
        if self.polls <= pending + running || self.script["forever"] == json!(true) {
            let what = What::Running { address: String::new() };
            return Some(Fact::Report(Report { key: self.key.clone(), at: Timestamp::default(), raw: None, what }));
        }
        match self.script["status"].as_str() {
            Some("cancelled") => Some(self.ended(Exit::None, Reason::Killed)),
            Some(other) if other != "failed" => panic!("a job that ends as {other}"),
            named => {
                let code = self.script["exit"].as_i64().unwrap_or(i64::from(named.is_some()));
                Some(self.ended(Exit::Code(i32::try_from(code).expect("an exit code")), Reason::Finished))
            }
        }
    }

    fn ended(&mut self, exit: Exit, reason: Reason) -> Fact {
        self.over = true;
        let stdout = self.script["stdout"].as_str().unwrap_or_default();
        let mut scanner = flow_core::command::Scanner::new();
        scanner.feed(stdout.as_bytes(), &mut |_| {});
        let found = scanner.finish(&mut |_| {});
        let log = LogRef { bytes: stdout.len() as u64 };
        let (outputs, state) = (found.outputs, found.states);
        Fact::Ended { key: self.key.clone(), exit, reason, outputs, state, log, problem: None, told: Told::default() }
    }

    /// Whether it is a job that a task runs in.
    fn is_task(&self) -> bool {
        self.spec.build.is_none() && !self.spec.local
    }

    fn name(&self) -> String {
        self.key.node().expect("a task").to_string()
    }

    /// A local action: it runs in the workspace, and is over before anything is polled (BAT-22).
    fn local(key: LaunchKey, spec: UnitSpec, folder: &str) -> (Self, Fact) {
        let mut words = words::split(spec.cmd.as_deref().unwrap_or_default()).expect("words").into_iter();
        let mut command = Command::new(words.next().expect("a program"));
        let output = command.args(words).current_dir(folder).output().expect("a program that is there");
        let script = json!({"stdout": String::from_utf8_lossy(&output.stdout)});
        let mut job = Job { key, spec, script, polls: 0, killed: false, over: false };
        let exit = output.status.code().map_or(Exit::None, Exit::Code);
        let end = job.ended(exit, Reason::Finished);
        (job, end)
    }
}

/// One run: the engine in miniature, in rounds of polls (BAT-51, BAT-61).
struct Rounds<'a> {
    store: &'a MemoryStore,
    attempt: AttemptId,
    flow: Arc<ResolvedFlow>,
    state: AttemptState,
    run: &'a Json,
    now: u64,
    jobs: Vec<Job>,
    killed: Vec<String>,
    max_active: usize,
    trace: Vec<(String, &'static str)>,
    /// What no task was: the reference looks at nothing more when the local phase fails.
    unseen: BTreeSet<FullId>,
    /// How the local phase ended.
    locals: TaskStatus,
    builds: Vec<BuildCommands>,
    asked: BTreeSet<String>,
    /// How many events are stored.
    seq: u64,
}

impl<'a> Rounds<'a> {
    fn new(
        world: &'a World,
        (attempt, flow): (AttemptId, Arc<ResolvedFlow>),
        state: AttemptState,
        run: &'a Json,
    ) -> Self {
        Rounds {
            store: &world.store,
            attempt,
            flow,
            state,
            run,
            now: world.now,
            jobs: Vec::new(),
            killed: Vec::new(),
            max_active: 0,
            trace: Vec::new(),
            unseen: BTreeSet::new(),
            locals: TaskStatus::Succeeded,
            builds: Vec::new(),
            asked: BTreeSet::new(),
            seq: 1,
        }
    }

    async fn play(&mut self, earlier: Option<Arc<AttemptState>>) -> Result<Done, String> {
        let begin = earlier.map_or(Fact::Begin, Fact::BeginFrom);
        let effects = self.decided(begin).await;
        assert!(effects.is_empty(), "nothing is started before the graph is known");
        let carried = std::mem::take(&mut self.trace);
        self.turn(Vec::new()).await;
        for round in 1..=ROUNDS {
            if self.state.result().is_some() {
                return Ok(self.done(&carried).await);
            }
            self.now += ROUND;
            let mut facts: Vec<Fact> = self.jobs.iter_mut().filter(|job| !job.over).filter_map(Job::poll).collect();
            if self.run["cancel_at"] == json!(round) {
                let kind = RequestKind::Cancel { scope: CancelScope::Attempt };
                let at = Timestamp::from_unix_millis(self.now);
                facts.push(Fact::Request(Request { id: 1, at, by: "ann".to_owned(), kind }));
            }
            self.turn(facts).await;
        }
        Err(format!("no end after {ROUNDS} rounds: {:?}", self.trace))
    }

    /// All news of one moment, with what follows from it.
    async fn turn(&mut self, facts: Vec<Fact>) {
        let mut facts = facts;
        loop {
            let mut effects = Vec::new();
            for fact in std::mem::take(&mut facts) {
                effects.extend(self.decided(fact).await);
            }
            loop {
                let before = self.seq;
                effects.extend(self.decided(Fact::Tick).await);
                if self.seq == before {
                    break;
                }
            }
            for effect in effects {
                facts.extend(self.carry(effect).await);
            }
            if facts.is_empty() {
                break;
            }
        }
        let active = self.jobs.iter().filter(|job| !job.over && job.is_task()).count();
        self.max_active = self.max_active.max(active);
    }

    /// Decides one fact and stores what happened, event by event, so that each change of a status is seen.
    async fn decided(&mut self, fact: Fact) -> Vec<Effect> {
        let timed = Timed { at: Timestamp::from_unix_millis(self.now), fact };
        let Decision { at, events, effects, texts } = decide(&self.flow, &self.state, &timed);
        let mut texts = texts;
        for kind in events {
            let subject = Subject::Attempt(self.attempt.clone());
            let seen = match &kind {
                EventKind::Expanded { prefix, .. } => Some(prefix.clone()),
                other => other.task().cloned(),
            };
            let before = self.history(seen.as_ref()).await.len();
            let event = Event { position: 0, seq: self.seq + 1, at, subject: subject.clone(), kind: kind.clone() };
            apply(&mut self.state, &event);
            match &event.kind {
                EventKind::LocalsEnded { result } => self.locals = *result,
                kind if kind.image().is_some() => self.note_build(kind),
                _ => {}
            }
            let append = Append {
                subject,
                epoch: Epoch(0),
                expected_seq: self.seq,
                events: vec![NewEvent { at, kind }],
                texts: std::mem::take(&mut texts),
            };
            self.seq = self.store.append(append).await.expect("a store in memory").seq;
            let new = self.history(seen.as_ref()).await.into_iter().skip(before);
            let id = seen.map(|id| id.to_string()).unwrap_or_default();
            let new: Vec<TaskStatus> = new.filter(|_| !self.note(&event.kind)).collect();
            self.trace.extend(new.into_iter().map(|status| (id.clone(), status.word())));
        }
        effects
    }

    /// Notes what the vectors have in words of their own. Whether it is no change of a task there.
    fn note(&mut self, kind: &EventKind) -> bool {
        if let EventKind::Skipped { node, because: SkipReason::Locals } = kind {
            self.unseen.insert(node.clone());
            return true;
        }
        false
    }

    /// The changes of an image's build.
    fn note_build(&mut self, kind: &EventKind) {
        let word = match kind {
            EventKind::Launching { .. } => "building",
            EventKind::Ended { outcome, .. } if outcome.status == TaskStatus::Succeeded => "built",
            EventKind::Ended { .. } => "build_failed",
            _ => return,
        };
        let image = kind.image().expect("of an image");
        self.trace.push((format!("image:{image}"), word));
    }

    async fn history(&self, id: Option<&FullId>) -> Vec<TaskStatus> {
        let Some(id) = id else { return Vec::new() };
        let task = self.store.task(&self.attempt, id).await.expect("a store in memory");
        task.map(|task| task.history.iter().map(|item| item.status).collect()).unwrap_or_default()
    }

    async fn carry(&mut self, effect: Effect) -> Option<Fact> {
        match effect {
            Effect::Launch { key, spec, .. } if spec.local => {
                let folder = self.state.created().expect("an attempt").workspace.clone();
                let (job, end) = Job::local(key, *spec, &folder);
                self.jobs.push(job);
                Some(end)
            }
            Effect::Launch { key, spec, .. } if spec.build.is_some() => {
                let created = self.state.created().expect("an attempt");
                let environment = environment();
                let project = environment["project"].as_str().expect("a text");
                let flow = &self.flow.shared.project.id;
                let mut commands = plan::build_commands(&spec, project, flow);
                for word in commands.iter_mut().flat_map(|one| one.upload.iter_mut().flatten()) {
                    *word = word.replace(&created.workspace, "<ws>");
                }
                self.builds.extend(commands);
                let script = self.run["jobs"]["image-builder"].clone();
                let raw = RawId::new(format!("build-{}", created.number));
                self.jobs.push(Job { key: key.clone(), spec: *spec, script, polls: 0, killed: false, over: false });
                Some(Fact::StartResult { key, result: Ok(raw) })
            }
            Effect::Launch { key, spec, .. } => {
                let id = key.node().expect("a task").to_string();
                let script = self.run["jobs"][&id].clone();
                self.jobs.push(Job { key: key.clone(), spec: *spec, script, polls: 0, killed: false, over: false });
                Some(Fact::StartResult { key, result: Ok(RawId::new(format!("job-{id}"))) })
            }
            Effect::Kill { key, .. } => {
                let job = self.jobs.iter_mut().find(|job| job.key == key && !job.killed)?;
                job.killed = true;
                let is_task = job.key.node().is_some();
                self.killed.extend(is_task.then(|| tag_form(&job.name())));
                None
            }
            Effect::Ask { node, calls } => self.answer(node, &calls),
            Effect::LookUpCache { node, key, not_before } => Some(self.look_up(node, key, not_before).await),
            Effect::WakeAt(moment) => panic!("nothing waits for a moment here, but for {moment}"),
        }
    }

    fn answer(&mut self, node: FullId, calls: &[HostCall]) -> Option<Fact> {
        let mut answers = Answers::new();
        let is_new = self.asked.insert(format!("{node} {calls:?}"));
        kit::answer(calls, &Json::Null, &mut answers);
        let answers = answers.into_iter().map(|(call, value)| (call, Ok(value))).collect();
        is_new.then_some(Fact::Answered { node, answers })
    }

    async fn look_up(&mut self, node: FullId, key: CacheKey, not_before: Timestamp) -> Fact {
        let batch = self.state.created().expect("an attempt").batch.clone();
        let project = ProjectId::new("project-1");
        let entry = self.store.cache_entry(&project, &batch, &node, &key).await.expect("a store in memory");
        let entry = entry.filter(|entry| entry.created_at >= not_before).map(Box::new);
        Fact::CacheAnswer { node, key, entry }
    }

    /// What the store shows at the end, in the form of the vectors.
    async fn done(&self, carried: &[(String, &'static str)]) -> Done {
        let row = self.store.attempt(&self.attempt).await.expect("a store in memory").expect("an attempt");
        let mut tasks = Map::new();
        let all = self.store.tasks(&self.attempt).await.expect("a store in memory");
        for task in all.into_iter().filter(|task| !self.unseen.contains(&task.id)) {
            let statuses: Vec<&str> = task.history.iter().map(|item| item.status.word()).collect();
            let has_job = self.has_job(&task).await;
            let json = json!({
                "statuses": statuses, "outputs": task.outputs, "state": task.state, "has_job": has_job,
            });
            tasks.insert(task.id.to_string(), json);
        }
        let starts = self.jobs.iter().filter(|job| job.is_task()).map(|job| (tag_form(&job.name()), start(&job.spec)));
        let mut graph = Map::new();
        let inputs = Inputs::from(self.state.created().expect("an attempt"));
        draw(&self.flow, &inputs, (&mut Vec::new(), &FullId::root()), &mut graph);
        let mut carried: Vec<Json> = carried.iter().map(|(id, status)| json!([id, status])).collect();
        carried.sort_by_key(ToString::to_string);
        let json = json!({
            "attempt": {"number": row.number, "result": row.status.word()},
            "executor_result": row.status.word(),
            "locals_result": self.locals.word(),
            "image_builds": self.builds.iter().map(|one| &one.build).collect::<Vec<_>>(),
            "cli_calls": self.builds.iter().flat_map(|one| &one.upload).collect::<Vec<_>>(),
            "tasks": tasks,
            "killed": sorted(&json!(self.killed)),
            "max_active": self.max_active,
            "starts": starts.collect::<Map<String, Json>>(),
            "graph": graph,
            "carried_over": carried,
        });
        let trace = self.trace.iter().map(|(id, status)| format!("{id}:{status}")).collect();
        Done { json, trace }
    }

    /// Whether a task bears the id of a job: its own, or that of the task whose result it has.
    async fn has_job(&self, task: &Task) -> bool {
        if task.node.local {
            return false;
        }
        if let Some(from) = &task.taken_from {
            let before = self.store.task(from, &task.id).await.expect("a store in memory");
            return before.is_some_and(|before| !before.opened);
        }
        task.status == TaskStatus::Cached || task.tries.iter().any(|one| one.raw.is_some())
    }
}

/// The graphs of the flow and of all that it calls, as far as they can be drawn without a run.
fn draw(
    flow: &ResolvedFlow,
    inputs: &Inputs,
    (calls, prefix): (&mut Vec<OpenCall>, &FullId),
    graph: &mut Map<String, Json>,
) {
    let (plan, _) = plan::open(flow, inputs, calls, &Answers::new());
    for node in plan.into_iter().flat_map(|plan| plan.nodes) {
        let id = prefix.child(&node.id);
        let needs: BTreeSet<String> = node.needs.iter().map(|need| prefix.child(&need.id).to_string()).collect();
        graph.insert(id.to_string(), json!(needs));
        calls.push(OpenCall { node, inputs: IndexMap::new() });
        draw(flow, inputs, (calls, &id), graph);
        calls.pop();
    }
}

/// What a job was started with, in the form of the vectors.
fn start(spec: &UnitSpec) -> Json {
    let environment = environment();
    let (secrets, plain): (Vec<_>, Vec<_>) = spec.env.iter().partition(|(_, value)| value.starts_with("secret:"));
    let secret = |text: &str| kit::whole(text);
    let volumes = spec.volumes.iter().map(|text| kit::volume(text));
    let http = spec.http_port.filter(|port| *port != 0);
    json!({
        "image": spec.image.as_deref().map(kit::image),
        "preset": spec.preset.as_deref().or(environment["presets"][0].as_str()),
        "entrypoint": spec.entrypoint,
        "command": spec.cmd,
        "env": plain.into_iter().collect::<IndexMap<_, _>>(),
        "secret_env": secrets.into_iter().map(|(name, text)| (name, secret(text))).collect::<IndexMap<_, _>>(),
        "workdir": spec.workdir,
        "name": spec.name,
        "description": spec.title,
        "tags": spec.tags,
        "life_span": spec.life_span_seconds,
        "schedule_timeout": spec.schedule_timeout_seconds,
        "pass_config": spec.pass_config.unwrap_or(false),
        "http": http.map(|port| json!({"port": port, "auth": spec.http_auth.unwrap_or(true)})),
        "volumes": volumes.collect::<Vec<_>>(),
        "restart": spec.restart.as_deref().unwrap_or("never"),
        "project": environment["project"],
    })
}

fn sorted(list: &Json) -> Json {
    let mut items = list.as_array().cloned().unwrap_or_default();
    items.sort_by_key(ToString::to_string);
    Json::Array(items)
}

/// What differs from a recorded run. Rounds are information only.
fn compare(expected: &Json, done: &Done) -> Vec<String> {
    if let Some(error) = expected.get("error") {
        // A run that never ended there has any sensible end.
        return if error["kind"] == "hang" { Vec::new() } else { vec![format!("not refused: {error}")] };
    }
    let mut expected = expected.clone();
    let mut wrong = Vec::new();
    let recorded = expected.as_object_mut().expect("a mapping");
    for (name, answers) in recorded.remove("one_of").iter().filter_map(Json::as_object).flatten() {
        if !answers.as_array().expect("answers").iter().any(|one| kit::same(one, &done.json[name])) {
            wrong.push(format!("{name}: {answers} <> {}", done.json[name]));
        }
    }
    for (task, ends) in recorded.remove("tasks_vary").iter().filter_map(Json::as_object).flatten() {
        let own = &done.json["tasks"][task];
        if !ends.as_array().expect("ends").iter().any(|one| kit::same(one, own)) {
            wrong.push(format!("{task}: {ends} <> {own}"));
        }
    }
    wrong.extend(compare_order(recorded, &done.trace));
    for name in ["killed", "carried_over"] {
        if let Some(list) = recorded.get_mut(name) {
            *list = sorted(list);
        }
    }
    for (name, value) in &*recorded {
        let own = &done.json[name];
        wrong.extend(kit::differences(value, own, name));
    }
    wrong
}

/// The order of all changes where it is recorded, else the pairs that must hold.
fn compare_order(recorded: &mut Map<String, Json>, trace: &[String]) -> Vec<String> {
    recorded.remove("rounds");
    recorded.remove("round_sets");
    let mut wrong = Vec::new();
    if let Some(Json::Array(steps)) = recorded.remove("trace") {
        let text = |step: &Json, at: usize| step[at].as_str().expect("a text").to_owned();
        let steps: Vec<String> = steps.iter().map(|step| format!("{}:{}", text(step, 0), text(step, 1))).collect();
        if steps != trace {
            wrong.push(format!("trace: {steps:?} <> {trace:?}"));
        }
    }
    // The second time of the same change is marked so.
    let mut seen: IndexMap<&String, usize> = IndexMap::new();
    let marked = trace.iter().map(|step| {
        let count = seen.entry(step).or_default();
        *count += 1;
        if *count == 1 { step.clone() } else { format!("{step}#{count}") }
    });
    let marked: Vec<String> = marked.collect();
    let place = |step: &Json| marked.iter().position(|one| Some(one.as_str()) == step.as_str());
    for pair in recorded.remove("order").iter().filter_map(Json::as_array).flatten() {
        let holds = place(&pair[0]).zip(place(&pair[1])).is_some_and(|(first, then)| first < then);
        if !holds {
            wrong.push(format!("order: {pair} in {trace:?}"));
        }
    }
    wrong
}

fn compare_refusal(expected: &Json, refused: &str) -> Vec<String> {
    let is_refused = expected.get("error").is_some_and(|error| error["kind"] != "hang");
    if is_refused { Vec::new() } else { vec![format!("refused: {refused}")] }
}
