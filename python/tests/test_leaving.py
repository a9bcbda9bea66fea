"""Leaving the interpreter with work under way, and Ctrl-C in all that waits: nothing crashes, nothing hangs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

BEGIN = """
import asyncio, sys, threading
from apolo_flow import Engine, load_text
from apolo_flow.executors import task
from apolo_flow.testing import ScriptedExecutor

executor = ScriptedExecutor()
executor.script("a", held=True, log="so far")
executor.script("serve", held=True, log="so far")
engine = Engine(store="memory", executor=executor)
texts = {
    "b": "kind: batch\\ntasks: [{id: a, image: x, cmd: x}, {id: b, image: x, cmd: x, needs: []}]",
    "live": "kind: live\\njobs: {serve: {image: x, name: serve, cmd: x}}",
}
flow = load_text(texts, engine=engine)
bake = flow.batch("b").bake()
"""

#: What is under way when the interpreter is left.
WAYS = {
    "nothing more": "",
    "a wait": "threading.Thread(target=bake.wait, daemon=True).start()",
    "a reader of events": "threading.Thread(target=lambda: list(bake.events()), daemon=True).start()",
    "a reader of a log": "threading.Thread(target=lambda: list(bake.logs('a')), daemon=True).start()",
    "events that were begun": "next(iter(bake.events())); sys.exit(7)",
    "a live job": "threading.Thread(target=flow.live().run('serve').wait, daemon=True).start()",
    "an executor in Python": """
from apolo_flow.build import Batch
go = threading.Event()
@task
def stay():
    go.wait()
batch = Batch("mine")
batch.call(stay)
for event in batch.bake().events():
    if event.kind == "launched":
        break
""",
    "asyncio": """
async def main():
    waiting = asyncio.create_task(bake.wait_async())
    async for event in bake.events():
        break
asyncio.run(main())
""",
}


def test_leaving_with_work_under_way_never_crashes(workspace: Path) -> None:
    names = list(WAYS)
    waiting = [names[number % len(names)] for number in range(100)]
    running: list[tuple[str, subprocess.Popen[bytes]]] = []
    while waiting or running:
        while waiting and len(running) < 4:
            name = waiting.pop()
            command = [sys.executable, "-c", BEGIN + WAYS[name]]
            running.append((name, subprocess.Popen(command, stderr=subprocess.PIPE)))
        name, process = running.pop(0)
        said = process.communicate(timeout=120)[1]
        assert (process.returncode, said) == (7 if "begun" in name else 0, b""), (name, said.decode())


#: What waits, and how.
WAITS = {
    "wait": "bake.wait()",
    "events": "list(bake.events())",
    "batches": "list(bake.events().batches())",
    "logs": "list(bake.logs('a'))",
    "text": "bake.logs('a').text()",
    "result": "bake.result()",
    "live wait": "job.wait()",
    "live events": "list(job.events())",
    "live logs": "list(job.logs())",
    "async wait": "asyncio.run(bake.wait_async())",
    "async events": "asyncio.run(all_of(bake.events()))",
    "async logs": "asyncio.run(all_of(bake.logs('a')))",
    "async live": "asyncio.run(job.wait_async())",
}
INTERRUPTED = """
async def all_of(things):
    return [one async for one in things]
job = flow.live().run("serve")
for events in (bake.events(), job.events()):
    for event in events:
        if event.kind == "progress" and event.task in ("a", None):
            break
try:
    print("ready", flush=True)
    {wait}
except KeyboardInterrupt:
    # Only the waiting was given up.
    assert bake.status == job.status == "running", (bake.status, job.status)
    bake.cancel()
    job.kill()
    print("interrupted", bake.wait(60), job.wait(60), flush=True)
"""


@pytest.mark.parametrize("name", WAITS)
def test_ctrl_c_ends_the_waiting_and_nothing_else(name: str, workspace: Path) -> None:
    script = BEGIN + INTERRUPTED.replace("{wait}", WAITS[name])
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    os.kill(process.pid, signal.SIGINT)
    output, said = process.communicate(timeout=60)
    assert (output, process.returncode) == (b"interrupted cancelled cancelled\n", 0), said.decode()
