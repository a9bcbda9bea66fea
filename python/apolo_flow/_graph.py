"""A graph: its tasks and edges, as text and as a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apolo_flow._native import draw

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apolo_flow._records import Node, TaskRecord

#: So many rows of a matrix are drawn each by itself.
DRAWN_ROWS = 12
#: The words that a drawing has a mark for.
STATUSES = frozenset(
    ("pending", "running", "succeeded", "failed", "cancelled", "skipped", "cached", "unknown")
)


class Graph:
    """Tasks and what they need.

    Attributes
    ----------
    nodes : list of Node
        In graph order.
    statuses : dict of str
        By dotted id, where they are known; a drawing colours them.
    """

    def __init__(self, name: str, nodes: list[Node], statuses: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.nodes = nodes
        self.statuses = dict(statuses or {})

    @classmethod
    def of_tasks(cls, name: str, tasks: list[TaskRecord]) -> Graph:
        """Give the graph of tasks with their statuses of now."""
        return cls(name, [task.node for task in tasks], {task.id: task.status for task in tasks})

    @property
    def edges(self) -> list[tuple[str, str]]:
        """Pairs of a task and one that needs it, in graph order."""
        return [(need.id, node.id) for node in self.nodes for need in node.needs]

    def _draw(self, max_rows: int) -> dict[str, Any]:
        # What a plan says of a task is no status; only those are drawn that are sure before anything runs.
        sure = {"fails": "failed"}
        known = {name: sure.get(word, word) for name, word in self.statuses.items()}
        tasks = []
        for node in self.nodes:
            record = {name: value for name, value in node.record.items() if name != "level"}
            status = known.get(node.id)
            tasks.append({"path": node.path, "node": record, "status": status if status in STATUSES else None})
        return draw(self.name, tasks, max_rows)

    def to_svg(self, *, max_rows: int = DRAWN_ROWS) -> str:
        """Draw it as one SVG element that needs nothing else.

        Parameters
        ----------
        max_rows : int
            A matrix of more rows is one box.
        """
        svg: str = self._draw(max_rows)["svg"]
        return svg

    def to_dot(self, *, max_rows: int = DRAWN_ROWS) -> str:
        """Write it in the language of Graphviz."""
        dot: str = self._draw(max_rows)["dot"]
        return dot

    def to_layout(self, *, max_rows: int = DRAWN_ROWS) -> dict[str, Any]:
        """Say where everything is: ``width``, ``height``, ``nodes`` and ``edges``, in pixels."""
        found = self._draw(max_rows)
        return {name: found[name] for name in ("width", "height", "nodes", "edges")}

    def _repr_svg_(self) -> str:
        # A page that is narrower shrinks it.
        return self.to_svg().replace("<svg ", '<svg style="max-width:100%;height:auto" ', 1)

    def __str__(self) -> str:
        lines = []
        for node in self.nodes:
            status = self.statuses.get(node.id)
            needs = ", ".join(need.id for need in node.needs)
            lines.append(node.id + (f" [{status}]" if status else "") + (f" <- {needs}" if needs else ""))
        return "\n".join(lines)

    def __repr__(self) -> str:
        names = ", ".join(node.id for node in self.nodes[:8]) + (", …" if len(self.nodes) > 8 else "")
        plural = "task" if len(self.nodes) == 1 else "tasks"
        return f"<graph of {len(self.nodes)} {plural}{': ' + names if names else ''}>"
