"""The live drawing of a bake in a notebook: it follows the bake; a click on a task shows its log and outputs.

Needs ``anywidget`` (``pip install 'apolo-flow[notebook]'``); made by :meth:`apolo_flow.Bake.widget`.
"""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from apolo_flow._graph import Graph
from apolo_flow._show import bake_html, harmless

if TYPE_CHECKING:
    from apolo_flow._bake import Bake
    from apolo_flow._records import TaskRecord, Tasks

#: Bytes of a log that are shown: its end.
LOG_BYTES = 64 * 1024
#: Letters of one output that are shown.
_OUTPUT_LETTERS = 2_000
#: Seconds between two drawings at least, and between two looks at the log of a task that runs at most.
_PAUSE = 0.25


class BakeWidget(anywidget.AnyWidget):
    """A bake as it goes.

    Attributes
    ----------
    state : dict
        What is drawn: the head, the counts, and the drawing as SVG.
    selected : str
        The dotted id of the task that is looked at; empty if none is.
    detail : dict
        What there is to see of that task: status, outputs, the end of its log.
    """

    _esm = Path(__file__).with_name("widget.js")

    state = traitlets.Dict().tag(sync=True)
    selected = traitlets.Unicode("").tag(sync=True)
    detail = traitlets.Dict().tag(sync=True)

    def __init__(self, bake: Bake, *, max_rows: int = 12) -> None:
        super().__init__()
        self._bake, self._max_rows = bake, max_rows
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._refresh()
        # A daemon: leaving the interpreter does not wait for it.
        threading.Thread(target=self._follow, name="apolo-flow-widget", daemon=True).start()

    def close(self) -> None:
        """Stop following the bake and take the drawing away."""
        self._closed.set()
        super().close()

    def _follow(self) -> None:
        events = self._bake.events()
        while not self._closed.is_set() and not events.over:
            if events.next(_PAUSE):
                self._refresh()
                self._closed.wait(_PAUSE)
            elif self.selected:
                self._look()

    def _refresh(self) -> None:
        """Read the bake anew, and what is looked at too."""
        bake = self._bake
        status, tasks = bake.snapshot()
        listed = list(tasks.values())
        counts = Counter(task.status for task in listed)
        svg = Graph.of_tasks(bake.batch, listed).to_svg(max_rows=self._max_rows) if listed else ""
        ended = sum(count for word, count in counts.items() if word not in ("pending", "running", "unknown"))
        self.state = {
            "batch": harmless(bake.batch),
            "bake": bake.id,
            "number": bake.number,
            "status": status,
            "counts": sorted(counts.items()),
            "ended": ended,
            "total": len(listed),
            "svg": svg,
        }
        self._look(tasks)

    @traitlets.observe("selected")
    def _on_selected(self, _change: Any) -> None:
        self._look()

    def _look(self, tasks: Tasks | None = None) -> None:
        # The thread that follows and a click may come at the same time; the last one to look tells.
        with self._lock:
            name = self.selected
            if not name:
                self.detail = {}
                return
            known = self._bake.tasks if tasks is None else tasks
            task = known.get(name)
            self.detail = self._group(name, known) if task is None else self._task(task)

    def _task(self, task: TaskRecord) -> dict[str, Any]:
        return {
            "task": task.id,
            "status": task.status,
            "took": "" if task.duration is None else f"{task.duration:.1f} s",
            "said": harmless(task.said or ""),
            "rows": [],
            "outputs": [[harmless(name), _short(value)] for name, value in task.outputs.items()],
            "log": self._log(task) if task.tries else None,
        }

    @staticmethod
    def _group(name: str, known: Tasks) -> dict[str, Any]:
        """Give the rows of a matrix that is drawn as one box."""
        prefix = name.rpartition(".")[0]
        rows = [task for task in known.values() if task.node.group and _joined(prefix, task.node.group) == name]
        status = f"{len(rows)} rows"
        listed = [[row.id, row.status] for row in rows]
        return {"task": name, "status": status, "took": "", "said": "", "rows": listed, "outputs": [], "log": None}

    def _log(self, task: TaskRecord) -> str:
        start = max(0, task.tries[-1].log_bytes - LOG_BYTES)
        data = bytearray()
        for piece in self._bake.logs(task.id, follow=False, start=start):
            data += piece
            del data[:-LOG_BYTES]
        return harmless(bytes(data).decode("utf-8", "replace"))

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)
        # Where no widgets are shown, such as in a file that is looked at on a web page, the bake stands as it was.
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "text/html": bake_html(self._bake), "text/plain": repr(self._bake)}, metadata


def _joined(prefix: str, group: str) -> str:
    return f"{prefix}.{group}" if prefix else group


def _short(value: str) -> str:
    return harmless(value[:_OUTPUT_LETTERS] + ("…" if len(value) > _OUTPUT_LETTERS else ""))
