"""The handle of a bake: waiting, events, logs, doing; with and without asyncio."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import apolo_flow
import pytest
from apolo_flow import Engine, Flow, load, load_text
from apolo_flow.testing import ManualClock, ScriptedExecutor
from conftest import write

CHAIN = """
kind: batch
params: {rate: {default: "0.1", descr: how fast}, required: {}}
tasks:
  - {id: load, image: x, cmd: load}
  - {id: train, image: x, cmd: "train ${{ params.rate }} ${{ needs.load.outputs.rows }}"}
  - {id: report, image: x, cmd: report, needs: [train]}
"""
PARAMS = {"required": "yes"}


@pytest.fixture
def executor() -> ScriptedExecutor:
    made = ScriptedExecutor()
    made.script("load", outputs="rows=7", log="seven rows\n")
    return made


@pytest.fixture
def flow(workspace: Path, executor: ScriptedExecutor) -> Flow:
    return load_text({"chain": CHAIN}, workspace=workspace, engine=Engine(store="memory", executor=executor))


def test_a_batch_tells_what_it_declares(flow: Flow) -> None:
    batch = flow.batch("chain")
    assert batch.params["rate"] == ("rate", "0.1", "how fast")
    assert batch.params["required"].default is None
    assert list(batch.tasks) == ["load", "train", "report"]
    assert batch.graph.edges == [("load", "train"), ("train", "report")]
    assert [node.level for node in batch.graph.nodes] == [0, 1, 2]


def test_a_plan_says_what_runs_and_what_waits(flow: Flow) -> None:
    plan = flow.batch().plan(PARAMS)
    assert plan.params == {"rate": "0.1", "required": "yes"}
    assert [(task.id, task.fate) for task in plan.tasks.values()] == [
        ("load", "run"),
        ("train", "later"),
        ("report", "later"),
    ]
    assert plan.tasks["train"].waits_for == ["load"]
    flow.batch().bake(PARAMS).result()
    again = flow.batch().plan(PARAMS)
    assert {task.fate for task in again.tasks.values()} == {"cached"}


def test_a_handle_tells_how_it_went(flow: Flow, executor: ScriptedExecutor) -> None:
    bake = flow.batch().bake({"rate": 0.5, "required": True}, name="mine", tags=["a"])
    assert bake.wait(60) == "succeeded"
    assert (bake.batch, bake.name, bake.tags, bake.number) == ("chain", "mine", ["a"], 1)
    assert bake.params == {"rate": "0.5", "required": "true"}
    assert bake.tasks["load"].outputs == {"rows": "7"}
    assert bake.tasks["load"].tries[0].exit_code == 0
    assert bake.created_at is not None and bake.ended_at is not None and bake.created_at <= bake.ended_at
    assert executor.started() == ["load", "train", "report"]
    assert bake.why("train").word == "first"
    assert flow.find_bake("mine").id == bake.id
    assert [one.id for one in flow.bakes(tags=["a"])] == [bake.id]


def test_events_come_in_order_and_go_on_behind_a_position(flow: Flow) -> None:
    bake = flow.batch().bake(PARAMS)
    events = list(bake.events())
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert (events[0].kind, events[-1].kind) == ("attempt_created", "attempt_ended")
    assert [event.task for event in events if event.kind == "ended"] == ["load", "train", "report"]
    rest = list(bake.events(after=events[4].position))
    assert [event.position for event in rest] == [event.position for event in events[5:]]
    assert list(bake.events(after=events[-1].position)) == []


def test_logs_are_followed_until_the_end(flow: Flow, executor: ScriptedExecutor) -> None:
    bake = flow.batch().bake(PARAMS)
    assert bake.logs("load").text() == "seven rows\n"
    assert bake.logs("report").bytes() == b""
    with pytest.raises(apolo_flow.NotFoundError):
        bake.logs("nothing")


def test_a_failed_bake_restarts_from_what_failed(flow: Flow, executor: ScriptedExecutor) -> None:
    executor.script("train", exit_code=3)
    bake = flow.batch().bake(PARAMS)
    with pytest.raises(apolo_flow.BakeFailed, match=r"train failed \(exit code 3\)") as caught:
        bake.result()
    assert caught.value.bake is bake
    with pytest.raises(apolo_flow.RefusedError):
        bake.cancel()
    executor.script("train")
    again = bake.restart()
    assert again.wait() == "succeeded"
    assert again.number == 2
    assert again.why("load").word == "taken_over"
    with pytest.raises(apolo_flow.RefusedError):
        again.restart()
    assert again.restart(from_failed=False).wait() == "succeeded"


def test_a_cancelled_bake_says_so(flow: Flow, executor: ScriptedExecutor) -> None:
    executor.script("train", held=True)
    bake = flow.batch().bake(PARAMS)
    for event in bake.events():
        if event.kind == "launched" and event.task == "train":
            break
    with pytest.raises(TimeoutError):
        bake.wait(0)
    bake.cancel()
    with pytest.raises(apolo_flow.BakeCancelled):
        bake.result()


def test_a_handle_found_again_waits_for_another_engine(flow: Flow, executor: ScriptedExecutor) -> None:
    executor.script("train", held=True)
    bake = flow.batch().bake(PARAMS)
    found = flow.find_bake(bake.id)
    for event in found.events():
        if event.kind == "launched" and event.task == "train":
            executor.end("train", 0)
    assert found.wait(60) == "succeeded"


def test_asyncio_forms(flow: Flow) -> None:
    async def use() -> None:
        bake = await flow.batch().bake_async(PARAMS)
        kinds = [event.kind async for event in bake.events()]
        assert kinds[-1] == "attempt_ended"
        assert await bake == "succeeded"
        assert await bake.result_async() is bake
        assert b"".join([piece async for piece in bake.logs("load")]) == b"seven rows\n"
        assert (await bake.why_async("train")).word == "first"
        assert await flow.check_async() != []
        assert {one.fate for one in (await flow.batch().plan_async(PARAMS)).tasks.values()} == {"cached"}

    asyncio.run(use())


def test_a_wait_in_asyncio_can_be_given_up(flow: Flow, executor: ScriptedExecutor) -> None:
    executor.script("load", held=True)

    async def use() -> None:
        bake = await flow.batch().bake_async(PARAMS)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(bake.wait_async(), 0.01)
        await bake.cancel_async()
        assert await bake == "cancelled"

    asyncio.run(use())


def test_threads_may_wait_for_one_bake(flow: Flow) -> None:
    bake = flow.batch().bake(PARAMS)
    seen: list[str] = []
    threads = [threading.Thread(target=lambda: seen.append(bake.wait())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["succeeded"] * 4


def test_a_manual_clock_decides_what_is_old(workspace: Path) -> None:
    clock = ManualClock()
    executor = ScriptedExecutor(clock)
    engine = Engine(store="memory", executor=executor, clock=clock)
    text = "kind: batch\ndefaults: {cache: {life_span: 60}}\ntasks: [{id: a, image: x, cmd: x}]"
    batch = load_text(text, workspace=workspace, engine=engine).batch()
    batch.bake().result()
    assert batch.plan().tasks["a"].fate == "cached"
    clock.advance(61)
    assert batch.plan().tasks["a"].fate == "run"


def test_a_store_in_a_folder_outlives_the_engine(workspace: Path, tmp_path: Path) -> None:
    executor = ScriptedExecutor()
    batch = load_text({"chain": CHAIN}, workspace=workspace, engine=Engine(store=tmp_path / "kept", executor=executor))
    executor.script("load", outputs="rows=1")
    made = batch.batch().bake(PARAMS).result()
    again = Engine(store=tmp_path / "kept", executor=executor)
    assert again.find_bake(made.id).status == "succeeded"


def test_a_bake_goes_on_in_a_process_of_its_own(workspace: Path) -> None:
    write(workspace, "hello", "kind: batch\ntasks: [{id: a, image: x, bash: 'echo hi'}]")
    bake = load(workspace).batch("hello").bake(detach=True)
    assert bake.wait(120) == "succeeded"
    assert bake.logs("a").text() == "hi\n"


def test_what_this_process_holds_cannot_be_detached(flow: Flow) -> None:
    with pytest.raises(apolo_flow.RefusedError):
        flow.batch().bake(PARAMS, detach=True)


def test_importing_is_quick() -> None:
    """Seconds of the processor in the best of several tries, so that a busy machine tells little."""
    script = "import time; t = time.process_time(); import apolo_flow; print(time.process_time() - t)"
    times = [float(subprocess.check_output([sys.executable, "-c", script])) for _ in range(7)]
    assert min(times) <= 0.05
