"""Records: what is known of tasks, plans and events. Plain objects made from the engine's own records."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


def moment(millis: int | None) -> datetime | None:
    """Give a time of the engine as a datetime in UTC."""
    return None if millis is None else datetime.fromtimestamp(millis / 1000, timezone.utc)


def texts(params: Mapping[str, Any] | None) -> dict[str, str]:
    """Give params as the texts that a flow sees; truth as the words of YAML."""
    words = {True: "true", False: "false"}
    return {
        name: words[value] if isinstance(value, bool) else str(value) for name, value in (params or {}).items()
    }


class Param(NamedTuple):
    """A declared param: its name, its default as written (None: a value must be given), and a description."""

    name: str
    default: str | None
    descr: str | None


class Try(NamedTuple):
    """One start of a task; times in UTC, ``None`` where it has not come so far."""

    number: int
    launched_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    raw_id: str | None
    exit_code: int | None
    said: str | None
    log_bytes: int


class Need(NamedTuple):
    """An edge of a graph: the id of the needed task, and ``running`` or ``completed``."""

    id: str
    level: str


class Node:
    """A task as the graph has it, before anything runs.

    Attributes
    ----------
    id : str
        Its dotted id.
    needs : list of Need
        In the order of writing.
    matrix : dict
        Its row of the matrix; empty without one.
    group : str or None
        The id whose row it is.
    level : int
        From 0; every need lies on a lower one.
    path : list of str
        Its full id: the ids from the top graph down.
    record : dict
        All that the graph says of it, in the stored form.
    """

    __slots__ = ("group", "id", "level", "matrix", "needs", "path", "record")

    def __init__(self, record: Mapping[str, Any], path: list[str] | None = None) -> None:
        self.record = record
        self.path = path or [record["id"]]
        prefix = "".join(f"{part}." for part in self.path[:-1])
        self.id: str = prefix + record["id"]
        self.needs = [Need(prefix + need["id"], need["level"]) for need in record["needs"]]
        self.matrix: dict[str, Any] = {name: value for name, value in record["matrix"].items() if name != "ORDINAL"}
        self.group: str | None = record["group"]
        self.level: int = record.get("level", 0)

    def __repr__(self) -> str:
        needs = ", ".join(need.id for need in self.needs)
        return f"<node {self.id}{' needs ' + needs if needs else ''}>"


class TaskRecord:
    """A task of a bake, as it was when it was read.

    Attributes
    ----------
    id : str
        Its dotted id.
    status : str
        ``pending``, ``running``, ``succeeded``, ``failed``, ``cancelled``, ``skipped``, ``cached`` or ``unknown``.
    outputs, state : dict of str
        Name to text; empty until its end.
    said : str or None
        What there is to say of its status.
    tries : list of Try
        Each start; empty for a call and for what never started.
    history : list of (str, datetime)
        Its statuses with their times, in order.
    opened : bool
        Whether it is a call: its tasks stand below it.
    """

    __slots__ = ("history", "id", "node", "opened", "outputs", "record", "said", "state", "status", "tries")

    def __init__(self, record: dict[str, Any]) -> None:
        self.record = record
        self.id: str = record["dotted"]
        self.status: str = record["status"]
        self.outputs: dict[str, str] = record["outputs"]
        self.state: dict[str, str] = record["state"]
        self.opened: bool = record["opened"]
        self.node = Node(record["node"], record["id"])
        self.tries = [try_of(one) for one in record["tries"]]
        self.history = [(item["status"], _moment(item["at"])) for item in record["history"]]
        self.said: str | None = record["said"]

    @property
    def duration(self) -> float | None:
        """Seconds between its first and its last status that are known; None before it has ended."""
        if not self.history or self.status in ("pending", "running", "unknown"):
            return None
        return (self.history[-1][1] - self.history[0][1]).total_seconds()

    def __repr__(self) -> str:
        return f"<task {self.id} {self.status}>"


def _moment(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, timezone.utc)


def try_of(record: Mapping[str, Any]) -> Try:
    """Give a start of a task or of a live job."""
    outcome = record["outcome"]
    ended = outcome["exit"] if outcome else None
    code = ended.get("code") if isinstance(ended, dict) else None
    return Try(
        record["number"],
        _moment(record["launched_at"]),
        moment(record["started_at"]),
        moment(record["ended_at"]),
        record["raw"],
        code,
        record["said"],
        record["log"]["bytes"],
    )


class Event:
    """One thing that happened to a bake; ``docs/events.md`` describes the kinds.

    Attributes
    ----------
    kind : str
        Such as ``launched`` or ``ended``.
    fields : dict
        What the kind says, in the stored form.
    position : int
        Its place in the store: pass it to ``events(after=…)`` to go on behind it.
    """

    __slots__ = ("_record", "fields", "kind", "position")

    def __init__(self, record: dict[str, Any]) -> None:
        self._record = record
        self.fields: dict[str, Any] = record["kind"]
        self.kind: str = self.fields["event"]
        self.position: int = record["position"]

    @property
    def at(self) -> datetime:
        """When, in UTC."""
        return _moment(self._record["at"])

    @property
    def seq(self) -> int:
        """Its place among the events of the attempt, from 1 without gaps."""
        seq: int = self._record["seq"]
        return seq

    @property
    def task(self) -> str | None:
        """The dotted id of the task that it is about, if it is about one."""
        key = self.fields.get("key")
        node = self.fields.get("node") if key is None else key["owner"].get("task", {}).get("node")
        return None if node is None else ".".join(node)

    def __repr__(self) -> str:
        task = self.task
        return f"<event {self.position} {self.kind}{' of ' + task if task else ''}>"


class Change(NamedTuple):
    """A field that differs, such as ``env.RATE``; None on the side where it is not there."""

    field: str
    old: str | None
    new: str | None


class Why:
    """Why a task ran, was cached or skipped, or what it waits for.

    Attributes
    ----------
    word : str
        Such as ``first``, ``changed``, ``cached``, ``disabled``, ``waits_for_needs``.
    changes : list of Change
        What differs from the earlier result, for ``changed``.
    needs : list of (str, str)
        Needs that are waited for, or did not succeed, with their statuses.
    origin : str or None
        The earlier result that was taken, or that is nearest: ``attempt #1 of bake-…``.
    """

    __slots__ = ("changes", "needs", "origin", "record", "said", "word")

    def __init__(self, record: dict[str, Any]) -> None:
        self.record = record
        self.word: str = record["word"]
        self.changes = [Change(one["field"], one["old"], one["new"]) for one in record.get("changes", ())]
        self.needs: list[tuple[str, str]] = [(one["id"], one["status"]) for one in record.get("needs", ())]
        origin = record.get("from")
        self.origin: str | None = f"attempt #{origin['attempt']} of {origin['bake']}" if origin else None
        self.said: str | None = record.get("said")

    def __str__(self) -> str:
        lines = [self.word.replace("_", " ") + (f": {self.origin}" if self.origin else "")]
        lines += [f"  {one.field}: {one.old} -> {one.new}" for one in self.changes]
        lines += [f"  {name} is {status}" for name, status in self.needs]
        return "\n".join(lines + ([f"  {self.said}"] if self.said else []))

    def __repr__(self) -> str:
        return f"<why {self.word}>"


class PlannedTask:
    """What would become of a task.

    Attributes
    ----------
    id : str
        Its dotted id.
    fate : str
        ``run``, ``cached``, ``skipped``, ``fails``, ``later``, ``opens`` (a call), ``grows`` (a matrix made from
        results) or ``asks`` (a copy to the storage comes first).
    why : str or None
        The reason in one word.
    waits_for : list of str
        For ``later``: the tasks whose results it depends on.
    spec : dict or None
        What would run, where that is known.
    """

    __slots__ = ("changes", "fate", "id", "node", "spec", "waits_for", "why")

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.id: str = record["id"]
        self.fate: str = record["fate"]
        because = record.get("because") or {}
        self.why: str | None = because.get("word") or record.get("said")
        self.changes = [Change(one["field"], one["old"], one["new"]) for one in because.get("changes", ())]
        self.waits_for: list[str] = record.get("waits_for", [])
        self.spec: dict[str, Any] | None = record["spec"]
        self.node = Node(record["node"], record["path"])

    def __repr__(self) -> str:
        return f"<planned {self.id}: {self.fate}>"


class Tasks(dict[str, TaskRecord]):
    """Tasks by dotted id, in graph order; a table in a notebook."""

    def _repr_html_(self) -> str:
        from apolo_flow._show import tasks_table

        return tasks_table(self.values())
