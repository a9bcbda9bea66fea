"""The bake methods of the facade (API-40 to API-47)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from apolo_flow._records import TaskRecord
from apolo_flow.api._bounds import (
    DEFAULT_WRITE_TIMEOUT,
    MAX_LIST_LIMIT,
    MAX_POLL_INTERVAL,
    MAX_TASK_LIMIT,
    MAX_WAIT_TIMEOUT,
    MAX_WRITE_TIMEOUT,
    BakeListResult,
    BakeState,
    LogResult,
    OperationTimeout,
    TaskState,
    bound,
    bound_log,
    read_log,
    time_of,
    within,
)
from apolo_flow.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from apolo_flow._bake import Bake
    from apolo_flow._flow import Flow

#: The statuses that are final.
ENDED = ("succeeded", "failed", "cancelled", "skipped", "cached")


class BakeMethods:
    """The methods of bakes; a part of :class:`apolo_flow.api.FlowAPI`."""

    flow: Flow
    # The handles of bakes that this process drives.
    _driven: dict[tuple[str, int], Bake]

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
        bound("task_limit", task_limit, MAX_TASK_LIMIT)
        bound("timeout", timeout, MAX_WRITE_TIMEOUT)

        def work() -> BakeState:
            made = self.flow.batch(batch).bake(params, name=name, tags=tags, detach=not local_executor)
            return self._started(made, task_limit)

        return await within(timeout, f"starting bake {batch}", work)

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
        bound("limit", limit, MAX_LIST_LIMIT)
        bound("task_limit", task_limit, MAX_TASK_LIMIT)

        def work() -> BakeListResult:
            bakes = self.flow.bakes(tags=tags)
            times = [(bake, time_of(bake.record["bake"]["created_at"])) for bake in bakes]
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
        bound("task_limit", task_limit, MAX_TASK_LIMIT)
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
        bound_log(timeout, max_chunks, max_bytes)
        end = asyncio.get_running_loop().time() + timeout

        def opened() -> tuple[TaskRecord | None, Any]:
            bake = self.flow.find_bake(id_or_name, attempt_no)
            log = bake.logs(task_id)
            return bake.tasks.get(task_id), log

        task, log = await within(timeout, f"opening the log of {task_id}", opened)
        if task is None or not task.tries:
            return LogResult(None, b"", 0, truncated=False)
        # A very quick task may have ended before its executor's id was noted.
        return await read_log(task.tries[-1].raw_id, log, end, max_chunks, max_bytes)

    async def bake_wait(
        self, id_or_name: str, *, attempt_no: int = -1, timeout: float, poll_interval: float, task_limit: int
    ) -> BakeState:
        """Wait for the end of an attempt (API-46).

        Raises
        ------
        OperationTimeout
            It has not ended by then.
        """
        bound("timeout", timeout, MAX_WAIT_TIMEOUT)
        bound("poll_interval", poll_interval, MAX_POLL_INTERVAL)
        bound("task_limit", task_limit, MAX_TASK_LIMIT)
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
        bound("task_limit", task_limit, MAX_TASK_LIMIT)
        bound("timeout", timeout, MAX_WRITE_TIMEOUT)

        def work() -> BakeState:
            bake = self.flow.find_bake(id_or_name, attempt_no)
            bake.cancel()
            return self._state(bake.id, bake.number, task_limit)

        return await within(timeout, f"cancelling bake {id_or_name}", work)

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
        bound("task_limit", task_limit, MAX_TASK_LIMIT)
        bound("timeout", timeout, MAX_WRITE_TIMEOUT)

        def work() -> BakeState:
            bake = self.flow.find_bake(id_or_name, attempt_no)
            again = bake.restart(from_failed=from_failed, detach=not local_executor)
            return self._started(again, task_limit)

        return await within(timeout, f"restarting bake {id_or_name}", work)

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
        head = (bake["id"], bake["name"], bake["batch"], tuple(bake["tags"]), time_of(bake["created_at"]))
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
            terminal_reason=status if status in ENDED else None,
        )


def _task(task: TaskRecord) -> TaskState:
    ended = task.status in ENDED
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
