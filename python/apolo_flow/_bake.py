"""A bake: its handle, its events and its logs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from apolo_flow._records import Event, TaskRecord, Tasks, Why, moment
from apolo_flow._waiting import SLICE, Deadline, in_thread
from apolo_flow.errors import BakeCancelled, BakeFailed, RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Iterator, Mapping
    from datetime import datetime

    from apolo_flow import _native
    from apolo_flow._engine import Engine
    from apolo_flow._graph import Graph

#: Seconds between two looks at a log that has nothing new.
_PAUSE = 0.1


class Bake:
    """One attempt of a bake: how it stands, what its tasks gave, and what can be done with it.

    Its facts are read anew each time they are asked for, until it has ended. Made by
    :meth:`Batch.bake() <apolo_flow.Batch.bake>`, :meth:`Engine.find_bake` and :meth:`Engine.bakes`.

    Attributes
    ----------
    id : str
        The bake's id.
    number : int
        The attempt, from 1.
    warnings : list of Diagnostic
        What the check had to say when it was made here.
    """

    def __init__(
        self,
        engine: Engine,
        bake: str,
        number: int,
        drive: _native.Drive | None = None,
        warnings: list[_native.Diagnostic] | None = None,
    ) -> None:
        self.engine = engine
        self.id = bake
        self.number = number
        self.warnings = warnings or []
        self._drive = drive
        self._ended: dict[str, Any] | None = None

    # --- how it stands ---

    def _read(self) -> dict[str, Any]:
        if self._ended is not None:
            return self._ended
        found = self.engine._native.inspect(self.id, self.number)
        if found["standing"] == "ended":
            self._ended = found
        return found

    @property
    def status(self) -> str:
        """``pending``, ``running``, ``succeeded``, ``failed`` or ``cancelled``; ``stalled`` if nobody drives it."""
        found = self._read()
        status: str = "stalled" if found["standing"] == "stalled" else found["attempt"]["status"]
        return status

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return bool(self._read()["standing"] == "ended")

    @property
    def tasks(self) -> Tasks:
        """Its tasks by dotted id, in graph order; empty while the graph is not known."""
        tasks = (TaskRecord(record) for record in self._read()["tasks"])
        return Tasks((task.id, task) for task in tasks)

    @property
    def batch(self) -> str:
        """The name of its batch."""
        batch: str = self._read()["bake"]["batch"]
        return batch

    @property
    def name(self) -> str | None:
        """The name that it was given."""
        name: str | None = self._read()["bake"]["name"]
        return name

    @property
    def tags(self) -> list[str]:
        """The tags that it was given."""
        return list(self._read()["bake"]["tags"])

    @property
    def params(self) -> dict[str, str]:
        """Its params, defaults included."""
        return dict(self._read()["attempt"]["params"])

    @property
    def created_at(self) -> datetime | None:
        """When the attempt was made, in UTC."""
        return moment(self._read()["attempt"]["created_at"])

    @property
    def ended_at(self) -> datetime | None:
        """When the attempt ended, in UTC; None before."""
        return moment(self._read()["attempt"]["ended_at"])

    @property
    def record(self) -> dict[str, Any]:
        """All that is kept of it: ``bake``, ``attempt``, ``standing`` and ``tasks``, in the stored form."""
        return self._read()

    @property
    def graph(self) -> Graph:
        """Its graph, drawn with the statuses of now."""
        from apolo_flow._graph import Graph

        found = self._read()
        return Graph.of_tasks(found["bake"]["batch"], [TaskRecord(record) for record in found["tasks"]])

    # --- waiting ---

    def wait(self, timeout: float | None = None) -> str:
        """Wait for its end and give its status.

        Ctrl-C gives up waiting, not the bake.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most.

        Raises
        ------
        TimeoutError
            It has not ended by then.
        RefusedError
            It is stalled: nobody drives it. :meth:`resume` takes it up again.
        StoreError, ExecutorError
            The engine that drives it in this process failed.
        """
        deadline = Deadline(timeout)
        while not self._wait_slice(deadline.slice(1.0)):
            if deadline.over:
                raise TimeoutError(f"bake {self.id} has not ended after {timeout} s")
        return self.status

    async def wait_async(self, timeout: float | None = None) -> str:
        """As :meth:`wait`, for asyncio; ``await bake`` is short for it."""
        deadline = Deadline(timeout)
        while not await in_thread(self._wait_slice, deadline.slice()):
            if deadline.over:
                raise TimeoutError(f"bake {self.id} has not ended after {timeout} s")
        return await in_thread(lambda: self.status)

    def __await__(self) -> Generator[Any, None, str]:
        return self.wait_async().__await__()

    def _wait_slice(self, seconds: float) -> bool:
        """Wait a little; whether it has ended."""
        if self._drive is not None:
            return self._drive.wait(seconds) is not None
        found = self._read()
        if found["standing"] == "stalled":
            raise RefusedError(f"bake {self.id} is stalled: no engine drives it; resume() takes it up again")
        if found["standing"] == "ended":
            return True
        end = time.monotonic() + seconds
        follow = self.engine._native.follow(self.id, self.number, self._last_position())
        while (left := end - time.monotonic()) > 0:
            if any(record["kind"]["event"] == "attempt_ended" for record in follow.next(left)):
                return True
        return False

    def _last_position(self) -> int:
        # From the beginning: an end that came a moment ago must not be missed, and reading is quick.
        return 0

    def result(self, timeout: float | None = None) -> Bake:
        """Wait for its end, and raise unless it succeeded.

        Raises
        ------
        BakeFailed, BakeCancelled
            With the tasks that did not do well in the message.
        TimeoutError, RefusedError
            As :meth:`wait`.
        """
        return self._judge(self.wait(timeout))

    async def result_async(self, timeout: float | None = None) -> Bake:
        """As :meth:`result`, for asyncio."""
        return await in_thread(self._judge, await self.wait_async(timeout))

    def _judge(self, status: str) -> Bake:
        if status == "succeeded":
            return self
        bad = [task for task in self.tasks.values() if task.status in ("failed", "cancelled") and not task.opened]
        told = "; ".join(f"{task.id} {task.status}" + (f" ({task.said})" if task.said else "") for task in bad[:5])
        message = f"bake {self.id} {status}" + (f": {told}" if told else "")
        raise (BakeCancelled if status == "cancelled" else BakeFailed)(message, self)

    # --- events and logs ---

    def events(self, after: int = 0) -> Events:
        """Give its events after a position, then as they come, until it has ended.

        The result is for ``for`` and for ``async for``; ``.batches()`` gives many at a time.
        """
        return Events(self, after)

    def logs(self, task: str, *, number: int = 0, follow: bool = True) -> Log:
        """Give the output of a task.

        The result is for ``for`` and ``async for``, piece by piece; ``.text()`` and ``.bytes()`` give all of it.

        Parameters
        ----------
        task : str
            Its dotted id.
        number : int
            Which start, from 1; 0 is the last.
        follow : bool
            Whether to wait for more while the task runs.

        Raises
        ------
        NotFoundError
            There is no such task.
        """
        return Log(self, task, number, follow)

    # --- doing ---

    def cancel(self, task: str | None = None) -> None:
        """Ask for its end, or for that of one task; :meth:`wait` tells when it has come.

        Raises
        ------
        RefusedError
            It has ended.
        NotFoundError
            There is no such task.
        """
        self.engine._native.cancel(self.id, self.number, task)

    def restart(self, *, from_failed: bool = True, params: Mapping[str, str] | None = None, detach: bool = False) -> Bake:
        """Start a new attempt with the texts of this one.

        Parameters
        ----------
        from_failed : bool
            Whether results of tasks that succeeded are taken over; else every task runs.
        params : mapping, optional
            Params that are to change.
        detach : bool
            As for :meth:`Batch.bake() <apolo_flow.Batch.bake>`.

        Raises
        ------
        RefusedError
            It runs, or has nothing to mend.
        ConfigError
            The params do not fit.

        Notes
        -----
        Source: DEC-24.
        """
        native = self.engine._native
        number, attempt = native.restart(self.id, self.number, from_failed, dict(params or {}))
        return start(self.engine, (self.id, number, attempt), detach, [])

    def resume(self, *, detach: bool = False) -> Bake:
        """Take up a stalled attempt where it stood.

        Raises
        ------
        HeldError
            Another engine drives it; told by :meth:`wait`.
        """
        found = self._read()
        if found["standing"] == "ended":
            raise RefusedError(f"bake {self.id} has ended: {found['attempt']['status']}")
        return start(self.engine, (self.id, self.number, found["attempt"]["id"]), detach, [])

    def why(self, task: str) -> Why:
        """Say why a task ran, was cached or skipped, or what it waits for.

        Raises
        ------
        NotFoundError
            There is no such task.
        """
        return Why(self.engine._native.why(self.id, self.number, task))

    async def cancel_async(self, task: str | None = None) -> None:
        """As :meth:`cancel`, for asyncio."""
        await in_thread(self.cancel, task)

    async def restart_async(
        self, *, from_failed: bool = True, params: Mapping[str, str] | None = None, detach: bool = False
    ) -> Bake:
        """As :meth:`restart`, for asyncio."""
        return await in_thread(self.restart, from_failed=from_failed, params=params, detach=detach)

    async def resume_async(self, *, detach: bool = False) -> Bake:
        """As :meth:`resume`, for asyncio."""
        return await in_thread(self.resume, detach=detach)

    async def why_async(self, task: str) -> Why:
        """As :meth:`why`, for asyncio."""
        return await in_thread(self.why, task)

    # --- showing ---

    def to_pandas(self) -> Any:
        """Give its tasks as a pandas DataFrame, a row for each; pandas must be installed.

        Columns: ``status``, ``tries``, ``started``, ``ended`` (UTC), ``seconds``, ``said``, and one ``outputs.NAME``
        for each output; the index is the dotted id.
        """
        from apolo_flow._show import tasks_frame

        return tasks_frame(self.tasks.values())

    def __repr__(self) -> str:
        return f"<bake {self.id} of {self.batch}, attempt {self.number}: {self.status}>"

    def _repr_html_(self) -> str:
        from apolo_flow._show import bake_html

        return bake_html(self)


def start(
    engine: Engine, made: tuple[str, int, str], detach: bool, warnings: list[_native.Diagnostic]
) -> Bake:
    """Have a stored attempt driven: here, or by an engine process of its own."""
    bake, number, attempt = made
    if detach:
        engine._native.drive_in_background(attempt)
        return Bake(engine, bake, number, None, warnings)
    return Bake(engine, bake, number, engine._native.drive(attempt), warnings)


class Events:
    """The events of a bake, from a position on until its end."""

    def __init__(self, bake: Bake, after: int) -> None:
        self._bake = bake
        self._follow = bake.engine._native.follow(bake.id, bake.number, after)
        self._over = False

    def _next(self, seconds: float) -> list[Event]:
        events = [Event(record) for record in self._follow.next(seconds)]
        if events:
            self._over = events[-1].kind == "attempt_ended"
        elif self._bake.status in ("succeeded", "failed", "cancelled", "stalled"):
            # It has ended before the position, or nothing more will come by itself.
            rest = [Event(record) for record in self._follow.next(0.0)]
            self._over = not rest or rest[-1].kind == "attempt_ended"
            return rest
        return events

    def batches(self) -> Iterator[list[Event]]:
        """Give the events many at a time, as they are there; no list is empty."""
        while not self._over:
            events = self._next(1.0)
            if events:
                yield events

    def __iter__(self) -> Iterator[Event]:
        for events in self.batches():
            yield from events

    async def batches_async(self) -> AsyncIterator[list[Event]]:
        """As :meth:`batches`, for asyncio."""
        while not self._over:
            events = await in_thread(self._next, SLICE)
            if events:
                yield events

    async def __aiter__(self) -> AsyncIterator[Event]:
        async for events in self.batches_async():
            for event in events:
                yield event


class Log:
    """The output of one start of a task."""

    def __init__(self, bake: Bake, task: str, number: int, follow: bool) -> None:
        self._bake, self._task, self._number, self._follow = bake, task, number, follow
        self._reader: _native.LogReader | None = None
        self._task_ended = False
        # That there is no such task is told at once, where the graph is known.
        self._open()

    def _open(self) -> None:
        if self._reader is not None:
            return
        # Whether it has ended is read first: an ended bake gets no more tasks.
        done, known = self._bake.done, self._bake.tasks
        if self._task not in known and not done and (not known or self._is_inside(known)):
            return
        native = self._bake.engine._native
        self._reader = native.log(self._bake.id, self._bake.number, self._task, self._number)

    def _is_inside(self, known: Tasks) -> bool:
        """Whether it may be a task of a call that is still to be opened."""
        return any(self._task.startswith(f"{one}.") for one in known)

    def _read(self) -> tuple[bytes, bool]:
        """Give the next piece, and whether nothing comes behind it."""
        self._open()
        if self._reader is not None:
            piece, complete = self._reader.read()
            if piece:
                return piece, False
            if complete or not self._follow or self._task_ended:
                return b"", True
        elif not self._follow or self._task_ended:
            return b"", True
        # Once more after the end was seen: the last piece may have come in between.
        task = self._bake.tasks.get(self._task)
        ended = task is not None and task.status not in ("pending", "running", "unknown")
        self._task_ended = ended or self._bake.status == "stalled"
        return b"", False

    def pieces(self) -> Iterator[bytes]:
        """Give the raw bytes as they come; no piece is empty."""
        while True:
            piece, over = self._read()
            if piece:
                yield piece
            elif over:
                return
            elif not self._task_ended:
                time.sleep(_PAUSE)

    def __iter__(self) -> Iterator[bytes]:
        return self.pieces()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        import asyncio

        while True:
            piece, over = await in_thread(self._read)
            if piece:
                yield piece
            elif over:
                return
            elif not self._task_ended:
                await asyncio.sleep(_PAUSE)

    def bytes(self) -> bytes:
        """Give all of it; with ``follow`` when the task has ended."""
        return b"".join(self.pieces())

    def text(self) -> str:
        """As :meth:`bytes`, decoded as UTF-8; what is no text is replaced."""
        return self.bytes().decode("utf-8", "replace")
