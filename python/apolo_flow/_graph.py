"""A graph: its tasks and edges, as text and as a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apolo_flow._records import Node, TaskRecord


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

    def to_dot(self) -> str:
        """Give the graph in the language of Graphviz."""
        quoted = [name.replace("\\", "\\\\").replace('"', '\\"') for name in (node.id for node in self.nodes)]
        lines = [f'  "{name}";' for name in quoted]
        for source, target in self.edges:
            pair = [name.replace("\\", "\\\\").replace('"', '\\"') for name in (source, target)]
            lines.append(f'  "{pair[0]}" -> "{pair[1]}";')
        return "digraph {\n" + "\n".join(lines) + "\n}\n"

    def to_html(self) -> str:
        """Give the graph for a page: a table of tasks and what they need."""
        from apolo_flow._show import badge, clean, table

        rows = [
            [clean(node.id), badge(self.statuses.get(node.id, "")), clean(", ".join(need.id for need in node.needs))]
            for node in self.nodes
        ]
        return table(["task", "", "needs"], rows)

    def _repr_html_(self) -> str:
        return self.to_html()

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
