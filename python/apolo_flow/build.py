"""Flows written in Python: they are data, are written as YAML, and bake as files do.

Examples
--------
>>> from apolo_flow.build import Batch, Task
>>> batch = Batch("greet", params={"name": {"default": "world"}})
>>> hello = batch.task("hello", image="ubuntu", bash="echo hello ${{ params.name }}")
>>> done = batch.task("done", image="ubuntu", cmd="true", needs=[hello])
>>> Batch.from_yaml(batch.to_yaml(), "greet") == batch
True
>>> batch.load().check()
[]

Python callables as tasks, with values passed from one to the next:

>>> from apolo_flow.executors import task
>>> @task
... def rows(count):
...     return list(range(count))
>>> @task
... def total(rows, scale):
...     return {"sum": sum(rows) * scale}
>>> batch = Batch("sums")
>>> node = batch.call(total, rows=batch.call(rows, count=4), scale=10)
>>> bake = batch.bake().result()
>>> bake.tasks["total"].outputs["sum"], batch.value(bake, "total")
('60', {'sum': 60})
"""

from __future__ import annotations

import hashlib
import inspect
from typing import TYPE_CHECKING, Any

from apolo_flow._engine import Engine
from apolo_flow._flow import Flow, load_text
from apolo_flow._native import from_yaml, to_yaml
from apolo_flow.call import ARGUMENT, command, literal
from apolo_flow.errors import NotFoundError
from apolo_flow.executors import Function, InProcess

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from apolo_flow._bake import Bake

__all__ = ["Batch", "Task"]


class Task:
    """An entry of ``tasks``.

    Parameters
    ----------
    id : str
        Its id.
    needs : sequence, optional
        Tasks or ids that must be over first; absent: the entry before, empty: none.
    fields
        All other keys of a task in a file, such as ``image``, ``cmd``, ``bash``, ``python``, ``env``, ``strategy``,
        ``cache``, ``enable``, ``preset``, ``action`` and ``args``. Texts may hold ``${{ }}``.
    """

    __slots__ = ("fields", "id")

    def __init__(self, id: str, *, needs: Sequence[Task | str] | None = None, **fields: Any) -> None:
        self.id = id
        self.fields: dict[str, Any] = dict(fields)
        if needs is not None:
            self.fields["needs"] = [one.id if isinstance(one, Task) else one for one in needs]

    def output(self, name: str) -> str:
        """Give the expression of one of its outputs, for texts of tasks that need it."""
        return f"${{{{ needs.{self.id}.outputs.{name} }}}}"

    def to_dict(self) -> dict[str, Any]:
        """Give the entry as it stands in a file."""
        return {"id": self.id, **self.fields}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Task) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Task({self.id!r})"


class Batch:
    """A batch flow.

    Parameters
    ----------
    name : str
        The name of its file.
    tasks : sequence of Task
        In order.
    fields
        All other keys of a batch file, such as ``title``, ``params``, ``defaults``, ``images``, ``volumes``.
    """

    def __init__(self, name: str, tasks: Sequence[Task] = (), **fields: Any) -> None:
        self.name = name
        self.tasks = list(tasks)
        self.fields: dict[str, Any] = dict(fields)
        self._executor: InProcess | None = None
        self._engine: Engine | None = None

    # --- making ---

    def task(self, id: str, *, needs: Sequence[Task | str] | None = None, **fields: Any) -> Task:
        """Add a task; see :class:`Task`."""
        made = Task(id, needs=needs, **fields)
        self.tasks.append(made)
        return made

    def call(
        self, function: Function[Any], *, id: str | None = None, cache: bool = True, **arguments: Any
    ) -> Task:
        """Add a task that calls a Python callable.

        Parameters
        ----------
        function : Function
            Made by :func:`~apolo_flow.executors.task`.
        id : str, optional
            By default the function's name, with a number behind it if there is one of it already.
        cache : bool
            Whether an earlier result may be taken over. It counts as another task when its code changes.
        arguments
            What it is called with: plain data; or another task, whose result it then gets.

        Raises
        ------
        TypeError
            An argument is neither.
        """
        if self._executor is None:
            self._executor = InProcess()
        self._executor.add(function)
        needs = [value for value in arguments.values() if isinstance(value, Task)]
        env = {
            ARGUMENT + name: value.output("result") if isinstance(value, Task) else literal(value)
            for name, value in arguments.items()
        }
        env["FLOW_CODE"] = _digest(function)
        fields: dict[str, Any] = {"image": "python", "cmd": command(function.reference), "env": env}
        if not cache:
            fields["cache"] = {"strategy": "none"}
        unique = list({one.id: one for one in needs}.values())
        return self.task(id or self._free_id(function), needs=unique, **fields)

    def _free_id(self, function: Function[Any]) -> str:
        base = function.function.__name__.strip("_<>") or "call"
        taken = {task.id for task in self.tasks}
        numbers = (f"{base}_{number}" for number in range(2, len(taken) + 3))
        return base if base not in taken else next(name for name in numbers if name not in taken)

    # --- writing and reading ---

    def to_dict(self) -> dict[str, Any]:
        """Give the flow as it stands in a file."""
        return {"kind": "batch", **self.fields, "tasks": [task.to_dict() for task in self.tasks]}

    def to_yaml(self) -> str:
        """Write the flow as the text of a file."""
        return to_yaml(self.to_dict())

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], name: str = "flow") -> Batch:
        """Make a flow of the data of a file.

        Raises
        ------
        ValueError
            It is no batch, or a task has no id.
        """
        fields = dict(record)
        if fields.pop("kind", None) != "batch":
            raise ValueError("no `kind: batch`")
        tasks: list[Task] = []
        for entry in fields.pop("tasks", None) or ():
            if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
                raise ValueError(f"task {len(tasks) + 1} has no id: a flow in Python knows its tasks by them")
            rest = {key: value for key, value in entry.items() if key != "id"}
            made = Task(entry["id"])
            made.fields = rest
            tasks.append(made)
        return cls(name, tasks, **fields)

    @classmethod
    def from_yaml(cls, text: str, name: str = "flow") -> Batch:
        """Read a flow from the text of a file; comments are lost.

        Raises
        ------
        ConfigError
            It is no YAML.
        ValueError
            As :meth:`from_dict`.
        """
        return cls.from_dict(from_yaml(text) or {}, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Batch) and (self.name, self.to_dict()) == (other.name, other.to_dict())

    __hash__ = None  # type: ignore[assignment]

    # --- using ---

    def load(self, *, engine: Engine | None = None, workspace: str | os.PathLike[str] = ".") -> Flow:
        """Give the workspace that holds just this flow.

        Without an engine one with a store in memory is used, which is kept with this object; it runs callables
        in this process if there are any, else tasks are processes of this machine.
        """
        if engine is None:
            if self._engine is None:
                self._engine = Engine(store="memory", executor=self._executor)
            engine = self._engine
        return load_text({self.name: self.to_yaml()}, workspace=workspace, engine=engine)

    def bake(self, params: Mapping[str, Any] | None = None, *, engine: Engine | None = None) -> Bake:
        """Start a bake; see :meth:`load` and :meth:`apolo_flow.Batch.bake`."""
        return self.load(engine=engine).batch(self.name).bake(params)

    def value(self, bake: Bake, task: Task | str) -> Any:
        """Give what a callable gave in a bake.

        Raises
        ------
        NotFoundError
            There is no such task, or it gave nothing.
        """
        id = task.id if isinstance(task, Task) else task
        found = bake.tasks.get(id)
        if found is None or "result" not in found.outputs or self._executor is None:
            raise NotFoundError(f"no result of `{id}`")
        return self._executor.value(found.outputs["result"])

    def __repr__(self) -> str:
        return f"<batch {self.name}: {', '.join(task.id for task in self.tasks) or 'no tasks'}>"


def _digest(function: Function[Any]) -> str:
    """Name the code of a function, so that a changed one is another task."""
    try:
        text = inspect.getsource(function.function).encode()
    except (OSError, TypeError):
        text = function.function.__code__.co_code
    return hashlib.sha256(text).hexdigest()[:16]
