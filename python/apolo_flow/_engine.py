"""The engine: where bakes are kept, what runs their tasks, and how they are found again."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, cast

from apolo_flow import _native
from apolo_flow._waiting import in_thread
from apolo_flow.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from apolo_flow._bake import Bake
    from apolo_flow._live import LiveJob
    from apolo_flow._native import ManualClock


class Engine:
    """Keeps bakes and runs their tasks.

    Without arguments it works as the command does: what it keeps lies in the user's data folder, tasks are
    processes of this machine, and a supervisor process owns them, so that they outlive this one.

    Parameters
    ----------
    store : str or path, optional
        ``"memory"``: nothing outlives this object; else the folder that everything is kept in. By default that
        of the settings.
    executor : object, optional
        What runs tasks: an object with ``start``, ``reports``, ``kill`` and ``logs`` (see
        :mod:`apolo_flow.executors`), or a :class:`~apolo_flow.testing.ScriptedExecutor`. By default this machine.
    clock : ManualClock, optional
        A clock that stands until it is moved; only with an executor. By default the system's.
    config : str or path, optional
        The config folder whose ``engine.toml`` counts.

    Raises
    ------
    ConfigError
        A setting is wrong.
    StoreError
        The store cannot be opened.

    Notes
    -----
    Engines are free of global state: each has threads of its own, which never touch the interpreter. Source: MCH-4,
    MCH-5, EXT-7.

    Examples
    --------
    >>> from apolo_flow import Engine
    >>> Engine(store="memory").bakes()
    []
    """

    def __init__(
        self,
        *,
        store: str | os.PathLike[str] | None = None,
        executor: Any = None,
        clock: ManualClock | None = None,
        config: str | os.PathLike[str] | None = None,
    ) -> None:
        if clock is not None and executor is None:
            raise ValueError("a clock needs an executor: the processes of this machine have their own time")
        self._store, self._clock, self._config = store, clock, config
        self.executor = executor
        memory = store == "memory"
        mailbox = None
        if executor is not None and not isinstance(executor, _native.ScriptedExecutor):
            mailbox = _native.Mailbox(getattr(executor, "name", type(executor).__name__))
        self._native = _native.Engine(
            own_program(),
            config=None if config is None else os.fspath(config),
            store=None if store is None or memory else os.path.abspath(store),
            memory=memory,
            executor=mailbox or executor,
            clock=clock,
        )
        self._live = _native.LiveJobs(self._native)
        if mailbox is not None:
            from apolo_flow.executors import answer_in_thread

            answer_in_thread(mailbox, cast("Any", executor))

    def with_executor(self, executor: Any) -> Engine:
        """Give an engine with the same settings and store that runs tasks with another executor.

        A store in memory is not shared: the new engine has one of its own.
        """
        return Engine(store=self._store, executor=executor, clock=self._clock, config=self._config)

    @property
    def can_detach(self) -> bool:
        """Whether an engine process of its own can drive things: it needs the store and executor of the settings."""
        return self.executor is None and self._store is None

    def check_detach(self) -> None:
        """Raise RefusedError unless :attr:`can_detach`."""
        if not self.can_detach:
            raise RefusedError("an engine process of its own needs the store and the executor of the settings")

    def find_job(self, job: str) -> LiveJob:
        """Find a live job by its own id; :meth:`Live.job` finds it by what the flow calls it.

        Raises
        ------
        NotFoundError
            There is none.
        """
        from apolo_flow._live import LiveJob

        return LiveJob(self, self._live.get(job)["id"])

    def bakes(self, *, tags: Iterable[str] = (), name: str | None = None, limit: int = 0) -> list[Bake]:
        """List bakes with their last attempts, newest first.

        Parameters
        ----------
        tags : iterable of str
            Only those with all of these tags.
        name : str, optional
            Only those of this name.
        limit : int
            At most so many; 0 means all.
        """
        from apolo_flow._bake import Bake

        rows = self._native.bakes(list(tags), name, limit)
        return [Bake(self, row["bake"]["id"], row["attempt"]["number"]) for row in rows]

    def find_bake(self, bake: str, attempt: int = -1) -> Bake:
        """Find a bake by its id, or the newest of a name; attempt -1 is the last.

        Raises
        ------
        NotFoundError
            There is none.
        """
        from apolo_flow._bake import Bake

        found = self._native.inspect(bake, attempt)
        return Bake(self, found["bake"]["id"], found["attempt"]["number"])

    async def bakes_async(
        self, *, tags: Iterable[str] = (), name: str | None = None, limit: int = 0
    ) -> list[Bake]:
        """As :meth:`bakes`, for asyncio."""
        return await in_thread(self.bakes, tags=tags, name=name, limit=limit)

    async def find_bake_async(self, bake: str, attempt: int = -1) -> Bake:
        """As :meth:`find_bake`, for asyncio."""
        return await in_thread(self.find_bake, bake, attempt)

    def __repr__(self) -> str:
        runs = "this machine" if self.executor is None else type(self.executor).__name__
        return f"<engine on {self._store or 'the default store'}, {runs}>"


def own_program() -> list[str]:
    """Say how this interpreter starts the command of this package."""
    return [sys.executable, "-m", "apolo_flow"]

