"""The notebooks of the examples run from top to bottom, with nobody looking."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "examples/notebooks"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, workspace: Path) -> None:
    pytest.importorskip("nbclient")
    nbformat: Any = importlib.import_module("nbformat")
    nbclient: Any = importlib.import_module("nbclient")
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(workspace)}})
    client.execute()
    shown = [one for cell in notebook.cells for one in cell.get("outputs", []) if "data" in one]
    assert any("image/svg+xml" in one["data"] for one in shown)
    assert any("<svg" in one["data"].get("text/html", "") for one in shown)
