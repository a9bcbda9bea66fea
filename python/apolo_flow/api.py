"""The bounded asynchronous facade: every list, log and wait has limits, every answer is a record.

For programs that must never wait or read without end, such as a web back end. The names, arguments, limits, records
and exceptions of the bake methods are those of the reference's module of this name (spec 10), over this engine.

Deliberate differences, each mending an oddity of the reference:

- ``truncated`` of a log is false when a bound is met exactly at its end (ODD-10.2).
- :meth:`FlowAPI.bake_start` returns as soon as the bake is driven: it does not wait for its end, so no bake is lost
  to the default timeout (ODD-10.3). With ``local_executor`` this process drives it, else an engine process of its own.
- A workspace without a live flow can be opened (ODD-10.5).
- A name means its newest bake, here as in the command (ODD-10.6, DEC-31).

Left out, each with its reason: the ``live_*`` methods and their records, until the package runs live jobs;
``open_flow_api`` and the adapters of a platform client, since there is no client to wrap: :func:`open_api` takes the
place. Of the other importable names (spec 10 §9) ``apolo_flow.__version__`` exists, and :func:`apolo_flow.check`,
:func:`apolo_flow.load` and :class:`apolo_flow.Engine` do what parsers, runners and storages are imported for; classes
that wrap a platform client, a console or its plug-ins have no counterpart here.

Examples
--------
>>> import asyncio
>>> from apolo_flow import Engine, load_text
>>> from apolo_flow.testing import ScriptedExecutor
>>> engine = Engine(store="memory", executor=ScriptedExecutor())
>>> flow = load_text({"b": "kind: batch\\ntasks: [{id: a, image: x, cmd: x}]"}, engine=engine)
>>> async def use():
...     api = FlowAPI(flow)
...     bake = await api.bake_start("b", local_executor=True, task_limit=10)
...     return await api.bake_wait(bake.id, timeout=60, poll_interval=1, task_limit=10)
>>> asyncio.run(use()).status
'succeeded'
"""

from __future__ import annotations

import asyncio
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from apolo_flow._bake import Bake
from apolo_flow._flow import Flow, load
from apolo_flow._records import TaskRecord
from apolo_flow.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from apolo_flow._engine import Engine

__all__ = [
    "BakeListResult",
    "BakeState",
    "BoundError",
    "FlowAPI",
    "LogResult",
    "OperationTimeout",
    "PathOutsideWorkspace",
    "TaskState",
    "open_api",
]

MAX_LIST_LIMIT = 1_000
MAX_TASK_LIMIT = 10_000
MAX_LOG_CHUNKS = 10_000
MAX_LOG_BYTES = 16 * 1024 * 1024
MAX_LOG_TIMEOUT = 3_600
MAX_WAIT_TIMEOUT = 86_400
MAX_POLL_INTERVAL = 60
MAX_WRITE_TIMEOUT = 3_600
DEFAULT_WRITE_TIMEOUT = 300

#: Seconds between two looks at a log that has nothing new.
_PAUSE = 0.05

R = TypeVar("R")


class PathOutsideWorkspace(ValueError):
    """A path lies outside of the folder that is allowed."""


class BoundError(ValueError):
    """A limit, a count or a time is not above zero, or above its maximum (API-1)."""


class OperationTimeout(TimeoutError):
    """Something took longer than it was given; what it has done so far stays (API-51)."""


class LogResult(NamedTuple):
    """What was read of a log: bytes as written, in how many pieces, and whether there may be more."""

    raw_id: str | None
    data: bytes
    chunks: int
    truncated: bool


class TaskState(NamedTuple):
    """A task of an attempt; ``terminal_reason`` is the status once it has ended (API-5)."""

    id: str
    raw_id: str | None
    status: str
    created_at: datetime | None
    finished_at: datetime | None
    outputs: dict[str, str] | None
    state: dict[str, str] | None
    terminal_reason: str | None


class BakeState(NamedTuple):
    """A bake with one of its attempts; without such an attempt all that belongs to it is None or empty (API-44)."""

    id: str
    name: str | None
    batch: str
    tags: tuple[str, ...]
    created_at: datetime
    attempt: int | None
    status: str | None
    executor_id: str | None
    tasks: tuple[TaskState, ...]
    tasks_truncated: bool
    terminal_reason: str | None


class BakeListResult(NamedTuple):
    """Bakes, and whether there are more."""

    bakes: tuple[BakeState, ...]
    truncated: bool


def open_api(
    *,
    allowed_workspace_root: str | os.PathLike[str],
    project_path: str | os.PathLike[str],
    engine: Engine | None = None,
) -> FlowAPI:
    """Open the workspace at a path, which must lie inside the allowed folder, links resolved.

    Raises
    ------
    PathOutsideWorkspace
        It does not.
    FileNotFoundError
        One of the two does not exist.
    ConfigError
        There is no workspace.
    """
    root, path = Path(allowed_workspace_root).resolve(strict=True), Path(project_path).resolve(strict=True)
    if not path.is_relative_to(root):
        raise PathOutsideWorkspace(f"{path} is outside allowed workspace {root}")
    flow = load(path, engine=engine)
    if not Path(flow.folder).is_relative_to(root):
        # The config folder was found above.
        raise PathOutsideWorkspace(f"{flow.folder} is outside allowed workspace {root}")
    return FlowAPI(flow)


class FlowAPI:
    """The facade of one workspace. All times are in seconds."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.workspace_root = Path(flow.folder)
        # The handles of bakes that this process drives.
        self._driven: dict[tuple[str, int], Bake] = {}

    async def bake_start(
        self,
        batch: str,
        *,
        local_executor: bool = False,
        params: Mapping[str, str] | None = None,
        name: str | None = None,
        tags: Sequence[str] = (),
        task_limit: int,
        timeout: float = DEFAULT_WRITE_TIMEOUT,
    ) -> BakeState:
        """Start a bake, and give the state of its first attempt just after (API-41).

        Raises
        ------
        BoundError, OperationTimeout
            Before anything is done; when the time is over.
        ConfigError
            The files have errors; nothing was started.
        """
        _bound("task_limit", task_limit, MAX_TASK_LIMIT)
        _bound("timeout", timeout, MAX_WRITE_TIMEOUT)

        def work() -> BakeState:
            made = self.flow.batch(batch).bake(params, name=name, tags=tags, detach=not local_executor)
            return self._started(made, task_limit)

        return await _within(timeout, f"starting bake {batch}", work)

    async def bake_list(
        self,
        *,
        limit: int,
        task_limit: int,
        tags: Collection[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        recent_first: bool = False,
    ) -> BakeListResult:
        """List bakes with the tasks of their last attempts, the oldest first unless told otherwise (API-43)."""
        _bound("limit", limit, MAX_LIST_LIMIT)
        _bound("task_limit", task_limit, MAX_TASK_LIMIT)

        def work() -> BakeListResult:
            bakes = self.flow.bakes(tags=tags)
            times = [(bake, _time(bake.record["bake"]["created_at"])) for bake in bakes]
            found = [bake for bake, at in times if (since is None or at >= since) and (until is None or at <= until)]
            ordered = found if recent_first else found[::-1]
            states = tuple(self._state(bake.id, bake.number, task_limit) for bake in ordered[:limit])
            return BakeListResult(states, len(ordered) > limit)

        return await asyncio.to_thread(work)

    async def bake_get(self, id_or_name: str, *, attempt_no: int = -1, task_limit: int) -> BakeState:
        """Give one bake with an attempt of it (API-44).

        Raises
        ------
        NotFoundError
            There is no such bake; a missing attempt is no error.
        """
        _bound("task_limit", task_limit, MAX_TASK_LIMIT)
        return await asyncio.to_thread(self._state, id_or_name, attempt_no, task_limit)

    async def bake_logs(
        self,
        id_or_name: str,
        task_id: str,
        *,
        attempt_no: int = -1,
        timeout: float,
        max_chunks: int,
        max_bytes: int,
    ) -> LogResult:
        """Read the log of a task until it ends, or a bound is reached (API-45, API-50).

        Raises
        ------
        NotFoundError
            There is no such bake, attempt or task.
        OperationTimeout
            The time is over before reading begins; while reading it only ends it.
        """
        _bound("timeout", timeout, MAX_LOG_TIMEOUT)
        _bound("max_chunks", max_chunks, MAX_LOG_CHUNKS)
        _bound("max_bytes", max_bytes, MAX_LOG_BYTES)
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout

        def opened() -> tuple[TaskRecord | None, Any]:
            bake = self.flow.find_bake(id_or_name, attempt_no)
            log = bake.logs(task_id)
            return bake.tasks.get(task_id), log

        task, log = await _within(timeout, f"opening the log of {task_id}", opened)
        if task is None or not task.tries:
            return LogResult(None, b"", 0, truncated=False)
        # A very quick task may have ended before its executor's id was noted.
        raw_id = task.tries[-1].raw_id
        data, chunks = bytearray(), 0
        while loop.time() < end:
            piece, over = await asyncio.to_thread(log._read)
            if over:
                return LogResult(raw_id, bytes(data), chunks, truncated=False)
            room = max_bytes - len(data)
            met = chunks == max_chunks or room == 0
            if met and (piece or not log._task_ended):
                # There is, or may be, more behind a bound: only a look behind it tells (ODD-10.2).
                break
            if piece:
                chunks += 1
                data += piece[:room]
                if len(piece) > room:
                    break
            elif not log._task_ended:
                await asyncio.sleep(min(_PAUSE, max(0.0, end - loop.time())))
        return LogResult(raw_id, bytes(data), chunks, truncated=True)

    async def bake_wait(
        self, id_or_name: str, *, attempt_no: int = -1, timeout: float, poll_interval: float, task_limit: int
    ) -> BakeState:
        """Wait for the end of an attempt (API-46).

        Raises
        ------
        OperationTimeout
            It has not ended by then.
        """
        _bound("timeout", timeout, MAX_WAIT_TIMEOUT)
        _bound("poll_interval", poll_interval, MAX_POLL_INTERVAL)
        _bound("task_limit", task_limit, MAX_TASK_LIMIT)
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while True:
            state = await asyncio.to_thread(self._state, id_or_name, attempt_no, task_limit)
            if state.terminal_reason is not None:
                return state
            left = end - loop.time()
            if left <= 0:
                raise OperationTimeout(f"timed out waiting for bake {id_or_name}")
            await asyncio.sleep(min(poll_interval, left))

    async def bake_cancel(
        self, id_or_name: str, *, attempt_no: int = -1, task_limit: int, timeout: float = DEFAULT_WRITE_TIMEOUT
    ) -> BakeState:
        """Ask for the end of an attempt, and give its state just after: tasks may still run (API-47).

        Raises
        ------
        RefusedError
            It has ended.
        """
        _bound("task_limit", task_limit, MAX_TASK_LIMIT)
        _bound("timeout", timeout, MAX_WRITE_TIMEOUT)

        def work() -> BakeState:
            bake = self.flow.find_bake(id_or_name, attempt_no)
            bake.cancel()
            return self._state(bake.id, bake.number, task_limit)

        return await _within(timeout, f"cancelling bake {id_or_name}", work)

    async def bake_restart(
        self,
        id_or_name: str,
        *,
        attempt_no: int = -1,
        from_failed: bool = True,
        local_executor: bool = False,
        task_limit: int,
        timeout: float = DEFAULT_WRITE_TIMEOUT,
    ) -> BakeState:
        """Start a new attempt of a bake, and give its state just after (API-47).

        Raises
        ------
        RefusedError
            The attempt runs, or has nothing to mend.
        """
        _bound("task_limit", task_limit, MAX_TASK_LIMIT)
        _bound("timeout", timeout, MAX_WRITE_TIMEOUT)

        def work() -> BakeState:
            bake = self.flow.find_bake(id_or_name, attempt_no)
            again = bake.restart(from_failed=from_failed, detach=not local_executor)
            return self._started(again, task_limit)

        return await _within(timeout, f"restarting bake {id_or_name}", work)

    def _started(self, bake: Bake, task_limit: int) -> BakeState:
        if bake._drive is not None:
            self._driven[bake.id, bake.number] = bake
        return self._state(bake.id, bake.number, task_limit)

    def _state(self, id_or_name: str, attempt_no: int, task_limit: int) -> BakeState:
        native = self.flow.engine._native
        newest = native.inspect(id_or_name, -1)
        bake = newest["bake"]
        try:
            found = newest if attempt_no == -1 else native.inspect(bake["id"], attempt_no)
        except NotFoundError:
            found = None
        head = (bake["id"], bake["name"], bake["batch"], tuple(bake["tags"]), _time(bake["created_at"]))
        if found is None:
            return BakeState(*head, None, None, None, (), tasks_truncated=False, terminal_reason=None)
        attempt, tasks = found["attempt"], found["tasks"]
        status = attempt["status"]
        if found["standing"] == "ended":
            self._driven.pop((bake["id"], attempt["number"]), None)
        return BakeState(
            *head,
            attempt["number"],
            status,
            attempt["executor"],
            tuple(_task(TaskRecord(task)) for task in tasks[:task_limit]),
            tasks_truncated=len(tasks) > task_limit,
            terminal_reason=status if status in _ENDED else None,
        )


#: The statuses that are final.
_ENDED = ("succeeded", "failed", "cancelled", "skipped", "cached")


def _task(task: TaskRecord) -> TaskState:
    ended = task.status in _ENDED
    return TaskState(
        task.id,
        task.tries[-1].raw_id if task.tries else None,
        task.status,
        task.history[0][1] if task.history else None,
        task.history[-1][1] if ended and task.history else None,
        task.outputs if ended else None,
        task.state if ended else None,
        task.status if ended else None,
    )


def _time(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, timezone.utc)


def _bound(name: str, value: float, maximum: float) -> None:
    # Written so that what is no number at all is refused, too.
    if not 0 < value <= maximum:
        raise BoundError(f"{name} must be greater than zero and at most {maximum}")


async def _within(timeout: float, what: str, work: Callable[[], R]) -> R:
    try:
        return await asyncio.wait_for(asyncio.to_thread(work), timeout)
    except asyncio.TimeoutError:
        raise OperationTimeout(f"timed out {what}") from None
