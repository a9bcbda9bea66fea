"""What notebooks show: drawings, tables, cells; and what comes from outside is harmless in them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import apolo_flow
import pytest
from apolo_flow import Engine, load_text
from apolo_flow.testing import ScriptedExecutor

MATRIX = """
kind: batch
tasks:
  - {id: load, image: x, cmd: x}
  - id: fit
    image: x
    cmd: x
    strategy: {matrix: {k: [a, b, c]}}
    needs: [load]
  - {id: end, image: x, cmd: x, needs: [fit]}
"""
HOSTILE = "<script>alert(1)</script>\x1b]0;x\x07\u202eevil"


def baked(text: str = MATRIX, executor: ScriptedExecutor | None = None) -> apolo_flow.Bake:
    engine = Engine(store="memory", executor=executor or ScriptedExecutor())
    bake = load_text(text, engine=engine).batch().bake()
    bake.wait(60)
    return bake


def test_a_graph_is_one_svg_with_a_box_for_each_task(workspace: Path) -> None:
    graph = baked().graph
    root = ET.fromstring(graph.to_svg())
    assert root.tag.endswith("svg")
    for name in ("load", "fit-a", "end"):
        assert name in graph.to_svg()
    assert "fit ×3" in graph.to_svg(max_rows=2)
    assert graph.to_dot().startswith("strict digraph")
    layout = graph.to_layout()
    assert len(layout["nodes"]) == 5
    assert all(edge["path"].startswith("M") for edge in layout["edges"])
    assert graph._repr_svg_().endswith(graph.to_svg()[5:])


def test_a_plan_and_a_bake_show_themselves(workspace: Path) -> None:
    bake = baked()
    html = bake._repr_html_()
    assert bake.id in html and "<svg" in html and "succeeded" in html
    assert "<table" in bake.tasks._repr_html_()
    again = load_text(MATRIX, engine=bake.engine).batch().plan()
    assert "cached" in again._repr_html_()


def test_texts_from_outside_are_harmless(workspace: Path) -> None:
    executor = ScriptedExecutor()
    executor.script("a", outputs=f"x={HOSTILE}")
    bake = baked("kind: batch\ntitle: '<b>'\ntasks: [{id: a, image: x, cmd: x}]", executor)
    assert bake.tasks["a"].outputs["x"] == HOSTILE
    html = bake._repr_html_() + bake.tasks._repr_html_()
    assert "<script" not in html
    assert not any(letter in html for letter in "\x1b\x07\u202e")


def test_tasks_as_a_frame(workspace: Path) -> None:
    pandas = pytest.importorskip("pandas")
    executor = ScriptedExecutor()
    executor.script("load", outputs="rows=3")
    frame = baked(executor=executor).to_pandas()
    assert list(frame.index) == ["load", "fit-a", "fit-b", "fit-c", "end"]
    assert set(frame["status"]) == {"succeeded"}
    assert frame.loc["load", "outputs.rows"] == "3"
    assert pandas.isna(frame.loc["end", "outputs.rows"])


def test_plain_text_tells_the_same(workspace: Path) -> None:
    bake = baked()
    assert str(bake.graph).splitlines()[1] == "fit-a [succeeded] <- load"
    assert repr(bake).endswith("succeeded>")
    assert repr(bake.tasks["end"]) == "<task end succeeded>"


def test_a_flow_cell_checks_and_bakes(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("IPython")
    from IPython.core.interactiveshell import InteractiveShell

    make: Any = InteractiveShell
    shell = make()
    shell.run_line_magic("load_ext", "apolo_flow")
    cell = "kind: batch\nparams: {n: {}}\ntasks: [{id: a, image: x, bash: 'echo \"::set-output name=x::${{ params.n }}\"'}]"
    bake = shell.run_cell_magic("flow", "mine -p n=5 --as found", cell)
    assert bake.status == "succeeded"
    assert shell.user_ns["found"].tasks["a"].outputs == {"x": "5"}
    assert shell.run_cell_magic("flow", "--plan -p n=6", cell).tasks["a"].fate == "run"
    assert shell.run_cell_magic("flow", "", "kind: batch\ntasks: [{id: a, imgae: x}]") is None
    assert "imgae" in capsys.readouterr().out
    with pytest.raises(ValueError, match="usage"):
        shell.run_cell_magic("flow", "--nonsense", cell)
