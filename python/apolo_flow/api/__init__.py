"""The bounded asynchronous facade: every list, log and wait has limits, every answer is a record.

For programs that must never wait or read without end, such as a web back end. Names, arguments, limits, records and
exceptions are those of the reference's module of this name (spec 10), over this engine.

Deliberate differences, each mending an oddity of the reference:

- ``truncated`` of a log is false when a bound is met exactly at its end (ODD-10.2).
- :meth:`FlowAPI.bake_start` returns as soon as the bake is driven: it does not wait for its end, so no bake is lost
  to the default timeout (ODD-10.3). With ``local_executor`` this process drives it, else an engine process of its own.
- A workspace without a live flow can be opened (ODD-10.5).
- A name means its newest bake, here as in the command (ODD-10.6, DEC-31).
- A live job that nobody knows is a :class:`~apolo_flow.NotFoundError` and never ends the process (ODD-10.1).
- :class:`FlowAPI` is made of a :class:`~apolo_flow.Flow` in place of two adapters of runners: what is to be another way,
  a store, an executor, a clock, is given to its :class:`~apolo_flow.Engine`.
- A failed executor in this process shows in the state, as all failures do (ODD-10.7).

The other names that programs import from the reference's package are in ``docs/python.md``: those that exist here, and
for each other one the reason and what takes its place.

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

import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from apolo_flow._flow import Flow, load
from apolo_flow.api._bakes import BakeMethods
from apolo_flow.api._bounds import (
    DEFAULT_WRITE_TIMEOUT,
    MAX_LIST_LIMIT,
    MAX_LOG_BYTES,
    MAX_LOG_CHUNKS,
    MAX_LOG_TIMEOUT,
    MAX_POLL_INTERVAL,
    MAX_TASK_LIMIT,
    MAX_WAIT_TIMEOUT,
    MAX_WRITE_TIMEOUT,
    AmbiguousLiveJob,
    BakeListResult,
    BakeState,
    BoundError,
    LiveJobState,
    LiveListResult,
    LiveRunResult,
    LogResult,
    OperationTimeout,
    PathOutsideWorkspace,
    TaskState,
)
from apolo_flow.api._live import LiveMethods

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from apolo_flow._engine import Engine

__all__ = [
    "DEFAULT_WRITE_TIMEOUT",
    "MAX_LIST_LIMIT",
    "MAX_LOG_BYTES",
    "MAX_LOG_CHUNKS",
    "MAX_LOG_TIMEOUT",
    "MAX_POLL_INTERVAL",
    "MAX_TASK_LIMIT",
    "MAX_WAIT_TIMEOUT",
    "MAX_WRITE_TIMEOUT",
    "AmbiguousLiveJob",
    "BakeListResult",
    "BakeState",
    "BoundError",
    "FlowAPI",
    "LiveJobState",
    "LiveListResult",
    "LiveRunResult",
    "LogResult",
    "OperationTimeout",
    "PathOutsideWorkspace",
    "TaskState",
    "open_api",
    "open_flow_api",
]


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


@asynccontextmanager
async def open_flow_api(
    *,
    allowed_workspace_root: str | os.PathLike[str],
    project_path: str | os.PathLike[str],
    cluster: str | None = None,
    org: str | None = None,
    project: str | None = None,
    config_path: str | os.PathLike[str] | None = None,
    engine: Engine | None = None,
) -> AsyncIterator[FlowAPI]:
    """Open the workspace at a path as :func:`open_api` does, for ``async with`` (API-10).

    Parameters
    ----------
    allowed_workspace_root, project_path : str or path
        As for :func:`open_api`.
    cluster, org, project : str, optional
        Taken so that calls written for the reference run: there they choose a place on the platform, here there is
        no platform between.
    config_path : str or path, optional
        As those; must be a folder if it is given.
    engine : Engine, optional
        As for :func:`open_api`.

    Raises
    ------
    PathOutsideWorkspace, FileNotFoundError, ConfigError
        As :func:`open_api`.
    NotADirectoryError
        ``config_path`` is no folder.
    """
    if config_path is not None and not Path(config_path).resolve(strict=True).is_dir():
        raise NotADirectoryError(f"{config_path} is not a directory")
    yield open_api(allowed_workspace_root=allowed_workspace_root, project_path=project_path, engine=engine)


class FlowAPI(LiveMethods, BakeMethods):
    """The facade of one workspace. All times are in seconds.

    Parameters
    ----------
    flow : Flow
        The workspace with its engine.
    live : str
        The live flow that the ``live_*`` methods are about.
    """

    def __init__(self, flow: Flow, *, live: str = "live") -> None:
        self.flow = flow
        self.live_name = live
        self.workspace_root = Path(flow.folder)
        self._driven = {}
