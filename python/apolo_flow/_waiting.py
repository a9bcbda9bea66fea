"""Waiting in slices, in threads and in asyncio."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

#: Seconds of one wait in a thread of asyncio: so long a cancelled wait holds its thread at most.
SLICE = 0.25


async def in_thread(work: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """Do blocking work in a thread; asyncio is imported only by those who use it."""
    import asyncio

    return await asyncio.to_thread(work, *arguments, **named)


class Deadline:
    """A moment until which something is waited for; None: for ever."""

    __slots__ = ("_end",)

    def __init__(self, seconds: float | None) -> None:
        if seconds is not None and seconds < 0:
            raise ValueError("a timeout must not be negative")
        self._end = None if seconds is None else time.monotonic() + seconds

    def slice(self, longest: float = SLICE) -> float:
        """Give the seconds of the next wait."""
        return longest if self._end is None else max(0.0, min(longest, self._end - time.monotonic()))

    @property
    def over(self) -> bool:
        """Whether it has passed."""
        return self._end is not None and time.monotonic() >= self._end
