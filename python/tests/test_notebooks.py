"""The notebooks of the examples run from top to bottom, with nobody looking; and the live drawing, as far as it is Python."""

from __future__ import annotations

import importlib
import os
import shutil
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from apolo_flow import Bake, Engine, load, load_text
from apolo_flow.testing import ScriptedExecutor

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples/notebooks"


def run(path: Path, folder: Path, timeout: int = 120) -> Any:
    """Run a notebook in a folder, and give it with what it shows."""
    pytest.importorskip("nbclient")
    nbformat: Any = importlib.import_module("nbformat")
    nbclient: Any = importlib.import_module("nbclient")
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=timeout, resources={"metadata": {"path": str(folder)}})
    client.execute()
    return notebook


def shown(notebook: Any) -> list[dict[str, Any]]:
    return [one["data"] for cell in notebook.cells for one in cell.get("outputs", []) if "data" in one]


def test_no_notebook_is_forgotten() -> None:
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == {"tour", "fraud"}


def test_the_tour_runs(workspace: Path) -> None:
    data = shown(run(FOLDER / "tour.ipynb", workspace))
    assert any("image/svg+xml" in one for one in data)
    assert any("<svg" in one.get("text/html", "") for one in data)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_the_fraud_notebook_runs(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real example with its real libraries: `.ci/demo libraries` installs them."""
    libraries = ROOT / ".venv-demo/bin"
    if not libraries.is_dir():
        pytest.skip("the example's libraries are not installed: bash .ci/demo libraries")
    monkeypatch.setenv("PATH", f"{libraries}{os.pathsep}{os.environ['PATH']}{os.pathsep}{Path(sys.executable).parent}")
    examples = tmp_path / "examples"
    shutil.copytree(ROOT / "examples", examples, ignore=shutil.ignore_patterns(".data", ".venv"))
    live = examples / "fraud-detection/.apolo/live.yml"
    # Its port may be taken on this machine, by the demo for one.
    live.write_text(live.read_text(encoding="utf-8").replace("8571", str(free_port())), encoding="utf-8")
    try:
        data = shown(run(examples / "notebooks/fraud.ipynb", examples / "notebooks", timeout=300))
    finally:
        for job in load(examples / "fraud-detection").live().kill_all():
            job.wait(60)
    assert sum("image/svg+xml" in one for one in data) >= 4
    assert any("application/vnd.jupyter.widget-view+json" in one for one in data)


# --- the live drawing ---

HOSTILE = "<img src=x onerror=alert(1)>\x1b[31mred\x1b[0m\x1b]0;title\x07\u202eevil\x00"


@pytest.fixture
def executor() -> ScriptedExecutor:
    made = ScriptedExecutor()
    made.script("a", held=True, log=f"said {HOSTILE}\n")
    made.script("b-1", outputs=f"x={HOSTILE}".replace("\x00", ""))
    return made


@pytest.fixture
def bake(workspace: Path, executor: ScriptedExecutor) -> Bake:
    text = """
kind: batch
tasks:
  - {id: a, image: x, cmd: x}
  - {id: b, image: x, cmd: x, needs: [a], strategy: {matrix: {n: [1, 2, 3]}}}
"""
    return load_text(text, engine=Engine(store="memory", executor=executor)).batch().bake()


def changed(widget: Any, name: str, until: Any) -> dict[str, Any]:
    """Wait until a trait of the widget is as wanted; its own thread changes it."""
    arrived = threading.Event()

    def look(change: Any) -> None:
        if until(change["new"]):
            arrived.set()

    widget.observe(look, name)
    if not until(getattr(widget, name)):
        assert arrived.wait(60), getattr(widget, name)
    found: dict[str, Any] = getattr(widget, name)
    return found


def test_the_drawing_follows_the_bake(bake: Bake, executor: ScriptedExecutor) -> None:
    pytest.importorskip("anywidget")
    widget = bake.widget()
    state = changed(widget, "state", lambda state: ("running", 1) in state["counts"])
    assert (state["batch"], state["total"], state["ended"]) == ("flow", 4, 0)
    assert 'data-task="a"' in state["svg"]
    widget.selected = "a"
    assert widget.detail["task"] == "a" and widget.detail["status"] == "running"
    assert widget.detail["log"] == "said <img src=x onerror=alert(1)>red\ufffdevil\ufffd\n"
    executor.end("a", 0)
    state = changed(widget, "state", lambda state: state["status"] == "succeeded")
    assert state["counts"] == [("succeeded", 4)] and state["ended"] == 4
    widget.selected = "b"
    assert widget.detail["rows"] == [["b-1", "succeeded"], ["b-2", "succeeded"], ["b-3", "succeeded"]]
    widget.selected = "b-1"
    assert widget.detail["outputs"] == [["x", "<img src=x onerror=alert(1)>red\ufffdevil"]]
    widget.selected = ""
    assert widget.detail == {}
    widget.close()


def test_the_drawing_has_a_form_for_pages_without_widgets(bake: Bake, executor: ScriptedExecutor) -> None:
    pytest.importorskip("anywidget")
    widget = bake.widget()
    data, _ = widget._repr_mimebundle_()
    assert "<svg" in data["text/html"] and bake.id in data["text/plain"]
    widget.close()
    bake.cancel()


def test_without_anywidget_the_bake_stands_still(bake: Bake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "apolo_flow.notebook.widget", raising=False)
    still = bake.widget()
    assert "<svg" in still._repr_html_() and "pip install &#x27;apolo-flow[notebook]&#x27;" in still._repr_html_()
    assert "pip install 'apolo-flow[notebook]'" in repr(still) and "a [" in repr(still)
    bake.cancel()
