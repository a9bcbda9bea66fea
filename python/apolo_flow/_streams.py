"""Events and output as they come: for ``for`` and for ``async for``. What they belong to is told by functions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from apolo_flow._records import Event
from apolo_flow._waiting import SLICE, in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from apolo_flow import _native

#: Seconds between two looks at output that has nothing new.
_PAUSE = 0.1


class Events:
    """The events of a bake or of a live job, from a position on until its end."""

    def __init__(self, follow: _native.Follow, last: str, is_over: Callable[[], bool]) -> None:
        self._follow = follow
        # The kind of the last event, and whether nothing more comes by itself.
        self._last, self._is_over = last, is_over
        self._over = False

    @property
    def over(self) -> bool:
        """Whether the last one was given."""
        return self._over

    def next(self, seconds: float) -> list[Event]:
        """Give the next ones, waiting for so many seconds at most; empty if none came."""
        events = [Event(record) for record in self._follow.next(seconds)]
        if events:
            self._over = events[-1].kind == self._last
        elif self._is_over():
            # It has ended before the position, or nobody drives it.
            rest = [Event(record) for record in self._follow.next(0.0)]
            self._over = not rest or rest[-1].kind == self._last
            return rest
        return events

    def batches(self) -> Iterator[list[Event]]:
        """Give the events many at a time, as they are there; no list is empty."""
        while not self._over:
            events = self.next(1.0)
            if events:
                yield events

    def __iter__(self) -> Iterator[Event]:
        for events in self.batches():
            yield from events

    async def batches_async(self) -> AsyncIterator[list[Event]]:
        """As :meth:`batches`, for asyncio."""
        while not self._over:
            events = await in_thread(self.next, SLICE)
            if events:
                yield events

    async def __aiter__(self) -> AsyncIterator[Event]:
        async for events in self.batches_async():
            for event in events:
                yield event


class Log:
    """The output of one start of a task or of a live job."""

    def __init__(self, open_: Callable[[], _native.LogReader | None], is_over: Callable[[], bool], follow: bool) -> None:
        # The first gives None while there is no such start yet.
        self._open_reader, self._is_over, self._follow = open_, is_over, follow
        self._reader: _native.LogReader | None = None
        self._ended = False
        # That there is no such thing is told at once, where that is known.
        self._open()

    def _open(self) -> None:
        if self._reader is None:
            self._reader = self._open_reader()

    def _read(self) -> tuple[bytes, bool]:
        """Give the next piece, and whether nothing comes behind it."""
        self._open()
        if self._reader is not None:
            piece, complete = self._reader.read()
            if piece:
                return piece, False
            if complete or not self._follow or self._ended:
                return b"", True
        elif not self._follow or self._ended:
            return b"", True
        # Once more after the end was seen: the last piece may have come in between.
        self._ended = self._is_over()
        return b"", False

    def pieces(self) -> Iterator[bytes]:
        """Give the raw bytes as they come; no piece is empty."""
        while True:
            piece, over = self._read()
            if piece:
                yield piece
            elif over:
                return
            elif not self._ended:
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
            elif not self._ended:
                await asyncio.sleep(_PAUSE)

    def bytes(self) -> bytes:
        """Give all of it; with ``follow`` when it has ended."""
        return b"".join(self.pieces())

    def text(self) -> str:
        """As :meth:`bytes`, decoded as UTF-8; what is no text is replaced."""
        return self.bytes().decode("utf-8", "replace")
