"""Live jobs: running, finding, listing, reading and ending them; with and without asyncio."""

from __future__ import annotations

import asyncio
from pathlib import Path

import apolo_flow
import pytest
from apolo_flow import Engine, Flow, LiveJob, load, load_text
from apolo_flow.testing import ScriptedExecutor
from conftest import write

LIVE = """
kind: live
title: Tools
jobs:
  serve: {image: x, cmd: serve, name: serve, detach: true, http_port: 8123, tags: [mine]}
  hello:
    image: x
    name: hello
    cmd: hello ${{ params.who }}
    params: {who: {default: world, descr: whom to greet}}
  work: {image: x, name: work, cmd: "work ${{ multi.args }}", multi: true}
"""


@pytest.fixture
def executor() -> ScriptedExecutor:
    return ScriptedExecutor()


@pytest.fixture
def flow(workspace: Path, executor: ScriptedExecutor) -> Flow:
    return load_text({"live": LIVE}, workspace=workspace, engine=Engine(store="memory", executor=executor))


def held(flow: Flow, job: str, suffix: str | None = None) -> LiveJob:
    """Run a job whose script goes on until it is ended, and wait until it does."""
    made = flow.live().run(job, suffix=suffix)
    for event in made.events():
        if event.kind == "progress" and "running" in str(event.fields):
            break
    return made


def test_a_live_flow_tells_its_jobs(flow: Flow) -> None:
    live = flow.live()
    assert (live.name, live.title, list(live.jobs)) == ("live", "Tools", ["serve", "hello", "work"])
    assert live.jobs["hello"]["who"] == ("who", "world", "whom to greet")
    assert live.is_multi("work") and not live.is_multi("serve")
    assert live.check() == []
    with pytest.raises(apolo_flow.NotFoundError):
        live.is_multi("none")
    with pytest.raises(apolo_flow.ConfigError):
        load_text("kind: batch\ntasks: []", engine=flow.engine).live("flow")


def test_a_job_runs_to_its_end(flow: Flow) -> None:
    live = flow.live()
    assert {line.status for line in live.ps()} == {"unknown"}
    job = live.run("hello", {"who": "you"})
    assert job.wait(60) == "succeeded"
    assert (job.job, job.suffix, job.name, job.params) == ("hello", None, "hello", {"who": "you"})
    assert job.exit_code == 0 and job.done and job.said is None
    assert job.created_at and job.ended_at and job.created_at <= job.ended_at
    assert live.job("hello").id == job.id == flow.engine.find_job(job.id).id
    assert [(line.job, line.status) for line in live.ps()] == [
        ("hello", "succeeded"),
        ("serve", "unknown"),
        ("work", "unknown"),
    ]
    assert [one.id for one in flow.live_jobs()] == [job.id]
    assert job.result() is job
    assert job.kill() is False


def test_events_come_in_order_and_end(flow: Flow) -> None:
    job = flow.live().run("hello")
    events = list(job.events())
    assert (events[0].kind, events[-1].kind) == ("live_created", "live_ended")
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert list(job.events(after=events[-1].position)) == []


def test_what_runs_is_found_and_ended(flow: Flow, executor: ScriptedExecutor) -> None:
    executor.script("serve", held=True)
    job = held(flow, "serve")
    assert flow.live().run("serve").id == job.id
    assert job.status == "running" and "mine" in job.tags
    with pytest.raises(TimeoutError):
        job.wait(0)
    assert [one.id for one in flow.live().kill_all()] == [job.id]
    assert job.wait(60) == "cancelled"
    with pytest.raises(apolo_flow.JobCancelled) as caught:
        job.result()
    assert caught.value.job is job


def test_a_multi_job_runs_many_times_at_once(flow: Flow, executor: ScriptedExecutor) -> None:
    live = flow.live()
    executor.script("work", held=True)
    one, two = held(flow, "work", "a"), held(flow, "work")
    assert two.suffix is not None and len(two.suffix) == 10
    assert {line.suffix for line in live.ps() if line.job == "work"} == {"a", two.suffix}
    with pytest.raises(apolo_flow.RefusedError):
        live.job("work")
    assert live.job("work", "a").id == one.id
    assert len(live.kill_all()) == 2
    assert {one.wait(60), two.wait(60)} == {"cancelled"}


def test_what_is_wrong_is_told_and_nothing_started(flow: Flow) -> None:
    live = flow.live()
    with pytest.raises(apolo_flow.NotFoundError):
        live.run("nobody")
    with pytest.raises(apolo_flow.NotFoundError):
        live.job("serve")
    with pytest.raises(apolo_flow.ConfigError):
        live.run("hello", {"whom": "you"})
    with pytest.raises(apolo_flow.RefusedError):
        live.run("serve", detach=True)
    assert flow.live_jobs() == []


def test_asyncio_forms(flow: Flow, executor: ScriptedExecutor) -> None:
    async def use() -> None:
        live = flow.live()
        job = await live.run_async("hello")
        kinds = [event.kind async for event in job.events()]
        assert kinds[-1] == "live_ended"
        assert await job == "succeeded"
        assert await job.result_async() is job
        assert b"".join([piece async for piece in job.logs()]) == b""
        assert (await live.job_async("hello")).id == job.id
        executor.script("serve", held=True)
        serve = await live.run_async("serve")
        with pytest.raises(TimeoutError):
            await serve.wait_async(0.01)
        assert [one.id for one in await live.kill_all_async()] == [serve.id]
        assert await serve == "cancelled"
        assert {line.status for line in await live.ps_async()} == {"succeeded", "cancelled", "unknown"}

    asyncio.run(use())


def test_a_real_job_prints_fails_and_goes_on_without_this_process(workspace: Path) -> None:
    write(
        workspace,
        "live",
        "kind: live\njobs:\n"
        "  fail: {image: x, bash: 'echo said; exit 3'}\n"
        "  loop: {image: x, detach: true, bash: 'echo up; exec tail -f /dev/null'}\n",
    )
    live = load(workspace).live()
    with pytest.raises(apolo_flow.JobFailed, match="exit code 3") as caught:
        live.run("fail").result(120)
    assert caught.value.job.logs().text() == "said\n"
    assert caught.value.job.tries[0].exit_code == caught.value.job.exit_code == 3
    job = live.run("loop")
    assert next(iter(job.logs())) == b"up\n"
    assert job.status == "running" and job._drive is None
    # Another program of the same user finds it.
    found = load(workspace).live().job("loop")
    assert found.id == job.id and found.kill()
    assert found.wait(120) == "cancelled"


def test_a_table_of_jobs_is_harmless(flow: Flow) -> None:
    live = flow.live()
    job = live.run("hello", {"who": "<script>"})
    job.wait(60)
    assert "<table" in live.ps()._repr_html_() and "hello" in job._repr_html_()  # type: ignore[attr-defined]
