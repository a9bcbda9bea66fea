"""Limits, exceptions and records of the facade, and what keeps them."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from apolo_flow._streams import Log

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


class AmbiguousLiveJob(ValueError):
    """A multi job was named without its suffix, and there is more than one of it."""


class LiveJobState(NamedTuple):
    """A live job, or a job of the flow that was not run: ``unknown`` then.

    ``raw_id`` is the live job's own id, by which all of the package and the command find it; ``terminal_reason`` is
    the status once it has ended (API-5).
    """

    job_id: str
    suffix: str | None
    raw_id: str | None
    status: str
    tags: tuple[str, ...]
    when: datetime | None
    terminal_reason: str | None


class LiveRunResult(NamedTuple):
    """What came of starting a live job: its states just after."""

    job_id: str
    suffix: str | None
    jobs: tuple[LiveJobState, ...]


class LiveListResult(NamedTuple):
    """Live jobs, and whether there are more."""

    jobs: tuple[LiveJobState, ...]
    truncated: bool


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


def bound(name: str, value: float, maximum: float) -> None:
    """Raise BoundError unless a limit is above zero and at most its maximum."""
    # Written so that what is no number at all is refused, too.
    if not 0 < value <= maximum:
        raise BoundError(f"{name} must be greater than zero and at most {maximum}")


def bound_log(timeout: float, max_chunks: int, max_bytes: int) -> None:
    """Raise BoundError unless the limits of reading a log are well."""
    bound("timeout", timeout, MAX_LOG_TIMEOUT)
    bound("max_chunks", max_chunks, MAX_LOG_CHUNKS)
    bound("max_bytes", max_bytes, MAX_LOG_BYTES)


def time_of(millis: int) -> datetime:
    """Give a time of the engine as a datetime in UTC."""
    return datetime.fromtimestamp(millis / 1000, timezone.utc)


async def within(timeout: float, what: str, work: Callable[[], R]) -> R:
    """Do blocking work in a thread; raise OperationTimeout if it takes longer than it was given."""
    try:
        return await asyncio.wait_for(asyncio.to_thread(work), timeout)
    except asyncio.TimeoutError:
        raise OperationTimeout(f"timed out {what}") from None


async def read_log(raw_id: str | None, log: Log, end: float, max_chunks: int, max_bytes: int) -> LogResult:
    """Read a log until it ends, a bound is met, or the loop's clock is at ``end`` (API-50)."""
    loop = asyncio.get_running_loop()
    data, chunks = bytearray(), 0
    while loop.time() < end:
        piece, over = await asyncio.to_thread(log._read)
        if over:
            return LogResult(raw_id, bytes(data), chunks, truncated=False)
        room = max_bytes - len(data)
        met = chunks == max_chunks or room == 0
        if met and (piece or not log._ended):
            # There is, or may be, more behind a bound: only a look behind it tells (ODD-10.2).
            break
        if piece:
            chunks += 1
            data += piece[:room]
            if len(piece) > room:
                break
        elif not log._ended:
            await asyncio.sleep(min(_PAUSE, max(0.0, end - loop.time())))
    return LogResult(raw_id, bytes(data), chunks, truncated=True)
