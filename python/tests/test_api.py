"""The bounded facade: limits, records, exceptions (spec 10)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from apolo_flow import Engine, NotFoundError, RefusedError, load_text
from apolo_flow.api import (
    AmbiguousLiveJob,
    BoundError,
    FlowAPI,
    OperationTimeout,
    PathOutsideWorkspace,
    open_api,
    open_flow_api,
)
from apolo_flow.testing import ScriptedExecutor

LIVE = """
kind: live
jobs:
  quick: {image: x, name: quick, cmd: x, tags: [mine]}
  serve: {image: x, name: serve, cmd: x, detach: true}
  work: {image: x, name: work, cmd: x, multi: true, detach: true}
"""
FLOW = {"b": "kind: batch\ntasks: [{id: one, image: x, cmd: x}, {id: two, image: x, cmd: x}]", "live": LIVE}


@pytest.fixture
def executor() -> ScriptedExecutor:
    made = ScriptedExecutor()
    made.script("one", log="abcdefghij", outputs="x=1")
    return made


@pytest.fixture
def api(workspace: Path, executor: ScriptedExecutor) -> FlowAPI:
    return FlowAPI(load_text(FLOW, workspace=workspace, engine=Engine(store="memory", executor=executor)))


async def ended(api: FlowAPI, **more: Any) -> str:
    made = await api.bake_start("b", local_executor=True, task_limit=10, **more)
    return (await api.bake_wait(made.id, timeout=60, poll_interval=0.01, task_limit=10)).id


def test_bounds_are_checked_before_anything_is_done(api: FlowAPI) -> None:
    calls: list[Awaitable[Any]] = [
        api.bake_list(limit=0, task_limit=1),
        api.bake_list(limit=1001, task_limit=1),
        api.bake_get("x", task_limit=10_001),
        api.bake_start("b", task_limit=1, timeout=3601),
        api.bake_logs("x", "y", timeout=0, max_chunks=1, max_bytes=1),
        api.bake_wait("x", timeout=1, poll_interval=61, task_limit=1),
        api.bake_wait("x", timeout=float("nan"), poll_interval=1, task_limit=1),
        api.live_list(limit=0),
        api.live_run("x", timeout=3601),
        api.live_logs("x", timeout=0, max_chunks=1, max_bytes=1),
        api.live_wait("x", timeout=1, poll_interval=61),
        api.live_kill("x", timeout=-1),
        api.live_kill_all(limit=1001),
    ]

    async def fails(call: Awaitable[Any]) -> None:
        with pytest.raises(BoundError, match="must be greater than zero and at most"):
            await call

    for call in calls:
        asyncio.run(fails(call))


def test_a_bake_is_started_waited_for_and_read(api: FlowAPI) -> None:
    async def use() -> None:
        bake = await ended(api, name="mine", tags=["t"])
        state = await api.bake_get("mine", task_limit=1)
        assert (state.id, state.batch, state.tags, state.attempt) == (bake, "b", ("t",), 1)
        assert (state.status, state.terminal_reason, state.executor_id) == ("succeeded", "succeeded", "scripted")
        assert [task.id for task in state.tasks] == ["one"]
        assert state.tasks_truncated
        assert state.tasks[0].outputs == {"x": "1"}
        missing = await api.bake_get(bake, attempt_no=7, task_limit=1)
        assert (missing.attempt, missing.status, missing.tasks) == (None, None, ())
        with pytest.raises(NotFoundError):
            await api.bake_get("nobody", task_limit=1)
        with pytest.raises(RefusedError):
            await api.bake_cancel(bake, task_limit=1)
        again = await api.bake_restart(bake, from_failed=False, local_executor=True, task_limit=1)
        assert again.attempt == 2
        assert (await api.bake_wait(bake, timeout=60, poll_interval=0.01, task_limit=1)).status == "succeeded"

    asyncio.run(use())


def test_lists_are_cut_and_ordered(api: FlowAPI) -> None:
    async def use() -> None:
        made = [await ended(api, tags=[f"t{number}"]) for number in range(3)]
        listed = await api.bake_list(limit=2, task_limit=1)
        assert ([one.id for one in listed.bakes], listed.truncated) == (made[:2], True)
        recent = await api.bake_list(limit=3, task_limit=1, recent_first=True)
        assert ([one.id for one in recent.bakes], recent.truncated) == (made[::-1], False)
        assert [one.id for one in (await api.bake_list(limit=3, task_limit=1, tags={"t1"})).bakes] == [made[1]]
        later = datetime.now(timezone.utc) + timedelta(days=1)
        assert (await api.bake_list(limit=3, task_limit=1, since=later)).bakes == ()
        assert len((await api.bake_list(limit=3, task_limit=1, until=later)).bakes) == 3

    asyncio.run(use())


@pytest.mark.parametrize(
    ("bytes_", "data", "truncated"), [(5, b"abcde", True), (10, b"abcdefghij", False), (100, b"abcdefghij", False)]
)
def test_logs_stop_at_their_bounds(api: FlowAPI, bytes_: int, data: bytes, truncated: bool) -> None:
    async def use() -> None:
        bake = await ended(api)
        log = await api.bake_logs(bake, "one", timeout=60, max_chunks=5, max_bytes=bytes_)
        assert (log.data, log.chunks, log.truncated) == (data, 1, truncated)
        with pytest.raises(NotFoundError):
            await api.bake_logs(bake, "none", timeout=60, max_chunks=5, max_bytes=5)

    asyncio.run(use())


def test_a_task_that_runs_is_read_until_the_time_is_over(api: FlowAPI, executor: ScriptedExecutor) -> None:
    executor.script("one", log="so far", held=True)

    async def use() -> None:
        bake = (await api.bake_start("b", local_executor=True, task_limit=1)).id
        while not executor.running():
            await asyncio.sleep(0)
        log = await api.bake_logs(bake, "one", timeout=1, max_chunks=5, max_bytes=100)
        assert (log.data, log.truncated) == (b"so far", True)
        with pytest.raises(OperationTimeout):
            await api.bake_wait(bake, timeout=0.01, poll_interval=1, task_limit=1)
        await api.bake_cancel(bake, task_limit=1)
        state = await api.bake_wait(bake, timeout=60, poll_interval=0.01, task_limit=1)
        assert state.terminal_reason == "cancelled"

    asyncio.run(use())


def test_only_what_lies_inside_is_opened(workspace: Path, tmp_path: Path) -> None:
    assert open_api(allowed_workspace_root=tmp_path, project_path=workspace).workspace_root == workspace.resolve()
    inner = workspace / "inner"
    inner.mkdir()
    with pytest.raises(PathOutsideWorkspace, match="is outside allowed workspace"):
        open_api(allowed_workspace_root=inner, project_path=workspace)
    with pytest.raises(PathOutsideWorkspace):
        open_api(allowed_workspace_root=inner, project_path=inner)
    link = inner / "link"
    link.symlink_to("/")
    with pytest.raises(PathOutsideWorkspace):
        open_api(allowed_workspace_root=inner, project_path=link)
    with pytest.raises(FileNotFoundError):
        open_api(allowed_workspace_root=tmp_path, project_path=tmp_path / "nowhere")


def test_live_jobs_are_run_listed_and_waited_for(api: FlowAPI, executor: ScriptedExecutor) -> None:
    executor.script("quick", log="abcdefghij")

    async def use() -> None:
        listed = await api.live_list(limit=2)
        assert ([job.job_id for job in listed.jobs], listed.truncated) == (["quick", "serve"], True)
        assert not (await api.live_list(limit=3)).truncated
        assert (listed.jobs[0].status, listed.jobs[0].raw_id) == ("unknown", None)
        with pytest.raises(OperationTimeout):
            await api.live_wait("quick", timeout=0.01, poll_interval=1)
        # It has no `detach`, so it is waited for.
        result = await api.live_run("quick", timeout=60)
        [state] = result.jobs
        assert (result.job_id, result.suffix, state.status, state.terminal_reason) == (
            "quick",
            None,
            "succeeded",
            "succeeded",
        )
        assert "mine" in state.tags and state.when is not None
        assert await api.live_wait("quick", timeout=60, poll_interval=0.01) == (state,)
        assert await api.live_get("quick") == (state,)
        log = await api.live_logs("quick", timeout=60, max_chunks=5, max_bytes=5)
        assert (log.raw_id, log.data, log.truncated) == (state.raw_id, b"abcde", True)
        assert (await api.live_logs("serve", timeout=60, max_chunks=5, max_bytes=5)).raw_id is None
        with pytest.raises(NotFoundError):
            await api.live_get("nobody")

    asyncio.run(use())


def test_live_jobs_are_ended(api: FlowAPI, executor: ScriptedExecutor) -> None:
    for name in ("quick", "serve", "work"):
        executor.script(name, held=True)

    async def use() -> None:
        with pytest.raises(OperationTimeout, match="timed out starting live job quick"):
            await api.live_run("quick", timeout=0.05)
        one = await api.live_run("work", suffix="a")
        two = await api.live_run("work")
        assert one.suffix == "a" and two.suffix is not None and len(two.suffix) == 10
        assert {state.suffix for state in await api.live_get("work")} == {"a", two.suffix}
        assert [state.suffix for state in await api.live_get("work", "b")] == ["b"]
        with pytest.raises(AmbiguousLiveJob):
            await api.live_logs("work", timeout=60, max_chunks=5, max_bytes=5)
        with pytest.raises(AmbiguousLiveJob):
            await api.live_kill("work")
        [killed] = await api.live_kill("work", suffix="a", timeout=60)
        assert killed.terminal_reason == "cancelled"
        [never] = await api.live_kill("serve", timeout=60)
        assert never.status == "unknown"
        rest = await api.live_kill_all(limit=10, timeout=60)
        assert {job.status for job in rest.jobs} == {"cancelled", "unknown"}

    asyncio.run(use())


def test_the_facade_opens_as_the_reference_does(workspace: Path, tmp_path: Path) -> None:
    async def use() -> None:
        async with open_flow_api(
            cluster="c", org="o", project="p", allowed_workspace_root=tmp_path, config_path=tmp_path, project_path=workspace
        ) as api:
            assert api.workspace_root == workspace.resolve()
        with pytest.raises(NotADirectoryError):
            file = tmp_path / "file"
            file.touch()
            async with open_flow_api(allowed_workspace_root=tmp_path, project_path=workspace, config_path=file):
                pass

    asyncio.run(use())
