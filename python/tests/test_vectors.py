"""The recorded vectors of files, plans and bakes again, through Python: what the package shows of them is what was recorded.

The engine judges them whole in Rust; here each file of vectors goes the way that a Python program goes: texts are
checked, flows are described, bakes run on an executor in Python. Those that a decision overrules stand in
``tests/suite/exceptions.json``; what Python does not show is said at each test.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apolo_flow import ConfigError, Diagnostic, Engine, Flow, FlowError, Live, RefusedError, load, load_text
from apolo_flow.executors import Launch, Report
from apolo_flow.testing import ScriptedExecutor
from test_conformance import ROOT, cases, expected

#: How the codes begin that reading a text alone can give.
READING = ("F0004", "F01", "F02", "F03")
#: What this engine cannot run yet.
NOT_HERE = ("F0008",)
#: Cases of which Python shows nothing to compare, each with the reason.
LEFT_OUT = {
    "yaml-parse/live/live-kind-batch": "a file says itself of which kind it is",
    "live-plan/live_shells/007": "the command line for the platform is what cannot be made",
    "live-plan/live_funcs/006": "asks the platform for a job",
}


def errors(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    return [one for one in found if one.severity == "error"]


# --- texts ---


def read(case: dict[str, Any]) -> list[Diagnostic]:
    """What is wrong with the text of a case by itself: names that it does not explain are no matter."""
    document, kind = case["document"], case["kind"]
    engine = Engine(store="memory", executor=ScriptedExecutor())
    calls = {"batch": "kind: batch\ntasks: [{id: a, action: 'ws:a'}]", "live": "kind: live\njobs: {a: {action: 'ws:a'}}"}
    if kind == "action":
        is_live = "kind: live" in document
        flow = load_text(calls["live" if is_live else "batch"], actions={"a": document}, engine=engine)
    elif kind == "project":
        flow = load_text("kind: batch\ntasks: []", project=document, engine=engine)
    else:
        flow = load_text(document, engine=engine)
    found = errors(flow.check())
    # The calling flow knows nothing of the inputs that the action wants.
    return [one for one in found if one.code.startswith(READING)]


def test_texts_are_read_as_recorded() -> None:
    wrong: list[Any] = []
    judged = 0
    for case in cases("yaml-parse"):
        if case["id"] in LEFT_OUT:
            continue
        judged += 1
        found = read(case)
        wanted = expected(case)
        if any("model" in one for one in wanted):
            if found:
                wrong.append((case["id"], found))
        elif not found:
            wrong.append((case["id"], wanted))
    assert not wrong, "\n".join(map(str, wrong))
    assert judged > 140, judged


# --- output ---


class Player:
    """Plays what the vectors say of each job: what it prints, how often it is seen before its end, and its end."""

    name = "player"

    def __init__(self, jobs: dict[str, Any], log: Callable[[Launch], bytes] | None = None) -> None:
        self.jobs, self.log = jobs, log
        self.seen: list[Launch] = []
        self.left: dict[str, int | None] = {}
        self.logs_by_key: dict[str, bytes] = {}
        self.by_key: dict[str, dict[str, Any]] = {}
        self.killed: list[str] = []
        self.tell: Callable[[Report], None] = lambda report: None

    def bind(self, tell: Callable[[Report], None]) -> None:
        self.tell = tell

    def start(self, launch: Launch) -> str:
        job = self.jobs.get(launch.task, {})
        self.seen.append(launch)
        if launch.spec.get("local"):
            # It runs on the user's machine, in the workspace (BAT-22).
            done = subprocess.run(shlex.split(launch.spec["cmd"]), cwd=launch.workspace, capture_output=True, check=False)
            job = {"stdout": done.stdout.decode(), "exit": done.returncode}
        self.by_key[launch.key] = job
        stdout = job.get("stdout", "").encode()
        self.logs_by_key[launch.key] = self.log(launch) if self.log else stdout
        looks = job.get("pending", 0) + job.get("running", 0)
        if job.get("forever"):
            self.left[launch.key] = None
        elif looks:
            self.left[launch.key] = looks
        else:
            self.tell(self.end(launch.key))
        return launch.task

    def end(self, key: str) -> Report:
        job = self.by_key[key]
        cancelled = job.get("status") == "cancelled"
        code = -15 if cancelled else job.get("exit", 1 if job.get("status") == "failed" else 0)
        return Report.ended(key, code, killed=cancelled)

    def reports(self) -> Iterator[Report]:
        for key, left in list(self.left.items()):
            if left is not None:
                self.left[key] = left - 1
                if left == 0:
                    del self.left[key]
                    yield self.end(key)

    def logs(self, key: str, start: int, size: int) -> bytes:
        return self.logs_by_key[key][start : start + size]

    def kill(self, key: str, grace: float) -> None:
        if key in self.left:
            del self.left[key]
            self.killed.append(key)
            self.tell(Report.ended(key, -15, killed=True))


def test_commands_in_output_are_read_as_recorded() -> None:
    found = cases("commands")
    logs = [bytes.fromhex("".join(case["chunks_hex"])) for case in found]
    text = "kind: batch\ndefaults: {max_parallel: 100}\ntasks:\n" + "".join(
        f"  - {{id: t{number}, image: x, cmd: x, needs: []}}\n" for number in range(len(found))
    )
    player = Player({}, lambda launch: logs[int(launch.task[1:])])
    bake = load_text(text, engine=Engine(store="memory", executor=player)).batch().bake().result(120)
    for number, case in enumerate(found):
        task = bake.tasks[f"t{number}"]
        wanted = [(one["outputs"], one["states"]) for one in expected(case)]
        assert (task.outputs, task.state) in wanted, case["id"]
        assert bake.logs(task.id).bytes() == logs[number]
    assert len(found) > 30


# --- plans ---


@pytest.fixture
def place(tmp_path: Path) -> Callable[..., Path]:
    """Copies of workspaces of the vectors, with replacements of texts."""

    def copy(case: dict[str, Any], edits: Iterable[dict[str, str]] = ()) -> Path:
        folder = tmp_path / str(case["workspace"])
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(ROOT / "conformance/workspaces" / case["workspace"], folder)
        for edit in edits:
            file = folder / edit["file"]
            file.write_text(file.read_text(encoding="utf-8").replace(edit["find"], edit["replace"]), encoding="utf-8")
        return folder

    return copy


def is_left_out(error: FlowError) -> bool:
    """Whether a flow is good, but not for this engine."""
    return bool(error.diagnostics) and all(one.code in NOT_HERE for one in errors(error.diagnostics))


def has_errors(wanted: dict[str, Any]) -> bool:
    """Whether something in a recorded plan is wrong; the static check may find it before anything else (DEC-28)."""
    checks = any(one != "ok" for one in wanted.get("checks", {}).values())
    return checks or "error" in wanted or any("error" in task for task in wanted["tasks"].values())


def test_graphs_of_batches_are_those_recorded(place: Callable[..., Path]) -> None:
    wrong: list[Any] = []
    judged = 0
    for case in cases("batch-plan"):
        engine = Engine(store="memory", executor=ScriptedExecutor())
        [wanted] = expected(case)
        judged += 1
        try:
            plan = load(place(case), engine=engine).batch(case["batch"]).plan(case.get("params"))
        except FlowError as error:
            if not has_errors(wanted) and not is_left_out(error):
                wrong.append((case["id"], str(error)))
            continue
        if "error" in wanted:
            wrong.append((case["id"], wanted))
            continue
        top = [task.node for task in plan.tasks.values() if len(task.node.path) == 1]
        graph = {node.id: {need.id for need in node.needs} for node in top}
        recorded = {name: set(needs) for name, needs in wanted["graphs"].get("", {}).items()}
        if (graph, plan.params) != (recorded, wanted["params"]):
            wrong.append((case["id"], graph, recorded, plan.params))
    assert not wrong, "\n".join(map(str, wrong))
    assert judged > 35, judged


def test_jobs_of_live_flows_are_those_recorded(place: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "test-user")
    wrong: list[Any] = []
    judged, left_out = 0, 0
    for case in cases("live-plan"):
        player, folder = Player({}), place(case)
        live = live_of(load(folder, engine=Engine(store="memory", executor=player)), case)
        wanted = expected(case)[0]
        if case["id"] in LEFT_OUT or live is None:
            left_out += case["id"] in LEFT_OUT
            if live is None and "error" not in wanted:
                wrong.append((case["id"], "cannot be read"))
            continue
        judged += 1
        if "job" not in case:
            wrong += [(case["id"], *one) for one in flow_differences(live, wanted)]
            continue
        try:
            live.run(case["job"], case.get("params"), suffix=case.get("suffix")).wait(60)
        except FlowError as error:
            left_out += is_left_out(error)
            if "error" not in wanted and not is_left_out(error):
                wrong.append((case["id"], str(error)))
            continue
        if "error" in wanted:
            wrong.append((case["id"], wanted))
            continue
        spec, recorded = player.seen[0].spec, wanted["job"]
        for key in ("cmd", "entrypoint", "http_port", "workdir", "restart"):
            found = spec.get(key)
            if isinstance(found, str):
                found = found.replace(str(folder), "<ws>")
            if (found or None) != (recorded.get(key) or None):
                wrong.append((case["id"], key, found, recorded.get(key)))
    assert not wrong, "\n".join(map(str, wrong))
    assert judged > 50 and left_out < 15, (judged, left_out)


def live_of(flow: Flow, case: dict[str, Any]) -> Live | None:
    """The live flow of a case; None if it cannot be read."""
    try:
        return flow.live(case.get("flow", "live"))
    except ConfigError:
        return None


def flow_differences(live: Live, wanted: dict[str, Any]) -> list[Any]:
    if "error" in wanted:
        return [] if errors(live.check()) else [wanted]
    recorded, multi = wanted["flow"], {job: live.is_multi(job) for job in live.jobs}
    found = (sorted(multi), multi, live.title)
    return [] if found == (recorded["jobs"], recorded["multi"], recorded["flow"]["title"]) else [(found, recorded)]


# --- bakes ---


def run(flow: Flow, case: dict[str, Any], step: dict[str, Any], before: Any) -> Any:
    """Do one run of a case; gives its bake."""
    clear = step.get("clear_cache")
    if clear is not None:
        flow.clear_cache(clear["batch"], clear.get("task"))
    if "restart" in step:
        return before.restart(from_failed=step["restart"]["from_failed"])
    return flow.batch(step.get("batch", case["batch"])).bake(step.get("params"))


def differences(bake: Any, wanted: dict[str, Any]) -> list[Any]:
    free = set(wanted.get("tasks_vary", ())) | set(wanted.get("one_of", {}))
    wrong: list[Any] = []
    if bake.wait(60) != wanted["attempt"]["result"]:
        wrong.append(("result", bake.status, wanted["attempt"]))
    tasks = bake.tasks
    for name, recorded in wanted["tasks"].items():
        if name in free or "tasks" in free:
            continue
        task = tasks.get(name)
        if task is None:
            wrong.append((name, "is not there"))
        elif task.status != recorded["statuses"][-1]:
            wrong.append((name, task.status, recorded["statuses"]))
        elif (task.outputs, task.state) != (recorded["outputs"], recorded["state"]):
            wrong.append((name, task.outputs, task.state, recorded))
    return wrong


def test_bakes_end_as_recorded(place: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APOLO_FLOW_SECRET_KEY", "hush-hush")
    wrong: list[Any] = []
    judged, left_out = 0, []
    for case in cases("batch-run"):
        if any("cancel_at" in step for step in case["runs"]):
            # The moment of the cancel is a round of the recorded engine.
            left_out.append(case["id"])
            continue
        player = Player({})
        engine = Engine(store="memory", executor=player)
        bake = None
        for step, wanted in zip(case["runs"], case["expect"], strict=True):
            player.jobs = step.get("jobs", {})
            try:
                bake = run(load(place(case, step.get("edit", ())), engine=engine), case, step, bake)
            except (ConfigError, RefusedError) as error:
                if "error" in wanted or "run_error" in wanted:
                    judged += 1
                elif is_left_out(error):
                    left_out.append(case["id"])
                else:
                    wrong.append((case["id"], str(error)))
                break
            judged += 1
            if "attempt" not in wanted:
                # Where the recorded engine loops for ever, any end is right.
                if wanted.get("error", {"kind": "hang"})["kind"] != "hang":
                    wrong.append((case["id"], wanted))
                bake.wait(60)
                continue
            wrong += [(case["id"], *one) for one in differences(bake, wanted)]
    assert not wrong, "\n".join(map(str, wrong))
    assert judged > 60 and len(left_out) < 12, (judged, left_out)


# --- the cache ---


def test_what_changes_a_cache_key_makes_a_task_run_again(place: Callable[..., Path]) -> None:
    wrong: list[Any] = []
    judged, left_out = 0, []
    for case in cases("cache-key"):
        variants = [{**case["common"], **case[name]} for name in ("a", "b")]
        player = Player({})
        engine = Engine(store="memory", executor=player)
        statuses: dict[str, str] = {}
        moved: list[str] = []
        try:
            for variant in variants:
                results = variant.get("results", {})
                player.jobs = {name: job_of(result) for name, result in results.items()}
                flow = load(place(case, variant.get("edits", ())), engine=engine)
                # What gives another result now has to run, to give it.
                moved = [name for name in results if results[name] != variants[0].get("results", {}).get(name)]
                for name in moved:
                    flow.clear_cache(case["batch"], name)
                bake = flow.batch(case["batch"]).bake(variant.get("params"))
                bake.wait(60)
                statuses = {name: task.status for name, task in bake.tasks.items()}
        except ConfigError as error:
            if not is_left_out(error):
                wrong.append((case["id"], str(error)))
            left_out.append(case["id"])
            continue
        judged += 1
        for name, key in case["expect"]["keys"].items():
            if name in moved or statuses.get(name) not in ("succeeded", "cached"):
                continue
            if (statuses[name] == "cached") != (key == "equal"):
                wrong.append((case["id"], name, statuses[name], key))
    assert not wrong, "\n".join(map(str, wrong))
    assert judged > 30, (judged, left_out)


def job_of(result: dict[str, Any]) -> dict[str, Any]:
    """What a job does that gives a result."""
    stdout = "".join(f"::set-output name={name}::{value}\n" for name, value in result["outputs"].items())
    return {"stdout": stdout, "status": result["result"]} if result["result"] != "succeeded" else {"stdout": stdout}


def test_no_file_of_vectors_is_forgotten() -> None:
    names = {path.stem for path in (ROOT / "conformance").glob("*.jsonl")}
    here = Path(__file__).read_text(encoding="utf-8") + Path(__file__).with_name("test_conformance.py").read_text(encoding="utf-8")
    assert names and all(f'cases("{name}")' in here for name in names)
    assert json.loads((ROOT / "suite/exceptions.json").read_text(encoding="utf-8"))
