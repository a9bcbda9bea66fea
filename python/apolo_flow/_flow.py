"""Flows: a workspace with its files, and the batches and live flows in it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from apolo_flow import _native
from apolo_flow._bake import Bake, start
from apolo_flow._engine import Engine
from apolo_flow._graph import Graph
from apolo_flow._live import Live, LiveJob
from apolo_flow._records import Node, Param, PlannedTask, texts
from apolo_flow._waiting import in_thread
from apolo_flow.errors import ConfigError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from apolo_flow._native import Diagnostic


def load(path: str | os.PathLike[str] = ".", *, engine: Engine | None = None, locked: bool = False) -> Flow:
    """Open the workspace at a folder.

    Nothing is checked yet: :attr:`Flow.diagnostics` tells what is wrong with its files.

    Parameters
    ----------
    path : str or path
        A folder with ``.apolo`` in it or above it.
    engine : Engine, optional
        What bakes; by default one on the workspace's settings.
    locked : bool
        Whether actions of other repositories are taken only as ``flow.lock`` and the cache have them.

    Raises
    ------
    ConfigError
        There is no workspace, or a setting is wrong.

    Notes
    -----
    Source: CLI-3, MCH-7.
    """
    source = _native.Source.folder(os.fspath(path), locked)
    return Flow(source, engine)


def load_text(
    flows: str | Mapping[str, str],
    *,
    project: str | None = None,
    actions: Mapping[str, str] | None = None,
    workspace: str | os.PathLike[str] = ".",
    engine: Engine | None = None,
) -> Flow:
    """Make a workspace of texts in memory.

    Parameters
    ----------
    flows : str or mapping
        YAML by the name of the flow; a single text is the flow ``flow``.
    project : str, optional
        The text of the project file.
    actions : mapping, optional
        Texts of actions by their paths, for ``ws:`` calls.
    workspace : str or path
        The folder that tasks run in.
    engine : Engine, optional
        What bakes; by default one on the user's settings.

    Examples
    --------
    >>> flow = load_text("kind: batch\\ntasks: [{id: a, image: x, cmd: 'true'}]")
    >>> flow.check()
    []
    >>> flow.batch().graph
    <graph of 1 task: a>
    """
    texts = {"flow": flows} if isinstance(flows, str) else dict(flows)
    source = _native.Source.memory(os.path.abspath(workspace), texts, project, dict(actions or {}))
    return Flow(source, engine)


class Flow:
    """A workspace: its flows, and the engine that bakes them."""

    def __init__(self, source: _native.Source, engine: Engine | None = None) -> None:
        self._source = source
        self._given = engine

    @property
    def engine(self) -> Engine:
        """What bakes; opened when it is first needed."""
        if self._given is None:
            self._given = Engine(config=self._source.config_folder)
        return self._given

    @property
    def _looker(self) -> _native.Engine:
        """Give what reads files; it needs no store unless one is open already."""
        if self._given is not None:
            return self._given._native
        if not hasattr(self, "_empty"):
            self._empty = Engine(store="memory", config=self._source.config_folder)
        return self._empty._native

    @property
    def folder(self) -> str:
        """The workspace folder, absolute."""
        return self._source.workspace

    @property
    def flows(self) -> list[str]:
        """The names of all its flows, sorted."""
        return self._looker.flows(self._source)

    def check(self, flow: str | None = None, params: Mapping[str, str] | None = None) -> list[Diagnostic]:
        """Find all problems of one flow, or of all.

        Parameters
        ----------
        flow : str, optional
            Its name; all flows if None.
        params : mapping, optional
            Params as :meth:`Batch.bake` would get them.

        Returns
        -------
        list of Diagnostic
            Sorted by place in each flow; empty if all is well. ``str()`` of one is its framed text.
        """
        checked = self._looker.check(self._source, flow, dict(params or {}))
        return [one for _, found in checked for one in found]

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """All problems of all flows."""
        return self.check()

    @property
    def report(self) -> str:
        """All problems of all flows as framed text; empty if all is well."""
        return "\n".join(str(one) for one in self.check())

    def batch(self, name: str | None = None) -> Batch:
        """Give a batch flow by its name; without a name the only one.

        Raises
        ------
        ConfigError
            There is no such flow, or it is none.
        """
        return Batch(self, self._only(name))

    def live(self, name: str = "live") -> Live:
        """Give a live flow by its name.

        Raises
        ------
        ConfigError
            There is no such flow, or it cannot be read.
        """
        return Live(self, name)

    def _only(self, name: str | None) -> str:
        if name is not None:
            return name
        flows = self.flows
        if len(flows) != 1:
            raise NotFoundError(f"which flow? there are {', '.join(flows) or 'none'}")
        return flows[0]

    def bakes(self, *, tags: Iterable[str] = (), name: str | None = None, limit: int = 0) -> list[Bake]:
        """List bakes, newest first; see :meth:`Engine.bakes`."""
        return self.engine.bakes(tags=tags, name=name, limit=limit)

    def find_bake(self, bake: str, attempt: int = -1) -> Bake:
        """Find a bake by id or name; see :meth:`Engine.find_bake`."""
        return self.engine.find_bake(bake, attempt)

    def live_jobs(self, *, limit: int = 0) -> list[LiveJob]:
        """List the live jobs of all live flows, newest first, ended ones too; at most ``limit``, 0 means all."""
        found = self.engine._live.all(self._source, limit)
        return [LiveJob(self.engine, record["id"]) for record in found]

    def clear_cache(self, batch: str | None = None, task: str | None = None) -> int:
        """Forget cached results of the project, of a batch, or of one task; says how many."""
        return self.engine._native.clear_cache(self._source, batch, task)

    async def check_async(
        self, flow: str | None = None, params: Mapping[str, str] | None = None
    ) -> list[Diagnostic]:
        """As :meth:`check`, for asyncio."""
        return await in_thread(self.check, flow, params)

    def __repr__(self) -> str:
        return f"<flow {self.folder}: {', '.join(self.flows) or 'no flows'}>"


class Batch:
    """A batch flow: what it declares, what a bake of it would do, and baking it.

    Attributes
    ----------
    name : str
        The name of its file.
    title : str
        Its title.
    params : dict of Param
        In the order of writing.
    """

    def __init__(self, flow: Flow, name: str) -> None:
        self.flow = flow
        self.name = name
        found, self._problems = flow._looker.describe(flow._source, name)
        if found["kind"] != "batch":
            raise ConfigError(f"`{name}` is a live flow: use live({name!r})")
        self.title: str = found["title"]
        self.params = {
            param: Param(param, facts["default"], facts["descr"]) for param, facts in found["params"].items()
        }
        self._nodes: list[dict[str, Any]] | None = found["nodes"]

    @property
    def tasks(self) -> dict[str, Node]:
        """The tasks by id in the order of writing, rows of matrices spelled out.

        Raises
        ------
        ConfigError
            The graph cannot be drawn, because the files have errors.
        """
        if self._nodes is None:
            raise ConfigError("\n".join(map(str, self._problems)), self._problems)
        nodes = (Node(record) for record in self._nodes)
        return {node.id: node for node in nodes}

    @property
    def graph(self) -> Graph:
        """The graph, with the defaults of params; raises as :attr:`tasks`."""
        return Graph(self.name, list(self.tasks.values()))

    def check(self, params: Mapping[str, str] | None = None) -> list[Diagnostic]:
        """Find all problems; see :meth:`Flow.check`."""
        return self.flow.check(self.name, params)

    def plan(self, params: Mapping[str, str] | None = None) -> Plan:
        """Say what a bake would do now, without doing it.

        Raises
        ------
        ConfigError
            The files have errors, or a param does not fit.

        Notes
        -----
        Reads the cache and hashes files as the bake would. Source: EXT-6.
        """
        found = self.flow.engine._native.forecast(self.flow._source, self.name, texts(params))
        return Plan(found)

    def bake(
        self,
        params: Mapping[str, Any] | None = None,
        *,
        name: str | None = None,
        tags: Iterable[str] = (),
        executor: Any = None,
        detach: bool = False,
    ) -> Bake:
        """Start a bake and give its handle at once.

        Parameters
        ----------
        params : mapping, optional
            By name; values are made texts.
        name : str, optional
            A name for it.
        tags : iterable of str
            Tags for it.
        executor : object, optional
            What runs its tasks, in place of the engine's; see :class:`Engine`.
        detach : bool
            Whether an engine process of its own drives it, so that it goes on without this process. Else it is
            driven here: when this process ends, what runs goes on, and the bake shows as *stalled* until
            :meth:`Bake.resume`.

        Raises
        ------
        ConfigError
            The files have errors; nothing was started. ``diagnostics`` holds all of them.
        RefusedError
            ``detach`` with a store or an executor of this process.
        """
        engine = self.flow.engine if executor is None else self.flow.engine.with_executor(executor)
        if detach:
            engine.check_detach()
        native = engine._native
        bake, attempt, warnings = native.create_bake(self.flow._source, self.name, texts(params), name, list(tags))
        return start(engine, (bake, 1, attempt), detach, warnings)

    async def plan_async(self, params: Mapping[str, str] | None = None) -> Plan:
        """As :meth:`plan`, for asyncio."""
        return await in_thread(self.plan, params)

    async def bake_async(
        self,
        params: Mapping[str, Any] | None = None,
        *,
        name: str | None = None,
        tags: Iterable[str] = (),
        executor: Any = None,
        detach: bool = False,
    ) -> Bake:
        """As :meth:`bake`, for asyncio; the handle can be awaited."""
        return await in_thread(self.bake, params, name=name, tags=tags, executor=executor, detach=detach)

    def __repr__(self) -> str:
        return f"<batch {self.name}: {len(self._nodes or ())} tasks, params {', '.join(self.params) or 'none'}>"


class Plan:
    """What a bake would do.

    Attributes
    ----------
    params : dict of str
        Defaults included.
    tasks : dict of PlannedTask
        By dotted id, in graph order: all that are known before anything runs.
    """

    def __init__(self, record: dict[str, Any]) -> None:
        self.batch: str = record["batch"]
        self.params: dict[str, str] = record["params"]
        planned = (PlannedTask(task) for task in record["tasks"])
        self.tasks = {task.id: task for task in planned}

    @property
    def graph(self) -> Graph:
        """The graph with what would become of each task."""
        fates = {task.id: task.fate for task in self.tasks.values()}
        return Graph(self.batch, [task.node for task in self.tasks.values()], fates)

    def __repr__(self) -> str:
        from collections import Counter

        counts = Counter(task.fate for task in self.tasks.values())
        return f"<plan of {self.batch}: {', '.join(f'{count} {fate}' for fate, count in counts.items()) or 'no tasks'}>"

    def _repr_html_(self) -> str:
        from apolo_flow._show import plan_html

        return plan_html(self)


def check(
    path: str | os.PathLike[str],
    flow: str | None = None,
    params: Mapping[str, str] | None = None,
) -> list[Diagnostic]:
    """Find all problems of one flow, or of all flows of the workspace at ``path``; see :meth:`Flow.check`."""
    return load(path).check(flow, params)


def bake(
    path: str | os.PathLike[str],
    batch: str,
    params: Mapping[str, Any] | None = None,
    *,
    name: str | None = None,
    tags: Iterable[str] = (),
    executor: Any = None,
) -> Bake:
    """Bake a batch of the workspace at ``path`` and wait for its end.

    The engine runs in this process; tasks run in processes of their own. Ctrl-C cancels the bake, waits until its
    tasks have ended, and raises KeyboardInterrupt.

    Raises
    ------
    ConfigError
        The files have errors; nothing was started. ``diagnostics`` holds all of them.
    StoreError, ExecutorError
        The store or the executor failed.

    Notes
    -----
    A bake that fails raises nothing: look at ``status``, or call :meth:`Bake.result`.
    """
    made = load(path).batch(batch).bake(params, name=name, tags=tags, executor=executor)
    try:
        made.wait()
    except KeyboardInterrupt:
        if not made.done:
            made.cancel()
            made.wait()
        raise
    return made
