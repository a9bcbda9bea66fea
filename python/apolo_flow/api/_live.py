"""The live methods of the facade (API-20 to API-25)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from apolo_flow.api._bounds import (
    DEFAULT_WRITE_TIMEOUT,
    MAX_LIST_LIMIT,
    MAX_POLL_INTERVAL,
    MAX_WAIT_TIMEOUT,
    MAX_WRITE_TIMEOUT,
    AmbiguousLiveJob,
    LiveJobState,
    LiveListResult,
    LiveRunResult,
    LogResult,
    OperationTimeout,
    bound,
    bound_log,
    read_log,
    time_of,
    within,
)
from apolo_flow.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from apolo_flow._flow import Flow
    from apolo_flow._live import LiveJob

#: The statuses of a live job that are final.
_ENDED = ("succeeded", "failed", "cancelled")


class LiveMethods:
    """The methods of live jobs; a part of :class:`apolo_flow.api.FlowAPI`."""

    flow: Flow
    # The live flow whose jobs these are.
    live_name: str

    async def live_list(self, *, limit: int) -> LiveListResult:
        """List all jobs of the live flow in the order of their ids, a multi job once for each suffix (API-20)."""
        bound("limit", limit, MAX_LIST_LIMIT)
        return await asyncio.to_thread(self._listed, limit)

    async def live_get(self, job_id: str, suffix: str | None = None) -> tuple[LiveJobState, ...]:
        """Give the state of a job; without a suffix one for each of a multi job (API-21).

        Raises
        ------
        NotFoundError
            The flow has no such job, and none was run (ODD-10.1).
        """
        return await asyncio.to_thread(self._states, job_id, suffix)

    async def live_run(
        self,
        job_id: str,
        *,
        suffix: str | None = None,
        params: Mapping[str, str] | None = None,
        timeout: float = DEFAULT_WRITE_TIMEOUT,
    ) -> LiveRunResult:
        """Run a job, or find the one that runs, and give its states (API-22).

        A job without ``detach`` in the flow is waited for until it ends.

        Raises
        ------
        OperationTimeout
            The time is over; the job goes on.
        ConfigError, NotFoundError, RefusedError
            As :meth:`apolo_flow.Live.run`; nothing was started.
        """
        bound("timeout", timeout, MAX_WRITE_TIMEOUT)
        loop = asyncio.get_running_loop()
        end, what = loop.time() + timeout, f"starting live job {job_id}"

        def work() -> tuple[LiveJob, dict[str, Any]]:
            job = self.flow.live(self.live_name).run(job_id, params, suffix=suffix)
            return job, job.record

        job, record = await within(timeout, what, work)
        if not record["detach"]:
            await _ended([job], end, what)
        states = await asyncio.to_thread(self._states, job_id, record["suffix"])
        return LiveRunResult(job_id, record["suffix"], states)

    async def live_logs(
        self, job_id: str, *, suffix: str | None = None, timeout: float, max_chunks: int, max_bytes: int
    ) -> LogResult:
        """Read the output of a job until it ends, or a bound is reached (API-23, API-50).

        Raises
        ------
        AmbiguousLiveJob
            It is a multi job of which more than one was run, and the suffix is missing.
        NotFoundError, OperationTimeout
            As :meth:`live_get`; the time is over before reading begins.
        """
        bound_log(timeout, max_chunks, max_bytes)
        end = asyncio.get_running_loop().time() + timeout

        def opened() -> tuple[str, Any] | None:
            runs = [state.raw_id for state in self._states(job_id, suffix) if state.raw_id is not None]
            if len(runs) > 1:
                raise AmbiguousLiveJob(f"{job_id} runs more than once; give one of its suffixes")
            return (runs[0], self.flow.engine.find_job(runs[0]).logs()) if runs else None

        found = await within(timeout, f"opening the log of live job {job_id}", opened)
        if found is None:
            return LogResult(None, b"", 0, truncated=False)
        return await read_log(*found, end, max_chunks, max_bytes)

    async def live_wait(
        self, job_id: str, *, suffix: str | None = None, timeout: float, poll_interval: float
    ) -> tuple[LiveJobState, ...]:
        """Wait until there is a run of a job and all of them have ended (API-24).

        Raises
        ------
        OperationTimeout
            They have not by then; also of a job that was never run (OBS-10.5).
        """
        bound("timeout", timeout, MAX_WAIT_TIMEOUT)
        bound("poll_interval", poll_interval, MAX_POLL_INTERVAL)
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while True:
            states = await asyncio.to_thread(self._states, job_id, suffix)
            if states and all(state.terminal_reason is not None for state in states):
                return states
            left = end - loop.time()
            if left <= 0:
                raise OperationTimeout(f"timed out waiting for live job {job_id}")
            await asyncio.sleep(min(poll_interval, left))

    async def live_kill(
        self, job_id: str, *, suffix: str | None = None, timeout: float = DEFAULT_WRITE_TIMEOUT
    ) -> tuple[LiveJobState, ...]:
        """End a job and give its states; whether there was anything to end is not told (API-25).

        Raises
        ------
        AmbiguousLiveJob
            More than one of a multi job runs, and the suffix is missing.
        NotFoundError, OperationTimeout
            There is no such job; it has not ended by then.
        """
        bound("timeout", timeout, MAX_WRITE_TIMEOUT)
        end = asyncio.get_running_loop().time() + timeout
        what = f"killing live job {job_id}"

        def work() -> list[LiveJob]:
            states = self._states(job_id, suffix)
            runs = [state.raw_id for state in states if state.raw_id is not None and state.terminal_reason is None]
            if len(runs) > 1:
                raise AmbiguousLiveJob(f"{job_id} runs more than once; give one of its suffixes")
            return self._killed(runs)

        await _ended(await within(timeout, what, work), end, what)
        return await asyncio.to_thread(self._states, job_id, suffix)

    async def live_kill_all(self, *, limit: int, timeout: float = DEFAULT_WRITE_TIMEOUT) -> LiveListResult:
        """End all jobs of the live flow, and list them as :meth:`live_list` does (API-25).

        Raises
        ------
        OperationTimeout
            Not all have ended by then.
        """
        bound("limit", limit, MAX_LIST_LIMIT)
        bound("timeout", timeout, MAX_WRITE_TIMEOUT)
        end = asyncio.get_running_loop().time() + timeout
        asked = await within(timeout, "killing all live jobs", self.flow.live(self.live_name).kill_all)
        await _ended(asked, end, "killing all live jobs")
        return await asyncio.to_thread(self._listed, limit)

    def _killed(self, runs: Sequence[str]) -> list[LiveJob]:
        jobs = [self.flow.engine.find_job(run) for run in runs]
        return [job for job in jobs if job.kill()]

    def _lines(self) -> list[dict[str, Any]]:
        return self.flow.engine._live.lines(self.flow._source, self.live_name)

    def _listed(self, limit: int) -> LiveListResult:
        lines = self._lines()
        return LiveListResult(tuple(_state(line) for line in lines[:limit]), len(lines) > limit)

    def _states(self, job_id: str, suffix: str | None) -> tuple[LiveJobState, ...]:
        lines = [line for line in self._lines() if line["job"] == job_id]
        if not lines:
            raise NotFoundError(f"no live job `{job_id}` in `{self.live_name}`")
        if suffix is None:
            return tuple(_state(line) for line in lines)
        wanted = [line for line in lines if line["suffix"] == suffix]
        return tuple(_state(line) for line in wanted or [{"job": job_id, "suffix": suffix, "run": None}])


def _state(line: dict[str, Any]) -> LiveJobState:
    run = line["run"]
    if run is None:
        return LiveJobState(line["job"], line["suffix"], None, "unknown", (), None, None)
    # Made while it waits, started while it runs, else ended (LIV-30).
    at = run["ended_at"] or run["started_at"] or run["created_at"]
    status = run["status"]
    ended = status if status in _ENDED else None
    return LiveJobState(line["job"], line["suffix"], run["id"], status, tuple(run["tags"]), time_of(at), ended)


async def _ended(jobs: Sequence[LiveJob], end: float, what: str) -> None:
    """Wait for the end of jobs, until the loop's clock is at ``end``."""
    loop = asyncio.get_running_loop()
    for job in jobs:
        try:
            await job.wait_async(max(0.0, end - loop.time()))
        except TimeoutError:
            raise OperationTimeout(f"timed out {what}") from None
