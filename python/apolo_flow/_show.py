"""Tables for notebooks and pandas. What comes from outside is always escaped."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from apolo_flow._bake import Bake
    from apolo_flow._flow import Plan
    from apolo_flow._graph import Graph
    from apolo_flow._live import LiveJob
    from apolo_flow._records import TaskRecord

#: The colour of each status and fate: those of drawings, between light and dark, so that either ground shows them.
COLOURS = {
    "pending": "#7b828d",
    "running": "#2563eb",
    "succeeded": "#1f9d4d",
    "failed": "#d13438",
    "cancelled": "#bf7300",
    "skipped": "#9750d4",
    "cached": "#6b9a1e",
    "stalled": "#bf7300",
    "run": "#2563eb",
    "later": "#7b828d",
    "fails": "#d13438",
    "opens": "#7b828d",
    "grows": "#7b828d",
    "asks": "#bf7300",
}


#: What terminals take for orders: colours, moves, titles.
_ORDERS = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")


def clean(text: object) -> str:
    """Make a text harmless in HTML: marks are escaped, the rest as :func:`harmless` does (MCH-6)."""
    return escape(harmless(text))


def harmless(text: object) -> str:
    """Take the orders for terminals out of a text, and show control and direction characters as boxes (MCH-6)."""
    return "".join(_visible(letter) for letter in _ORDERS.sub("", str(text)))


def _visible(letter: str) -> str:
    code = ord(letter)
    hidden = (code < 32 and letter not in "\n\t") or 0x7F <= code < 0xA0
    turning = code in (0x61C, 0x200E, 0x200F) or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069
    return "\ufffd" if hidden or turning or 0xD800 <= code < 0xE000 else letter


def badge(word: str) -> str:
    """Give a status as a coloured word."""
    colour = COLOURS.get(word, "#7b828d")
    return f'<span style="color:{colour};font-weight:600">{clean(word)}</span>'


def table(head: list[str], rows: Iterable[list[str]]) -> str:
    """Give a table of cells that are HTML already."""
    style = 'style="text-align:left;vertical-align:top;padding:2px 10px 2px 0"'
    top = "".join(f"<th {style}>{clean(one)}</th>" for one in head)
    first = style.replace("padding", "white-space:nowrap;padding")
    body = "".join(
        "<tr>" + "".join(f"<td {style if at else first}>{cell}</td>" for at, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return f'<table class="apolo-flow"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def _values(values: dict[str, str]) -> str:
    shown = (f"{clean(name)}={clean(_in_one_line(value))}" for name, value in values.items())
    return "<br>".join(f"<code>{one}</code>" for one in shown)


def _in_one_line(value: str) -> str:
    line = " ".join(value[:400].split())
    return line[:80] + ("…" if len(line) > 80 or len(value) > 400 else "")


def tasks_table(tasks: Iterable[TaskRecord]) -> str:
    """Give tasks as a table."""
    rows = []
    for task in tasks:
        took = "" if task.duration is None else f"{task.duration:.1f} s"
        rows.append([clean(task.id), badge(task.status), took, _values(task.outputs), clean(task.said or "")])
    return table(["task", "status", "took", "outputs", ""], rows)


def _drawing(graph: Graph) -> str:
    return f'<div style="overflow:auto;max-height:480px">{graph.to_svg()}</div>' if graph.nodes else ""


def bake_html(bake: Bake) -> str:
    """Give a bake: its head, its graph, its tasks."""
    from apolo_flow._graph import Graph

    status, tasks = bake.snapshot()
    head = f"<b>{clean(bake.batch)}</b> {badge(status)} <code>{clean(bake.id)}</code>, attempt {bake.number}"
    drawing = _drawing(Graph.of_tasks(bake.batch, list(tasks.values())))
    return f"<div>{head}</div>{drawing}{tasks_table(tasks.values())}"


def plan_html(plan: Plan) -> str:
    """Give a plan: its graph, and what would become of each task."""
    rows = []
    for task in plan.tasks.values():
        more = "waits for " + ", ".join(task.waits_for) if task.waits_for else (task.why or "").replace("_", " ")
        changes = "; ".join(f"{one.field}: {one.old} → {one.new}" for one in task.changes)
        rows.append([clean(task.id), badge(task.fate), clean(more + (f" ({changes})" if changes else ""))])
    return _drawing(plan.graph) + table(["task", "would", ""], rows)


def jobs_table(lines: Iterable[tuple[str, LiveJob | None]]) -> str:
    """Give live jobs as a table: each with what it is called."""
    rows = []
    for name, job in lines:
        if job is None:
            rows.append([clean(name), badge("unknown"), "", "", ""])
        else:
            when = f"{job.created_at:%Y-%m-%d %H:%M}"
            rows.append([clean(name), badge(job.status), clean(when), clean(job.url or ""), clean(job.said or "")])
    return table(["job", "status", "made (UTC)", "url", ""], rows)


def tasks_frame(tasks: Iterable[TaskRecord]) -> Any:
    """Give tasks as a DataFrame."""
    try:
        import pandas  # type: ignore[import-untyped,unused-ignore]
    except ImportError as error:
        raise ImportError("to_pandas() needs pandas: pip install pandas") from error
    rows = []
    for task in tasks:
        ended = task.history[-1][1] if task.duration is not None else None
        started = task.history[0][1] if task.history else None
        row = {"task": task.id, "status": task.status, "tries": len(task.tries), "started": started, "ended": ended}
        row |= {"seconds": task.duration, "said": task.said}
        row |= {f"outputs.{name}": value for name, value in task.outputs.items()}
        rows.append(row)
    columns = ["task", "status", "tries", "started", "ended", "seconds", "said"]
    frame = pandas.DataFrame(rows, columns=None if rows else columns)
    return frame.set_index("task")
