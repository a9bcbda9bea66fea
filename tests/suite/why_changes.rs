//! One input is changed at a time: `why` names exactly it, or the cache has the result all the same. Source: EXT-6,
//! DEC-29.
#![expect(clippy::unwrap_used, reason = "a test may fail by a panic")]

use std::fs;

use flow_core::model::{AttemptId, TaskStatus};
use flow_core::port::{ActionRef, Store};
use flow_engine::source::MemorySource;
use flow_engine::testing::Script;
use flow_engine::{BakeRequest, Because, Start};

use crate::bake::{Case, World, drive};

const PROJECT: &str = "
id: shop
defaults: {env: {P: project}}
";

const FLOW: &str = "
kind: batch
title: Train
params: {rate: '1', unused: u}
images: {own: {ref: 'repo/own:1'}}
defaults:
  env: {D: default}
  tags: [all]
  life_span: 2h
  max_parallel: 4
  fail_fast: true
  cache: {life_span: 1d}
mixins:
  base: {env: {M: mixin}, title: from mixin, schedule_timeout: 1h}
tasks:
  - {id: load, needs: [], image: x, cmd: load}
  - {id: other, needs: [], image: x, cmd: other}
  - id: fit
    needs: [load]
    title: Fit it
    name: fit-it
    mixins: [base]
    image: ${{ images.own.ref }}
    entrypoint: python
    cmd: 'fit ${{ params.rate }}'
    workdir: /w
    env: {A: one, B: two}
    tags: [own]
    http_port: 80
    cache: {life_span: 2d}
  - {id: grid, needs: [], image: x, cmd: 'grid ${{ matrix.k }}', strategy: {matrix: {k: [1, 2]}, fail_fast: false, max_parallel: 1}}
  - {id: sum, needs: [grid], image: x, cmd: sum}
  - {id: act, needs: [], action: 'ws:act.yml', args: {n: one}}
  - {id: file, needs: [], image: x, cmd: 'use ${{ hash_files(\"*.txt\") }}'}
  - {id: scan, needs: {load: completed, other: running}, image: x, python: print(1)}
  - {id: lock, needs: [], action: 'ws:lock.yml'}
";

const ACT: &str = "
kind: batch
inputs: {n: {default: none}, m: {default: made}}
tasks:
  - {id: a, needs: [], image: x, cmd: 'act ${{ inputs.n }}', env: {I: inner}}
  - {id: b, needs: [a], image: x, cmd: 'and ${{ inputs.m }}'}
";

const LOCK: &str = "
kind: stateful
main: {image: x, cmd: take}
post: {image: x, cmd: give}
";

/// Which text is changed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum In {
    Flow,
    Project,
    Act,
    Lock,
    /// A param of the bake, by name and value.
    Param,
    /// A file of the workspace, by name and content.
    File,
}

/// What is said of the task then.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Said {
    /// These fields, as `field: old -> new`.
    Changed(&'static [&'static str]),
    /// Nothing: its result is cached.
    Hit,
    /// It had never succeeded.
    First,
    /// Its cache is off.
    Off,
    /// There is an equal result, which is too old.
    Gone,
}
use Said::{Changed, First, Gone, Hit, Off};

/// Where, what for what, which task, and what is said.
type Row = (In, &'static str, &'static str, &'static str, Said);

/// What `fit` itself, and what stands above it, says.
const OF_UNITS: &[Row] = &[
    (In::Flow, "    image: ${{ images.own.ref }}", "    image: z", "fit", Changed(&["image: repo/own:1 -> z"])),
    (In::Flow, "repo/own:1", "repo/own:2", "fit", Changed(&["image: repo/own:1 -> repo/own:2"])),
    (In::Flow, "entrypoint: python", "entrypoint: sh", "fit", Changed(&["entrypoint: python -> sh"])),
    (In::Flow, "    entrypoint: python\n", "", "fit", Changed(&["entrypoint: python -> -"])),
    (In::Flow, "'fit $", "'train $", "fit", Changed(&["cmd: fit 1 -> train 1"])),
    (In::Flow, "    cmd: 'fit ${{ params.rate }}'\n", "", "fit", Changed(&["cmd: fit 1 -> -"])),
    (In::Flow, "workdir: /w", "workdir: /v", "fit", Changed(&["workdir: /w -> /v"])),
    (In::Flow, "    workdir: /w\n", "", "fit", Changed(&["workdir: /w -> -"])),
    (In::Flow, "A: one", "A: eins", "fit", Changed(&["env.A: one -> eins"])),
    (In::Flow, "A: one", "A: ''", "fit", Changed(&["env.A: one -> "])),
    (In::Flow, "A: one, ", "", "fit", Changed(&["env.A: one -> -"])),
    (In::Flow, "B: two", "B: two, C: three", "fit", Changed(&["env.C: - -> three"])),
    (In::Flow, "A: one", "X: one", "fit", Changed(&["env.A: one -> -", "env.X: - -> one"])),
    (In::Flow, "{A: one, B: two}", "{B: two, A: one}", "fit", Hit),
    (In::Flow, "D: default", "D: changed", "fit", Changed(&["env.D: default -> changed"])),
    (In::Flow, "D: default", "D: changed", "act.a", Hit),
    (In::Flow, "env: {D: default}", "env: {}", "fit", Changed(&["env.D: default -> -"])),
    (In::Project, "P: project", "P: changed", "fit", Changed(&["env.P: project -> changed"])),
    (In::Flow, "A: one, B: two", "A: one, B: two, P: own", "fit", Changed(&["env.P: project -> own"])),
    (In::Flow, "M: mixin", "M: changed", "fit", Changed(&["env.M: mixin -> changed"])),
    (In::Flow, "    mixins: [base]\n", "", "fit", Changed(&["env.M: mixin -> -", "schedule_timeout: 3600.0 -> -"])),
    (In::Flow, "title: from mixin", "title: changed", "fit", Hit),
    (In::Flow, "schedule_timeout: 1h", "schedule_timeout: 60m", "fit", Hit),
    (In::Flow, "schedule_timeout: 1h", "schedule_timeout: 2h", "fit", Changed(&["schedule_timeout: 3600.0 -> 7200.0"])),
    (In::Flow, "  life_span: 2h", "  life_span: 3h", "load", Changed(&["life_span: 7200.0 -> 10800.0"])),
    (
        In::Flow,
        "    workdir: /w\n",
        "    workdir: /w\n    life_span: 1m\n",
        "fit",
        Changed(&["life_span: 7200.0 -> 60.0"]),
    ),
    (In::Flow, "http_port: 80", "http_port: 81", "fit", Changed(&["http_port: 80 -> 81"])),
    (In::Flow, "    http_port: 80\n", "", "fit", Changed(&["http_port: 80 -> -"])),
    (In::Flow, "http_port: 80", "http_port: 80\n    http_auth: false", "fit", Changed(&["http_auth: - -> false"])),
    (
        In::Flow,
        "http_port: 80",
        "http_port: 80\n    restart: on-failure",
        "fit",
        Changed(&["restart: - -> on-failure"]),
    ),
    (In::Flow, "http_port: 80", "http_port: 80\n    enable: always()", "fit", Changed(&["always: false -> true"])),
    (In::Flow, "http_port: 80", "http_port: 80\n    enable: success()", "fit", Hit),
    (
        In::Flow,
        "python: print(1)",
        "python: print(2)",
        "scan",
        Changed(&["cmd: python3 -uc 'print(1)' -> python3 -uc 'print(2)'"]),
    ),
    (In::Flow, "python: print(1)", "cmd: python3 -uc 'print(1)'", "scan", Hit),
    (In::Param, "rate", "2", "fit", Changed(&["cmd: fit 1 -> fit 2"])),
    (In::Param, "rate", "2", "load", Hit),
    (In::Param, "rate", "1", "fit", Hit),
    (In::Param, "unused", "v", "fit", Hit),
    (In::Flow, "rate: '1'", "rate: '3'", "fit", Changed(&["cmd: fit 1 -> fit 3"])),
    (In::Flow, "unused: u", "unused: v", "fit", Hit),
    (In::Flow, "'fit ${{ params.rate }}'", "'fit ${{ params.rate + \"\" }}'", "fit", Hit),
];

/// What DEC-29 leaves out of the key, and what is no input at all.
const OF_SETTINGS: &[Row] = &[
    (In::Flow, "title: Fit it", "title: Fit more", "fit", Hit),
    (In::Flow, "name: fit-it", "name: other", "fit", Hit),
    (In::Flow, "tags: [own]", "tags: [own, more]", "fit", Hit),
    (In::Flow, "tags: [all]", "tags: []", "fit", Hit),
    (In::Flow, "title: Train", "title: Train more", "fit", Hit),
    (In::Flow, "max_parallel: 4", "max_parallel: 5", "fit", Hit),
    (In::Flow, "max_parallel: 1", "max_parallel: 2", "grid-1", Hit),
    (In::Flow, "  fail_fast: true", "  fail_fast: false", "fit", Hit),
    (In::Flow, "fail_fast: false", "fail_fast: true", "grid-1", Hit),
    (In::Flow, "life_span: 2d", "life_span: 3d", "fit", Hit),
    (In::Flow, "life_span: 1d", "life_span: 5d", "load", Hit),
    (In::Flow, "cache: {life_span: 2d}", "cache: {strategy: default}", "fit", Hit),
    (In::Flow, "cache: {life_span: 2d}", "cache: {strategy: none}", "fit", Off),
    (In::Flow, "cache: {life_span: 2d}", "cache: {life_span: 0}", "fit", Gone),
    (In::Flow, "  cache: {life_span: 1d}", "  cache: {strategy: none}", "load", Off),
    (In::Flow, "http_port: 80", "http_port: 80\n    retry: {attempts: 5, on: failed}", "fit", Hit),
    (In::Flow, "max_parallel: 4", "max_parallel: 4\n  retry: {attempts: 5}", "fit", Hit),
    (In::Flow, "    workdir: /w\n", "    workdir: \"/w\" # a comment\n", "fit", Hit),
    (In::Flow, "kind: batch", "kind: batch\nid: other", "fit", Changed(&["flow: main -> other"])),
    (In::Project, "id: shop", "id: market", "fit", First),
    (In::Flow, "id: fit\n", "id: fitted\n", "fitted", First),
];

/// Needs, matrices, calls and files.
const OF_GRAPHS: &[Row] = &[
    (In::Flow, "cmd: load}", "cmd: load all}", "load", Changed(&["cmd: load -> load all"])),
    (In::Flow, "cmd: load}", "cmd: load all}", "fit", Changed(&["needs.load.outputs.rows: 12 -> 13"])),
    (In::Flow, "cmd: load}", "cmd: load all}", "scan", Changed(&["needs.load.outputs.rows: 12 -> 13"])),
    (In::Flow, "cmd: other}", "cmd: another}", "scan", Hit),
    (In::Flow, "needs: [load]", "needs: [load, other]", "fit", Changed(&["needs.other.result: - -> succeeded"])),
    (
        In::Flow,
        "    needs: [load]",
        "    needs: []",
        "fit",
        Changed(&["needs.load.outputs.rows: 12 -> -", "needs.load.result: succeeded -> -"]),
    ),
    (
        In::Flow,
        "    needs: [load]",
        "    needs: {load: running}",
        "fit",
        Changed(&["needs.load.outputs.rows: 12 -> -", "needs.load.result: succeeded -> -"]),
    ),
    (In::Flow, "load: completed, other: running", "other: running, load: completed", "scan", Hit),
    (In::Flow, "k: [1, 2]", "k: [1, 3]", "grid-1", Hit),
    (In::Flow, "k: [1, 2]", "k: [1, 3]", "grid-3", First),
    (
        In::Flow,
        "k: [1, 2]",
        "k: [1, 3]",
        "sum",
        Changed(&["needs.grid[1].id: grid-2 -> grid-3", "needs.grid[1].matrix.k: 2 -> 3"]),
    ),
    (In::Flow, "'grid ${{ matrix.k }}'", "'grid ${{ matrix.k }}!'", "grid-2", Changed(&["cmd: grid 2 -> grid 2!"])),
    (
        In::Flow,
        "'grid ${{ matrix.k }}'",
        "'grid ${{ matrix.k }}!'",
        "sum",
        Changed(&["needs.grid[0].result.outputs.v: 1 -> 9"]),
    ),
    (In::Flow, "k: [1, 2]", "k: [2, 1]", "grid-1", Hit),
    (In::Flow, "args: {n: one}", "args: {n: two}", "act.a", Changed(&["cmd: act one -> act two"])),
    (In::Flow, "args: {n: one}", "args: {n: two}", "act.b", Hit),
    (In::Act, "'act $", "'do $", "act.a", Changed(&["cmd: act one -> do one"])),
    (In::Act, "I: inner", "I: other", "act.a", Changed(&["env.I: inner -> other"])),
    (In::Act, "n: {default: none}", "n: {default: some}", "act.a", Hit),
    (In::Act, "m: {default: made}", "m: {default: new}", "act.b", Changed(&["cmd: and made -> and new"])),
    (In::Act, "image: x, cmd: 'and", "image: z, cmd: 'and", "act.b", Changed(&["image: x -> z"])),
    (In::Act, "image: x, cmd: 'and", "image: z, cmd: 'and", "act.a", Hit),
    (In::Act, "id: a, needs: []", "id: a, title: new, needs: []", "act.a", Hit),
    (In::Lock, "cmd: take", "cmd: get", "lock", Off),
    (In::File, "a.txt", "another text", "file", Changed(&["cmd: use HASH -> use HASH"])),
    (In::File, "b.txt", "one more", "file", Changed(&["cmd: use HASH -> use HASH"])),
    (In::File, "a.py", "no text", "file", Hit),
    (In::Flow, "(\"*.txt\")", "(\"a.txt\", \"b.txt\")", "file", Hit),
];

struct Bakes {
    world: World,
    folder: tempfile::TempDir,
}

impl Bakes {
    /// The second time another command gives another result; the same one, on other grounds, the same.
    fn new(row: &Row) -> Self {
        let (_, old, ..) = row;
        let second = |command: &str, same: &'static str, other: &'static str| {
            Script::writes(if old.contains(command) { other } else { same })
        };
        let scripts = vec![
            ("load", vec![Script::writes("rows=12"), second("cmd: load", "rows=12", "rows=13")]),
            ("grid-1", vec![Script::writes("v=1"), second("'grid", "v=1", "v=9")]),
        ];
        let world = World::new(&Case { name: "", flow: "", scripts, ends: Vec::new(), result: TaskStatus::Succeeded });
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "a text").unwrap();
        Bakes { world, folder }
    }

    /// Bakes with one thing changed, or nothing.
    async fn bake(&self, change: Option<&Row>) -> AttemptId {
        let text = |place: In, text: &str| match change {
            Some((of, old, new, ..)) if *of == place => {
                let changed = text.replacen(old, new, 1);
                assert_ne!(changed, text, "`{old}` is not there");
                changed
            }
            _ => text.to_owned(),
        };
        if let Some((In::File, name, content, ..)) = change {
            fs::write(self.folder.path().join(name), content).unwrap();
        }
        let action = |name: &str| ActionRef::parse(&format!("ws:{name}")).unwrap();
        let source = MemorySource::new(self.folder.path().display().to_string())
            .project(text(In::Project, PROJECT))
            .flow("main", text(In::Flow, FLOW))
            .action(action("act.yml"), "act.yml", text(In::Act, ACT))
            .action(action("lock.yml"), "lock.yml", text(In::Lock, LOCK));
        let param = change.filter(|(of, ..)| *of == In::Param);
        let params = param.map(|(_, name, value, ..)| ((*name).to_owned(), (*value).to_owned()));
        let params = params.into_iter().collect();
        let engine = self.world.engine(self.world.store.clone());
        let request = BakeRequest { batch: "main".into(), params, ..BakeRequest::default() };
        let attempt = engine.create_bake(&source, request).await.unwrap().attempt;
        drive(&self.world, &engine, &attempt).await.unwrap();
        attempt
    }

    /// What is said of a task, as this test writes it.
    async fn said(&self, attempt: &AttemptId, task: &str) -> String {
        let engine = self.world.engine(self.world.store.clone());
        let attempt = self.world.store.attempt(attempt).await.unwrap().unwrap();
        let task = engine.task(&attempt, task).await.unwrap();
        match engine.why(&attempt, &task).await.unwrap().because {
            Because::Cached(_) => "Hit".to_owned(),
            Because::Started(Start::First) => "First".to_owned(),
            Because::Started(Start::CacheOff) => "Off".to_owned(),
            Because::Started(Start::Gone(_)) => "Gone".to_owned(),
            Because::Started(Start::Changed(_, changes)) => {
                let text = |value: Option<String>| value.map_or_else(|| "-".to_owned(), |text| without_hash(&text));
                let changes = changes.into_iter();
                let told: Vec<String> =
                    changes.map(|one| format!("{}: {} -> {}", one.field, text(one.old), text(one.new))).collect();
                format!("{told:?}")
            }
            other => format!("{other:?}"),
        }
    }
}

fn without_hash(text: &str) -> String {
    let is_hash = |word: &str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split(' ').map(|word| if is_hash(word) { "HASH" } else { word }).collect::<Vec<_>>().join(" ")
}

async fn check(rows: &[Row]) {
    let mut wrong = Vec::new();
    for row in rows {
        let bakes = Bakes::new(row);
        bakes.bake(None).await;
        let attempt = bakes.bake(Some(row)).await;
        let (place, old, new, task, expected) = row;
        let said = bakes.said(&attempt, task).await;
        let expected = match expected {
            Changed(fields) => format!("{fields:?}"),
            Hit | First | Off | Gone => format!("{expected:?}"),
        };
        if said != expected {
            wrong.push(format!("{place:?}: `{old}` -> `{new}`, {task}: {said}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[tokio::test]
async fn a_changed_unit_is_named_field_by_field() {
    check(OF_UNITS).await;
}

#[tokio::test]
async fn settings_that_change_no_result_keep_it() {
    check(OF_SETTINGS).await;
}

#[tokio::test]
async fn changed_needs_rows_inputs_and_files_are_named() {
    check(OF_GRAPHS).await;
}

#[test]
fn there_are_enough_of_them() {
    assert!(OF_UNITS.len() + OF_SETTINGS.len() + OF_GRAPHS.len() >= 80);
}
