"""A bake: its handle, its events and its logs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from apolo_flow._records import TaskRecord, Tasks, Why, moment
from apolo_flow._streams import Events, Log
from apolo_flow._waiting import Deadline, in_thread
from apolo_flow.errors import BakeCancelled, BakeFailed, RefusedError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from datetime import datetime

    from apolo_flow import _native
    from apolo_flow._engine import Engine
    from apolo_flow._graph import Graph

#: The kind of the last event of an attempt.
_LAST = "attempt_ended"


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
        return _status(self._read())

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return bool(self._read()["standing"] == "ended")

    @property
    def tasks(self) -> Tasks:
        """Its tasks by dotted id, in graph order; empty while the graph is not known."""
        return _tasks(self._read())

    def snapshot(self) -> tuple[str, Tasks]:
        """Give its status and its tasks of one moment."""
        found = self._read()
        return _status(found), _tasks(found)

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
        standing = self._read()["standing"]
        if standing == "stalled":
            raise RefusedError(f"bake {self.id} is stalled: no engine drives it; resume() takes it up again")
        return standing == "ended" or wait_slice(self._follow(0), _LAST, seconds)

    def _follow(self, after: int) -> _native.Follow:
        return self.engine._native.follow(self.id, self.number, after)

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
        return Events(self._follow(after), _LAST, lambda: self.done or self.status == "stalled")

    def logs(self, task: str, *, number: int = 0, follow: bool = True, start: int = 0) -> Log:
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
        start : int
            The byte to begin with.

        Raises
        ------
        NotFoundError
            There is no such task.
        """
        return Log(lambda: self._open_log(task, number, start), lambda: self._is_over(task), follow)

    def _open_log(self, task: str, number: int, start: int) -> _native.LogReader | None:
        # Whether it has ended is read first: an ended bake gets no more tasks.
        done, known = self.done, self.tasks
        # It may be a task of a call that is still to be opened.
        is_inside = any(task.startswith(f"{one}.") for one in known)
        if task not in known and not done and (not known or is_inside):
            return None
        return self.engine._native.log(self.id, self.number, task, number, start)

    def _is_over(self, task: str) -> bool:
        found = self.tasks.get(task)
        ended = found is not None and found.status not in ("pending", "running", "unknown")
        return ended or self.done or self.status == "stalled"

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

    def widget(self) -> Any:
        """Give a live drawing for a notebook: it follows the bake; a click on a task shows its log and outputs.

        Without ``anywidget`` (``pip install 'apolo-flow[notebook]'``) it is the bake as it stands, with its drawing
        and its tasks, and says what is missing.
        """
        try:
            from apolo_flow.notebook.widget import BakeWidget
        except ImportError:
            from apolo_flow.notebook import Still

            return Still(self)
        return BakeWidget(self)

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


def _status(found: dict[str, Any]) -> str:
    return "stalled" if found["standing"] == "stalled" else str(found["attempt"]["status"])


def _tasks(found: dict[str, Any]) -> Tasks:
    tasks = (TaskRecord(record) for record in found["tasks"])
    return Tasks((task.id, task) for task in tasks)


def wait_slice(follow: _native.Follow, last: str, seconds: float) -> bool:
    """Wait a little for an event of a kind, read from the beginning: one that came a moment ago is not missed."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if any(record["kind"]["event"] == last for record in follow.next(left)):
            return True
    return False
