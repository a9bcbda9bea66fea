"""Executors in Python, and Python callables as tasks."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import apolo_flow
import pytest
from apolo_flow import Engine, load_text
from apolo_flow.build import Batch, Task
from apolo_flow.call import arguments_of, literal, outputs_of
from apolo_flow.executors import Executor, InProcess, Launch, Refused, Report, print_log, task
from apolo_flow.testing import ScriptedExecutor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FLOW = """
kind: batch
tasks:
  - {id: a, image: x, cmd: one}
  - {id: b, image: x, cmd: "two ${{ needs.a.outputs.x }}"}
"""


class Quiet:
    """Ends every task at once; tells what it was asked."""

    name = "quiet"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.news: list[Report] = []
        self.held: set[str] = set()

    def start(self, launch: Launch) -> str:
        self.asked.append(f"start {launch.task} {launch.spec['cmd']}")
        if launch.spec["cmd"] == "refuse":
            raise Refused("I will not")
        if launch.spec["cmd"] == "break":
            raise KeyError("inside")
        self.news.append(Report.running(launch.key))
        if launch.spec["cmd"] == "hold":
            self.held.add(launch.key)
        else:
            self.news.append(Report.ended(launch.key, outputs={"x": "line 1\nEND\nline 3"}))
        return f"unit {len(self.asked)}"

    def reports(self) -> Iterable[Report]:
        news, self.news = self.news, []
        return news

    def logs(self, key: str, start: int, size: int) -> bytes:
        return b"\xffsaid\n"[start : start + size]

    def kill(self, key: str, grace: float) -> None:
        self.asked.append("kill")
        self.held.discard(key)
        self.news.append(Report.ended(key, -15, killed=True))


def bake(executor: Any, text: str = FLOW) -> apolo_flow.Bake:
    return load_text(text, engine=Engine(store="memory", executor=executor)).batch().bake()


def test_an_executor_is_asked_and_believed(workspace: Path) -> None:
    executor = Quiet()
    assert isinstance(executor, Executor)
    done = bake(executor).result(60)
    assert executor.asked == ["start a one", "start b two line 1\nEND\nline 3"]
    assert done.tasks["a"].outputs == {"x": "line 1\nEND\nline 3"}
    # It may have ended before its id was noted.
    assert done.tasks["a"].tries[0].raw_id in ("unit 1", None)
    assert done.logs("a").bytes() == b"\xffsaid\n"
    assert done.record["attempt"]["executor"] == "quiet"


@pytest.mark.parametrize(("command", "said"), [("refuse", "I will not"), ("break", "KeyError: 'inside'")])
def test_what_an_executor_refuses_fails_with_its_words(workspace: Path, command: str, said: str) -> None:
    done = bake(Quiet(), f"kind: batch\ntasks: [{{id: a, image: x, cmd: {command}}}]")
    assert done.wait(60) == "failed"
    assert said in (done.tasks["a"].said or "")


def test_a_cancel_reaches_the_executor(workspace: Path) -> None:
    executor = Quiet()
    running = bake(executor, "kind: batch\ntasks: [{id: a, image: x, cmd: hold}]")
    for event in running.events():
        if event.kind == "progress":
            running.cancel()
    assert running.wait(60) == "cancelled"
    assert executor.asked[-1] == "kill"


def test_a_lost_task_is_told(workspace: Path) -> None:
    class Losing(Quiet):
        def start(self, launch: Launch) -> str:
            self.news.append(Report.lost(launch.key, proof_dead=True))
            return "gone"

    assert bake(Losing()).wait(60) == "failed"


def test_one_executor_for_one_bake(workspace: Path) -> None:
    flow = load_text(FLOW, engine=Engine(store=workspace / "kept", executor=ScriptedExecutor()))
    executor = Quiet()
    assert flow.batch().bake(executor=executor).result(60).tasks["b"].status == "succeeded"
    assert len(executor.asked) == 2
    assert [one.status for one in flow.bakes()] == ["succeeded"]


def test_the_thread_ends_with_its_engine(workspace: Path) -> None:
    before = set(threading.enumerate())
    bake(Quiet()).result(60)
    gc.collect()
    own = [one for one in threading.enumerate() if one not in before and one.name == "apolo-flow-executor"]
    for thread in own:
        thread.join(30)
        assert not thread.is_alive()


# --- callables ---


class Model:
    """Something that JSON cannot say."""


@task
def numbers(count: int) -> list[int]:
    print_log("counting to", count)
    return list(range(count))


@task
def fit(rows: list[int], rate: float) -> dict[str, Any]:
    return {"total": sum(rows) * rate, "rows": len(rows), "text": "a\nb"}


@task
def model(rows: list[int]) -> Model:
    made = Model()
    made.rows = rows  # type: ignore[attr-defined]
    return made


@task
def same(one: Model, two: Model) -> bool:
    return one is two


@task
def broken() -> None:
    raise RuntimeError("on purpose")


def test_values_go_from_task_to_task() -> None:
    batch = Batch("values")
    rows = batch.call(numbers, count=4)
    fitted = batch.call(fit, rows=rows, rate=0.5)
    done = batch.bake().result(60)
    assert done.tasks["fit"].outputs == {
        "result": '{"total": 3.0, "rows": 4, "text": "a\\nb"}',
        "total": "3.0",
        "rows": "4",
        "text": "a\nb",
    }
    assert batch.value(done, fitted) == {"total": 3.0, "rows": 4, "text": "a\nb"}
    assert done.logs("numbers").text() == "counting to 4\n"
    assert done.graph.edges == [("numbers", "fit")]


def test_what_json_cannot_say_stays_the_same_object() -> None:
    batch = Batch("objects")
    made = batch.call(model, rows=[1])
    batch.call(same, one=made, two=made)
    done = batch.bake().result(60)
    assert batch.value(done, "same") is True
    assert isinstance(batch.value(done, made), Model)


def test_a_second_bake_takes_results_from_the_cache() -> None:
    batch = Batch("cached")
    batch.call(fit, rows=batch.call(numbers, count=2), rate=1)
    batch.call(numbers, id="fresh", cache=False, count=1)
    batch.bake().result(60)
    again = batch.bake().result(60)
    assert {one.id: one.status for one in again.tasks.values()} == {
        "numbers": "cached",
        "fit": "cached",
        "fresh": "succeeded",
    }


def test_a_callable_that_fails_shows_its_traceback() -> None:
    batch = Batch("bad")
    batch.call(broken)
    done = batch.bake()
    assert done.wait(60) == "failed"
    assert "RuntimeError: on purpose" in done.logs("broken").text()


def test_a_cancelled_callable_is_given_up() -> None:
    begun, leave = threading.Event(), threading.Event()

    @task
    def slow() -> None:
        begun.set()
        leave.wait(60)

    batch = Batch("slow")
    batch.call(slow)
    running = batch.bake()
    assert begun.wait(60)
    running.cancel()
    assert running.wait(60) == "cancelled"
    leave.set()


def test_in_process_runs_callables_only(workspace: Path) -> None:
    done = bake(InProcess())
    assert done.wait(60) == "failed"
    assert "Python callables only" in (done.tasks["a"].said or "")


def test_the_same_flow_runs_in_processes(workspace: Path) -> None:
    module = workspace / "steps.py"
    module.write_text(
        "from apolo_flow.executors import task\n\n\n@task\ndef double(x):\n    return {'twice': 2 * x}\n", encoding="utf-8"
    )
    sys.path.insert(0, str(workspace))
    try:
        import steps  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(workspace))
    batch = Batch("two")
    node = batch.call(steps.double, x=21)
    node.fields["cmd"] = node.fields["cmd"].replace("python", sys.executable, 1)
    engine = Engine(store=workspace / "kept")
    done = batch.load(engine=engine, workspace=workspace).batch("two").bake()
    assert done.wait(120) == "succeeded", done.logs("double").text()
    assert done.tasks["double"].outputs["twice"] == "42"
    # The supervisor of this store is this test's own.
    assert batch.bake().result(60).tasks["double"].outputs["twice"] == "42"


@given(st.recursive(st.none() | st.booleans() | st.text(), st.lists, max_leaves=5))
def test_arguments_survive_the_way_through_a_file(value: Any) -> None:
    text = literal(value)
    assert "${{" not in text and "$[[" not in text
    assert arguments_of({"FLOW_ARG_x": text, "OTHER": "1"}) == {"x": value}


def test_a_literal_holds_no_expression() -> None:
    assert json.loads(literal("a ${{ b }} $[[ c ]]")) == "a ${{ b }} $[[ c ]]"
    with pytest.raises(TypeError):
        outputs_of(Model())


# --- flows as data ---

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name not in ("id", "needs", "kind", "tasks", "yes", "no", "on", "off", "true", "false", "null", "y", "n")
)
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\u2028\u2029\x85"))


@given(st.lists(st.builds(lambda id, env: Task(id, image="x", env=env), NAMES, st.dictionaries(NAMES, TEXTS))), TEXTS)
def test_a_flow_written_as_yaml_is_read_back(tasks: list[Task], title: str) -> None:
    batch = Batch("b", tasks, title=title)
    assert Batch.from_yaml(batch.to_yaml(), "b") == batch


def test_a_flow_built_in_python_is_checked_as_a_file() -> None:
    batch = Batch("b", params={"n": {"default": "1"}})
    first = batch.task("first", image="x", bash="echo ${{ params.n }}", needs=[])
    second = batch.task("second", image="x", cmd=f"use {first.output('x')}", needs=[first])
    assert batch.load().check() == []
    second.fields["cmd"] = "${{ nope }}"
    assert [one.name for one in batch.load().check()] == ["unknown-context"]
    with pytest.raises(ValueError, match="no id"):
        Batch.from_yaml("kind: batch\ntasks: [{image: x}]")
    with pytest.raises(ValueError, match="kind"):
        Batch.from_yaml("kind: live\njobs: {}")


LEAVE = """
import sys, threading
from apolo_flow.build import Batch
from apolo_flow.executors import task

begun = threading.Event()

@task
def slow():
    begun.set()
    threading.Event().wait()

batch = Batch("b")
batch.call(slow)
bake = batch.bake()
if int(sys.argv[1]) % 2:
    begun.wait()
"""


def test_leaving_while_callables_run_never_crashes(workspace: Path) -> None:
    command = [sys.executable, "-c", LEAVE]
    for number in range(20):
        done = subprocess.run([*command, str(number)], capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr.decode()


class Telling:
    """Says what the engine gave it, one byte at a time if it is asked so."""

    name = "telling"

    def __init__(self, log: Callable[[Launch], bytes]) -> None:
        self.log = log
        self.logs_by_key: dict[str, bytes] = {}
        self.seen: list[Launch] = []
        self.news: list[Report] = []

    def start(self, launch: Launch) -> str:
        self.seen.append(launch)
        self.logs_by_key[launch.key] = self.log(launch)
        self.news.append(Report.ended(launch.key, outputs={"token": launch.env.get("TOKEN", ""), "n": "1"}))
        return "unit"

    def reports(self) -> Iterable[Report]:
        news, self.news = self.news, []
        return news

    def logs(self, key: str, start: int, size: int) -> bytes:
        return self.logs_by_key[key][start : start + size]

    def kill(self, key: str, grace: float) -> None:
        pass


SECRET = "kind: batch\ntasks: [{id: a, image: x, cmd: x, env: {TOKEN: 'secret:hub-token', PLAIN: seen}}]"


def test_secrets_are_looked_up_at_the_start_and_masked(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APOLO_FLOW_SECRET_HUB_TOKEN", "hush-hush-7")
    executor = Telling(lambda launch: f"with {launch.env['TOKEN']}!\n::set-output name=said::{launch.env['TOKEN']}\n".encode())
    engine = Engine(store="memory", executor=executor)
    bake = load_text(SECRET, engine=engine).batch().bake().result()
    [launch] = executor.seen
    assert launch.env["TOKEN"] == "hush-hush-7" and launch.env["PLAIN"] == "seen"
    assert launch.spec["env"]["TOKEN"] == "secret:hub-token"
    assert bake.logs("a").text() == "with ***********!\n::set-output name=said::***********\n"
    assert bake.tasks["a"].outputs == {"token": "***", "n": "1", "said": "***********"}
    assert "hush" not in json.dumps(bake.record) + repr(launch)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.binary(max_size=90), after=st.binary(max_size=90), times=st.integers(1, 3))
def test_a_secret_is_masked_wherever_it_stands(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, before: bytes, after: bytes, times: int
) -> None:
    secret = b"0123456789abcdef"
    monkeypatch.setenv("APOLO_FLOW_SECRET_HUB_TOKEN", secret.decode())
    # The engine reads pieces of 64 KiB; some secrets lie across the edge of one.
    padding = b"." * (65_536 - len(before) - 8)
    log = padding + before + secret * times + after
    bake = load_text(SECRET, engine=Engine(store="memory", executor=Telling(lambda _: log))).batch().bake()
    bake.wait(60)
    found = bake.logs("a").bytes()
    assert len(found) == len(log)
    assert found == log.replace(secret, b"*" * len(secret))


def test_a_missing_secret_starts_nothing(workspace: Path) -> None:
    executor = Telling(lambda _: b"")
    batch = load_text(SECRET, engine=Engine(store="memory", executor=executor)).batch()
    with pytest.raises(apolo_flow.ConfigError, match="hub-token"):
        batch.bake()
    assert executor.seen == []


def test_live_jobs_run_on_an_executor_in_python(workspace: Path) -> None:
    executor = Telling(lambda launch: f"{launch.spec['name']} {launch.spec['cmd']}".encode())
    text = "kind: live\njobs: {hello: {image: x, name: greeter, cmd: hi}}"
    job = load_text({"live": text}, engine=Engine(store="memory", executor=executor)).live().run("hello")
    assert job.wait(60) == "succeeded"
    assert job.logs().text() == "greeter hi"
